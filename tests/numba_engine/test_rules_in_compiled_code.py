"""Every rule in compiled code: the value is the plain one bit for bit, the derivative is the table's.

Many rules stand in one compiled function, since compilation is what these tests cost.
"""

import functools
import math

import numba
import numpy as np
import pytest

import dualdiff as dd
from dualdiff.rules import RULES
from tests.numba_engine.judge import assert_same_bits
from tests.oracle import exact_partial, ulps
from tests.test_rules import ODD, PIECEWISE

SAMPLES = 7
SYMBOLS = {
    "absolute": "abs({})",
    "add": "{} + {}",
    "divide": "{} / {}",
    "floor_divide": "{} // {}",
    "multiply": "{} * {}",
    "negative": "-{}",
    "positive": "+{}",
    "power": "{} ** {}",
    "remainder": "{} % {}",
    "subtract": "{} - {}",
}
WITHOUT_PLAIN_FORM = {"math.cbrt", "math.exp2", "math.fmod"}  # Numba has no such function for floats, or only lately
KINKED = PIECEWISE | {"floor_divide"}
FORMS = ("np", "math", "operator", "builtin")
cached_partial = functools.cache(lambda name, x, orders: exact_partial(RULES[name], x, orders))


def expressions(form, arity):
    """Return (rule, expression with {} for its arguments) for the rules that have this form."""
    for rule in RULES.values():
        if rule.name in ODD:
            continue
        places = ", ".join(["{}"] * rule.arity)
        written = {
            "np": f"np.{rule.name}({places})",
            "math": f"math.{rule.math}({places})" if rule.math else None,
            "operator": SYMBOLS[rule.name] if rule.operator else None,
            "builtin": {"power": "pow({}, {})", "maximum": "max({}, {})", "minimum": "min({}, {})"}.get(rule.name),
        }[form]
        if rule.arity == arity and written and written.split("(")[0] not in WITHOUT_PLAIN_FORM:
            yield rule, written


def in_numpy(rule, x, i):
    """Return the slope that the rule gives on NumPy's numbers."""
    arguments = [np.float64(v) for v in x]
    with np.errstate(all="ignore"):
        return float(rule.first[i](np, *arguments, getattr(np, rule.name)(*arguments)))


def samples(rule):
    """Return the points of a rule as columns, without its kinks."""
    found = [x for x in rule.samples(SAMPLES) if not (rule.name in KINKED and abs(x[0]) == abs(x[1]))]
    return np.array([found[k % len(found)] for k in range(SAMPLES + 7)]).T


@functools.cache
def compiled(form, arity, loop):
    """Return a function that applies all rules of a form, each to its own row."""
    names = ("a", "b")[:arity]
    lines = [f"def rules({', '.join(names)}):", "    y = np.empty_like(a)"]
    if loop:
        lines.append("    for j in range(a.shape[1]):")
    index = "{k}, j" if loop else "{k}"
    pairs = list(expressions(form, arity))
    for k, (_, written) in enumerate(pairs):
        place = index.format(k=k)
        lines.append(f"        y[{place}] = " + written.format(*(f"{n}[{place}]" for n in names)))
    if not loop:
        lines[2:] = [line[4:] for line in lines[2:]]
    namespace = {"np": np, "math": math}
    exec("\n".join([*lines, "    return y"]), namespace)
    points = [np.stack(rows) for rows in zip(*(samples(rule) for rule, _ in pairs), strict=True)]
    # as NumPy does: infinite values and no ZeroDivisionError
    return numba.njit(namespace["rules"], error_model="numpy"), [rule for rule, _ in pairs], points


def slopes_of(f, points, i):
    """Return the value and the slopes in argument ``i``, all points in one pass."""
    return dd.jvp(f, tuple(points), tuple(np.full_like(p, float(i == k)) for k, p in enumerate(points)))


@pytest.mark.parametrize(
    ("form", "arity"), [*((form, arity) for form in FORMS[:3] for arity in (1, 2)), ("builtin", 2)]
)
def test_derivatives_are_within_4_ulp_of_mpmath(form, arity):
    f, rules, points = compiled(form, arity, loop=True)
    plain = f(*points)
    for i in range(arity):
        value, slopes = slopes_of(f, points, i)
        assert_same_bits(value, plain)
        orders = tuple(int(k == i) for k in range(arity))
        for rule, row, *columns in zip(rules, slopes, *points, strict=True):
            for got, x in zip(row, zip(*map(np.ndarray.tolist, columns), strict=True), strict=True):
                exact = 0.0 if rule.is_flat else cached_partial(rule.name, x, orders)
                # Numba's own cbrt errs by more than one ulp, which its slope doubles: there NumPy's rule is the judge
                assert ulps(got, exact) <= 4 or ulps(got, in_numpy(rule, x, i)) <= 4, (
                    f"{form} {rule.name}{x}, argument {i}: {got!r}, exactly {float(exact)!r}"
                )


