"""Every rule through the NumPy engine: value bitwise, derivative as the table says, on scalars and arrays."""

import operator

import numpy as np
import pytest

import dualdiff as dd
from dualdiff.rules import RULES
from tests.oracle import exact_partial, ulps
from tests.test_rules import ODD, PIECEWISE, SMOOTH

EVEN = [rule for rule in RULES.values() if rule.name not in ODD]
KINKED = PIECEWISE | {"floor_divide"}


def safe_samples(rule, count):
    return [x for x in rule.samples(count) if not (rule.name in KINKED and abs(x[0]) == abs(x[1]))]


@pytest.mark.parametrize("rule", SMOOTH, ids=lambda rule: rule.name)
def test_scalar_derivatives_are_within_4_ulp_of_mpmath(rule):
    ufunc = getattr(np, rule.name)
    for x in safe_samples(rule, 7):
        for i in range(rule.arity):
            with np.errstate(all="ignore"):
                value, got = dd.value_and_derivative(ufunc, argnums=i)(*x)
                plain = ufunc(*(np.float64(v) for v in x))
            orders = tuple(int(j == i) for j in range(rule.arity))
            exact = exact_partial(rule, x, orders)
            assert value.tobytes() == plain.tobytes()
            assert ulps(got, exact) <= 4, f"{rule.name}{x}, argument {i}: {got!r}, exactly {float(exact)!r}"


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("rule", EVEN, ids=lambda rule: rule.name)
def test_value_is_bitwise_the_plain_one_and_keeps_its_dtype(rule, dtype):
    ufunc = getattr(np, rule.name)
    with np.errstate(all="ignore"):
        columns = [np.array(c, dtype) for c in zip(*safe_samples(rule, 37), strict=True)]
        plain = ufunc(*columns)
        value, jac = dd.value_and_jacobian(ufunc, argnums=tuple(range(rule.arity)))(*columns)
        scalars = [ufunc(*c) for c in zip(*columns, strict=True)]
        for c, expected in zip(zip(*columns, strict=True), scalars, strict=True):
            got = ufunc(dd.Dual(c[0], dtype(1)), *c[1:])
            got = got.value if isinstance(got, dd.Dual) else got
            np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(value, plain)
    assert value.dtype == plain.dtype
    assert plain.dtype == dtype or rule.name == "float_power"
    assert all(j.dtype == plain.dtype for j in jac)
    assert all(j.shape == plain.shape + columns[0].shape for j in jac)


@pytest.mark.parametrize("rule", SMOOTH, ids=lambda rule: rule.name)
def test_arrays_agree_with_scalars(rule):
    ufunc = getattr(np, rule.name)
    columns = [np.array(c) for c in zip(*safe_samples(rule, 9), strict=True)]
    with np.errstate(all="ignore"):
        for i in range(rule.arity):
            jac = dd.jacobian(ufunc, argnums=i)(*columns)
            slopes = [dd.derivative(ufunc, argnums=i)(*map(float, c)) for c in zip(*columns, strict=True)]
            np.testing.assert_array_max_ulp(np.diag(jac), np.array(slopes), 4)
            assert not np.any(jac[~np.eye(len(jac), dtype=bool)])


@pytest.mark.parametrize("rule", [r for r in RULES.values() if r.operator], ids=lambda rule: rule.name)
def test_operators_on_scalars_have_the_plain_value(rule):
    apply = getattr(operator, rule.operator)
    with np.errstate(all="ignore"):
        for x in safe_samples(rule, 41):
            for i in range(rule.arity):
                value = dd.value_and_derivative(apply, argnums=i)(*x)[0]
                plain = [np.float64(v) if j == i else v for j, v in enumerate(x)]
                assert value.tobytes() == apply(*plain).tobytes()


@pytest.mark.parametrize("rule", [r for r in RULES.values() if r.operator], ids=lambda rule: rule.name)
def test_operators_are_their_ufuncs(rule):
    apply, ufunc = getattr(operator, rule.operator), getattr(np, rule.name)
    x = np.array([1.5, -2.25, 3.0])
    others = () if rule.arity == 1 else (np.array([2.0, 3.0, -1.0]),)
    with np.errstate(invalid="ignore"):
        for sides in [(x, *others), (x, *(2.5 for _ in others)), (x, *(2 for _ in others))]:
            for i in range(rule.arity):
                arguments = list(sides)[::-1] if i else list(sides)
                plain = apply(*arguments)
                value, by_operator = dd.value_and_jacobian(apply, argnums=i)(*arguments)
                np.testing.assert_array_equal(value, plain)
                by_ufunc = dd.jacobian(ufunc, argnums=i)(*arguments)
                np.testing.assert_array_max_ulp(by_operator, by_ufunc, 4)


