"""Rules of the user's in compiled code, judged by closed forms and by the NumPy engine."""

import ctypes
import ctypes.util
import json

import numba
import numpy as np
import pytest
import scipy.special

import dualdiff as dd

from .judge import assert_same_bits


@dd.custom_jvp
@numba.njit
def anomaly(M, e=0.5):
    """Solve Kepler's equation by Newton's method."""
    E = M
    for _ in range(60):
        E = E - (E - e * np.sin(E) - M) / (1 - e * np.cos(E))
    return E


@anomaly.defjvp
def _anomaly(primals, tangents):
    (M, e), (dM, de) = primals, tangents
    E = anomaly(M, e)
    return E, (dM + np.sin(E) * de) / (1 - e * np.cos(E))


def library(name):
    """Return a function of the C library."""
    function = getattr(ctypes.CDLL(ctypes.util.find_library("m")), name)
    function.argtypes, function.restype = [ctypes.c_double], ctypes.c_double
    return function


plain_j1 = library("j1")
j0 = dd.define_rule(library("j0"), lambda m, x, y: -j1(x))
j1 = dd.define_rule(plain_j1, lambda m, x, y: j0(x) - y / x)


@dd.custom_jvp
@numba.njit
def mixed(a, v, n, label):
    """Take numbers and arrays, return a nested tuple."""
    return a * v.sum(), v * a**n, 3, (a, v[0])


@mixed.defjvp
def _mixed(primals, tangents):
    (a, v, n, label), (da, dv, _, _) = primals, tangents
    dy = (da * v.sum() + a * dv.sum(), dv * a**n + v * n * a ** (n - 1) * da, None, (da, dv[0]))
    return mixed(a, v, n, label), dy


def both_engines(f, *args, rtol=1e-14, chunk="auto", **keywords):
    """Check the compiled value and Jacobian against the function and the NumPy engine; return the Jacobian."""
    value, jac = dd.value_and_jacobian(f, chunk=chunk)(*args, **keywords)
    assert_same_bits(value, f(*args, **keywords))
    _, wanted = dd.value_and_jacobian(f, engine="numpy")(*args, **keywords)
    np.testing.assert_allclose(jac, wanted, rtol=rtol, atol=rtol)
    return jac


def test_an_iterative_solver_in_a_loop():
    @numba.njit
    def f(x):
        s = 0.0
        for i in range(x.size - 1):
            s += anomaly(x[i], x[i + 1]) * x[i]
        return s

    x = np.array([0.5, 0.6, 0.7, 0.3])
    jac = both_engines(f, x)
    for chunk in (1, 3):
        np.testing.assert_allclose(dd.jacobian(f, chunk=chunk)(x), jac, rtol=4e-16)
    E = anomaly(x[2], x[3])
    np.testing.assert_allclose(jac[3], x[2] * np.sin(E) / (1 - x[3] * np.cos(E)), rtol=1e-15)


def test_keywords_defaults_and_plain_compiled_code():
    f = numba.njit(lambda x: anomaly(x) + anomaly(e=x, M=0.4))
    assert f(0.3) == anomaly(0.3) + anomaly(0.4, 0.3)
    E, F = anomaly(0.3), anomaly(0.4, 0.3)
    exact = 1 / (1 - 0.5 * np.cos(E)) + np.sin(F) / (1 - 0.3 * np.cos(F))
    np.testing.assert_allclose(both_engines(f, 0.3), exact, rtol=1e-15)


def test_functions_of_the_c_library():
    through_rule = dd.custom_jvp(library("j0"))
    through_rule.defjvp(lambda p, t: (through_rule(p[0]), -plain_j1(p[0]) * t[0]))
    f = numba.njit(lambda x: j0(x) * j1(x) + through_rule(x))
    J0, J1 = scipy.special.j0(1.3), scipy.special.j1(1.3)
    np.testing.assert_allclose(both_engines(f, 1.3), J0 * (J0 - J1 / 1.3) - J1**2 - J1, rtol=1e-14)


@pytest.mark.slow
def test_arrays_numbers_and_nested_results():
    @numba.njit
    def f(x, table):
        p, q, n, (r, w) = mixed(x[0], x[1:] * table, 2, "label")
        return q * n * r + p * w

    @numba.njit
    def only_the_number_moves(x, table):
        p, q, n, (r, w) = mixed(x[0], table, 2, "label")
        return q * n * r + p * w

    x, table = np.array([0.7, 0.5, -0.6, 0.3]), np.array([1.0, 2.0, 3.0])
    both_engines(f, x, table)
    both_engines(only_the_number_moves, x, table)


