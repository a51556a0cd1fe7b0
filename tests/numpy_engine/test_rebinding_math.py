"""The modules math and cmath, np.array, np.vectorize and their kin as rebound code sees them."""

import cmath
import math

import mpmath
import numpy as np
import pytest

import dualdiff as dd
from dualdiff.backends.numpy.rebinding.scalar_math import OWN, find_rule

X = 0.7
# functions of one number written with math; `m` is math in plain code and mpmath for the truth
SCALARS = {
    "pow": lambda m, x: m.pow(x, 2.5) if m is math else x**2.5,
    "atan2": lambda m, x: m.atan2(x, 1 - x),
    "log to base": lambda m, x: m.log(x, 3) + m.log(3, x),
    "hypot of three": lambda m, x: m.hypot(x, x * x, 2) if m is math else m.sqrt(x**2 + x**4 + 4),
    "dist": lambda m, x: m.dist((x, 1), (x * x, 3 * x)) if m is math else m.sqrt((x - x**2) ** 2 + (1 - 3 * x) ** 2),
    "fsum": lambda m, x: m.fsum([x, x * x, 1.0]),
    "prod": lambda m, x: m.prod([x, 2.0, x * x], start=x) if m is math else 2 * x**4,
    "remainder": lambda m, x: m.remainder(x, x * x / 4) if m is math else x - 6 * (x * x / 4),
    "fmod": lambda m, x: m.fmod(x, x * x / 4) if m is math else x - 5 * (x * x / 4),
    "degrees": lambda m, x: m.degrees(x * x),
    "radians": lambda m, x: m.radians(x * x),
    "copysign": lambda m, x: m.copysign(x * x, -1.0) if m is math else -x * x,
    "fabs": lambda m, x: m.fabs(-x),
    "cbrt": lambda m, x: m.cbrt(x),
    "exp2": lambda m, x: m.exp2(x) if m is math else m.mpf(2) ** x,
    "flat": lambda m, x: m.floor(x + 3) * x + m.ceil(x) * x + (x if m is mpmath else m.trunc(x + 1) * x),
}
if hasattr(math, "sumprod"):  # since Python 3.12
    SCALARS["sumprod"] = lambda m, x: m.sumprod([x, 2.0], [x * x, x]) if m is math else x**3 + 2 * x
if hasattr(math, "fma"):  # since Python 3.13
    SCALARS["fma"] = lambda m, x: m.fma(x, x * x, x) if m is math else x**3 + x


@pytest.mark.parametrize("name", SCALARS)
def test_math(name):
    f = SCALARS[name]

    def plain(x):
        return f(math, x)

    value, first = dd.value_and_derivative(plain)(X)
    assert value == plain(X)
    with mpmath.workdps(50):
        exact = [mpmath.diff(lambda x: f(mpmath, x), mpmath.mpf(X), n) for n in (1, 2)]
    assert abs(first - exact[0]) <= 1e-15 * max(1, abs(exact[0]))
    assert abs(dd.derivative(dd.derivative(plain))(X) - exact[1]) <= 1e-14 * max(1, abs(exact[1]))


ONE_ARGUMENT = "acos acosh asin asinh atan atanh cos cosh exp expm1 log log10 log1p log2 sin sinh sqrt tan tanh"


@pytest.mark.parametrize("name", ONE_ARGUMENT.split())
def test_functions_of_one_number(name):
    x = 1.3 if name == "acosh" else 0.3
    function = getattr(math, name)

    def f(x):
        return getattr(math, name)(x)

    value, first = dd.value_and_derivative(f)(x)
    assert value == function(x)
    with mpmath.workdps(50):
        truth = {"log2": lambda x: mpmath.log(x, 2)}.get(name) or getattr(mpmath, name)
        exact = mpmath.diff(truth, mpmath.mpf(x))
    assert abs(first - exact) <= 4 * np.spacing(abs(float(exact)))
    assert f(0.3 if name != "acosh" else 1.3) == function(x)


def test_norms_at_zero_have_derivative_zero():
    assert dd.derivative(lambda x: math.hypot(x, 2 * x, 0.0))(0.0) == 0.0
    assert dd.derivative(lambda x: math.dist((x, x), (0.0, 0.0)))(0.0) == 0.0


