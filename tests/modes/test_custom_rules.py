"""Rules of the user's on the NumPy engine, judged by closed forms and by other libraries' functions."""

import ctypes
import ctypes.util
import math
import pickle
import threading
from dataclasses import dataclass

import numba
import numpy as np
import pytest
import scipy.special

import dualdiff as dd

derivative = dd.derivative


@dd.custom_jvp
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


def anomaly_slopes(M, e):
    """First and second derivatives of Kepler's equation, by hand."""
    E = anomaly.function(M, e)
    s, c, q = np.sin(E), np.cos(E), 1 - e * np.cos(E)
    first = (1 / q, s / q)
    mixed = (c - e) / q**3  # d(1/q)/de by E - e sin E = M
    return E, first, (-e * s / q**3, mixed, (2 * s * c - e * s * (1 + c * c)) / q**3)


def plain_table(name):
    """Return a function of the C library."""
    function = getattr(ctypes.CDLL(ctypes.util.find_library("m")), name)
    function.argtypes, function.restype = [ctypes.c_double], ctypes.c_double
    return function


j0 = dd.define_rule(plain_table("j0"), lambda m, x, y: -j1(x))
j1 = dd.define_rule(plain_table("j1"), lambda m, x, y: j0(x) - y / x)


def counted(function):
    """Return a function with a list of its calls."""
    calls = []

    def wrapped(*args):
        calls.append(args)
        return function(*args)

    return wrapped, calls


# ---- custom_jvp: values and derivatives -----------------------------------------------------------------------------


def test_derivative_of_an_iterative_solver():
    E, (first_M, first_e), _ = anomaly_slopes(1.0, 0.3)
    value, slopes = dd.value_and_derivative(anomaly, (0, 1))(1.0, 0.3)
    assert value == E
    np.testing.assert_allclose(slopes, (first_M, first_e), rtol=1e-15)


def test_second_derivatives_go_through_the_rule():
    _, _, (MM, Me, ee) = anomaly_slopes(1.0, 0.3)
    for (i, j), exact in {(0, 0): MM, (0, 1): Me, (1, 0): Me, (1, 1): ee}.items():
        got = derivative(derivative(anomaly, i), j)(1.0, 0.3)
        np.testing.assert_allclose(got, exact, rtol=1e-13, err_msg=f"d2/d{i}d{j}")
    third = derivative(derivative(derivative(anomaly)))(1.0, 0.3)
    h = 2.0**-13
    outer = [anomaly_slopes(1.0 + k * h, 0.3)[2][0] for k in (-1, 1)]
    np.testing.assert_allclose(third, (outer[1] - outer[0]) / (2 * h), rtol=1e-6)


def test_arrays_inside_a_larger_function():
    M = np.linspace(0.1, 3.0, 5)

    def f(M, e):
        return np.sum(np.sin(anomaly(2 * M, e)) * M) + e

    def plain(M, e):
        return np.sum(np.sin(anomaly.function(2 * M, e)) * M) + e

    value, (by_M, by_e) = dd.value_and_gradient(f, (0, 1))(M, 0.3)
    E, (first_M, first_e), _ = anomaly_slopes(2 * M, 0.3)
    assert value == plain(M, 0.3)
    np.testing.assert_allclose(by_M, np.sin(E) + 2 * M * np.cos(E) * first_M, rtol=1e-14)
    np.testing.assert_allclose(by_e, 1 + np.sum(M * np.cos(E) * first_e), rtol=1e-14)


def test_hessian_of_a_function_of_arrays():
    M = np.linspace(0.1, 3.0, 4)
    hessian = dd.jacobian(dd.gradient(lambda M: np.sum(anomaly(M, 0.3))))(M)
    np.testing.assert_allclose(hessian, np.diag(anomaly_slopes(M, 0.3)[2][0]), rtol=1e-13, atol=1e-15)


def test_the_same_bits_for_every_chunk():
    M = np.linspace(0.1, 3.0, 7)

    def f(M):
        return anomaly(M, M[0] / 9) * M[1]

    whole = dd.jacobian(f)(M)
    for chunk in (1, 2, 3, 8):
        np.testing.assert_array_equal(dd.jacobian(f, chunk=chunk)(M), whole)


def test_perturbations_of_nested_derivatives_do_not_mix():
    """Pearlmutter's example, through a rule of a product."""

    @dd.custom_jvp
    def product(a, b):
        return a * b

    product.defjvp(lambda p, t: (product(*p), p[0] * t[1] + p[1] * t[0]))
    got = derivative(lambda x: x * derivative(lambda y: product(x, y) + y)(1.0))(3.0)
    assert got == 7.0  # d/dx x (x + 1)


