"""The Bessel, elliptic, hypergeometric and orthogonal families beyond mpmath's real values: through the engine."""

import ast
import inspect
import itertools
import math

import mpmath
import numpy as np
import pytest
import scipy
import scipy.special as sc
from mpmath import mp

import dualdiff as dd
from dualdiff.backends.numpy.algebra import M
from dualdiff.backends.numpy.special import spherical
from dualdiff.errors import KinkError, NotDifferentiableError
from dualdiff.rules.declare import Unknown
from dualdiff.rules.special import orthogonal
from tests.special import oracle_bessel as oracle
from tests.special.test_bessel_family import MODULES, RULES, outputs_of

# before 1.15, SciPy's spheroidal functions overwrite foreign memory, and its hypergeometric ones of complex
# numbers have few digits
IS_OLD = tuple(int(part) for part in scipy.__version__.split(".")[:2]) < (1, 15)
SAFE = [rule for rule in RULES.values() if not (IS_OLD and rule.name.startswith(("pro_", "obl_")))]
RULED = [rule for rule in SAFE if not all(isinstance(d, Unknown) for d in rule.first)]
# nested, the subtracted terms of the first derivative cancel once more
NESTED_LOSS = {"airye": 1e-7, "ellipj": 1e-9, "elliprj": 1e-8}


def known(rule):
    return [i for i, d in enumerate(rule.first) if not isinstance(d, Unknown)]


def plain(rule, x):
    """Return the arguments as a user writes them: integers where the function takes only those."""
    return [int(v) if i not in known(rule) and v == int(v) else v for i, v in enumerate(x)]


def along(rule, x, i, output):
    """Return the function of argument ``i`` alone."""

    def f(t, *others):
        arguments = plain(rule, x)
        arguments[i] = t
        for j, value in others:
            arguments[j] = value
        return outputs_of(rule.ufunc(*arguments))[output]

    return f


def twice(f, i, j, x):
    """Return the second derivative of `along` in arguments ``i`` and ``j`` by nesting."""
    if i == j:
        return dd.derivative(dd.derivative(f))(float(x[i]))
    return dd.derivative(lambda s: dd.derivative(lambda t: f(t, (j, s)))(float(x[i])))(float(x[j]))


@pytest.mark.parametrize("rule", RULED, ids=lambda rule: rule.name)
def test_nested_derivatives_are_the_second_ones(rule):
    pairs = list(itertools.combinations_with_replacement(range(rule.arity), 2))
    for x in rule.samples(3):
        y = rule.ufunc(*plain(rule, x))
        if not np.all(np.isfinite(y)):
            continue
        seconds = zip(rule.second, pairs, strict=True)
        for (d, (i, j)), output in itertools.product(seconds, range(rule.outputs)):
            if isinstance(d, Unknown):
                continue
            with np.errstate(all="ignore"):
                expected = outputs_of(d(M, *map(np.float64, x), y))[output]
            if not np.isfinite(expected):
                continue
            f = along(rule, x, i, output)
            got = twice(f, i, j, x)
            scale = abs(expected) + 1e-300
            assert abs(got - expected) <= NESTED_LOSS.get(rule.name, 1e-9) * scale, (x, (i, j), output, got, expected)


@pytest.mark.parametrize("rule", RULED, ids=lambda rule: rule.name)
def test_arrays_keep_their_bits_and_their_dtype(rule):
    points = [x for x in rule.samples(4) if np.all(np.isfinite(rule.ufunc(*plain(rule, x))))][-4:]
    i = known(rule)[-1]
    for dtype in (np.float64, np.float32):
        columns = [
            np.array(c) if isinstance(c[0], int) else np.array(c, dtype)
            for c in zip(*[plain(rule, x) for x in points], strict=True)
        ]
        expected = outputs_of(rule.ufunc(*columns))
        for output in range(rule.outputs):
            f = lambda t: outputs_of(rule.ufunc(*columns[:i], t, *columns[i + 1 :]))[output]  # noqa: B023, E731
            value, slope = dd.jvp(f, (columns[i],), (np.ones_like(columns[i]),))
            np.testing.assert_array_equal(value, expected[output])
            assert slope.dtype == value.dtype == expected[output].dtype


