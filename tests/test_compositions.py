"""Random compositions of the table's functions: both engines, complex steps and mpmath agree."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

import dualdiff as dd
from tests.oracle import MpmathNamespace

# each is smooth on the whole line and keeps its result of moderate size; {m} is the namespace
UNARY = [
    "{m}.sin({a})",
    "{m}.cos({a})",
    "{m}.tanh({a})",
    "{m}.arctan({a})",
    "{m}.arcsinh({a})",
    "{m}.expm1({m}.sin({a}))",
    "{m}.exp(-{a} * {a})",
    "{m}.exp2({m}.cos({a}))",
    "{m}.log(1.5 + {m}.sin({a}))",
    "{m}.log1p({a} * {a})",
    "{m}.log10(2.0 + {m}.cos({a}))",
    "{m}.sqrt(1.0 + {a} * {a})",
    "(1.0 + {a} * {a}) ** 0.3",
    "2.0 ** {m}.sin({a})",
    "(1.0 / (2.0 + {m}.cos({a})))",
    "{m}.arcsin(0.9 * {m}.sin({a}))",
    "{m}.arctanh(0.8 * {m}.cos({a}))",
    "{m}.arccosh(2.5 + {m}.sin({a}))",
    "(-{a})",
    "({a} ** 2)",
    "{m}.cosh({m}.sin({a}))",
]
BINARY = [
    "({a} + {b})",
    "({a} - {b})",
    "({a} * {b})",
    "({a} / (1.0 + {b} * {b}))",
    "(1.0 + {a} * {a}) ** {m}.sin({b})",
]
REAL_ONLY = [
    "{m}.hypot({a}, 1.0 + {b} * {b})",
    "{m}.arctan2({a}, 1.0 + {b} * {b})",
    "{m}.logaddexp({a}, {b})",
]


def expressions(binary):
    leaves = st.sampled_from(["x[0]", "x[1]", "x[2]", "0.7", "x[0]"])

    def grow(inner):
        return st.one_of(
            st.tuples(st.sampled_from(UNARY), inner).map(lambda t: t[0].format(m="{m}", a=t[1])),
            st.tuples(st.sampled_from(binary), inner, inner).map(lambda t: t[0].format(m="{m}", a=t[1], b=t[2])),
        )

    return st.recursive(leaves, grow, max_leaves=8)


def compiled(text, m):
    return eval(f"lambda x: {text.format(m='m')} + 0.0 * x[0]", {"m": m})


POINT = st.lists(st.floats(-2, 2), min_size=3, max_size=3).map(np.array)


def exact_gradient(text, x):
    """Differentiate by central differences with 60 digits: some 38 of them are right."""
    f = compiled(text, MpmathNamespace())
    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -20
        point = [mpmath.mpf(float(v)) for v in x]

        def slope(i):
            above, below = list(point), list(point)
            above[i], below[i] = point[i] + h, point[i] - h
            return float((f(above) - f(below)) / (2 * h))

        return np.array([slope(i) for i in range(3)])


@settings(max_examples=150, deadline=None)
@given(expressions(BINARY + REAL_ONLY), POINT)
def test_gradients_of_random_compositions_are_those_of_mpmath(text, x):
    f = compiled(text, np)
    value, slope = dd.value_and_gradient(f)(x)
    assert value == f(x), "differentiating never changes the value"
    expected = exact_gradient(text, x)
    np.testing.assert_allclose(slope, expected, rtol=1e-11, atol=1e-12 * max(1.0, np.abs(expected).max()))


@settings(max_examples=100, deadline=None)
@given(expressions(BINARY), POINT)
def test_gradients_of_random_compositions_are_those_of_complex_steps(text, x):
    f = compiled(text, np)
    expected = np.array([np.imag(f(x + 1e-200j * np.eye(3)[i])) for i in range(3)]) / 1e-200
    slope = dd.gradient(f)(x)
    np.testing.assert_allclose(slope, expected, rtol=1e-11, atol=1e-12 * max(1.0, np.abs(expected).max()))


@settings(max_examples=60, deadline=None)
@given(expressions(BINARY + REAL_ONLY), POINT)
def test_second_derivatives_are_symmetric_and_those_of_the_gradient(text, x):
    f = compiled(text, np)
    hessian = dd.jacobian(dd.gradient(f))(x)
    scale = max(1.0, np.abs(hessian).max())
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-11, atol=1e-12 * scale)
    v = np.array([0.3, -0.5, 0.8])
    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -15
        m = compiled(text, MpmathNamespace())
        point = [mpmath.mpf(float(c)) for c in x]
        moved = [[p + s * h * float(c) for p, c in zip(point, v, strict=True)] for s in (1, 0, -1)]
        curvature = float((m(moved[0]) - 2 * m(moved[1]) + m(moved[2])) / h**2)
    assert abs(v @ hessian @ v - curvature) <= 1e-11 * max(scale, abs(curvature))


@settings(max_examples=60, deadline=None)
@given(expressions(BINARY + REAL_ONLY), expressions(BINARY), st.lists(st.floats(-2, 2), min_size=11, max_size=11))
def test_chunks_change_two_ulp_at_most(first, second, values):
    f, g = compiled(first, np), compiled(second, np)
    x = np.array(values)

    def model(x):
        y = np.stack([f(x[i : i + 3]) for i in range(9)])
        return y * g(y) + np.cumsum(y)

    whole = dd.jacobian(model, chunk=11)(x)
    for chunk in (1, 2, 3, 8):
        part = dd.jacobian(model, chunk=chunk)(x)
        np.testing.assert_array_max_ulp(part, whole, 2)


@settings(max_examples=60, deadline=None)
@given(expressions(BINARY + REAL_ONLY), POINT, POINT)
def test_the_chain_rule(text, x, v):
    """The pushforward of a composition is the composition of pushforwards."""
    f = compiled(text, np)

    def inner(x):
        return np.stack([np.sin(x[0]) * x[1], x[2] ** 2, x[0] - x[2]])

    y, dy = dd.jvp(inner, x, v)
    _, expected = dd.jvp(f, y, dy)
    _, got = dd.jvp(lambda x: f(inner(x)), x, v)
    assert got == expected


CHOSEN = [
    "{m}.hypot(x[0], 1.0 + x[1] * x[1]) * {m}.log1p(x[2] * x[2])",
    "(1.0 + x[0] * x[0]) ** {m}.sin(x[1]) / (1.0 + x[2] * x[2])",
    "{m}.arctan2({m}.expm1({m}.sin(x[0])), 1.0 + x[1] * x[1]) - {m}.exp2({m}.cos(x[2]))",
    "{m}.arcsin(0.9 * {m}.sin(x[0])) * {m}.arccosh(2.5 + {m}.sin(x[1])) + {m}.log10(2.0 + {m}.cos(x[2]))",
    "{m}.logaddexp(x[0] * x[1], {m}.tanh(x[2])) + {m}.arcsinh(x[0]) * {m}.cosh({m}.sin(x[1]))",
]


@pytest.mark.parametrize("text", CHOSEN)
def test_both_engines_agree(text):
    f = compiled(text, np)
    on_numba, on_numpy = dd.gradient(njit(f)), dd.gradient(f)
    rng = np.random.default_rng(7)
    for x in rng.uniform(-2, 2, (50, 3)):
        np.testing.assert_allclose(on_numba(x), on_numpy(x), rtol=1e-13, atol=1e-15)
