"""Arguments, results, dtypes and options of compiled code, against closed forms written by hand."""

import math

import numba
import numpy as np
import pytest

import dualdiff as dd
from tests.numba_engine import helpers
from tests.numba_engine.judge import assert_same_bits, judged
from tests.numpy_engine.judge import complex_step

X = np.array([0.7, 1.3, 2.1, 0.4])
D = np.diag
ZERO = np.zeros((4, 4))


def unit(i, n=4):
    return np.eye(n)[i]


def test_calls_of_helpers_in_another_module():
    @numba.njit
    def f(x):
        y = np.zeros(2 * x.size)
        helpers.nested_into(y, x)
        part = np.zeros((2, x.size))
        helpers.square_into(part[1], x)
        b, c, k = helpers.own_buffer(x)
        b[0] = c * k
        t = helpers.table(x.size)
        return y, part, b, helpers.power(x[2], 3), x * t, helpers.read(t, 2) * helpers.read(x, 1)

    exact = (
        np.vstack([D(2 * X), D(2 * X)]),
        np.stack([ZERO, D(2 * X)]),
        np.stack([3 * unit(1), X[1] * unit(0) + X[0] * unit(1)]),
        3 * X[2] ** 2 * unit(2),
        D(np.arange(4.0) ** 2),
        4.0 * unit(1),
    )
    judged(f, exact, X)


def test_closures_over_constants_arrays_and_functions():
    rate, table, index = 2.5, np.array([1.0, -2.0, 0.5, 3.0]), np.array([3, 2, 1, 0])

    @numba.njit
    def inner(v):
        return rate * v * v

    @numba.njit
    def f(x):
        def local(v):
            return v * x[0]

        y = np.zeros(x.size)
        for i in range(x.size):
            y[i] = inner(x[index[i]]) * table[i]
        return y, local(x[1])

    exact = np.zeros((4, 4))
    exact[np.arange(4), index] = 2 * rate * X[index] * table
    judged(f, (exact, X[1] * unit(0) + X[0] * unit(1)), X)


def test_other_arguments_of_every_kind_pass_through():
    @numba.njit
    def f(x, w, k, scale, label, flag, pair, nothing=None, shift=1.5):
        s = x[k] * scale + pair[0] * pair[1][0] * x[0]
        if label == "cube":
            s = s**3
        if flag and nothing is None:
            s += shift * w[0] * x[1]
        return s

    arguments = (X, np.array([2.0, 3.0]), 2, 0.5, "cube", True, (2, np.array([3.0])))
    inner = 0.5 * X[2] + 6 * X[0]
    exact = 3 * inner**2 * (0.5 * unit(2) + 6 * unit(0)) + 2 * 1.5 * unit(1)
    judged(f, exact, *arguments)
    assert_same_bits(dd.gradient(f)(*arguments, shift=1.5), dd.jacobian(f)(*arguments))
    np.testing.assert_allclose(dd.gradient(f)(*arguments, None, 0.5), exact - 2 * unit(1), rtol=1e-14)


def test_several_differentiation_variables():
    @numba.njit
    def f(a, n, b):
        return a * b.sum() * n

    a, b = np.array([1.0, 2.0]), np.array([[0.5, 1.5, 2.0]])
    by_a, by_b = 4.0 * 3 * np.eye(2), 3 * a.reshape(2, 1, 1) * np.ones((1, 3))
    judged(f, (by_a, by_b), a, 3, b, argnums=(0, 2))
    judged(f, by_b, a, 3, b, argnums=2)
    assert_same_bits(dd.jacobian(f, argnums=2)(a, n=3, b=b), by_b)
    only = dd.jacobian(f, argnums=(2,))(a, 3, b)
    assert isinstance(only, tuple)
    assert_same_bits(only, (by_b,))


@pytest.mark.parametrize(
    "x",
    [
        np.arange(6.0).reshape(2, 3) + 0.5,
        np.asfortranarray(np.arange(6.0).reshape(2, 3) + 0.5),
        np.arange(24.0).reshape(4, 6)[::2, ::2] + 0.0,
        np.arange(24.0).reshape(4, 6)[::-2, 1::2],
        np.zeros((0, 3)),
    ],
    ids=["C", "Fortran", "copied", "strided", "empty"],
)
def test_matrices_of_every_layout(x):
    def f(x):
        return x * x[:1] + 2 * x

    jac = dd.jacobian(numba.njit(f))
    expected = np.zeros(x.shape + x.shape) if not x.size else complex_step(lambda z: z * z[:1] + 2 * z, x)
    got = jac(x)
    assert got.shape == x.shape + x.shape
    np.testing.assert_allclose(got, expected, rtol=1e-14)


