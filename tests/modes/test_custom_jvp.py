"""custom_jvp on the NumPy engine, judged by closed forms and by other libraries' functions."""

import ctypes
import ctypes.util
import math
import pickle
import threading
from dataclasses import dataclass

import numba
import numpy as np
import pytest

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
