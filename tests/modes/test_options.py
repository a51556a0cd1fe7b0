"""The options of the operators: holomorphic functions, kinks, auxiliary results."""

import warnings

import mpmath
import numpy as np
import pytest
from numba import njit

import dualdiff as dd
from dualdiff.rules import RULES

Z = [0.3 + 0.4j, -1.7 + 0.2j, 2.5 - 3.0j, -0.1 - 0.9j]
HOLOMORPHIC = [
    name
    for name, rule in RULES.items()
    if "D->D" in rule.ufunc.types and not rule.is_flat and name not in ("absolute", "conjugate")
]


@pytest.mark.parametrize("name", HOLOMORPHIC)
@pytest.mark.parametrize("z", Z)
def test_complex_derivatives_of_the_rules(name, z):
    """The derivative of a holomorphic function is that along the real axis: mpmath's, on 50 digits."""
    names = {"arc": "a"}
    mp_name = name.replace("arc", names["arc"]) if name.startswith("arc") else name
    functions = {
        "positive": lambda w: +w,
        "negative": lambda w: -w,
        "reciprocal": lambda w: 1 / w,
        "square": lambda w: w * w,
        "exp2": lambda w: mpmath.power(2, w),
        "log2": lambda w: mpmath.log(w) / mpmath.log(2),
    }
    with mpmath.workdps(50):
        w = mpmath.mpc(z)
        h = mpmath.mpf(10) ** -20
        exact = (functions.get(name) or getattr(mpmath, mp_name), h)[0]
        expected = complex((exact(w + h) - exact(w - h)) / (2 * h))
    got = dd.derivative(getattr(np, name), holomorphic=True)(z)
    assert abs(got - expected) <= 1e-14 * abs(expected)


def test_powers_of_complex_numbers():
    z, w = 1.5 + 0.5j, 0.3 - 2.0j
    dz, dw = dd.derivative(lambda a, b: a**b, argnums=(0, 1), holomorphic=True)(z, w)
    np.testing.assert_allclose([dz, dw], [w * z ** (w - 1), z**w * np.log(z)], rtol=1e-14)


def test_a_holomorphic_jacobian():
    z = np.array([1 + 1j, 2 - 1j])
    jac = dd.jacobian(lambda z: np.stack([z[0] * z[1], np.exp(z[0])]), holomorphic=True)(z)
    np.testing.assert_allclose(jac, [[z[1], z[0]], [np.exp(z[0]), 0]], rtol=1e-15)


def test_a_holomorphic_jvp_takes_complex_tangents():
    _, dy = dd.jvp(np.square, (1 + 1j,), (1j,), holomorphic=True)
    assert dy == 2j * (1 + 1j)


@pytest.mark.parametrize(
    "f", [np.abs, np.conj, np.real, np.imag, np.angle, np.sign, lambda z: z.real, lambda z: abs(z)]
)
def test_what_is_not_holomorphic_is_refused(f):
    with pytest.raises(dd.NotDifferentiableError, match="not holomorphic"):
        dd.derivative(f, holomorphic=True)(1 + 1j)


@pytest.mark.parametrize("x", [1.0, np.ones(2), 1])
def test_holomorphic_wants_complex_variables(x):
    with pytest.raises(dd.InputError, match=r"holomorphic=True wants complex variables, x is .* Pass x \+ 0j"):
        dd.jacobian(np.sin, holomorphic=True)(x)


def test_complex_results_of_real_variables():
    x = np.array([0.3, 0.7])

    def f(x):
        return np.exp(1j * x) * x[::-1]

    value, jac = dd.value_and_jacobian(f)(x)
    assert np.array_equal(value, f(x))
    e = np.exp(1j * x)
    np.testing.assert_allclose(jac, [[1j * e[0] * x[1], e[0]], [e[1], 1j * e[1] * x[0]]], rtol=1e-15)
    assert dd.derivative(lambda t: np.exp(1j * t))(0.0) == 1j
    np.testing.assert_allclose(dd.gradient(lambda x: np.sum(np.exp(1j * x)))(x), 1j * e, rtol=1e-15)
    _, dy = dd.jvp(f, x, np.array([1.0, 0.0]))
    np.testing.assert_allclose(dy, jac[:, 0], rtol=1e-15)


