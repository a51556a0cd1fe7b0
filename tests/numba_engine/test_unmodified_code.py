"""Derivatives of compiled code as people write it, against closed forms written by hand."""

import math

import numba
import numpy as np

import dualdiff as dd
from tests.numba_engine.judge import assert_same_bits, judged
from tests.numpy_engine.judge import complex_step

X = np.array([0.7, 1.3, 2.1, 0.4])
D = np.diag
ZERO = np.zeros((4, 4))


def unit(i, n=4):
    return np.eye(n)[i]


def test_loops_branches_and_accumulators():
    @numba.njit
    def f(x):
        s, p, count = 0.0, 1, 0
        for i in range(x.size):
            if x[i] > 1.0:
                s += x[i] ** 2
                count += 1
            elif 0.5 < x[i] <= 1.0:
                s -= 3 * x[i]
            else:
                continue
            p *= x[i]
        whole = 0
        for v in x:
            whole += v
        return s, p, whole, count

    p = X[0] * X[1] * X[2]
    exact = ([-3, 2 * X[1], 2 * X[2], 0], [p / X[0], p / X[1], p / X[2], 0], np.ones(4), np.zeros(4))
    judged(f, exact, X)


def test_while_loops_that_depend_on_the_data():
    @numba.njit
    def root(x):
        y, d = x, 1.0
        while abs(d) > 1e-14 * y:
            d = (y * y - x) / (2 * y)
            y -= d
        return y

    judged(root, 0.5 / math.sqrt(7.0), 7.0)

    @numba.njit
    def halved(x):
        y, k = x[0] + 5, 0
        while y > 1.0:
            y = y * 0.5 + x[3] * 0.1
            k += 1
        return y, k

    k = halved(X)[1]
    judged(halved, ([0.5**k, 0, 0, 0.1 * sum(0.5**j for j in range(k))], np.zeros(4)), X)


def test_buffers_of_every_allocator():
    @numba.njit
    def f(x):
        n = x.size
        a, b = np.zeros(n), np.empty(n)
        c, d = np.ones(n), np.full(n, 2.5)
        e, g = np.zeros_like(x), np.empty_like(x)
        h, k = np.ones_like(x), np.full_like(x, 1.5)
        m = np.zeros(shape=(2, 4), dtype=np.float64)
        q = np.full((2, n), x[1])
        for i in range(n):
            a[i], b[i] = x[i], 2 * x[i]
            e[i], g[i] = 5 * x[i], x[i] ** 2
            m[1, i] = x[i] * x[0]
        c[0], d[1], h[2], k[3] = x[0], x[1], x[2], x[3]
        rows = np.empty((8, n))
        rows[0], rows[1], rows[2], rows[3] = a, b, c, d
        rows[4], rows[5], rows[6], rows[7] = e, g, h, k
        return rows, m, q

    one = [D(unit(i)) for i in range(4)]
    product = D(np.full(4, X[0]))
    product[:, 0] += X
    rows = np.stack([np.eye(4), 2 * np.eye(4), one[0], one[1], 5 * np.eye(4), D(2 * X), one[2], one[3]])
    exact = rows, np.stack([ZERO, product]), np.tile(unit(1), (2, 4, 1))
    judged(f, exact, X)


def test_views_share_the_memory_of_their_buffer():
    @numba.njit
    def f(x):
        y = np.zeros((3, 4))
        rows = y[1:]
        row = rows[1]
        row[1:3] = x[:2]
        row[::2][1] += x[3] * x[3]
        y.T[1, 1] = x[0] * x[1]
        for r in y:
            r[0] = x[2]
        flat = y.ravel()
        flat[3] = 3 * x[0]
        y.reshape(4, 3)[1, 1] = x[1] ** 2
        apart = y[0].copy()
        apart[1] = x[3]
        return y, apart

    exact = np.zeros((3, 4, 4))
    exact[2, 1], exact[2, 2] = unit(0), unit(1) + 2 * X[3] * unit(3)
    exact[1, 1] = X[1] * unit(0) + X[0] * unit(1)
    exact[:, 0] = unit(2)
    exact[0, 3] = 3 * unit(0)
    exact.reshape(12, 4)[4] = 2 * X[1] * unit(1)
    apart = exact[0].copy()
    apart[1] = unit(3)
    judged(f, (exact, apart), X)


def test_buffers_may_be_swapped_chosen_and_used_again():
    @numba.njit
    def f(x):
        a, b = np.zeros(x.size), np.ones(x.size)
        for _ in range(3):
            for i in range(x.size):
                a[i] = b[i] * x[i]
            a, b = b, a
        y, z = np.zeros(x.size), np.ones(x.size)
        w = y if x[0] > 100 else z
        w[1] = x[0] * x[2]
        out, scratch = np.zeros(x.size), np.zeros(x.size)
        for k in range(x.size):
            scratch[:] = 0.0
            scratch[k] = x[k] * x[0]
            out += scratch
        pair = (np.zeros(2), np.zeros(2))
        pair[0][1] = x[3] ** 2
        rows = np.empty((4, x.size))
        rows[0], rows[1], rows[2], rows[3] = b, y, z, out
        return rows, pair[0]

    product = D(np.full(4, X[0]))
    product[:, 0] += X
    z = np.zeros((4, 4))
    z[1] = X[2] * unit(0) + X[0] * unit(2)
    judged(f, (np.stack([D(3 * X**2), ZERO, z, product]), np.stack([np.zeros(4), 2 * X[3] * unit(3)])), X)


