"""Bad input to the Numba engine: one clear error of ours, never a bare traceback of Numba."""

import math
from pathlib import Path

import numba
import numpy as np
import pytest

import dualdiff as dd

X = np.array([0.7, 1.3])


@numba.njit
def square(x):
    return x * x


@numba.njit
def special(x):
    y = np.zeros(x.size)
    for i in range(x.size):
        y[i] = math.gamma(x[i])
    return y


@numba.njit
def calls_special(x):
    return special(x * 2.0)


@numba.njit
def into_integers(x):
    y = np.zeros(x.size, np.int64)
    y[0] = x[0]
    return y


def line_of(f, text):
    """Return the number of the line of a file that holds a text, after the function starts."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(k + 1 for k in range(f.py_func.__code__.co_firstlineno, len(lines)) if text in lines[k])


@pytest.mark.parametrize("is_warm", [False, True])
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array([1, 2]), r"int64 array, wanted a float array. Pass x.astype\(float\)"),
        (np.array([True, False]), "bool array"),
        (np.array([1j, 2.0]), "real and imaginary part"),
        (np.array(["a", "b"]), "wanted a float array"),
        ([1.0, 2.0], r"is a list.*np\.array"),
        (None, "is None"),
        ("text", "is a str"),
        (3, r"float\(x\)"),
        (True, "is a bool"),
        (1j, "is a complex"),
    ],
)
def test_variables_that_are_not_of_floats_are_refused(x, message, is_warm):
    for operator in (dd.jacobian, dd.value_and_jacobian):
        prepared = operator(square)
        if is_warm:
            prepared(X)  # from now on calls of the same size take a shorter way
        with pytest.raises(dd.InputError, match=message):
            prepared(x)
    with pytest.raises(dd.InputError):
        dd.jvp(square, (x,), (x,))


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ("'text'", "unicode_type"),
        ("None", "none"),
        ("[x[0], x[1]]", "list"),
        ("{1: x[0]}", "DictType"),
        ("(x[0], 'text')", "unicode_type"),
    ],
)
def test_results_without_derivative_are_refused(result, kind):
    space = {}
    exec(f"def f(x):\n    return {result}", space)
    with pytest.raises(dd.OutputError, match=f"the function returns {kind}.*return floats, arrays or tuples"):
        dd.jacobian(numba.njit(space["f"]))(X)


def test_a_gradient_wants_a_number_and_a_derivative_too():
    with pytest.raises(dd.DualdiffError, match="not a scalar; use jacobian"):
        dd.gradient(square)(X)
    with pytest.raises(dd.ShapeError, match="Use gradient or jacobian"):
        dd.derivative(square)(X)


@pytest.mark.parametrize("f", [special, calls_special])
def test_an_unsupported_function_is_named_with_file_line_and_way_out(f):
    with pytest.raises(dd.CompilationError) as caught:
        dd.jacobian(f)(X)
    message = str(caught.value)
    assert "gamma is not supported for dual numbers" in message
    assert f"{Path(__file__).name}:{line_of(special, 'math.gamma')}" in message
    assert "`y[i] = math.gamma(x[i])`" in message
    assert "engine='numpy'" in message
    assert "numba/core" not in message


def test_a_dual_is_never_stored_among_integers():
    with pytest.raises(dd.CompilationError) as caught:
        dd.jacobian(into_integers)(X)
    assert f"{Path(__file__).name}:{line_of(into_integers, 'y[0] = x[0]')}" in str(caught.value)


@pytest.mark.parametrize("text", ["x * 1j", "np.linalg.solve(np.eye(2), x)", "x.astype(np.float32)"])
def test_a_derivative_is_never_dropped(text):
    space = {"np": np}
    exec(f"def f(x):\n    return {text}", space)
    with pytest.raises(dd.CompilationError):
        dd.jacobian(numba.njit(space["f"]))(X)


def test_a_buffer_whose_origin_is_unknown_is_refused():
    @numba.njit
    def same(y):
        return y

    @numba.njit
    def f(x):
        y = np.zeros(2)
        z = same(y)
        z[0] = x[0]
        return y

    with pytest.raises(dd.CompilationError, match=r"np\.zeros or np\.empty in the function that writes it"):
        dd.jacobian(f)(X)


def test_too_many_and_too_few_arguments():
    with pytest.raises(TypeError, match="too many arguments"):
        dd.jacobian(square)(X, 1.0)
    with pytest.raises(dd.InputError, match="argument 0"):
        dd.jacobian(square)()
    with pytest.raises(TypeError):
        dd.jacobian(square)(X, y=1.0)
    with pytest.raises(dd.InputError, match="argnums is 3"):
        dd.jacobian(square, argnums=3)(X)


def test_errors_of_the_function_itself_come_through():
    @numba.njit
    def f(x, shift):
        if x[0] > 0:
            raise ValueError("x is positive")
        return 1 / (x[0] - shift)

    jac = dd.jacobian(f)
    with pytest.raises(ValueError, match="x is positive"):
        jac(X, 0.0)
    with pytest.raises(ZeroDivisionError):
        jac(-X, -X[0])
    np.testing.assert_allclose(jac(-X, 0.0), [-1 / X[0] ** 2, 0])


def test_a_function_that_numba_cannot_compile_at_all_is_explained():
    @numba.njit
    def f(x):
        return x.unknown()

    with pytest.raises(dd.CompilationError, match="Unknown attribute 'unknown'"):
        dd.jacobian(f)(X)
