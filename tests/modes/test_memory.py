"""The memory of a Jacobian of many variables stays bounded, whatever the function does with them."""

import tracemalloc

import numpy as np
import pytest

import dualdiff as dd

N, M = 10_000, 10
WEIGHTS = np.random.default_rng(0).standard_normal((M, N))
LIMIT = 64e6


def with_a_buffer(x):
    y = np.zeros(M)
    for i in range(M):
        y[i] = WEIGHTS[i] @ (x * x)
    return y


FUNCTIONS = {
    "matrix times vector": lambda x: WEIGHTS @ np.sin(x),
    "buffer": with_a_buffer,
    "einsum": lambda x: np.einsum("ij,j->i", WEIGHTS, x / (1 + x * x)),
    "array larger than the variable": lambda x: (WEIGHTS * np.sin(x)).sum(1),
    "copies that are alive together": lambda x: np.concatenate([x, x**2, x[::-1]]).reshape(M, -1).mean(1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_peak_is_below_the_jacobian_and_64_megabytes(name):
    f, x = FUNCTIONS[name], np.random.default_rng(1).random(N)
    tracemalloc.start()
    try:
        jac = dd.jacobian(f)(x)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert jac.shape == (M, N)
    assert peak < jac.nbytes + LIMIT
    _, slope = dd.jvp(f, x, np.ones(N))
    np.testing.assert_allclose(jac.sum(1), slope, rtol=1e-10, atol=1e-10 * np.abs(jac).sum(1).max())
