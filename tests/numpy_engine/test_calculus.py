"""Differences, gradients, integrals, interpolation, angles and covariances."""

import numpy as np
import pytest

import dualdiff as dd
from tests.numpy_engine.truth import assert_bitwise, check, check_nested, seed

RNG = np.random.default_rng(15)
X = RNG.normal(size=(3, 4)) + 0.1
T = np.array([0.0, 0.5, 0.7, 1.9])
KNOTS, HEIGHTS = np.array([0.0, 1.0, 1.5, 3.0]), np.array([1.0, -1.0, 2.0, 0.5])
PLACES = np.array([-0.5, 0.3, 1.2, 2.9, 3.4])

SMOOTH = {
    "diff": lambda x: np.diff(x),
    "diff n": lambda x: np.diff(x, n=2, axis=0),
    "diff prepend": lambda x: np.diff(x, prepend=0.0, append=x[:, :1] * 3),
    "diff prepend array": lambda x: np.diff(x, axis=0, prepend=T[None], append=x[0, 0]),
    "diff plain": lambda x: np.diff(T, prepend=x[0, 0]),
    "diff zero times": lambda x: np.diff(x, n=0),
    "ediff1d": lambda x: np.ediff1d(x),
    "ediff1d ends": lambda x: np.ediff1d(x, to_begin=[1.0, 2.0], to_end=x[0]),
    "gradient": lambda x: np.gradient(x),
    "gradient axis": lambda x: np.gradient(x, 0.5, axis=1),
    "gradient edge": lambda x: np.gradient(x, 0.5, 2.0, edge_order=2),
    "gradient places": lambda x: np.gradient(x, T, axis=-1, edge_order=2),
    "gradient of places": lambda x: np.gradient(x, [0.0, 0.4, 1.0], T),
    "gradient active spacing": lambda x: np.gradient(X, x[0, 0], axis=1),
    "gradient active places": lambda x: np.gradient(x[0] * x[1], T + x[2] * 0.02, edge_order=2),
    "trapezoid": lambda x: np.trapezoid(x, dx=0.5),
    "trapezoid axis": lambda x: np.trapezoid(x, x=[0.0, 2.0, 3.0], axis=0),
    "trapezoid active x": lambda x: np.trapezoid(X, x=x[0]),
    "trapezoid both": lambda x: np.trapezoid(x, x=x * x),
    "trapezoid active dx": lambda x: np.trapezoid(x[0], dx=x[1, 1]),
    "unwrap": lambda x: np.unwrap(np.cumsum(x * 4)),
    "unwrap period": lambda x: np.unwrap(x * 5, axis=0, period=3.0, discont=2.0),
    "cov": lambda x: np.cov(x),
    "cov columns": lambda x: np.cov(x, rowvar=False, bias=True),
    "cov two": lambda x: np.cov(x[0], x[1] * x[2]),
    "cov weights": lambda x: np.cov(x, fweights=[1, 2, 1, 3], aweights=T + 0.2),
    "cov active weights": lambda x: np.cov(X, aweights=x[0] ** 2 + 0.5, ddof=1),
    "cov ddof": lambda x: np.cov(x, ddof=0, aweights=x[1] ** 2 + 0.5),
    "cov one": lambda x: np.cov(x[0]),
    "corrcoef": lambda x: np.corrcoef(x),
    "corrcoef two": lambda x: np.corrcoef(x[0], x[2], rowvar=False),
    "logspace": lambda x: np.logspace(x[0, 0], x[0, 1], 4),
    "logspace base": lambda x: np.logspace(x[0], 1.0, 3, base=x[1] ** 2 + 1, axis=-1),
    "geomspace": lambda x: np.geomspace(x[0] ** 2 + 0.1, x[1] ** 2 + 1, 4),
    "geomspace negative": lambda x: np.geomspace(-1 - x[0, 0] ** 2, -9.0, 3, endpoint=False),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions(name):
    check(SMOOTH[name], X, rtol=1e-10)


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_nest(name):
    check_nested(SMOOTH[name], X, rtol=1e-8)


def differences(f, x, step=1e-3):
    """Central differences in doubles: np.interp takes no others."""
    columns = []
    for i in range(x.size):
        e = np.zeros(x.size)
        e[i] = step
        a = [f(x + k * e) for k in (-2, -1, 1, 2)]
        columns.append((a[0] - 8 * a[1] + 8 * a[2] - a[3]) / (12 * step))
    return np.stack(columns, -1)


@pytest.mark.parametrize(
    "options", [{}, {"left": -3.0}, {"right": 7.0}, {"left": 0.0, "right": 1.0}, {"period": 2.5}, {"period": -4.0}]
)
def test_interpolation_is_right_in_every_argument(options):
    for i in range(3):
        arguments = [PLACES, KNOTS, HEIGHTS]

        def f(v, i=i, arguments=arguments):
            return np.interp(*arguments[:i], v, *arguments[i + 1 :], **options)

        x = arguments[i]
        assert_bitwise(f(seed(x)), f(x))
        np.testing.assert_allclose(dd.jacobian(f)(x), differences(f, x), rtol=1e-10, atol=1e-10)
        first = dd.jacobian(lambda x: f(x))
        np.testing.assert_allclose(dd.jacobian(first)(x), differences(first, x), rtol=1e-7, atol=1e-8)


def test_interpolation_of_all_arguments_together():
    def f(x):
        return np.interp(PLACES + x[0], KNOTS + 0.01 * x, HEIGHTS * x, left=x[1], right=x[2] ** 2)

    x = np.array([0.1, 0.2, 0.3, 0.4])
    assert_bitwise(f(seed(x)), f(x))
    np.testing.assert_allclose(dd.jacobian(f)(x), differences(f, x), rtol=1e-10, atol=1e-10)
    assert np.interp(seed(x)[0], KNOTS, HEIGHTS + 1j * KNOTS).dtype == complex


def test_interpolation_at_a_knot_takes_the_mean_of_both_slopes():
    slope = dd.derivative(lambda x: np.interp(x, KNOTS, HEIGHTS))
    assert slope(1.0) == (-2 + 6) / 2
    assert slope(0.0) == -2 / 2
    assert slope(3.0) == -1 / 2
    assert slope(-1.0) == slope(4.0) == 0
    assert dd.derivative(lambda x: np.interp(x, KNOTS, HEIGHTS, left=5.0))(0.0) == -2
    jac = dd.jacobian(lambda h: np.interp(1.0, KNOTS, h))(HEIGHTS)
    assert jac.tolist() == [0, 1, 0, 0]
    assert dd.derivative(lambda x: np.interp(x, [1.0], [2.0]))(1.0) == 0
    with pytest.warns(dd.errors.KinkWarning, match=r"np\.interp"):
        dd.derivative(lambda x: np.interp(x, KNOTS, HEIGHTS), kinks="warn")(1.5)


def test_interpolation_refuses_an_active_period():
    with pytest.raises(dd.DroppedDerivativeError, match=r"np\.interp"):
        dd.derivative(lambda p: np.interp(seed(PLACES), KNOTS, HEIGHTS, period=p))(2.0)


def test_the_diagonal_of_a_correlation_is_constant():
    jac = dd.jacobian(np.corrcoef)(X)
    np.testing.assert_allclose(jac[np.arange(3), np.arange(3)], 0.0, atol=1e-15)


def test_covariance_of_complex_numbers():
    x = RNG.normal(size=(2, 2, 5))

    def f(x):
        c = np.cov(x[0] + 1j * x[1])
        return np.stack([np.real(c), np.imag(c)])

    got = dd.jacobian(f)(x).reshape(-1, x.size)
    np.testing.assert_allclose(got, differences(lambda v: f(v.reshape(x.shape)).ravel(), x.ravel()), atol=1e-9)


def test_weighted_counts():
    def f(x):
        return np.bincount([0, 2, 2, 1], x * x, minlength=5)

    x = X[0]
    assert_bitwise(f(seed(x)), f(x))
    expected = np.zeros((5, 4))
    expected[[0, 2, 2, 1], range(4)] = 2 * x
    np.testing.assert_array_equal(dd.jacobian(f)(x), expected)
    assert dd.jacobian(dd.jacobian(f))(x)[2, 1, 1] == 2
