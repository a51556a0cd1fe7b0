"""A derivative made after a change never shows the code from before it, wherever the change lies."""

import sys
import types

import numba
import numpy as np
import pytest

import dualdiff as dd


def module(monkeypatch, name, **values):
    """Make a module that can be imported."""
    made = types.ModuleType(name)
    vars(made).update(values)
    monkeypatch.setitem(sys.modules, name, made)
    return made


@pytest.mark.parametrize("name", ["shapes", "math_tools", "mathtools", "numpy_tools", "numpyish", "numba_tools"])
def test_helpers_and_constants_of_modules_with_any_name(monkeypatch, name):
    tools = module(monkeypatch, name, h=numba.njit(lambda x: x * x), K=2.0)
    f = numba.njit(eval("lambda x: tools.h(x) * tools.K", {"tools": tools}))
    assert dd.derivative(f)(3.0) == 12.0
    tools.K = 5.0
    assert dd.derivative(f)(3.0) == 30.0
    tools.h = numba.njit(lambda x: x * x * x)
    assert dd.derivative(f)(3.0) == 135.0


def test_nested_modules(monkeypatch):
    deep = module(monkeypatch, "package.sub.deep", K=1.0)
    sub = module(monkeypatch, "package.sub", K=2.0, h=numba.njit(lambda x: x * x), deep=deep)
    package = module(monkeypatch, "package", sub=sub)
    space = {"package": package}
    exec("def f(x):\n    return package.sub.h(x) * package.sub.K * package.sub.deep.K", space)
    f = numba.njit(space["f"])
    assert dd.derivative(f)(3.0) == 12.0
    sub.K = 7.0
    assert dd.derivative(f)(3.0) == 42.0
    deep.K = 0.5
    assert dd.derivative(f)(3.0) == 21.0
    sub.h = numba.njit(lambda x: x)
    assert dd.derivative(f)(3.0) == 3.5


def test_modules_in_closures(monkeypatch):
    sub = module(monkeypatch, "captured.sub", h=numba.njit(lambda x: x * x), K=1.0)
    captured = module(monkeypatch, "captured", sub=sub, rate=2.0)

    def make(tools):
        @numba.njit
        def f(x):
            return tools.sub.h(x) * tools.rate * tools.sub.K

        return f

    f = make(captured)
    assert dd.jacobian(f)(3.0) == 12.0
    captured.rate = 3.0
    assert dd.jacobian(f)(3.0) == 18.0
    sub.K = 2.0
    assert dd.jacobian(f)(3.0) == 36.0
    sub.h = numba.njit(lambda x: x)
    assert dd.jacobian(f)(3.0) == 6.0
    assert dd.jvp(f, 3.0, 1.0) == (18.0, 6.0)


def test_a_helper_that_writes_is_replaced(monkeypatch):
    @numba.njit
    def squares(y, x):
        y[0] = x[0] * x[0]

    @numba.njit
    def cubes(y, x):
        y[0] = x[0] ** 3

    tools = module(monkeypatch, "writers", w=squares)
    space = {"np": np, "tools": tools}
    exec("def f(x):\n    y = np.zeros(1)\n    tools.w(y, x)\n    return y", space)
    f = numba.njit(space["f"])
    x = np.array([3.0])
    assert dd.jacobian(f)(x).tolist() == [[6.0]]
    tools.w = cubes
    assert dd.jacobian(f)(x).tolist() == [[27.0]]
