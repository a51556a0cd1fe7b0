"""The choice of the engine: compiled functions go to Numba, all others to NumPy."""

from types import SimpleNamespace

import numba
import numpy as np
import pytest

import dualdiff as dd
from dualdiff.modes import engines


@pytest.fixture(scope="module")
def cube():
    @numba.njit
    def cube(x):
        return x * x * x

    return cube


@pytest.fixture
def taken(monkeypatch):
    """Record what is handed to the Numba engine."""
    calls = []
    operator = SimpleNamespace(name="numba operator")
    monkeypatch.setattr("dualdiff.backends.numba.compile_operator", lambda *a: calls.append(a) or operator)
    monkeypatch.setattr("dualdiff.backends.numba.compiled_jvp", lambda *a: calls.append(a) or "numba result")
    return calls


def plain(x):
    return x * 2.0


def test_auto_takes_numba_for_compiled_functions(cube, taken):
    assert dd.jacobian(cube, argnums=(0,), chunk=4).name == "numba operator"
    assert dd.value_and_derivative(cube).name == "numba operator"
    assert dd.gradient(plain, engine="numba").name == "numba operator"
    assert dd.jvp(cube, 1.0, 2) == "numba result"
    assert taken == [
        ("jacobian", cube, (0,), 4, False),
        ("derivative", cube, 0, "auto", True),
        ("gradient", plain, 0, "auto", False),
        (cube, (1.0,), (2.0,)),
    ]


def test_numpy_for_everything_else(cube, taken):
    assert dd.jacobian(plain)(1.0) == 2.0
    assert dd.derivative(cube, engine="numpy")(2.0) == 12.0
    assert dd.jvp(cube, 2.0, 1.0, engine="numpy") == (8.0, 12.0)
    assert repr(dd.gradient(cube, engine="numpy")) == "<gradient of cube, NumPy engine, argnums 0>"
    assert taken == []


def test_inside_another_derivative_jvp_runs_the_python_function(cube):
    assert dd.derivative(lambda a: dd.jvp(cube, a, 1.0)[1])(2.0) == 12.0
    with pytest.raises(dd.InputError, match="engine='numpy' or 'auto'"):
        dd.derivative(lambda a: dd.jvp(cube, a, 1.0, engine="numba")[1])(2.0)
    nested = dd.derivative(dd.derivative(cube, engine="numpy"))
    assert nested(2.0) == 12.0
    assert dd.derivative(dd.derivative(cube))(2.0) == 12.0


def test_duals_are_recognized():
    assert engines.is_dual(dd.Dual(1.0, 1.0))
    assert not engines.is_dual(np.ones(2))