def test_complex_results_of_float32_are_complex64():
    assert dd.jacobian(lambda x: np.exp(1j * x))(np.ones(2, np.float32)).dtype == np.complex64


def test_the_modulus_of_a_transfer_function():
    def gain(w):
        return np.abs(1 / (1 + 1j * w) ** 2)

    np.testing.assert_allclose(dd.derivative(gain)(0.5), -2 * 0.5 / (1 + 0.25) ** 2, rtol=1e-15)


# ---- kinks ----------------------------------------------------------------------------------------------------------

KINKS = [
    (np.abs, [0.0, 1.0], "np.absolute", "flat index 0"),
    (lambda x: np.maximum(x, [1.0, 2.0, 1.0]), [1.0, 2.0, 1.0], "np.maximum", "flat indices 0, 1, 2"),
    (lambda x: np.minimum(x, 2.0), [1.0, 2.0], "np.minimum", "flat index 1"),
    (np.floor, [1.5, 2.0], "np.floor", "flat index 1"),
    (np.sign, [1.5, 0.0], "np.sign", "flat index 1"),
    (np.rint, [1.5, 0.0], "np.rint", "flat index 0"),
    (lambda x: x // 1.0, [1.5, 2.0], "np.floor_divide", "flat index 1"),
    (lambda x: np.where(x > 0, x, 0.0), [-1.0, 0.0], "the comparison >", "flat index 1"),
    (lambda x: x if x[0] <= 1 else -x, [1.0], "the comparison <=", "flat index 0"),
    (lambda x: x if x[1] == 1 else -x, [0.0, 1.0], "the comparison ==", "flat index 0"),
]


@pytest.mark.parametrize(("f", "x", "what", "place"), KINKS)
def test_kinks_are_reported(f, x, what, place):
    x = np.array(x)
    with pytest.raises(dd.KinkError) as caught:
        dd.jacobian(f, kinks="raise")(x)
    message = str(caught.value)
    assert what in message
    assert f"({place})" in message
    assert "test_options.py" in message
    with pytest.warns(dd.KinkWarning, match="has a kink"):
        warned = dd.jacobian(f, kinks="warn")(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        silent = dd.jacobian(f)(x)
        assert np.array_equal(warned, silent), "a report does not change the result"
        dd.jacobian(f, kinks="raise")(x + 0.3 * np.arange(1, len(x) + 1))


def test_a_wrong_choice_for_kinks():
    with pytest.raises(dd.InputError, match=r"kinks is 'stop'\. Pass 'ignore', 'warn' or 'raise'"):
        dd.jacobian(np.sin, kinks="stop")


def test_compiled_functions_report_kinks_in_their_plain_form():
    @njit
    def f(x):
        return abs(x)

    with pytest.raises(dd.KinkError):
        dd.derivative(f, kinks="raise")(0.0)
    with pytest.raises(dd.InputError, match="does not know kinks="):
        dd.derivative(f, kinks="raise", engine="numba")


# ---- auxiliary results ----------------------------------------------------------------------------------------------


def test_auxiliary_results():
    def f(x):
        y = x * x
        return np.sum(y), {"y": y, "note": "text"}

    x = np.array([1.0, 2.0])
    slope, aux = dd.gradient(f, has_aux=True)(x)
    assert np.array_equal(slope, 2 * x)
    assert aux["note"] == "text"
    assert type(aux["y"]) is np.ndarray
    (value, _), slope = dd.value_and_gradient(f, has_aux=True)(x)
    assert value == 5
    (value, aux), moved = dd.jvp(f, x, x, has_aux=True)
    assert (value, moved, aux["note"]) == (5, 10, "text")
    with pytest.raises(dd.OutputError, match=r"return \(y, aux\)"):
        dd.jacobian(np.sin, has_aux=True)(x)
