"""What the generated entry does with the arguments of the function: copies, names, defaults."""

import numpy as np
import pytest
from numba import njit

import dualdiff as dd

X = np.array([0.3, 0.7, 1.1, 0.9])


@njit
def accumulate(x, work, count):
    for i in range(x.size):
        work[i] += x[i] ** 2
        count[0] += 1.0
    return work * count[0]


@njit
def add_to(w, x):
    for i in range(x.size):
        w[i] += x[i]


@njit
def through_a_helper(x, w):
    add_to(w, x)
    return w * w


@pytest.mark.parametrize("chunk", [1, 2, "auto"])
def test_a_buffer_and_a_counter(chunk):
    work, count = np.ones(4), np.zeros(1)
    value, jac = dd.value_and_jacobian(accumulate, chunk=chunk)(X, work, count)
    np.testing.assert_array_equal(value, (1 + X**2) * 4)
    np.testing.assert_allclose(jac, np.diag(8 * X), rtol=4e-16)
    np.testing.assert_array_equal(work, 1)
    np.testing.assert_array_equal(count, 0)


@pytest.mark.parametrize("chunk", [1, "auto"])
def test_a_buffer_that_a_helper_writes(chunk):
    w = np.ones(4)
    jac = dd.jacobian(through_a_helper, chunk=chunk)(X, w)
    np.testing.assert_allclose(jac, np.diag(2 * (1 + X)), rtol=4e-16)
    np.testing.assert_array_equal(w, 1)


@njit
def reserved(x, dd_start0):
    return x * dd_start0


@njit
def scaled(x, factor=3.0):
    return x * factor


def test_a_parameter_with_a_name_of_the_generated_code_is_refused():
    with pytest.raises(dd.InputError, match="'dd_start0' of reserved starts with dd_"):
        dd.jacobian(reserved)(X, 2.0)


def test_a_default_is_kept_by_jvp():
    value, along = dd.jvp(scaled, (X,), (np.ones(4),))
    np.testing.assert_array_equal(value, 3 * X)
    np.testing.assert_array_equal(along, np.full(4, 3.0))
