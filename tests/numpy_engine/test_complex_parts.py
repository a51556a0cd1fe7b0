"""Real and imaginary parts, angles, and functions that are not ufuncs: sinc, i0, nan_to_num, np.emath."""

import mpmath
import numpy as np
import pytest

import dualdiff as dd
from tests.numpy_engine.truth import assert_bitwise, check, check_nested, flatten, seed

RNG = np.random.default_rng(16)
X = RNG.normal(size=(2, 3))


def as_complex(x):
    return x[0] + 1j * x[1]


TABLE = {
    "real": lambda x: np.real(as_complex(x)),
    "imag": lambda x: np.imag(as_complex(x)),
    "real attribute": lambda x: as_complex(x).real,
    "conj": lambda x: np.conj(as_complex(x)) * x,
    "conjugate method": lambda x: as_complex(x).conjugate(),
    "angle": lambda x: np.angle(as_complex(x)),
    "angle deg": lambda x: np.angle(as_complex(x), deg=True),
    "abs": lambda x: np.abs(as_complex(x)),
    "real_if_close": lambda x: np.real_if_close(x * (1 + 0j)),
    "real_if_close complex": lambda x: np.real_if_close(as_complex(x)),
    "sort_complex": lambda x: np.sort_complex(as_complex(x)),
    "nan_to_num": lambda x: np.nan_to_num(as_complex(x)),
    "sqrt": lambda x: np.emath.sqrt(x),
    "log": lambda x: np.emath.log(x),
    "log2": lambda x: np.emath.log2(x),
    "log10": lambda x: np.emath.log10(x),
    "logn": lambda x: np.emath.logn(x[0] ** 2 + 2, x[1]),
    "power": lambda x: np.emath.power(x, 0.5),
    "arccos": lambda x: np.emath.arccos(x * 2),
    "arcsin": lambda x: np.emath.arcsin(x * 2),
    "arctanh": lambda x: np.emath.arctanh(x * 2),
    "positive sqrt": lambda x: np.emath.sqrt(x * x),
}


@pytest.mark.parametrize("name", TABLE)
def test_parts_of_complex_numbers(name):
    check(TABLE[name], X, rtol=1e-10)


@pytest.mark.parametrize("name", TABLE)
def test_parts_of_complex_numbers_nest(name):
    check_nested(TABLE[name], X + 0.05, rtol=1e-8)


def test_parts_share_memory():
    z = seed(X) * (1 + 2j)
    for part in (np.real, np.imag):
        assert np.shares_memory(part(z).value, z.value)
        assert np.shares_memory(part(z).partials, z.partials)
    z.real[0] = 5.0
    assert (z.value[0].real == 5).all()
    assert not z.partials[:, 0].real.any()
    assert np.real(seed(X)).dtype == float
    assert not np.imag(seed(X)).any()


def test_an_imaginary_part_with_a_derivative_is_not_thrown_away():
    with pytest.raises(dd.DroppedDerivativeError, match="real_if_close"):
        np.real_if_close(dd.Dual(1.0 + 0j, 1j))


@pytest.mark.parametrize("func", [np.real, np.imag, np.angle])
def test_functions_that_are_not_holomorphic_are_refused_in_a_holomorphic_derivative(func):
    x = seed(X) * (1 + 2j)
    x.tag.is_holomorphic = True
    try:
        with pytest.raises(dd.NotDifferentiableError, match="not holomorphic"):
            func(x)
    finally:
        x.tag.is_holomorphic = False


def test_angle_of_real_numbers_is_flat():
    assert np.angle(seed(X)).tolist() == np.angle(X).tolist()


def test_nan_to_num():
    x = np.array([1.0, np.nan, np.inf, -np.inf])
    assert dd.jacobian(np.nan_to_num)(x).tolist() == np.diag([1.0, 0, 0, 0]).tolist()
    filled = dd.jacobian(lambda a: np.nan_to_num(a * x, nan=a * 2, posinf=a, neginf=3.0))(2.0)
    assert filled.tolist() == [1, 2, 1, 0]
    assert_bitwise(np.nan_to_num(seed(x)), np.nan_to_num(x))
    y = seed(x)
    assert np.nan_to_num(y, copy=False) is y
    assert not y.partials[:, 1:].any()


def exact_sinc(x, order):
    with mpmath.workdps(60):
        return mpmath.diff(lambda t: mpmath.sincpi(t), mpmath.mpf(x), order)


@pytest.mark.parametrize("order", [1, 2])
def test_sinc(order):
    f = np.sinc
    for _ in range(order):
        f = dd.derivative(f)
    for x in (0.0, 1e-9, 1e-3, 0.1, 0.3, 0.6, 0.63, 0.64, 0.7, 1.2, -0.25, -2.3, 5.1):
        exact = exact_sinc(x, order)
        got = f(x)
        # beyond the first zero sin and cos of pi * x, rounded, have an error of about pi * x ulps
        np.testing.assert_allclose(got, float(exact), rtol=2e-15, atol=2e-15 if abs(x) > 0.5 else 0)
    check(np.sinc, X)


@pytest.mark.parametrize("order", [1, 2])
def test_i0(order):
    f = np.i0
    for _ in range(order):
        f = dd.derivative(lambda x, f=f: np.reshape(f(x), ()))
    for x in (0.0, 1e-8, 0.3, 2.0, -7.9, 8.0, 8.1, 30.0):
        with mpmath.workdps(40):
            exact = mpmath.diff(lambda t: mpmath.besseli(0, t), x, order)
        np.testing.assert_allclose(f(x), float(exact), rtol=1e-14)
    assert_bitwise(np.i0(seed(X)), np.i0(X))
    assert flatten(np.i0(seed(X))).dtype == float
