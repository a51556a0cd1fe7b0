"""A zero tangent stays zero, also where the derivative that it meets is infinite."""

import math

import numba
import numpy as np
import pytest

import dualdiff as dd


@numba.njit(error_model="numpy")
def singular(x):
    """Meet an infinite derivative in the first variable only; the second has slope 1 everywhere."""
    y = np.empty(8)
    y[0] = np.sqrt(x[0]) + x[1]
    y[1] = x[0] ** 0.5 + x[1]
    y[2] = np.log(x[0]) + x[1]
    y[3] = math.asin(x[0] + 1.0) + x[1]
    y[4] = x[0] * np.inf + x[1]
    y[5] = np.cbrt(x[0]) + x[1]
    y[6] = 1 / x[0] + x[1]
    y[7] = np.sqrt(x[0] * 0.0) * 0.0 + x[1]
    return y


AT_ZERO = np.array([0.0, 2.0])


@pytest.mark.parametrize("chunk", ["auto", 1])
def test_directions_that_do_not_move_the_argument_keep_zero(chunk):
    assert dd.jacobian(singular, chunk=chunk)(AT_ZERO)[:, 1].tolist() == [1.0] * 8


def test_the_other_direction_is_infinite_or_undefined():
    assert not np.any(np.isfinite(dd.jacobian(singular)(AT_ZERO)[:7, 0]))


def test_jvp_keeps_zero():
    value, dy = dd.jvp(singular, AT_ZERO, np.array([0.0, 3.0]))
    np.testing.assert_array_equal(value, singular(AT_ZERO))
    assert dy.tolist() == [3.0] * 8


def test_in_place_and_with_the_value():
    out = np.empty((8, 2))
    assert dd.jacobian(singular).into(out, AT_ZERO) is out
    assert out[:, 1].tolist() == [1.0] * 8
    value, jac = dd.value_and_jacobian(singular)(AT_ZERO)
    np.testing.assert_array_equal(value, singular(AT_ZERO))
    np.testing.assert_array_equal(jac, out)


def test_in_compiled_code_that_calls_the_derivative():
    jac = dd.jacobian(singular)
    into = jac.into

    @numba.njit
    def both(x):
        out = np.empty((8, 2))
        into(out, x)
        return jac(x)[:, 1], out[:, 1]

    for column in both(AT_ZERO):
        assert column.tolist() == [1.0] * 8


def test_points_without_singularities_are_not_disturbed_by_one_before():
    jac = dd.jacobian(singular)
    jac(AT_ZERO)
    x = np.array([0.25, 2.0])
    slopes = [1.0, 1.0, 4.0, np.nan, np.inf, 1 / (3 * 0.25 ** (2 / 3)), -16.0, np.nan]
    got = jac(x)
    np.testing.assert_allclose(got[:3, 0], slopes[:3], rtol=1e-15)
    np.testing.assert_allclose(got[5:7, 0], slopes[5:7], rtol=1e-14)
    assert got[:, 1].tolist() == [1.0] * 8


def test_angles_and_lengths_at_the_origin():
    @numba.njit(error_model="numpy")
    def f(x):
        return np.hypot(x[0], x[1]) + x[2], np.arctan2(x[0], x[1]) + x[2], math.hypot(x[0], 0.0) + x[2]

    jac = dd.jacobian(f)(np.zeros(3))
    assert [j[2] for j in jac] == [1.0, 1.0, 1.0]
    assert jac[0].tolist() == [0.0, 0.0, 1.0]
    assert jac[2].tolist() == [0.0, 0.0, 1.0]