def test_a_closure_over_an_outer_variable():
    def f(a):
        scaled = dd.custom_jvp(lambda x: np.exp(a * x))
        scaled.defjvp(lambda p, t: (scaled(*p), a * scaled(*p) * t[0]))
        return derivative(scaled)(0.5)

    np.testing.assert_allclose(derivative(f)(2.0), (1 + 2.0 * 0.5) * np.exp(1.0), rtol=1e-15)


def test_float32_stays_float32():
    x = np.linspace(0.1, 1, 3, dtype=np.float32)
    cube = dd.custom_jvp(lambda x: x**3)
    cube.defjvp(lambda p, t: (cube(*p), 3.0 * np.float64(1) * p[0] ** 2 * t[0]))
    value, jac = dd.value_and_jacobian(cube)(x)
    assert value.dtype == jac.dtype == np.float32
    np.testing.assert_array_equal(value, x**3)
    assert derivative(cube)(np.float32(0.5)).dtype == np.float32


def test_complex_results_intermediates_and_holomorphic_functions():
    wave = dd.custom_jvp(lambda w, t: np.exp(1j * w * t))
    wave.defjvp(lambda p, t: (wave(*p), 1j * wave(*p) * (p[0] * t[1] + p[1] * t[0])))
    np.testing.assert_allclose(derivative(wave)(2.0, 0.5), 0.5j * np.exp(1j), rtol=1e-15)

    power = dd.custom_jvp(lambda z: (z * z.conjugate()).real)  # not holomorphic: two real directions
    power.defjvp(lambda p, t: (power(*p), 2 * (np.conj(p[0]) * t[0]).real))
    np.testing.assert_allclose(derivative(lambda x: power(x * x + 1j * x))(2.0), 4 * 8 + 4, rtol=1e-15)

    root = dd.custom_jvp(lambda z: np.sqrt(z))
    root.defjvp(lambda p, t: (root(*p), t[0] / (2 * root(*p))))
    z = 1.0 + 2.0j
    np.testing.assert_allclose(derivative(root, holomorphic=True)(z), 0.5 / np.sqrt(z), rtol=1e-15)


# ---- how the rule is called -----------------------------------------------------------------------------------------


def test_the_rule_gets_zeros_for_numbers_and_none_for_the_rest():
    seen = []

    @dd.custom_jvp
    def f(x, table, n, order, mode, flag, nothing, scale=2.0, *, tol=1e-3):
        return x * table.sum() * scale * n

    @f.defjvp
    def _(primals, tangents, *, tol):
        seen.append((primals, tangents, tol))
        dx, dtable, dn, dorder, *rest, dscale = tangents
        assert rest == [None, None, None]
        x, table, n, *_, scale = primals
        return f(*primals, tol=tol), (dx * table.sum() + x * dtable.sum()) * scale * n + dn + dscale + dorder.sum()

    arguments = (np.ones(3), 2, np.arange(3), "fast", True, None)
    assert derivative(f)(3.0, *arguments, tol=1e-9) == 12.0
    ((primals, tangents, tol),) = seen
    assert type(primals[0]) is np.float64
    assert tol == 1e-9
    assert tangents[1].tolist() == [0, 0, 0]
    assert tangents[3].dtype == float
    assert derivative(f)(3.0, *arguments, scale=5.0) == 30.0


def test_containers_of_arguments_and_results():
    @dataclass
    class State:
        pressure: object
        name: str

    @dd.custom_jvp
    def f(state, rates):
        p = state.pressure * rates["a"]
        return {"p": p, "parts": (p.sum(), len(p), state.name), "nothing": None}

    @f.defjvp
    def _(primals, tangents):
        (state, rates), (dstate, drates) = primals, tangents
        assert dstate.name is None
        dp = dstate.pressure * rates["a"] + state.pressure * drates["a"]
        return f(*primals), {"p": dp, "parts": (dp.sum(), None, None), "nothing": None}

    def g(x, a):
        y = f(State(x, "gas"), {"a": a, "b": 1.0})
        assert y["parts"][1:] == (2, "gas")
        assert y["nothing"] is None
        return y["p"] * y["parts"][0]

    x, a = np.array([1.0, 2.0]), 3.0
    by_x, by_a = dd.jacobian(g, (0, 1))(x, a)
    s = x.sum()
    np.testing.assert_allclose(by_x, a * a * (np.eye(2) * s + x[:, None]), rtol=1e-15)
    np.testing.assert_allclose(by_a, 2 * a * x * s, rtol=1e-15)


