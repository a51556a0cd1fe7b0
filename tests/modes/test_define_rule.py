"""define_rule on the NumPy engine: elementwise functions and ufuncs, judged by functions of other libraries."""

import math

import numba
import numpy as np
import pytest
import scipy.special

import dualdiff as dd
from tests.modes.test_custom_jvp import derivative, j0, plain_table


def test_functions_of_the_c_library_name_each_other_in_their_rules():
    x = 1.3
    assert j0(x) == plain_table("j0")(x)
    np.testing.assert_allclose(derivative(j0)(x), -scipy.special.j1(x), rtol=1e-15)
    np.testing.assert_allclose(
        derivative(derivative(derivative(j0)))(x),
        (3 * scipy.special.j1(x) - scipy.special.jn(3, x)) / 4,
        rtol=1e-14,
    )


def test_an_elementwise_function_broadcasts():
    soft = dd.define_rule(
        lambda x, b: np.log1p(np.exp(b * x)) / b,
        lambda m, x, b, y: 1 / (1 + m.exp(-b * x)),
        lambda m, x, b, y: (x / (1 + m.exp(-b * x)) - y) / b,
    )
    x, b = np.linspace(-1, 1, 3), np.array([[1.0], [2.0]])

    def direct(x, b):
        return np.log1p(np.exp(b * x)) / b

    np.testing.assert_array_equal(dd.value_and_jacobian(soft)(x, b)[0], direct(x, b))
    for got, wanted in zip(dd.jacobian(soft, (0, 1))(x, b), dd.jacobian(direct, (0, 1))(x, b), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-14, atol=1e-16)
    got, wanted = (dd.jacobian(dd.jacobian(g, 1), 0)(x, b) for g in (soft, direct))
    np.testing.assert_allclose(got, wanted, rtol=1e-13, atol=1e-15)


def test_zero_tangents_stay_zero_where_the_rule_is_infinite():
    f = dd.define_rule(
        lambda x, y: np.sqrt(x) * y, lambda m, x, y, z: y / (2 * m.sqrt(x)), lambda m, x, y, z: m.sqrt(x)
    )
    np.testing.assert_array_equal(dd.gradient(lambda v: f(v[0], v[1]))(np.array([0.0, 1.0])), [np.inf, 0.0])
    assert dd.gradient(lambda v: f(0.0 * v[0], v[1]))(np.array([1.0, 1.0]))[1] == 0.0


def test_constants_and_unknown_derivatives():
    f = dd.define_rule(lambda n, x, c: n * x, None, lambda m, n, x, c, y: n, 0.0, arguments=("order", "x", "c"))
    assert dd.gradient(lambda x: f(3, x, x))(2.0) == 3.0
    with pytest.raises(dd.NotDifferentiableError, match="dual number as its argument order"):
        derivative(f)(1.0, 2.0, 3.0)


def test_kinks_are_reported():
    f = dd.define_rule(lambda x: abs(x), lambda m, x, y: m.sign(x), kink=lambda m, x: x == 0.0)
    assert derivative(f)(-2.0) == -1.0
    with pytest.raises(dd.KinkError, match="<lambda> has a kink"):
        derivative(f, kinks="raise")(0.0)


@pytest.fixture
def square():
    """Return a ufunc made by Numba."""
    return numba.vectorize(lambda x: x * x)


@pytest.mark.parametrize("signatures", [[], ["float64(float64, float64)"]])
def test_ufuncs_of_numba(signatures):
    times = numba.vectorize(signatures)(lambda a, b: a * b) if signatures else numba.vectorize(lambda a, b: a * b)
    with pytest.raises(dd.NotDifferentiableError, match="no derivative rule"):
        derivative(lambda x: times(x, x))(3.0)
    assert dd.define_rule(times, lambda m, a, b, y: b, lambda m, a, b, y: a) is times
    x = np.array([1.0, 2.0])
    assert dd.jacobian(lambda x: times(x, 3.0 * x))(x).tolist() == [[6, 0], [0, 12]]
    assert dd.jacobian(lambda x: times(x, 3.0 * x), rebind=False)(x).tolist() == [[6, 0], [0, 12]]
    assert derivative(derivative(lambda x: times(x, x)))(3.0) == 2.0


def test_a_second_definition_takes_the_place_of_the_first(square):
    dd.define_rule(square, 7.0)
    assert derivative(lambda x: square(x))(3.0) == 7.0
    dd.define_rule(square, lambda m, x, y: 2 * x)
    assert derivative(lambda x: square(x))(3.0) == 6.0
    dd.define_rule(square, 0.0)
    assert derivative(lambda x: square(x) + x)(3.0) == 1.0


@pytest.mark.parametrize(
    ("function", "first", "message"),
    [
        (np.sin, [1.0], "sin has a rule in the table"),
        (np.isnan, [1.0], "isnan has a rule in the table"),
        (np.matmul, [1.0, 1.0], "matmul works on whole vectors"),
        (np.frompyfunc(math.sin, 1, 1), [1.0], "makes arrays of objects"),
        (lambda x: x, [1.0, 2.0], "has 1 argument and got 2 derivatives"),
        (lambda x, y=1.0: x, [1.0], "has 2 arguments and got 1 derivatives"),
        (lambda x: x, ["2*x"], "is a str. Pass a function"),
        (j0, [1.0], "has a rule. Pass the function itself"),
    ],
)
def test_definitions_that_are_refused(function, first, message):
    with pytest.raises(dd.InputError, match=message):
        dd.define_rule(function, *first)


def test_second_derivatives_must_fill_the_triangle():
    with pytest.raises(dd.InputError, match="has 3 second derivatives, got 2"):
        dd.define_rule(lambda a, b: a * b, 1.0, 1.0, second=(0.0, 0.0))


def test_functions_that_are_not_elementwise():
    f = dd.define_rule(lambda x: np.sum(x), 1.0)
    with pytest.raises(dd.ShapeError, match=r"an elementwise function returns \(3,\)"):
        dd.gradient(f)(np.ones(3))
