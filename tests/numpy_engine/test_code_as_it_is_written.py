"""Pieces of ordinary code, each against its complex step or the same mathematics by other functions."""

import math

import numpy as np
import pytest
import scipy.linalg
import scipy.special

import dualdiff as dd

X = np.array([0.6, 1.3, 0.9, 1.7, 0.45, 1.1])


def with_a_buffer(r):
    z = np.zeros(2)
    z[0] = r[0] * r[1]
    z[1] = math.cos(r[0])
    return z


def test_functions_called_on_rows_fill_buffers():
    found = dd.jacobian(lambda x: np.apply_along_axis(with_a_buffer, 1, x.reshape(3, 2)))(X)
    expected = np.zeros((3, 2, 6))
    for i, (a, b) in enumerate(X.reshape(3, 2)):
        expected[i, :, 2 * i : 2 * i + 2] = [[b, a], [-math.sin(a), 0.0]]
    assert np.array_equal(found, expected)


def test_ldexp_of_a_python_integer():
    for f in (lambda x: np.ldexp(x, 2), lambda x: math.ldexp(x, 2)):
        assert dd.value_and_derivative(f)(0.6) == (2.4, 4.0)
    assert dd.derivative(dd.derivative(lambda x: np.ldexp(x, 2) ** 2))(0.6) == 32.0


def spread(x):
    a = np.zeros((3, 3))
    for i in range(3):
        a[i] = x[i : i + 3] * (1 + i)
        a[i, i] += 4
    return a


@pytest.mark.parametrize("kind", ["cho", "lu"])
def test_factorizations_of_scipy_are_passed_on(kind):
    def f(x):
        if kind == "cho":
            a = spread(x) @ spread(x).T
            return scipy.linalg.cho_solve(scipy.linalg.cho_factor(a, lower=True), x[:3])
        return scipy.linalg.lu_solve(scipy.linalg.lu_factor(spread(x)), x[:3])

    def same(x):
        return np.linalg.solve(spread(x) @ spread(x).T if kind == "cho" else spread(x), x[:3])

    value, found = dd.value_and_jacobian(f)(X)
    assert np.array_equal(value, f(X))
    assert np.allclose(found, dd.jacobian(same)(X), rtol=1e-11, atol=1e-13)


def test_second_derivatives_keep_their_digits_near_their_zeros():
    second = dd.derivative(dd.derivative(scipy.special.expit))
    for x in (1e-8, -1e-3):  # -tanh(x/2) / (4 cosh(x/2)**2)
        exact = -math.tanh(x / 2) / (4 * math.cosh(x / 2) ** 2)
        assert abs(second(x) - exact) <= 8e-16 * abs(exact)
    exact = math.e**0.999999 * (0.999999**2 - 2 * 0.999999 + 2) / 0.999999**3
    assert abs(dd.derivative(dd.derivative(dd.derivative(scipy.special.expi)))(0.999999) - exact) <= 1e-14 * exact


@pytest.mark.parametrize(("f", "slope"), [(np.logaddexp, 1.0), (np.logaddexp2, math.log(2.0))])
@pytest.mark.parametrize("x", [0.0, -3.5, 700.0])
def test_second_derivatives_of_logarithms_of_equal_sums(f, slope, x):
    found = dd.jacobian(dd.gradient(lambda v: f(v[0], v[1])))(np.array([x, x]))
    np.testing.assert_allclose(found, slope * np.array([[0.25, -0.25], [-0.25, 0.25]]), rtol=1e-15)