def test_in_place_operators():
    @numba.njit
    def f(x):
        y = np.ones(x.size)
        y[1:] += x[:-1]
        y[:-1] *= x[1:]
        y[0] **= 2
        z = x * 1.0
        z *= x
        i = 2
        i += 1
        s = x[i]
        s *= x[0]
        s /= 2
        s -= x[1]
        return y, z, s

    def by_hand(x):
        y = np.array([x[1], (1 + x[0]) * x[2], (1 + x[1]) * x[3], 1 + x[2]])
        y[0] = y[0] ** 2
        return np.array([*y, *x**2, x[3] * x[0] / 2 - x[1]])

    exact = complex_step(by_hand, X)
    judged(f, (exact[:4], exact[4:8], exact[8]), X)


def test_assignments_by_slice_column_mask_and_index_array():
    @numba.njit
    def f(x):
        a = np.zeros((4, 3))
        a[:, 1] = x
        a[2, :] = x[1:]
        a[...] = a * 2
        y = np.zeros(4)
        y[x > 1.0] = x[0] * x[1]
        z = np.zeros(4)
        z[np.array([2, 0])] = x[:2] * x[:2]
        return a, y, z, x[x > 1.0] * x[0], x[np.array([3, 3, 0])]

    a = np.zeros((4, 3, 4))
    a[:, 1] = 2 * np.eye(4)
    a[2] = 2 * np.eye(4)[1:]
    y = np.outer(X > 1, X[1] * unit(0) + X[0] * unit(1))
    z = np.zeros((4, 4))
    z[2], z[0] = 2 * X[0] * unit(0), 2 * X[1] * unit(1)
    chosen = np.stack([X[1] * unit(0) + X[0] * unit(1), X[2] * unit(0) + X[0] * unit(2)])
    judged(f, (a, y, z, chosen, np.eye(4)[[3, 3, 0]]), X)


def test_array_expressions_of_mixed_ranks():
    def f(x, w):
        y = (x * w + 2) * x - x / (1 + x * x)
        outer = x.reshape(4, 1) * np.sin(x)
        return y, outer + w, np.exp(-outer / 3) * 2, x[:, None] - x[None, :], -(x**2) + 2.0**x

    w = np.array([2.0, -1.0, 0.5, 3.0])
    exact = tuple(complex_step(lambda x, k=k: f(x, w)[k], X) for k in range(5))
    judged(numba.njit(f), exact, X, w)


def test_reductions_and_products():
    @numba.njit
    def f(x, a):
        m = x.reshape(2, 2)
        return (
            np.array([np.sum(x), m.sum(), np.mean(x * x), x.mean(), np.max(x), x.min(), np.prod(x), np.dot(x, x)]),
            a @ x,
            m @ m,
        )

    a = np.arange(8.0).reshape(2, 4) / 3
    m, ones = X.reshape(2, 2), np.ones(4)
    numbers = np.stack([ones, ones, X / 2, ones / 4, unit(2), unit(3), X.prod() / X, 2 * X])
    square = np.stack([e.reshape(2, 2) @ m + m @ e.reshape(2, 2) for e in np.eye(4)], -1)
    judged(f, (numbers, a, square), X, a)


def test_array_literals_lists_and_tuples():
    @numba.njit
    def f(x):
        mixed = np.array([x[0] * 2, 3.0, 4, x[1]])
        squares = []
        for v in x:
            squares.append(v * v)
        numbers = [0.0, x[0], 1.0]
        numbers[2] = x[1]
        a, b = x[0], x[1]
        for _ in range(3):
            a, b = b, a * b
        y = x.copy()
        y[0], y[1] = y[1], y[0]
        return mixed, np.array([v * x[3] for v in squares]), numbers[1] * numbers[2], (a, b), y

    mixed = np.stack([2 * unit(0), np.zeros(4), np.zeros(4), unit(1)])
    scaled = D(2 * X * X[3])
    scaled[:, 3] += X**2
    u, v = X[:2]
    value, jac = dd.value_and_jacobian(f)(X)
    plain = f(X)
    assert isinstance(jac[3], tuple)
    expected = (mixed, scaled, [v, u, 0, 0], np.eye(4)[[1, 0, 2, 3]])
    for k, exact in zip((0, 1, 2, 4), expected, strict=True):
        assert_same_bits(value[k], plain[k])
        np.testing.assert_allclose(jac[k], exact, rtol=1e-14)
    assert_same_bits(value[3], plain[3])
    # after three steps: a = u v * v = u v**2, b = (v)(u v) * (u v**2) = u**2 v**3
    np.testing.assert_allclose(jac[3], ([v * v, 2 * u * v, 0, 0], [2 * u * v**3, 3 * u * u * v * v, 0, 0]), rtol=1e-14)