@pytest.mark.slow
def test_linear_algebra_and_several_variables():
    @dd.custom_jvp
    @numba.njit
    def solve(A, b):
        return np.linalg.solve(A, b)

    @solve.defjvp
    def _(primals, tangents):
        (A, b), (dA, db) = primals, tangents
        y = solve(A, b)
        return y, np.linalg.solve(A, db - dA @ y)

    f = numba.njit(lambda A, b: solve(A, b * b))
    rng = np.random.default_rng(2)
    A, b = rng.normal(size=(3, 3)) + 3 * np.eye(3), rng.normal(size=3)
    by_A, by_b = dd.jacobian(f, (0, 1))(A, b)
    inverse, y = np.linalg.inv(A), np.linalg.solve(A, b * b)
    np.testing.assert_allclose(by_b, inverse * 2 * b, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(by_A, -np.einsum("ij,k->ijk", inverse, y), rtol=1e-12, atol=1e-14)


def test_elementwise_rules_on_numbers_and_arrays():
    soft = dd.define_rule(
        lambda x, b: np.log1p(np.exp(b * x)) / b,
        lambda m, x, b, y: m.where(x <= -50.0, 0.0, 1 / (1 + m.exp(-b * x))),
        lambda m, x, b, y: (x / (1 + m.exp(-b * x)) - y) / b,
    )
    f = numba.njit(lambda x: soft(x * x, x[0]) + soft(x[1], 2.0))
    both_engines(f, np.array([0.5, 0.6, 0.7]))
    single = numba.njit(lambda x: soft(x, np.float32(2.0)))
    value, jac = dd.value_and_jacobian(single)(np.array([0.5, 0.25], np.float32))
    assert value.dtype == jac.dtype == np.float32
    np.testing.assert_allclose(np.diag(jac), 1 / (1 + np.exp(-2 * np.array([0.5, 0.25]))), rtol=2e-7)


def test_ufuncs_made_by_numba():
    square = numba.vectorize(lambda x: x * x)
    f = numba.njit(lambda x: square(x) * 2)
    x = np.array([1.0, 2.0])
    dd.define_rule(square, lambda m, x, y: 2 * x)
    assert both_engines(f, x).tolist() == [[4, 0], [0, 8]]
    assert both_engines(f, 3.0) == 12.0
    dd.define_rule(square, 5.0)  # and what was compiled before is not used
    assert both_engines(f, 3.0) == 10.0


def test_zero_tangents_stay_zero_where_the_rule_is_infinite():
    f = dd.define_rule(
        lambda x, y: np.sqrt(x) * y, lambda m, x, y, z: y / (2 * m.sqrt(x)), lambda m, x, y, z: m.sqrt(x)
    )
    g = dd.custom_jvp(numba.njit(lambda x: np.sqrt(x)))
    g.defjvp(lambda p, t: (g(p[0]), t[0] * 0.5 / np.sqrt(p[0])))
    x = np.array([0.0, 1.0])
    np.testing.assert_array_equal(dd.gradient(numba.njit(lambda x: f(x[0], x[1])))(x), [np.inf, 0.0])
    np.testing.assert_array_equal(dd.gradient(numba.njit(lambda x: g(x[0]) + x[1]))(x), [np.inf, 1.0])


def test_another_rule_is_seen_at_once():
    f = dd.custom_jvp(numba.njit(lambda x: x))
    g = numba.njit(lambda x: f(x))
    factor = 3.0
    f.defjvp(lambda p, t: (p[0], 3 * t[0]))
    assert dd.derivative(g)(1.0) == 3.0
    f.defjvp(lambda p, t: (p[0], factor * 2 * t[0]))
    assert dd.derivative(g)(1.0) == 6.0
    factor = 5.0
    assert dd.derivative(g)(1.0) == 10.0


def test_compiled_operators_inside_compiled_code():
    slope = dd.derivative(numba.njit(lambda x: anomaly(x, 0.3)))

    @numba.njit
    def step(x):
        return x - anomaly(x, 0.3) / slope(x)

    E = anomaly(0.4, 0.3)
    np.testing.assert_allclose(step(0.4), 0.4 - E * (1 - 0.3 * np.cos(E)), rtol=1e-15)


def test_as_an_argument_of_plain_code():
    apply = numba.njit(lambda f, x: f(x))
    assert apply(anomaly, 0.3) == anomaly(0.3)
    with pytest.raises(dd.CompilationError, match="anomaly, which is passed as an argument; call it by its name"):
        dd.derivative(apply, 1)(anomaly, 0.3)


# ---- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        (None, dd.CompilationError, "given to twice, whose rule is not stated: write @twice.defjvp"),
        (lambda p, t: t[0], dd.OutputError, "the rule of twice returned float64, wanted a pair"),
        (lambda p, t: (p[0], np.ones(2)), dd.ShapeError, "the rule of twice returned a tangent dy of type array"),
        (lambda p, t: (p[0], t), dd.ShapeError, "the rule of twice returned a tangent dy of type UniTuple"),
    ],
)
def test_wrong_rules(rule, error, message):
    def twice(x):
        return 2 * x

    f = dd.custom_jvp(twice)
    if rule is not None:
        f.defjvp(rule)
    with pytest.raises(error, match=message):
        dd.derivative(numba.njit(lambda x: f(x)))(1.0)