def test_scalars_cost_one_call_of_the_rule_each_and_the_value_is_known_inside():
    function, calls = counted(lambda a, b: a * b)
    f = dd.custom_jvp(function)
    rule, rules = counted(lambda p, t: (f(*p), p[0] * t[1] + p[1] * t[0]))
    f.defjvp(rule)
    dd.gradient(lambda x: f(x[0], x[1]))(np.arange(1.0, 40.0))
    assert (len(calls), len(rules)) == (1, 2)
    dd.gradient(lambda x: f(x[0], 5.0))(np.arange(1.0, 40.0))
    assert (len(calls), len(rules)) == (2, 3)


def test_the_known_value_is_not_used_at_another_point():
    f = dd.custom_jvp(lambda x: x**2)

    @f.defjvp
    def _(primals, tangents):
        (x,) = primals
        y = f(x)
        y += 100  # spoils no value that others see
        x += 1.0  # the rule's own copy
        return y, (f(x) - x**2 + 2 * (x - 1)) * tangents[0]

    x = np.array([1.0, 2.0])
    value, jac = dd.value_and_jacobian(f)(x)
    assert value.tolist() == [1, 4]
    assert jac.tolist() == [[2, 0], [0, 4]]
    assert x.tolist() == [1, 2]


def test_directions_that_move_nothing_are_skipped():
    @dd.custom_jvp
    def f(x, n):
        return x**n

    @f.defjvp
    def _(primals, tangents):
        (x, n), (dx, dn) = primals, tangents
        if np.any(dn):
            raise RuntimeError("no derivative in n")
        return f(x, n), n * x ** (n - 1) * dx

    def g(x):
        return f(x[:2], np.sum(0 * x[2:]) + 3.0)

    assert dd.jacobian(g)(np.array([1.0, 2.0, 5.0])).tolist() == [[3, 0, 0], [0, 12, 0]]
    with pytest.raises(RuntimeError, match="no derivative in n"):
        dd.jacobian(f, 1)(np.array([1.0, 2.0]), 3.0)


def test_a_vectorized_rule_gets_all_directions_at_once():
    solve = dd.custom_jvp(lambda A, b: np.linalg.solve(A, b))

    @solve.defjvp(vectorized=True)
    def _(primals, tangents):
        calls.append(1)
        (A, b), (dA, db) = primals, tangents
        y = solve(A, b)
        return y, np.linalg.solve(A, (db - dA @ y)[..., None])[..., 0]

    rng = np.random.default_rng(1)
    A, b = rng.normal(size=(3, 3)), rng.normal(size=3)
    calls = []
    by_A, by_b = dd.jacobian(solve, (0, 1))(A, b)
    assert len(calls) == 1
    inverse, y = np.linalg.inv(A), np.linalg.solve(A, b)
    np.testing.assert_allclose(by_b, inverse, rtol=1e-12)
    np.testing.assert_allclose(by_A, -np.einsum("ij,k->ijk", inverse, y), rtol=1e-12)
    hessian = dd.jacobian(dd.jacobian(solve, 1), 0)(A, b)
    np.testing.assert_allclose(hessian, -np.einsum("ik,lj->ijkl", inverse, inverse), rtol=1e-11)


def test_methods():
    class Gas:
        def __init__(self, constant):
            self.constant = constant

        @dd.custom_jvp
        def pressure(self, density, T=300.0):
            return math.exp(density) * T * self.constant  # math: opaque without a rule

        @pressure.defjvp
        def _(primals, tangents):
            (self, density, T), (_, dd_, dT) = primals, tangents
            y = self.pressure(density, T)
            return y, y * dd_ + y / T * dT

    gas = Gas(2.0)
    np.testing.assert_allclose(derivative(gas.pressure)(1.0), 600 * math.e, rtol=1e-15)
    twice = derivative(derivative(lambda r: gas.pressure(r, T=r)))(1.0)
    np.testing.assert_allclose(twice, 6 * math.e, rtol=1e-15)  # (r e^r)'' = (r + 2) e^r


def test_compiled_functions_and_rules():
    f = dd.custom_jvp(numba.njit(lambda a, b: a * b))
    f.defjvp(numba.njit(lambda p, t: (p[0] * p[1], p[0] * t[1] + p[1] * t[0])))
    assert dd.gradient(f, (0, 1))(2.0, 3.0) == (3.0, 2.0)
    assert derivative(derivative(lambda x: f(x, x * x)))(2.0) == 12.0


def test_buffers_of_rebound_code():
    f = dd.custom_jvp(lambda x: x * 2)
    f.defjvp(lambda p, t: (f(*p), 2 * t[0]))

    def g(x):
        y = np.zeros(2)
        y[1] = x[0]
        return f(y) + f(np.ones(2))

    assert dd.jacobian(g)(np.array([3.0])).tolist() == [[0], [2]]