@pytest.mark.parametrize(("form", "arity"), [("np", 1), ("np", 2), ("operator", 2)])
def test_array_expressions_give_what_loops_give(form, arity):
    by_loop, by_array = (compiled(form, arity, loop)[0] for loop in (True, False))
    points = compiled(form, arity, True)[2]
    for i in range(arity):
        value, slopes = slopes_of(by_loop, points, i)
        array_value, array_slopes = slopes_of(by_array, points, i)
        assert_same_bits(array_value, value)
        np.testing.assert_array_max_ulp(array_slopes, slopes, 1)


@pytest.mark.parametrize("form", ["np", "operator"])
def test_one_argument_may_be_a_plain_number(form):
    f, _, points = compiled(form, 2, True)
    columns = [p[:, :1].copy() for p in points]
    for i in range(2):
        expected_value, expected = slopes_of(f, columns, i)
        value, jac = dd.value_and_jacobian(f, argnums=i, chunk=1)(*columns)
        assert_same_bits(value, expected_value)
        slopes = jac[:, 0, :, 0]
        np.testing.assert_array_max_ulp(np.diag(slopes).copy(), expected[:, 0].copy(), 1)
        assert not np.any(slopes[~np.eye(len(slopes), dtype=bool)])


def test_float32_stays_float32():
    f, _, (points,) = compiled("np", 1, True)
    x = np.clip(points[:, 2:5], -30, 30).astype(np.float32)
    with np.errstate(all="ignore"):
        value, slopes = dd.jvp(f, x, np.ones_like(x))
        exact = dd.jvp(f, x.astype(float), np.ones(x.shape))[1]
    assert_same_bits(value, f(x))
    assert slopes.dtype == np.float32
    finite = np.abs(exact) < 1e30
    np.testing.assert_allclose(slopes[finite], exact[finite], rtol=2e-6)


def test_kinks_have_their_documented_answer():
    @numba.njit(error_model="numpy")
    def kinks(x, y):
        y[0], y[1], y[2] = abs(x[0]), np.abs(x[0]), np.fabs(x[0])
        y[3], y[4], y[5], y[6] = np.hypot(x[0], x[0]), math.hypot(x[0], 0.0), x[0] ** 0, x[0] ** 0.0
        y[7], y[8], y[9], y[10] = np.sign(x[0]), np.floor(x[0]), x[0] ** 2, x[0] ** 1
        y[11], y[12], y[13] = np.maximum(x[0], 0.0), np.minimum(0.0, x[0]), max(x[0], 0.0)
        y[14], y[15], y[16] = min(x[0], 0), max(x[0], 2 * x[0]), 0.0 ** (x[0] + 2.0)
        y[17], y[18], y[19] = np.max(x), np.min(x), x.max()
        return y

    expected = [0] * 10 + [1] + [0.5] * 4 + [1.5, 0] + [0.5] * 3
    jac = dd.jacobian(kinks)(np.zeros(2), np.zeros(20))
    assert jac[:, 0].tolist() == expected
    assert jac[:, 1].tolist() == [0] * 17 + [0.5] * 3


def test_singular_points_have_infinite_slopes():
    @numba.njit(error_model="numpy")
    def singular(x):
        return np.array([np.sqrt(x), x**0.5, np.cbrt(x), np.arcsin(x + 1.0), np.arccosh(x + 1.0), np.log(x), 1.0 / x])

    value, slopes = dd.value_and_derivative(singular)(0.0)
    assert value.tolist() == singular(0.0).tolist()
    assert slopes.tolist() == [math.inf] * 6 + [-math.inf]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_integer_powers_have_the_value_of_the_plain_function(dtype):
    @numba.njit
    def powers(x, n):
        y = np.empty((x.size, n.size + 5), x.dtype)
        for i in range(x.size):
            y[i, 0], y[i, 1], y[i, 2], y[i, 3], y[i, 4] = x[i] ** 2, x[i] ** 3, x[i] ** -2, x[i] ** 1, x[i] ** 5
            for k in range(n.size):
                y[i, 5 + k] = x[i] ** n[k]
        return y

    x, n = np.array([0.7, -1.3, 2.1], dtype), np.array([-3, 0, 1, 2, 7])
    exponents = np.array([2, 3, -2, 1, 5, *n])
    value, slopes = dd.jvp(numba.njit(lambda x: powers(x, n)), x, np.ones_like(x))
    assert_same_bits(value, powers(x, n))
    np.testing.assert_allclose(
        slopes, exponents * x[:, None].astype(float) ** (exponents - 1), rtol=4 * np.finfo(dtype).eps
    )
