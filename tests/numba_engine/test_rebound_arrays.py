"""Arrays that are rebound, merged, swapped and made elsewhere: derivatives follow them."""

import numba
import numpy as np
import pytest

import dualdiff as dd
from tests.numba_engine.judge import judged
from tests.numpy_engine.judge import complex_step

X = np.array([0.7, 1.3, 2.1, 0.4])


@numba.njit
def made(n):
    return np.zeros(n)


@numba.njit
def made_of_fixed_size():
    return np.zeros(4)


@numba.njit
def doubled(out, x):
    for i in range(x.size):
        out[i] = 2 * x[i] * x[0]


def test_accumulators_that_are_rebound_in_loops():
    @numba.njit
    def f(x):
        y = np.zeros(x.size)
        z = np.ones(x.size)
        for k in range(3):
            y = y + x * k
            z = z * x if k != 1 else z
        for k in range(2):
            y = np.zeros(x.size) if k == 0 else y + x * x
        return y, z

    judged(f, (np.diag(2 * X), np.diag(2 * X)), X)


def test_branches_with_a_constant_side():
    @numba.njit
    def f(x, flag):
        if flag:  # noqa: SIM108
            y = np.zeros(x.size)
        else:
            y = x * x
        if x[0] > 0.5:  # noqa: SIM108
            z = x[:2] * 3.0
        else:
            z = np.ones(2)
        return y, z, y + x

    eye = np.eye(4)
    judged(f, (np.zeros((4, 4)), 3 * eye[:2], eye), X, True)
    judged(f, (np.diag(2 * X), 3 * eye[:2], np.diag(2 * X + 1)), X, False)
    judged(f, (np.diag(-2 * X), np.zeros((2, 4)), np.diag(1 - 2 * X)), -X, False)


def test_early_returns_of_constant_arrays():
    @numba.njit
    def f(x):
        if x[0] > 100:
            return np.zeros(x.size)
        if x[0] < 0:
            return np.ones(x.size)
        return x * 2

    judged(f, 2 * np.eye(4), X)
    judged(f, np.zeros((4, 4)), -X)
    judged(f, np.zeros((4, 4)), X * 1000)


def test_runge_kutta_from_a_constant_start():
    def rates(y, p):
        return np.array([p[0] * y[0] - p[1] * y[0] * y[1], p[2] * y[0] * y[1] - p[3] * y[1]])

    compiled = numba.njit(rates)

    def integrate(rates, one, p):
        h, y = 0.1, one
        for _ in range(5):
            k1 = rates(y, p)
            k2 = rates(y + h / 2 * k1, p)
            k3 = rates(y + h / 2 * k2, p)
            k4 = rates(y + h * k3, p)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return y

    @numba.njit
    def f(p):
        h, y = 0.1, np.ones(2)
        for _ in range(5):
            k1 = compiled(y, p)
            k2 = compiled(y + h / 2 * k1, p)
            k3 = compiled(y + h / 2 * k2, p)
            k4 = compiled(y + h * k3, p)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return y

    judged(f, complex_step(lambda p: integrate(rates, np.ones(2), p), X), X)


def test_buffers_made_together_made_by_helpers_filled_and_passed_by_keyword():
    @numba.njit
    def f(x):
        rows = np.zeros((6, 4))
        a, b = np.zeros(4), np.zeros(4)
        a[0] = x[0] * x[1]
        b[1] = x[2]
        c, d = made(4), made_of_fixed_size()
        c[2] = x[3] ** 2
        d[3] = x[1] ** 3
        e, g = np.zeros(4), np.zeros(4)
        e.fill(x[0])
        doubled(out=g, x=x)
        rows[0], rows[1], rows[2], rows[3], rows[4], rows[5] = a, b, c, d, e, g
        return rows

    def by_hand(x):
        o = 0 * x[0]
        return np.array(
            [
                [x[0] * x[1], o, o, o],
                [o, x[2], o, o],
                [o, o, x[3] ** 2, o],
                [o, o, o, x[1] ** 3],
                [x[0]] * 4,
                list(2 * x * x[0]),
            ]
        )

    judged(f, complex_step(by_hand, X), X)


def test_buffers_swapped_in_a_loop():
    @numba.njit
    def f(x):
        a, b = np.zeros(x.size), np.ones(x.size)
        for k in range(3):
            for i in range(x.size):
                a[i] = b[i] * x[i] + k
            a, b = b, a
        c = x.copy()
        d = np.empty_like(c)
        for _ in range(3):
            for i in range(x.size):
                d[i] = c[i] * x[i]
            c, d = d, c
        e, g = x, np.zeros(x.size)
        for _ in range(3):
            for i in range(x.size):
                g[i] = e[i] * e[i]
            e, g = g, e.copy()
        return b, c, e

    exact = np.diag(3 * X**2 + 1), np.diag(4 * X**3), np.diag(8 * X**7)
    judged(f, exact, X)


@pytest.mark.parametrize("chunk", [1, 3])
def test_rebound_arrays_in_chunks(chunk):
    @numba.njit
    def f(x):
        y = np.zeros(x.size)
        for k in range(3):
            y = y + x**k
        return y

    np.testing.assert_allclose(dd.jacobian(f, chunk=chunk)(X), np.diag(1 + 2 * X), rtol=1e-15)
