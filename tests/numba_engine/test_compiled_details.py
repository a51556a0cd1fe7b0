"""Chunks, dtypes, names, kinks and memory of compiled derivatives."""

import numba
import numpy as np
import pytest
from numba.core.runtime import _nrt_python

import dualdiff as dd
from tests.numba_engine.judge import assert_same_bits, judged

X = np.array([0.7, 1.3, 2.1, 0.4])


def test_a_large_explicit_chunk():
    @numba.njit
    def total(x):
        s = 0.0
        for v in x:
            s += v * v
        return s

    x = np.linspace(0.0, 1.0, 1500)
    np.testing.assert_array_equal(dd.gradient(total, chunk=1500)(x), 2 * x)
    np.testing.assert_array_equal(dd.gradient(total, chunk=10**6)(x[:3]), 2 * x[:3])


def test_float32_with_integer_literals():
    @numba.njit
    def f(x):
        y = np.zeros_like(x)
        for i in range(x.size):
            y[i] = 2 * x[i] + 1
        y -= 3
        return y, x * 2 + 1, x**2, x[0] * 2

    x = X.astype(np.float32)
    value, jac = dd.value_and_jacobian(f)(x)
    eye = np.eye(4)
    exact = 2 * eye, 2 * eye, np.diag(2 * x), 2 * eye[0]
    for a, b, j, d in zip(value, f(x), jac, exact, strict=True):
        assert_same_bits(a, b)
        assert j.dtype == np.asarray(b).dtype
        np.testing.assert_allclose(j, d, rtol=1e-6)
    assert jac[0].dtype == np.float32


def test_parameters_named_like_what_the_engine_uses():
    @numba.njit
    def f(seeded, size_of, min, dual_dtype, f, n, out, value, start, jac, result=2.0):
        return seeded * size_of * min * dual_dtype * f * n * out * value * start * jac * result

    others = 2.0, 1.5, 0.5, 2.0, 3.0, 1.0, 4.0, 0.25, 1.0
    exact = np.diag(np.full(4, 2 * np.prod(others)))
    judged(f, exact, X, *others)
    out = np.empty((4, 4))
    assert dd.jacobian(f).into(out, X, *others, 4.0) is out
    np.testing.assert_allclose(out, 2 * exact)
    np.testing.assert_allclose(dd.jvp(f, (X, *others, 2.0), (X, *[0.0] * 10))[1], exact @ X)
    slopes = dd.derivative(f, argnums=(2, 5))(2.0, *others)
    np.testing.assert_allclose(slopes, (2 * exact[0, 0] / 1.5, 2 * exact[0, 0] / 3), rtol=1e-14)


def test_conversions_that_keep_the_derivative():
    @numba.njit
    def f(x):
        y = np.zeros(4)
        y[0] = float(x[0]) * x[1]
        y[1] = float(x[2])
        y[2:] = x.astype(np.float64)[:2] * 2.0
        return y

    exact = np.zeros((4, 4))
    exact[0, :2], exact[1, 2], exact[2, 0], exact[3, 1] = X[[1, 0]], 1, 2, 2
    judged(f, exact, X)


def test_kinks_and_ties():
    @numba.njit
    def f(x):
        return np.linalg.norm(x), np.max(x), np.min(x), x.max(), x.min(), np.maximum(x[0], x[1]), abs(x[0])

    zero, half, quarter = np.zeros(4), [0.5, 0.5, 0, 0], np.full(4, 0.25)
    judged(f, (zero, quarter, quarter, quarter, quarter, half, zero), np.zeros(4))
    x = np.array([2.0, 2.0, 1.0, 1.0])
    low = [0, 0, 0.5, 0.5]
    judged(f, (x / np.sqrt(10), half, low, half, low, half, [1, 0, 0, 0]), x)


def test_a_norm_at_zero_keeps_the_other_directions():
    @numba.njit
    def f(x):
        return np.linalg.norm(x[:2]) + x[2], np.linalg.norm(x) * 1.0

    judged(f, ([0, 0, 1, 0], [0, 0, 1, 0]), np.array([0.0, 0, 3, 0]))


@numba.njit(error_model="numpy")
def still_in_one_direction(x):
    y = np.zeros((2, x.size))
    for i in range(x.size):
        y[0, i] = x[0] * np.inf + np.sqrt(x[1]) + x[i]
        y[1, i] = np.log(x[0]) * 0.0 + x[i]
    return y


@pytest.mark.parametrize("chunk", [1, 2, "auto"])
def test_recomputed_derivatives_keep_zeros_for_still_directions(chunk):
    x = np.array([0.0, 0.0, 2.0, 3.0])
    jac = dd.jacobian(still_in_one_direction, chunk=chunk)(x)
    np.testing.assert_array_equal(jac[:, :, 2:], np.tile(np.eye(4)[:, 2:], (2, 1, 1)))
    np.testing.assert_array_equal(jac[1, :, 1], np.eye(4)[:, 1])
    assert not np.any(np.isfinite(jac[0, :, :2]))


@pytest.fixture
def held():
    """Return a function that counts the arrays which compiled code holds: no other tool sees them."""
    _nrt_python.memsys_enable_stats()
    yield lambda: _nrt_python.memsys_get_stats_alloc() - _nrt_python.memsys_get_stats_free()
    _nrt_python.memsys_disable_stats()


def test_memory_does_not_grow(held):
    operators = dd.jacobian(still_in_one_direction), dd.value_and_jacobian(still_in_one_direction, chunk=2)
    into, out = operators[0].into, np.empty((2, 4, 4))

    def work():
        for x in (np.array([0.0, 0.0, 2.0, 3.0]), np.ones(4)):
            for operator in operators:
                operator(x)
            into(out, x)

    work()
    before = held()
    for _ in range(20):
        work()
    assert held() == before