COMPLEX = {
    **dict.fromkeys(("jv", "yv", "iv", "kv", "hankel1", "hankel2", "kve", "hankel1e", "hankel2e"), (1.5,)),
    **dict.fromkeys(("eval_legendre", "eval_chebyt", "eval_chebyu", "eval_chebyc", "eval_chebys"), (3,)),
    **dict.fromkeys(("eval_sh_legendre", "eval_sh_chebyt", "eval_sh_chebyu", "eval_laguerre"), (2,)),
    "eval_gegenbauer": (3, 1.5),
    "eval_genlaguerre": (3, 1.5),
    "eval_jacobi": (3, 1.5, 0.5),
    "eval_sh_jacobi": (3, 3.5, 1.5),
    "hyp0f1": (1.5,),
    "hyp1f1": (0.5, 1.5),
    "hyp2f1": (0.5, 1.5, 2.5),
    "airy": (),
    "elliprc": (1.5,),
    "elliprf": (1.0, 2.0),
    "elliprd": (1.0, 2.0),
    "elliprg": (1.0, 2.0),
    "elliprj": (1.0, 2.0, 3.0),
}


@pytest.mark.parametrize("name", [name for name in COMPLEX if not (IS_OLD and name in ("hyp1f1", "hyp2f1"))])
def test_complex_arguments(name):
    rule = RULES[name]
    for z in (0.4 + 0.3j, 0.7 - 0.5j, 6.0 + 5.0j, 0.5 - 9.0j):
        x = tuple(np.complex128(v) if name.startswith("ellip") else v for v in COMPLEX[name])
        y = rule.ufunc(*x, z)
        if not np.all(np.isfinite(y)):
            continue
        numbers = [np.float64(v) if isinstance(v, (int, float)) else v for v in x]
        got = outputs_of(rule.first[-1](M, *numbers, np.complex128(z), y))
        with mp.workdps(40):
            h = mp.mpf(10) ** -12
            f = lambda t: outputs_of(oracle.VALUES[name](*map(mp.mpmathify, COMPLEX[name]), t))  # noqa: E731
            sides = zip(f(mp.mpc(z) + h), f(mp.mpc(z) - h), strict=True)
            exact = [complex((a - b) / (2 * h)) for a, b in sides]
        for g, e in zip(got, exact, strict=True):
            assert abs(g - e) <= 1e-12 * abs(e), (z, g, e)


def test_modes_against_differences():
    """The functions that mpmath lacks, by differences of both outputs."""
    h = 1e-3
    for rule in SAFE:
        name = rule.name
        if name in oracle.PAIRS or rule.outputs != 2 or not name.startswith(("mathieu", "pro_", "obl_")):
            continue
        for *x, t in rule.samples(3):
            if "obl_rad2" in name or "pro_rad2" in name:
                continue  # SciPy's values have no digits to take differences of
            if name.endswith("_cv"):
                x[-1] = getattr(sc, f"{name[:3]}_cv")(*x[:-1])
            step = h * 60 if name in ("mathieu_cem", "mathieu_sem") else h
            y = [np.array(rule.ufunc(*x, t + k * step)) for k in (-2, -1, 1, 2)]
            expected = (y[0] - 8 * y[1] + 8 * y[2] - y[3]) / (12 * step)
            point = np.array(rule.ufunc(*x, t))
            got = np.array(rule.first[-1](M, *x, t, tuple(point)))
            np.testing.assert_allclose(
                got, expected, rtol=1e-7, atol=1e-7 * np.abs(point).max(), err_msg=f"{name}{x, t}"
            )
            y = [np.array(rule.first[-1](M, *x, t + k * step, rule.ufunc(*x, t + k * step))) for k in (-2, -1, 1, 2)]
            expected = (y[0] - 8 * y[1] + 8 * y[2] - y[3]) / (12 * step)
            got = np.array(rule.second[-1](M, *x, t, tuple(point)))
            np.testing.assert_allclose(
                got, expected, rtol=1e-7, atol=1e-7 * np.abs(point).max(), err_msg=f"{name}{x, t}"
            )


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: sc.j0(x), 0.0, 0.0),
        (lambda x: sc.j1(x), 0.0, 0.5),
        (lambda x: sc.jv(2, x), 0.0, 0.0),
        (lambda x: sc.jv(0.5, x), 0.0, math.inf),
        (lambda x: sc.y0(x), 0.0, math.inf),
        (lambda x: sc.y1(x), 0.0, math.inf),
        (lambda x: sc.yv(2, x), 0.0, math.inf),
        (lambda x: sc.k0(x), 0.0, -math.inf),
        (lambda x: sc.iv(1, x), 0.0, 0.5),
        (lambda x: sc.i0e(x), 0.0, 0.0),
        (lambda x: sc.i1e(x), 0.0, 0.5),
        (lambda x: sc.i0e(x), math.inf, 0.0),
        (lambda x: sc.k0e(x), math.inf, 0.0),
        (lambda x: sc.struve(0, x), 0.0, 2 / math.pi),
        (lambda x: sc.it2struve0(x), 0.0, -2 / math.pi),
        (lambda x: sc.beip(x), 0.0, 0.5),
        (lambda x: sc.ellipk(x), 0.0, math.pi / 8),
        (lambda x: sc.ellipe(x), 0.0, -math.pi / 8),
        (lambda x: sc.ellipk(x), 1.0, math.inf),
        (lambda x: sc.ellipe(x), 1.0, -math.inf),
        (lambda x: sc.elliprc(x, 1.0), 1.0, -1 / 6),
        (lambda x: sc.elliprf(x, 1.0, 1.0), 1.0, -1 / 6),
        (lambda x: sc.elliprj(x, 1.0, 1.0, 1.0), 1.0, -3 / 10),
        (lambda x: sc.eval_legendre(7, x), 1.0, 28.0),
        (lambda x: sc.eval_legendre(7, x), -1.0, 28.0),
        (lambda x: sc.eval_chebyt(5, x), -1.0, 25.0),
        (lambda x: sc.eval_hermite(0, x), 0.5, 0.0),
        (lambda x: sc.eval_hermite(3, x), 0.5, -6.0),
        (lambda x: sc.lpmv(0, 3, x), 1.0, 6.0),
        (lambda x: sc.lpmv(0, 2, x), -1.0, -3.0),
        (lambda x: sc.lpmv(2, 3, x), 1.0, -30.0),
        (lambda x: sc.lpmv(1, 2, x), 1.0, math.inf),
        (lambda x: sc.lpmv(0, 2.5, x), -1.0, math.inf),
        (lambda x: sc.hyp2f1(0.5, 0.5, 1.0, x), 0.0, 0.25),
        (lambda x: sc.mathieu_cem(0, 0.0, x)[0], 30.0, 0.0),
        (lambda x: sc.mathieu_sem(1, 0.0, x)[0], 60.0, math.pi / 360),
    ],
)
def test_limits(f, x, expected):
    np.testing.assert_allclose(dd.derivative(f)(x), expected, rtol=1e-13, atol=1e-15)