@pytest.mark.parametrize("exponent", [2, 2.0, 0.5, -1, 1, 0, 3, -2.5, np.float64(2), np.array(2.0)])
def test_powers_have_the_value_of_the_plain_operator(exponent):
    x = np.linspace(0.3, 4, 57)
    value, jac = dd.value_and_jacobian(lambda x: x**exponent)(x)
    assert value.tobytes() == (x**exponent).tobytes()
    np.testing.assert_allclose(np.diag(jac), float(exponent) * x ** (float(exponent) - 1), rtol=1e-15)

    def in_place(x):
        x **= exponent
        return x

    assert dd.value_and_jacobian(in_place)(x)[0].tobytes() == in_place(x.copy()).tobytes()
    for v in x[:5]:
        assert dd.value_and_derivative(lambda x: x**exponent)(v)[0].tobytes() == np.asarray(v**exponent).tobytes()


@pytest.mark.parametrize("rule", [r for r in RULES.values() if r.is_flat], ids=lambda rule: rule.name)
def test_flat_functions_give_plain_values_and_zero_derivatives(rule):
    ufunc = getattr(np, rule.name)
    x = np.array([1.5, -2.5])
    arguments = (x, np.array([0.7, 2.0]))[: rule.arity]
    assert isinstance(ufunc(dd.Dual(x, x), *arguments[1:]), np.ndarray)
    assert not np.any(dd.jacobian(ufunc)(*arguments))


def test_comparisons_look_at_the_value():
    x = dd.Dual([1.0, 2.0], [5.0, 6.0])
    assert (x < 1.5).tolist() == [True, False]
    assert (x < 1.5).tolist() == [True, False]
    assert (x == dd.Dual([1.0, 0.0], [0.0, 0.0])).tolist() == [True, False]
    assert (x != 1.0).tolist() == [False, True]
    assert np.isnan(x).tolist() == [False, False]
    assert bool(x[0] <= 1)
    assert bool(x[0])
    assert not bool(dd.Dual(0.0, 1.0))
    assert max(x).value == 2.0
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)
    assert (x == None) is False  # noqa: E711
    assert x != "text"


def test_kinks_have_their_documented_answer():
    assert dd.derivative(abs)(0.0) == 0
    assert dd.derivative(np.maximum)(1.0, 1.0) == 0.5
    assert dd.derivative(np.minimum, argnums=1)(1.0, 1.0) == 0.5
    assert dd.derivative(np.hypot)(0.0, 0.0) == 0
    assert dd.derivative(lambda x: x**0)(0.0) == 0
    assert dd.derivative(lambda x: x**0.0)(0.0) == 0
    assert dd.gradient(np.linalg.norm)(np.zeros(3)).tolist() == [0, 0, 0]
    assert dd.gradient(np.max)(np.array([2.0, 1.0, 2.0])).tolist() == [0.5, 0, 0.5]
    assert dd.gradient(np.min)(np.array([1.0, 1.0, 2.0])).tolist() == [0.5, 0.5, 0]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sqrt(x[0]) + x[1],
        lambda x: x[0] ** 0.5 + x[1],
        lambda x: np.log(x[0] + 1.0 - 1.0) + x[1],
        lambda x: np.arccos(x[0] + 1.0) + x[1],
        lambda x: x[0] * np.inf + x[1],
        lambda x: np.array([np.inf, 1.0]) @ x,
        lambda x: x @ np.array([np.inf, 1.0]),
        lambda x: np.einsum("i,i->", x, np.ones(2)) + np.sqrt(x[0]),
        lambda x: np.inner(np.array([np.inf, 1.0]), x),
        lambda x: np.cbrt(x[0]) + x[1],
    ],
)
def test_a_zero_tangent_stays_zero(f):
    with np.errstate(all="ignore"):
        _, dy = dd.jvp(f, np.array([0.0, 2.0]), np.array([0.0, 3.0]))
        full = dd.gradient(f)(np.array([0.0, 2.0]))
    assert dy == 3.0
    assert full[1] == 1.0
    assert not np.isfinite(full[0])


def test_a_zero_tangent_stays_zero_when_nested():
    def f(x):
        return np.sqrt(x[0]) * 0 + np.sqrt(x[0] + x[1]) + x[1] ** 2

    hessian = dd.jacobian(dd.gradient(f))(np.array([1.0, 2.0]))
    np.testing.assert_allclose(hessian, -0.25 / 3**1.5 + np.diag([0.0, 2.0]))
    inner = dd.derivative(lambda b: dd.jvp(lambda x: np.sqrt(x[0]) + x[1] * b, np.array([0.0, 1.0]), np.eye(2)[1])[1])
    assert inner(2.0) == 1.0


def test_derivatives_are_silent_but_the_value_warns_like_plain_numpy():
    assert dd.derivative(np.sqrt)(0.0) == np.inf
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        dd.derivative(np.log)(0.0)
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        dd.derivative(np.log)(0.0)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert dd.value_and_derivative(lambda x: x / 0)(1.0) == (np.inf, np.inf)
