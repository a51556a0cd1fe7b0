"""Functions that write their arguments: the caller's arrays stay as they are, whatever the chunk."""

import numba
import numpy as np
import pytest

import dualdiff as dd
from tests.numba_engine import helpers
from tests.numba_engine.judge import assert_same_bits

X = np.array([0.5, 1.5, 2.0])
W = np.array([3.0, 1.0, 2.0])
M = np.arange(6.0).reshape(2, 3) + 1


@numba.njit
def in_sight(x, a, b, c, d, e, g, h, k, m):
    """Write each argument in another way of its own."""
    a.fill(2.0)
    b.sort()
    np.add(c, 1.0, c)
    helpers.square_into(d, d)
    helpers.square_into(x=e, out=e)
    g[::2] *= 3.0
    h[:] = h + 1
    h[1:] += h[:-1]
    other = k
    other[k > 1.5] = 0.5
    m.T[0] += 1.0
    m.ravel()[1] = 9.0
    m[1:][0, 2], m[0, 2] = m[0, 2], m[1, 2]
    return x * a * b * c * d * e * g * h * k * m[0] * m[1]


def by_flat(x, w, m):
    w.flat[0] += 1
    m.flat[4] = 7.0
    return x * w * m[1]


def by_enumerate(x, w, m):
    for i, row in enumerate(m):
        row[0] += i + 1.0
    return x * m[0] * m[1]


def by_rows(x, w, m):
    for row in m:
        row *= 2.0
    return x * m[0]


def by_zip(x, w, m):
    for row, k in zip(m, w):  # noqa: B905
        row[1] += k
    return x * m[1]


def by_nditer(x, w, m):
    for v in np.nditer(w):
        v[()] += 1.0
    return x * w


def by_helper(x, w, m):
    helpers.square_into(m[1], w)
    return x * m[1]


def check_arguments(f, others, chunk):
    """Check a function that is linear in its variable: its slopes are its values at one."""
    plain = f(X.copy(), *[a.copy() for a in others])
    slopes = f(np.ones(3), *[a.copy() for a in others])
    given = [X.copy(), *[a.copy() for a in others]]
    value, jac = dd.value_and_jacobian(f, chunk=chunk)(*given)
    assert_same_bits(value, plain)
    np.testing.assert_allclose(jac, np.diag(slopes), rtol=1e-14)
    for argument, before in zip(given, (X, *others), strict=True):
        np.testing.assert_array_equal(argument, before)


@pytest.mark.parametrize("chunk", [1, "auto"])
def test_arguments_written_in_sight(chunk):
    check_arguments(in_sight, [W + i / 8 for i in range(8)] + [M], chunk)


@pytest.mark.parametrize(
    "writer", [by_flat, by_enumerate, by_rows, by_zip, by_nditer, by_helper], ids=lambda f: f.__name__
)
def test_arguments_written_behind_a_view_an_iterator_or_a_helper(writer):
    check_arguments(numba.njit(writer), [W, M], 1)


def test_the_variable_itself_written_in_many_ways():
    @numba.njit
    def f(x):
        x.fill(x[0] * x[1])
        x[1] = x[0] * x[0]
        x += 1.0
        for v in enumerate(x):
            x[0] += v[1]
        return x

    x = X.copy()
    got = dd.jacobian(f, chunk=1)(x)
    np.testing.assert_array_equal(x, X)
    p, slope = X[0] * X[1], np.array([X[1], X[0], 0])
    # x0 = 1 + p; then it adds x0 itself, 1 + p**2 and 1 + p
    exact = [(3 + 2 * p) * slope, 2 * p * slope, slope]
    np.testing.assert_allclose(got, exact, rtol=1e-15)
    np.testing.assert_array_equal(dd.jacobian(f)(x), got)


def test_overlapping_operands_of_in_place_operators():
    @numba.njit
    def f(x):
        y = x.copy()
        y[1:] += y[:-1]
        z = x.copy()
        z[:-1] *= z[1:]
        r = x.copy()
        r += r[::-1]
        a = np.empty((3, 3))
        for i in range(3):
            a[i] = x * (i + 1.0)
        a += a.T
        s = x.copy()
        s[1:] = s[:-1]
        rows = np.empty((4, 3))
        rows[0], rows[1], rows[2], rows[3] = y, z, r, s
        return rows, a

    plain = f(X)
    for chunk in (1, "auto"):
        value, jac = dd.value_and_jacobian(f, chunk=chunk)(X)
        assert_same_bits(value, plain)
        for i, e in enumerate(np.eye(3)):
            rows, a = f(e)  # linear but for the product: the slopes are the values at the unit vectors
            np.testing.assert_allclose(jac[0][[0, 2, 3], :, i], rows[[0, 2, 3]], rtol=1e-15)
            np.testing.assert_allclose(jac[1][..., i], a, rtol=1e-15)
        np.testing.assert_array_equal(jac[0][1], [[X[1], X[0], 0], [0, X[2], X[1]], [0, 0, 1]])