def test_large_arguments_of_scaled_functions_keep_their_digits():
    for x in (1e3, 1e8, 1e30):
        for name, sign in (("i0e", -1), ("i1e", -1), ("k0e", -1), ("k1e", -1)):
            slope = dd.derivative(getattr(sc, name))(x)
            assert slope == pytest.approx(sign * getattr(sc, name)(x) / (2 * x), rel=2 / x + 1e-14)


def test_an_order_or_a_parameter_is_refused_by_name():
    count = 0
    for rule in SAFE:
        if rule.name in ("jn", "eval_hermite", "eval_hermitenorm"):
            continue  # jn is jv; the others take no float at all as their degree
        x = next(iter(rule.samples(1)))
        for i in set(range(rule.arity)) - set(known(rule)):
            with pytest.raises(NotDifferentiableError, match=rf"argument {rule.arguments[i]}: "):
                dd.derivative(lambda t, i=i, rule=rule, x=x: rule.ufunc(*x[:i], t, *x[i + 1 :]))(float(x[i]))
            count += 1
    assert count > 50


def test_kinks_of_the_scaled_functions():
    with pytest.raises(KinkError, match="i0e"):
        dd.derivative(sc.i0e, kinks="raise")(0.0)
    assert dd.derivative(sc.i1e, kinks="raise")(0.0) == 0.5


SPHERICAL = {
    "spherical_jn": mp.besselj,
    "spherical_yn": mp.bessely,
    "spherical_in": mp.besseli,
    "spherical_kn": mp.besselk,
}


@pytest.mark.parametrize("name", SPHERICAL)
def test_spherical_bessel_functions(name):
    form = getattr(spherical, name)
    with mpmath.workdps(50):
        for n, z in itertools.product((0, 1, 2, 7), (0.1, 1.0, 5.0)):
            exact = lambda t, n=n: mp.sqrt(mp.pi / (2 * t)) * SPHERICAL[name](n + mp.mpf(0.5), t)  # noqa: E731
            orders = [mp.diff(exact, mp.mpf(z), k) for k in range(4)]
            once, slope_once = dd.derivative(lambda t, n=n: form(n, t)), dd.derivative(lambda t, n=n: form(n, t, True))
            got = [form(n, z), once(z), dd.derivative(once)(z), dd.derivative(slope_once)(z)]
            assert form(n, z) == getattr(sc, name)(n, z)
            np.testing.assert_allclose(got, np.array(orders, float), rtol=5e-13)
            np.testing.assert_allclose(slope_once(z), float(orders[2]), rtol=5e-13)