def test_the_value_of_math_is_bitwise_its_own():
    x = np.random.default_rng(0).uniform(0.01, 3.0, 200)

    def f(x):
        y = np.zeros((len(x), 4))
        for i, t in enumerate(x):
            y[i] = math.exp(t), math.sin(t), math.tanh(t), math.log(t)
        return y

    np.testing.assert_array_equal(dd.value_and_jacobian(f)(x)[0], f(x))


def test_errors_of_math_are_its_own():
    for f in (lambda x: math.sqrt(-x), lambda x: math.log(x - x), lambda x: math.acos(1 + x)):
        with pytest.raises(ValueError, match=r"math domain error|expected a"):
            dd.derivative(f)(1.0)
    with pytest.raises(OverflowError):
        dd.derivative(lambda x: math.exp(x))(1e4)
    with pytest.raises(TypeError):
        dd.jacobian(lambda x: math.sin(x))(np.ones(2))


@pytest.mark.parametrize("name", ["factorial", "ulp", "gcd"])
def test_math_without_a_rule(name):
    with pytest.raises((dd.NotDifferentiableError, dd.DroppedDerivativeError), match=rf"math\.{name}") as caught:
        dd.derivative(lambda x: getattr(math, name)(x))(3.0)
    assert "test_rebinding_math.py" in str(caught.value)


def test_every_own_derivative_is_reached():
    assert {name for name in OWN if hasattr(math, name)} <= {name.split()[0] for name in SCALARS}
    assert find_rule("sin", 2) is None


def test_cmath():
    def f(x):
        z = cmath.exp(complex(0.0, 1.0) * x) + cmath.sqrt(-x) + cmath.log(x)
        return np.array([z.real, z.imag])

    value, first = dd.value_and_derivative(f)(X)
    np.testing.assert_array_equal(value, f(X))
    exact = [-math.sin(X) + 1 / X, math.cos(X) + 0.5 / math.sqrt(X)]
    np.testing.assert_allclose(first, exact, rtol=1e-15)


# ---- np.array and its kin --------------------------------------------------------------------------------------------

P = np.array([0.7, 1.3])


@pytest.mark.parametrize("dtype", [None, float, np.float32, complex])
@pytest.mark.parametrize("ndmin", [0, 3])
def test_array_of_nested_lists(dtype, ndmin):
    def f(x):
        return np.array([[x[0], 1], x * 2, (x[1], x[0])], dtype=dtype, ndmin=ndmin).real

    value, jacobian = dd.value_and_jacobian(f)(P)
    plain = f(P)
    assert (value.dtype, value.shape) == (plain.dtype, plain.shape)
    np.testing.assert_array_equal(value, plain)
    expected = np.array([[[1, 0], [0, 0]], [[2, 0], [0, 2]], [[0, 1], [1, 0]]])
    np.testing.assert_array_equal(jacobian.reshape(3, 2, 2), expected)


def test_array_of_two_levels():
    def f(a):
        inner = dd.jacobian(lambda b: np.array([[a * b[0], b[1]], [2.0, a * a]]))(np.ones(2))
        return inner.sum() * np.array([a, 1.0])

    # the inner Jacobian sums to a + 1
    np.testing.assert_array_equal(dd.jacobian(f)(3.0), [7.0, 1.0])


def test_arrays_are_copied_where_numpy_copies():
    def f(x):
        same, copied, cast = np.asarray(x), np.array(x), np.asarray(x, dtype=np.float32)
        assert same is x
        copied[0] = 0.0
        y = np.zeros(2)
        assert np.asarray(y) is y
        assert np.ascontiguousarray(y) is y
        assert cast.dtype == np.float32
        other = np.array(y)
        other[0] = x[0]
        assert np.asfortranarray([[x[0], x[1]]]).shape == (1, 2)
        assert np.asarray_chkfinite(x) is x
        return x + y + copied

    np.testing.assert_array_equal(dd.jacobian(f)(P), [[1.0, 0.0], [0.0, 2.0]])