def test_three_dimensions_and_strided_vectors():
    @numba.njit
    def f(x):
        y = np.zeros(x.shape)
        for i in range(x.shape[0]):
            y[i] = x[i] * x[x.shape[0] - 1 - i]
        return y

    x = np.linspace(0.5, 2, 24).reshape(2, 3, 4)
    exact = complex_step(lambda x: np.stack([x[0] * x[1], x[1] * x[0]]), x)
    judged(f, exact, x)

    @numba.njit
    def shifted(x):
        return x[1:] * x[:-1]

    x = np.arange(12.0)[::-3]
    judged(shifted, complex_step(lambda x: x[1:] * x[:-1], x), x)


def test_float32_in_float32_out():
    @numba.njit
    def f(x):
        y = np.zeros_like(x)
        s = np.zeros(1, np.float32)
        for i in range(x.size):
            y[i] = np.sin(x[i]) * x[i]
            s[0] += x[i] * np.float32(2.5)
        return y, s, x * 2.0

    x = X.astype(np.float32)
    value, jac = dd.value_and_jacobian(f)(x)
    plain = f(x)
    for a, b, j in zip(value, plain, jac, strict=True):
        assert_same_bits(a, b)
        assert j.dtype == np.asarray(b).dtype
    for j, exact in zip(jac, (D(np.sin(x) + x * np.cos(x)), np.full((1, 4), 2.5), 2 * np.eye(4)), strict=True):
        np.testing.assert_allclose(j, exact, rtol=1e-6)


def test_functions_that_return_their_input_or_a_part_of_it():
    @numba.njit
    def f(x):
        return x, x[::2], x.reshape(2, 2).T, x[3], 1.0, np.ones(2)

    exact = (
        np.eye(4),
        np.eye(4)[::2],
        np.eye(4).reshape(2, 2, 4).swapaxes(0, 1),
        unit(3),
        np.zeros(4),
        np.zeros((2, 4)),
    )
    judged(f, exact, X)


def test_early_returns_of_numbers_and_duals():
    @numba.njit
    def f(x):
        if x[0] > 100:
            return 0
        if x[0] < 0:
            return 2.5
        return x[0] * x[1]

    judged(f, [X[1], X[0], 0, 0], X)
    judged(f, np.zeros(4), -X)


def test_truth_rounding_and_comparisons_look_at_the_value():
    @numba.njit
    def f(x):
        k = int(x[2])
        s = x[k] * k
        if x[0] and x[0] != x[1] and x[0] < x[1] <= x[2]:
            s += x[2] // 1 + x[2] % 1.0 + 7 % x[1]
        return s, max(x[0], 1), min(x[1], 1), max(0, x[0] - 5, x[2]), abs(x[0] - 1.0), math.floor(x[2]) * x[0]

    s = 2 * unit(2) + unit(2) - 5 * unit(1)
    judged(f, (s, ZERO[0], ZERO[0], unit(2), -unit(0), 2 * unit(0)), X)


@pytest.mark.parametrize("options", [{"parallel": True}, {"fastmath": True}, {"error_model": "numpy"}, {"nogil": True}])
def test_options_of_the_compiler(options):
    @numba.njit(**options)
    def f(x):
        y = np.zeros(x.size)
        for i in numba.prange(x.size):
            y[i] = x[i] * x[0]
        return y

    exact = D(np.full(4, X[0]))
    exact[:, 0] += X
    judged(f, exact, X)


def test_parameters_may_have_any_name():
    @numba.njit
    def f(start, jac, n, f, *args):
        return start * jac * n * f * args[0] + args[1]

    judged(f, D(np.full(4, 48.0)), X, 2.0, 3, 4.0, 2.0, 1.0)


def test_generators():
    @numba.njit
    def squares(x):
        for i in range(x.size):
            yield x[i] * x[i]

    @numba.njit
    def f(x):
        s = 0.0
        for v in squares(x):
            s += v
        return s

    judged(f, 2 * X, X)