def test_spherical_functions_take_orders_and_arguments_as_arrays():
    n, z = np.arange(4), np.array([0.0, 0.5, 2.0, 9.0])
    value, slope = dd.jvp(lambda z: spherical.spherical_jn(n, z), (z,), (np.ones(4),))
    np.testing.assert_array_equal(value, sc.spherical_jn(n, z))
    np.testing.assert_allclose(slope, sc.spherical_jn(n, z, derivative=True), rtol=1e-13)
    assert dd.derivative(lambda z: spherical.spherical_jn(1, z))(0.0) == pytest.approx(1 / 3, rel=1e-15)
    with pytest.raises(NotDifferentiableError, match="argument n"):
        dd.derivative(lambda n: spherical.spherical_jn(n, 1.0))(1.0)


@pytest.mark.skipif(not hasattr(sc, "sph_harm_y"), reason="this SciPy has no sph_harm_y")
def test_spherical_harmonics():
    f = spherical.sph_harm_y
    for n in range(4):
        for m, (theta, phi) in itertools.product(
            range(-n, n + 1), ((0.3, 0.7), (2.5, 4.0), (0.0, 1.0), (math.pi, 0.2))
        ):
            _, exact, second = sc.sph_harm_y(n, m, theta, phi, diff_n=2)
            at = np.array([theta, phi])
            jacobian = dd.jacobian(lambda q, n=n, m=m: f(n, m, q[0], q[1]))
            np.testing.assert_allclose(jacobian(at), exact, rtol=1e-12, atol=1e-14)
            if 0 < theta < 3:  # SciPy's own have no limit at the poles
                twice = dd.derivative(dd.derivative(lambda t, n=n, m=m, phi=phi: f(n, m, t, phi)))(theta)
                np.testing.assert_allclose(twice, second[0, 0], rtol=1e-12, atol=1e-13)
    with pytest.raises(NotDifferentiableError, match="diff_n"):
        dd.derivative(lambda t: spherical.sph_harm_y(1, 0, t, 0.0, diff_n=1)[0])(1.0)


@pytest.mark.skipif(not hasattr(sc, "sph_harm_y"), reason="this SciPy has no sph_harm_y")
def test_the_older_spherical_harmonics():
    """Their rule, on the function of today in their order of arguments."""

    class Older:
        def __getattr__(self, name):
            return getattr(M, name)

        @staticmethod
        def sph_harm(m, n, theta, phi):
            return sc.sph_harm_y(np.int64(n), np.int64(m), phi, theta)

    rule = next(rule for rule in orthogonal.RULES if rule.name == "sph_harm")
    for n, (theta, phi) in itertools.product((0.0, 1.0, 3.0), ((0.7, 0.3), (4.0, 2.5))):
        for order in np.arange(-n, n + 1):
            y, exact, second = sc.sph_harm_y(int(n), int(order), phi, theta, diff_n=2)
            got = [d(Older(), order, np.float64(n), theta, phi, y) for d in (*rule.first[2:], *rule.second[7:])]
            expected = [exact[1], exact[0], second[1, 1], second[0, 1], second[0, 0]]
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("f", [lambda z: sc.ive(1.0, z), lambda z: sc.jve(1.0, z), lambda z: sc.airye(z)[2]])
def test_a_scaling_that_is_not_analytic_is_refused_for_complex_arguments(f):
    with pytest.raises(NotDifferentiableError, match="not analytic"):
        dd.derivative(lambda t: f(t * (1 + 1j)))(0.7)


def test_an_integer_order_stays_real_beside_complex_values():
    for f, exact in (
        (lambda t: sc.hankel1(2, t), lambda t: mp.hankel1(2, t)),
        (lambda t: sc.eval_legendre(3, t * 1j), lambda t: mp.legendre(3, t * 1j)),
    ):
        np.testing.assert_allclose(dd.derivative(f)(0.7), complex(mp.diff(exact, 0.7)), rtol=1e-12)


def test_replacements_are_of_functions_that_scipy_has():
    for raw, form in spherical.replacements().items():
        assert form.__name__ in dir(sc)
        assert getattr(sc, form.__name__) is raw


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_rules_contain_nothing_but_expressions(module):
    tree = ast.parse(inspect.getsource(module))
    forbidden = (ast.If, ast.IfExp, ast.For, ast.While, ast.Try, ast.With, ast.BoolOp, ast.Import)
    assert not [node for node in ast.walk(tree) if isinstance(node, forbidden)]
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert all(name == "dualdiff.rules.declare" or name.startswith("dualdiff.rules.special.") for name in imported)


def test_every_rule_is_judged():
    judged = {*oracle.VALUES, *oracle.PAIRS}
    rest = {rule.name for rule in RULED} - judged
    assert all(name.startswith(("mathieu", "pro_", "obl_", "sph_harm")) for name in rest), rest