def test_threads_do_not_meet():
    def work(k):
        e = 0.1 + k / 100
        for _ in range(20):
            got = derivative(derivative(anomaly, 1), 0)(1.0, e)
            if abs(got - anomaly_slopes(1.0, e)[2][1]) > 1e-12:
                wrong.append(k)

    wrong = []
    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_name_documentation_and_pickle():
    assert repr(anomaly) == "<custom_jvp anomaly>"
    assert anomaly.__doc__ == "Solve Kepler's equation by Newton's method."
    assert pickle.loads(pickle.dumps(anomaly)) is anomaly
    assert repr(j0) == "<define_rule j0>"


# ---- refusals -------------------------------------------------------------------------------------------------------


def test_without_a_rule_it_is_refused_by_name():
    f = dd.custom_jvp(lambda rho, T: rho * T)
    f.label = "pressure"
    assert f(2.0, 3.0) == 6.0
    with pytest.raises(dd.NotDifferentiableError, match=r"(?s)pressure with .* argument T.*Write @pressure.defjvp"):
        derivative(f, 1)(2.0, 3.0)


@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        (lambda p, t: t[0], dd.OutputError, r"the rule of twice returned a ndarray, wanted a pair"),
        (lambda p, t: None, dd.OutputError, "returned None, wanted a pair"),
        (lambda p, t: (p[0], t[0][:1]), dd.ShapeError, r"dy that is an array of shape \(1,\), wanted \(2,\)"),
        (lambda p, t: (p[0], None), dd.ShapeError, "dy that is None, wanted an array"),
        (lambda p, t: (p[0], (t[0], t[0])), dd.ShapeError, r"dy that is an array of shape \(2, 2\), wanted \(2,\)"),
        (lambda p, t: (p[0], 1j * t[0]), dd.OutputError, "a tangent dy of complex128 for a value of float64"),
        (lambda p, t: (p[0], np.array(["a", "b"])), dd.OutputError, "a tangent dy of <U1"),
    ],
)
def test_wrong_results_of_a_rule(rule, error, message):
    def twice(x):
        return 2 * x

    f = dd.custom_jvp(twice)
    f.defjvp(rule)
    with pytest.raises(error, match=message):
        dd.jacobian(f)(np.ones(2))


def test_wrong_nesting_of_a_tangent():
    f = dd.custom_jvp(lambda x: (x, {"a": x}))
    for dy in (1.0, (1.0,), (1.0, 1.0), (1.0, {"b": 1.0}), (1.0, None)):
        f.defjvp(lambda p, t, dy=dy: (f(*p), dy))
        with pytest.raises(dd.ShapeError, match="the rule of <lambda> returned a tangent dy"):
            dd.jacobian(f)(1.0)


def test_a_derivative_of_what_is_no_float_is_not_dropped():
    f = dd.custom_jvp(lambda x: 3)
    f.defjvp(lambda p, t: (3, t[0]))
    with pytest.raises(dd.DroppedDerivativeError, match="the result an int"):
        derivative(lambda x: f(x) * x)(1.0)
    f.defjvp(lambda p, t: (3, 0 * t[0]))
    assert derivative(lambda x: f(x) * x)(1.0) == 3.0


def test_functions_that_write_into_their_arguments():
    @dd.custom_jvp
    def into(x, out):
        out[...] = x
        return out

    into.defjvp(lambda p, t: (into(*p), t[0]))
    x = np.ones(2)
    for f in (lambda x: into(x, np.zeros(2)), lambda x: into(np.ones(2), x * 3.0), lambda x: into(3.0, x)):
        with pytest.raises(dd.DroppedDerivativeError, match="into writes into its argument out"):
            dd.jacobian(f)(x)
    assert x.tolist() == [1, 1]


def test_a_dual_that_can_only_be_given_by_name():
    f = dd.custom_jvp(lambda x, *, scale: x * scale)
    f.defjvp(lambda p, t, scale: (f(*p, scale=scale), scale * t[0]))
    assert derivative(lambda x: f(x, scale=2.0))(1.0) == 2.0
    with pytest.raises(dd.NotDifferentiableError, match=r"(?s)argument scale.*as a positional parameter"):
        derivative(lambda x: f(x, scale=x))(1.0)


@pytest.mark.parametrize("make", [dd.custom_jvp, dd.define_rule, dd.custom_jvp(abs).defjvp])
def test_things_that_are_no_functions(make):
    with pytest.raises(dd.InputError, match=r"the first argument is an int\. Pass a function"):
        make(3)


# ---- define_rule ----------------------------------------------------------------------------------------------------


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