def test_other_ways_to_make_an_array():
    def f(x):
        parts = [np.full(2, x[0]), np.fromiter((t * t for t in x), float), np.r_[x[0], 0:2, x], np.c_[x, x].ravel()]
        return np.concatenate([*parts, np.arange(x[0], 3 * x[1], x[1])])

    value, jacobian = dd.value_and_jacobian(f)(P)
    np.testing.assert_array_equal(value, f(P))
    expected = [[1, 0]] * 2 + [[1.4, 0], [0, 2.6]] + [[1, 0], [0, 0], [0, 0], [1, 0], [0, 1]]
    expected += [[1, 0], [1, 0], [0, 1], [0, 1], [1, 0], [1, 1], [1, 2]]
    np.testing.assert_allclose(jacobian, expected, rtol=1e-15)


def test_functions_of_lists():
    def f(x):
        a, b = x
        products = [np.dot([a, 1.0], [b, a]), np.sum([a, b * b]), np.trace([[a, 1], [2, b]]), np.linalg.norm([a, b])]
        return np.array([*products, *np.concatenate([[a], [1.0, b]]), *np.stack([[a, b], [1.0, 2.0]])[0]])

    r = np.hypot(*P)
    expected = [[2.3, 0.7], [1, 2.6], [1, 1], [0.7 / r, 1.3 / r], [1, 0], [0, 0], [0, 1], [1, 0], [0, 1]]
    np.testing.assert_allclose(dd.jacobian(f)(P), expected, rtol=1e-15)


@pytest.mark.parametrize("dtype", [int, bool, object, "U8"])
def test_arrays_that_cannot_carry_derivatives(dtype):
    with pytest.raises((dd.DroppedDerivativeError, dd.NotDifferentiableError), match="dtype=") as caught:
        dd.jacobian(lambda x: np.array([x[0], 1.0], dtype=dtype))(P)
    assert "np.array([x[0], 1.0], dtype=dtype)" in str(caught.value)


# ---- np.vectorize ----------------------------------------------------------------------------------------------------


def piecewise(t, scale=1.0):
    return scale * t * t if t < 1 else scale * math.sin(t)


VECTORIZED = np.vectorize(piecewise)
FIXED = np.vectorize(piecewise, otypes=[np.float32], excluded={1, "scale"})
PAIRS = np.vectorize(lambda t: (t * t, 2.0))
ROWS = np.vectorize(lambda a, b: np.array([a @ b, a[0]]), signature="(n),(n)->(m)")


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: VECTORIZED(x), [[1.4, 0], [0, math.cos(1.3)]]),
        (lambda x: VECTORIZED(x, scale=2.0), [[2.8, 0], [0, 2 * math.cos(1.3)]]),
        (lambda x: VECTORIZED(x[:, None], np.array([1.0, 3.0]))[0], [[1.4, 0], [4.2, 0]]),
        (lambda x: VECTORIZED([x[0], 2.0]), [[1.4, 0], [0, 0]]),
        (lambda x: FIXED(x, 2.0), [[2.8, 0], [0, 2 * math.cos(1.3)]]),
        (lambda x: PAIRS(x)[0] * PAIRS(x)[1], [[2.8, 0], [0, 5.2]]),
        (lambda x: ROWS(np.stack([x, 2 * x]), x)[1], [[2.8, 5.2], [2, 0]]),
        (lambda x: np.vectorize(lambda t: t * x[0])(np.array([1.0, 2.0])), [[1, 0], [2, 0]]),
    ],
)
def test_vectorize(f, expected):
    value, jacobian = dd.value_and_jacobian(f)(P)
    plain = f(P)
    assert (value.dtype, value.shape) == (plain.dtype, plain.shape)
    np.testing.assert_array_equal(value, plain)
    np.testing.assert_allclose(jacobian, expected, rtol=1e-15 if value.dtype == float else 1e-7)


def test_vectorize_of_no_items_and_of_integers():
    with pytest.raises(ValueError, match="size 0"):
        dd.jacobian(lambda x: VECTORIZED(x[:0]))(P)
    with pytest.raises(dd.DroppedDerivativeError, match=r"np\.vectorize"):
        # the first result, 0, makes NumPy cut the others to integers
        dd.jacobian(lambda x: np.vectorize(lambda t: t if t > 1 else 0)(x))(P)
