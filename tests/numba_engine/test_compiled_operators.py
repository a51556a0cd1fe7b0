"""The operators as objects: in place, inside compiled code, in threads, nested, and never stale."""

import sys
import types
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest

import dualdiff as dd
from tests.numba_engine import helpers


@numba.njit
def residual(x):
    return np.array([x[0] ** 2 - x[1] - 1, x[1] ** 2 - x[0]])


def residual_jacobian(x):
    return np.array([[2 * x[0], -1], [-1, 2 * x[1]]])


@numba.njit
def cubes(x):
    return x**3


@numba.njit
def energy(x):
    s = 0.0
    for i in range(x.size):
        s += np.sin(x[i]) * x[(i + 1) % x.size] ** 2
    return s


def energy_gradient(x):
    return np.cos(x) * np.roll(x, -1) ** 2 + 2 * x * np.sin(np.roll(x, 1))


@pytest.mark.parametrize("n", [1, 5, 120])
def test_results_do_not_depend_on_the_chunk(n):
    x = np.linspace(0.1, 2.0, n)
    expected = dd.gradient(energy)(x)
    np.testing.assert_allclose(expected, energy_gradient(x), rtol=1e-13)
    for chunk in (1, 3) if n > 50 else (1, 2, 8):
        np.testing.assert_array_max_ulp(dd.gradient(energy, chunk=chunk)(x), expected, 2)


def test_the_in_place_form_fills_what_it_is_given():
    x = np.array([1.5, 2.5])
    jac = dd.jacobian(residual)
    stack = np.full((3, 2, 2), 7.0)
    assert jac.into(stack[1], x).base is stack
    np.testing.assert_array_equal(stack[1], residual_jacobian(x))
    assert np.all(stack[[0, 2]] == 7.0)
    value, out = dd.value_and_jacobian(residual).into(stack[2], x)
    np.testing.assert_array_equal(value, residual(x))
    np.testing.assert_array_equal(out, jac(x))
    assert jac.into is jac.into


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (np.zeros((2, 3)), "wrong shape"),
        (np.zeros(4), "rank 2"),
        (np.zeros((2, 2), order="F"), "C-contiguous"),
        (np.zeros((2, 2, 3))[..., 0], "C-contiguous"),
    ],
)
def test_an_array_that_does_not_fit_is_refused(out, message):
    with pytest.raises(dd.ShapeError, match=message):
        dd.jacobian(residual).into(out, np.ones(2))


def test_the_in_place_form_fills_one_array():
    with pytest.raises(dd.InputError, match="pass one int as argnums"):
        dd.jacobian(residual, argnums=(0,)).into(np.zeros((2, 2)), np.ones(2))


def test_a_newton_loop_calls_the_jacobian_as_a_global_and_as_an_argument():
    jac = dd.jacobian(residual)
    into = dd.value_and_jacobian(residual).into

    @numba.njit
    def newton(x, jac):
        for _ in range(20):
            x = x - np.linalg.solve(jac(x), residual(x))
        return x

    @numba.njit
    def newton_in_place(x):
        out = np.empty((2, 2))
        for _ in range(20):
            value = into(out, x)
            x = x - np.linalg.solve(out, value)
        return x

    for root in (newton(np.array([1.0, 2.0]), jac), newton_in_place(np.array([1.0, 2.0]))):
        np.testing.assert_allclose(residual(root), 0, atol=1e-14)


def test_derivative_and_gradient_in_compiled_code():
    slope, gradient = dd.value_and_derivative(numba.njit(lambda x: x * x * x)), dd.gradient(energy)

    @numba.njit
    def both(a, x):
        return slope(a), gradient(x)

    x = np.linspace(0.3, 2.0, 11)  # more variables than lanes
    (value, derivative), found = both(2.0, x)
    assert (value, derivative) == (8.0, 12.0)
    np.testing.assert_allclose(found, energy_gradient(x), rtol=1e-14)


def test_a_wrong_shape_in_compiled_code_raises():
    into = dd.jacobian(residual).into

    @numba.njit
    def wrong(x):
        out = np.empty((3, 2))
        into(out, x)
        return out

    with pytest.raises(dd.ShapeError, match="wrong shape"):
        wrong(np.ones(2))


def test_one_jacobian_in_many_threads():
    jac = dd.gradient(energy)
    points = [np.linspace(0, 1, 4 + k % 3) + 0.1 * k for k in range(240)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(jac, points))
    for x, got in zip(points, found, strict=True):
        np.testing.assert_array_equal(got, jac(x))
        np.testing.assert_allclose(got, energy_gradient(x), rtol=1e-12, atol=1e-12)


def test_derivatives_may_be_compiled_in_many_threads():
    functions = [numba.njit(lambda x, k=k: x * x * k) for k in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda f: dd.derivative(f)(3.0), functions)) == [0.0, 6.0, 12.0, 18.0]


def test_the_same_object_while_nothing_has_changed():
    assert dd.jacobian(residual) is dd.jacobian(residual)
    assert dd.jacobian(residual) is not dd.jacobian(residual, chunk=1)
    assert dd.jacobian(residual) is not dd.value_and_jacobian(residual)