def test_rules_that_cannot_be_compiled():
    f = dd.custom_jvp(numba.njit(lambda x: 2 * x))
    f.defjvp(lambda p, t: (p[0], json.loads("1")))
    with pytest.raises(dd.CompilationError, match=r"Unknown attribute 'loads'.*engine='numpy'"):
        dd.derivative(numba.njit(lambda x: f(x)))(1.0)


def test_arrays_lane_by_lane():
    @dd.custom_jvp
    @numba.njit
    def reversed_cubes(x):
        return (x * x * x)[::-1]

    reversed_cubes.defjvp(lambda p, t: (p[0], (3 * p[0] * p[0] * t[0])[::-1]))
    f = numba.njit(lambda x: reversed_cubes(x) * x)
    x = np.array([0.5, -0.6, 0.0, 0.7])
    exact = np.diag(x[::-1] ** 3) + np.diag(3 * x**2 * x[::-1])[::-1]
    jac = dd.jacobian(f)(x)
    np.testing.assert_allclose(jac, exact, rtol=1e-15)
    np.testing.assert_array_equal(dd.jacobian(f, chunk=1)(x), jac)


def test_tangents_of_a_wrong_shape():
    f = dd.custom_jvp(numba.njit(lambda x: 2 * x))
    f.defjvp(lambda p, t: (p[0], np.ones(3)))
    with pytest.raises(dd.ShapeError, match="the rule of <lambda> returned a tangent of another shape"):
        dd.jacobian(numba.njit(lambda x: f(x)))(np.ones(2))


def test_functions_that_cannot_be_compiled():
    f = dd.custom_jvp(lambda x: json.loads(str(x)))
    f.defjvp(lambda p, t: (f(p[0]), t[0]))

    def g(x):
        return f(x)

    assert dd.derivative(g)(1.5) == 1.0
    with pytest.raises(dd.CompilationError, match=r"Unknown attribute 'loads'.*pass engine='numpy'"):
        dd.derivative(g, engine="numba")(1.5)


def test_functions_that_write_into_their_arguments():
    @dd.custom_jvp
    @numba.njit
    def into(x, out):
        for i in range(x.size):
            out[i] = x[i]
        return out

    into.defjvp(lambda p, t: (into(*p), t[0]))

    @numba.njit
    def f(x):
        out = np.zeros(2)
        into(x, out)
        return out

    with pytest.raises(dd.CompilationError, match="into writes into its argument out"):
        dd.jacobian(f)(np.ones(2))


def test_arguments_without_a_derivative():
    f = dd.define_rule(lambda n, x: np.sin(n * x), None, lambda m, n, x, y: n * m.cos(n * x))
    np.testing.assert_allclose(dd.derivative(numba.njit(lambda x: f(2, x)))(1.0), 2 * np.cos(2.0), rtol=1e-15)
    with pytest.raises(dd.CompilationError, match="argument n of <lambda>: its rule states no derivative in it"):
        dd.derivative(numba.njit(lambda x: f(x, x)))(1.0)


def test_expressions_that_cannot_be_compiled():
    f = dd.define_rule(lambda x: np.sin(x), lambda m, x, y: np.cos(x))  # np, not m
    with pytest.raises(dd.CompilationError, match="written with the functions of m"):
        dd.derivative(numba.njit(lambda x: f(x)))(1.0)


def test_containers_of_duals_are_refused():
    f = dd.custom_jvp(numba.njit(lambda pair: pair[0] * pair[1]))
    f.defjvp(lambda p, t: (f(*p), p[0][0] * t[0][1]))
    with pytest.raises(dd.CompilationError, match="argument pair of <lambda>; in compiled code a rule of yours takes"):
        dd.derivative(numba.njit(lambda x: f((x, 2.0))))(1.0)