def test_changed_globals_closures_and_helpers_give_fresh_derivatives():
    space = {"np": np, "numba": numba, "rate": 2.0, "table": np.array([1.0, 2.0]), "tools": types.ModuleType("tools")}
    space["tools"].scale = 1.0
    space["tools"].helper = numba.njit(lambda x: x * x)
    text = "def f(x):\n    return tools.helper(x) * rate * table[1] * tools.scale"
    exec(text, space)
    f = numba.njit(space["f"])
    first = dd.derivative(f)
    assert first(3.0) == 24.0
    space["rate"] = 10.0
    assert dd.derivative(f)(3.0) == 120.0
    space["table"][1] = 1.0
    assert dd.derivative(f)(3.0) == 60.0
    space["tools"].scale = 0.5
    assert dd.jvp(f, 3.0, 1.0)[1] == 30.0
    space["tools"].helper = numba.njit(lambda x: x)
    assert dd.derivative(f)(3.0) == 5.0
    assert dd.derivative(f) is dd.derivative(f)

    def closure():
        rate = 2.0

        @numba.njit
        def g(x):
            return rate * x

        def change(value):
            nonlocal rate
            rate = value

        return g, change

    g, change = closure()
    assert dd.derivative(g)(1.0) == 2.0
    change(7.0)
    assert dd.derivative(g)(1.0) == 7.0


def test_a_constant_of_a_helper_in_another_module_is_followed(monkeypatch):
    module = types.ModuleType("elsewhere")
    module.numba = numba
    exec("rate = 2.0\n@numba.njit\ndef scaled(x):\n    return rate * x", vars(module))
    monkeypatch.setitem(sys.modules, "elsewhere", module)
    space = {"elsewhere": module}
    exec("def f(x):\n    return elsewhere.scaled(x) * x", space)
    f = numba.njit(space["f"])
    assert dd.derivative(f)(3.0) == 12.0
    module.rate = 5.0
    assert dd.derivative(f)(3.0) == 30.0


def test_derivatives_of_derivatives_run_on_the_numpy_engine():
    cube = numba.njit(lambda x: x * x * x)
    assert dd.derivative(dd.derivative(cube))(2.0) == 12.0
    assert dd.derivative(lambda a: dd.derivative(cube)(a) * a)(2.0) == 36.0
    hessian = dd.jacobian(dd.gradient(numba.njit(lambda x: (x**3).sum())))
    np.testing.assert_allclose(hessian(np.array([1.0, 2.0])), np.diag([6.0, 12.0]))


def test_a_compiled_derivative_inside_a_differentiated_function_is_refused():
    gradient = dd.gradient(energy)

    @numba.njit
    def descent(x):
        return x - 0.1 * gradient(x)

    with pytest.raises(dd.CompilationError, match="nest on the NumPy engine"):
        dd.jacobian(descent)(np.ones(2))


def test_plain_compiled_code_keeps_its_meaning_beside_the_engine():
    @numba.njit
    def plain(a):
        b = a * 2.0
        b += a
        b[1:] *= a[:-1]
        return np.sum(b, axis=0), b.mean(), np.max(b), np.where(b > 3)[0], max(a[0, 0], 2, 3.0), np.dot(b, b.T), b @ a.T

    a = np.arange(6.0).reshape(2, 3)
    for got, expected in zip(plain(a), plain.py_func(a), strict=True):
        np.testing.assert_allclose(got, expected)


def test_index_arrays_tables_and_inactive_arguments_stay_plain():
    from dualdiff.backends.numba.compiled import dual_function

    @numba.njit
    def f(x, w):
        index = np.zeros(x.size, np.int64)
        for i in range(x.size):
            index[i] = x.size - 1 - i
        weights = np.ones(x.size)
        weights[0] = w[0]
        t = helpers.table(x.size)
        return helpers.read(x, index[0]) * helpers.read(weights, 0) * helpers.read(t, 2) * helpers.read(w, 1)

    np.testing.assert_allclose(dd.gradient(f)(np.ones(3), np.array([2.0, 3.0])), [0, 0, 24.0])
    float_array = numba.float64[::1]
    kinds = [sig[0] for sig in dual_function(helpers.read).signatures]
    assert float_array in kinds
    assert all(sig.dtype == numba.float64 or "Dual" in str(sig) for sig in kinds)
    assert [tuple(sig) for sig in dual_function(helpers.table).signatures] == [(numba.int64,)]


def test_the_arguments_of_the_caller_are_never_modified():
    @numba.njit
    def f(x, w, out):
        x[0] = x[1] * x[2]
        x *= x
        w[1:] *= w[:-1]
        row = out[1]
        row[:] = x
        helpers.square_into(out[0], x)
        return out, w, x

    x, w, out = np.array([0.5, 1.5, 2.0]), np.array([1.0, 2.0, 3.0]), np.full((2, 3), 4.0)
    saved = [a.copy() for a in (x, w, out)]
    plain = f(x.copy(), w.copy(), out.copy())
    p = np.array([x[1] * x[2], x[1], x[2]])
    dp = np.array([[0, x[2], x[1]], [0, 1, 0], [0, 0, 1]])
    by_x = 2 * p[:, None] * dp
    for chunk in ("auto", 2):
        value, jac = dd.value_and_jacobian(f, chunk=chunk)(x, w, out)
        for got, expected in zip(value, plain, strict=True):
            np.testing.assert_array_equal(got, expected)
        for got, expected in zip(
            jac, (np.stack([2 * p[:, None] ** 2 * by_x, by_x]), np.zeros((3, 3)), by_x), strict=True
        ):
            np.testing.assert_allclose(got, expected, rtol=1e-14)
        for argument, before in zip((x, w, out), saved, strict=True):
            np.testing.assert_array_equal(argument, before)
