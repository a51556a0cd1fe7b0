"""The gamma, error, probability, entropy and integral families on duals: nested, at the hard points, complex."""

import ast
import inspect
import itertools

import mpmath
import numpy as np
import pytest
import scipy.special as sp
from mpmath import mp

import dualdiff as dd
from dualdiff.rules.declare import Unknown
from tests.special import oracle
from tests.special import test_gamma_and_error_families as families
from tests.special.test_gamma_and_error_families import JUDGED, MODULES, RULES, ufunc_of, usual_size

INF = np.inf
REAL = [rule for rule in JUDGED if rule.name not in {"wofz"} | families.SLOW]
TABLES = [module for module in MODULES if module.__name__.rpartition(".")[2] not in ("zeta",)]


def nested(f, i, j, x):
    """Differentiate ``f(*x)`` in its arguments ``i`` and ``j`` by two operators."""

    def moved(s, t):
        arguments = list(x)
        arguments[i] = s
        arguments[j] = t
        return f(*arguments)

    if i == j:
        return dd.derivative(dd.derivative(lambda t: moved(t, t)))(float(x[i]))
    return dd.derivative(lambda s: dd.derivative(lambda t: moved(s, t))(float(x[j])))(float(x[i]))


@pytest.mark.parametrize("rule", REAL, ids=lambda rule: rule.name)
def test_a_derivative_of_the_first_is_the_second(rule):
    """The first is differentiated by the rules of the functions in it, the second is stated."""
    ufunc = ufunc_of(rule)
    for x in rule.samples(4):
        arguments = families.whole_numbers(rule, x)
        with np.errstate(all="ignore"):
            y = ufunc(*arguments)
            pairs = itertools.combinations_with_replacement(range(rule.arity), 2)
            for d, (i, j) in zip(rule.second, pairs, strict=True):
                if isinstance(d, Unknown):
                    continue
                stated = oracle.tuple_of(d(oracle.Recorder(), *map(np.float64, x), y))
                for k, want in enumerate(stated):
                    got = nested(lambda *a, k=k: oracle.tuple_of(ufunc(*a))[k], i, j, arguments)
                    orders = tuple((n == i) + (n == j) for n in range(rule.arity))
                    size = max(abs(want), 1e-3 * usual_size(rule, [np.float64(v) for v in x], y, orders))
                    assert abs(got - want) <= 1e-9 * size or np.isinf(size), (x, i, j, got, want)


# a function, a point, and its first derivatives there
HARD_POINTS = [
    *((lambda x, y=y: sp.xlogy(x, y), 0.0, (np.log(y), 0.0)) for y in (0.5, 2.0)),
    (lambda x: sp.xlogy(x, 0.0), 1.0, (-INF,)),
    *((lambda y: sp.xlogy(0.0, y), y, (0.0, 0.0)) for y in (0.0, 2.0)),
    (lambda x: dd.derivative(lambda y: sp.xlogy(x, y))(2.0), 0.0, (0.5,)),
    (lambda x: dd.derivative(lambda y: sp.xlog1py(x, y))(1.0), 0.0, (0.5,)),
    (sp.entr, 0.0, (INF, -INF)),
    (lambda x: sp.rel_entr(x, 2.0), 0.0, (-INF, INF)),
    *((lambda y: sp.rel_entr(0.0, y), y, (0.0, 0.0)) for y in (0.0, 2.0)),
    *((lambda y: sp.kl_div(0.0, y), y, (1.0, 0.0)) for y in (0.0, 2.0)),
    (lambda x: sp.kl_div(x, 2.0), 2.0, (0.0, 0.5)),
    (lambda x: sp.rel_entr(x, 1e-200), 1e200, (1 + 400 * np.log(10), 1e-200)),
    *((sp.expit, x, (0.0, 0.0)) for x in (-800.0, 800.0, INF, -INF)),
    (sp.expit, -700.0, (np.exp(-700.0), np.exp(-700.0))),
    (sp.expit, 0.0, (0.25, 0.0, -0.125)),
    (sp.log_expit, -800.0, (1.0, 0.0)),
    (sp.log_expit, 0.0, (0.5, -0.25, 0.0, 0.125)),
    (sp.logit, 0.5, (4.0, 0.0, 32.0)),
    (sp.logit, 0.0, (INF,)),
    (sp.logit, 1.0, (INF,)),
    (sp.log_ndtr, -INF, (INF,)),
    (sp.log_ndtr, 50.0, (0.0, 0.0)),
    (sp.erfcx, INF, (0.0, 0.0)),
    (sp.dawsn, 0.0, (1.0, 0.0, -4.0)),
    (sp.dawsn, INF, (0.0,)),
    (sp.erfinv, 1.0, (INF,)),
    (sp.erfinv, -1.0, (INF,)),
    (sp.erfcinv, 0.0, (-INF,)),
    (sp.erfcinv, 2.0, (-INF,)),
    (sp.ndtri, 0.0, (INF,)),
    (sp.ndtri, 1.0, (INF,)),
    *((sp.exprel, x, (1 / 2, 1 / 3, 1 / 4, 1 / 5)) for x in (0.0, -0.0)),
    (sp.exprel, -INF, (0.0,)),
    (sp.spence, 1.0, (-1.0, 1 / 2, -2 / 3)),
    (sp.rgamma, 0.0, (1.0, 2 * np.euler_gamma)),
    (sp.rgamma, -1.0, (-1.0, 2 * (1 - np.euler_gamma))),
    (sp.rgamma, -2.0, (2.0, -4 * (1.5 - np.euler_gamma))),
    (sp.rgamma, INF, (0.0,)),
    (lambda x: sp.poch(x, 2.0), 3.0, (7.0, 2.0)),
    *((lambda x: sp.poch(x, 2.0), x, (2 * x + 1, 2.0)) for x in (0.0, -1.0, -2.0)),
    *((lambda x: sp.binom(x, 2.0), x, (x - 0.5, 1.0)) for x in (0.0, 1.0, 5.0)),
    (lambda k: sp.binom(5.0, k), 6.0, (-1 / 6,)),
    (lambda k: sp.binom(5.0, k), -1.0, (1 / 6,)),
    *((lambda p, x=x: sp.boxcox(x, p), 0.0, (np.log(x) ** 2 / 2, np.log(x) ** 3 / 3)) for x in (0.1, 2.0)),
    (lambda p: sp.boxcox(0.0, p), 1.0, (1.0, -2.0)),
    (lambda p: sp.boxcox1p(1.0, p), 0.0, (np.log(2) ** 2 / 2, np.log(2) ** 3 / 3)),
    (lambda p: sp.inv_boxcox(2.0, p), 0.0, (-2 * np.exp(2), np.exp(2) * (4 + 16 / 3))),
    (lambda p: sp.inv_boxcox1p(2.0, p), 0.0, (-2 * np.exp(2), np.exp(2) * (4 + 16 / 3))),
    *((lambda r: sp.huber(1.0, r), r, (max(-1.0, min(r, 1.0)),)) for r in (-2.0, -1.0, 0.0, 0.5, 2.0)),
    *((lambda d: sp.huber(d, -2.0), d, (s,)) for d, s in ((1.0, 1.0), (2.0, 0.0), (3.0, 0.0))),
    (lambda r: sp.pseudo_huber(0.0, r), 0.0, (0.0,)),
    (lambda d: sp.pseudo_huber(d, 3.0), 0.0, (3.0,)),
    (lambda x: sp.sici(x)[0], 0.0, (1.0, 0.0, -1 / 3)),
    (lambda x: sp.sici(x)[0], INF, (0.0,)),
    (lambda x: sp.sici(x)[1], -2.0, (np.cos(-2.0) / -2.0,)),
    (lambda x: sp.shichi(x)[0], 0.0, (1.0, 0.0, 1 / 3)),
    (lambda x: sp.fresnel(x)[0], 0.0, (0.0, 0.0, np.pi)),
    (lambda x: sp.fresnel(x)[1], 2e7, (1.0,)),
    (lambda x: sp.gammainc(0.5, x), 0.0, (INF,)),
    (lambda x: sp.gammainc(1.0, x), 0.0, (1.0, -1.0, 1.0)),
    (lambda x: sp.gammainc(3.0, x), 0.0, (0.0, 0.0, 1.0)),
    (lambda x: sp.gammainc(1e5, x), 0.0, (0.0,)),
    *((lambda x, a=a: sp.gammainc(a, x), INF, (0.0,)) for a in (0.5, 1.0, 1e5)),
    (lambda x: sp.betainc(2.0, 3.0, x), 0.0, (0.0, 12.0, -48.0)),
    (lambda x: sp.betainc(2.0, 3.0, x), 1.0, (0.0, 0.0, 24.0)),
    *((lambda x: sp.betainc(0.5, 0.5, x), x, (INF,)) for x in (0.0, 1.0)),
    *((lambda t: sp.stdtr(3.0, t), t, (0.0,)) for t in (INF, -INF, 1e200)),
    (lambda t: sp.stdtr(INF, t), 0.0, (1 / np.sqrt(2 * np.pi), 0.0)),
    (lambda x: sp.fdtr(3.0, 4.0, x), INF, (0.0,)),
    (lambda x: sp.gdtr(2.0, 1.0, x), INF, (0.0,)),
    (lambda k: sp.pdtr(k, 2.0), 1.5, (0.0,)),
    *((lambda x, n=n: sp.expn(n, x), 0.0, (s,)) for n, s in ((1, -INF), (2, -INF), (5, -1 / 3))),
    (lambda x: sp.expn(0, x), 1.0, (-2 / np.e,)),
    *((sp.kolmogorov, x, (0.0,)) for x in (0.0, 1e-3, INF)),
    (sp.kolmogi, 1.0, (-INF,)),
    (lambda d: sp.smirnov(4, d), 0.0, (-1.0, -6.0)),
    *((lambda x: sp.tklmbda(x, 0.5), x, (0.0,)) for x in (-5.0, 2.5)),
    (lambda x: sp.voigt_profile(x, 0.0, 1.0), 1.0, (-0.5 / np.pi, 0.5 / np.pi)),
    (lambda s: sp.voigt_profile(1.0, s, 1.0), 0.0, (0.0, 0.5 / np.pi)),
    (sp.wrightomega, -INF, (0.0,)),
    (sp.wrightomega, INF, (1.0,)),
    (lambda a: sp.agm(a, 1.0), 0.0, (INF,)),
    (lambda a: sp.agm(a, 1.0), 1.0, (0.5, -0.125)),
    (lambda c: sp.chndtr(3.0, 2.0, c), 0.0, (-0.75 * np.exp(-1.5),)),
    (lambda x: sp.lambertw(x).real, 0.0, (1.0, -2.0, 9.0)),
    (sp.zeta, 0.0, (-np.log(2 * np.pi) / 2,)),
    (sp.round, 0.3, (0.0,)),
    (sp.gammasgn, 0.3, (0.0,)),
]


@pytest.mark.parametrize(("f", "x", "derivatives"), HARD_POINTS)
def test_hard_points(f, x, derivatives):
    with np.errstate(all="ignore"):
        for want in derivatives:
            f = dd.derivative(f)
            got = f(x)
            assert got == want or abs(got - want) <= 1e-14 * max(abs(want), 1.0 if want == 0 else 0.0), (got, want)


COMPLEX = {
    name: oracle.VALUES[name]
    for name in (
        *("gamma", "loggamma", "rgamma", "psi", "erf", "erfc", "erfi", "wofz", "ndtr", "log_ndtr"),
        *("exp1", "spence", "xlogy", "xlog1py"),
    )
} | {
    "erfcx": lambda z: mp.exp(z * z) * mp.erfc(z),
    "dawsn": lambda z: mp.sqrt(mp.pi) / 2 * mp.exp(-z * z) * mp.erfi(z),
    "fresnel": oracle.VALUES["fresnel"],
    "sici": lambda z: (mp.si(z), mp.ci(z)),
    "shichi": lambda z: (mp.shi(z), mp.chi(z)),
    "spence": lambda z: mp.polylog(2, 1 - z),
    "wrightomega": lambda z: mp.lambertw(mp.exp(z), int(mp.ceil((z.imag - mp.pi) / (2 * mp.pi)))),
    "_lambertw": lambda z, k, tol: mp.lambertw(z, int(k.real)),
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_arguments(name):
    rule = RULES[name]
    first = rule.complex_first or rule.first
    rest = {"xlogy": (1.5 - 0.5j,), "xlog1py": (1.5 - 0.5j,), "_lambertw": (0, 1e-8)}.get(name, ())
    for z in (0.3 + 0.4j, 1.5 - 0.7j, 2.5 + 1.2j, 0.05j, -0.4 + 0.9j, 4.0 + 3.5j, 0.1 + 9.0j, -9.0 + 0.5j, 12.0 - 3.0j):
        if abs(z.imag) < 1 and z.real < 0 and name in ("gamma", "loggamma", "psi", "rgamma"):
            continue  # close to the poles and zeros
        x = (np.complex128(z), *rest)
        with np.errstate(all="ignore"):
            y = ufunc_of(rule)(*x)
            got = oracle.tuple_of(first[0](oracle.Recorder(), *x, y))
        with mpmath.workdps(160):
            h = mp.mpf(10) ** -40
            outputs = [oracle.tuple_of(COMPLEX[name](mp.mpc(z) + s * h, *map(mp.mpc, rest))) for s in (-1, 1)]
            for g, low, high in zip(got, *outputs, strict=True):
                want = complex((high - low) / (2 * h))
                if abs(want) < 1e300:
                    assert abs(complex(g) - want) <= 2e-13 * abs(want), (z, complex(g), want)


def test_arguments_without_a_derivative_are_refused_by_name():
    for f, name in (
        (lambda a: sp.gammainc(a, 1.0), "a"),
        (lambda b: sp.betainc(1.0, b, 0.5), "b"),
        (lambda n: sp.expn(n, 1.0), "n"),
        (lambda df: sp.stdtr(df, 1.0), "df"),
    ):
        with pytest.raises(dd.NotDifferentiableError, match=rf"argument {name}\b"):
            dd.derivative(f)(2.0)
    assert dd.derivative(lambda x: sp.gammainc(2.0, x))(1.0) == pytest.approx(np.exp(-1), rel=1e-15)


def test_float32_stays_and_is_as_accurate():
    for rule in REAL:
        if rule.arity > 1 or rule.outputs > 1 or rule.name in ("expit", "logit", "log_expit"):
            continue
        low, high = max(rule.domain[0][0], -5.0), min(rule.domain[0][1], 5.0)
        for x in np.linspace(low, high, 7)[1:-1].astype(np.float32):
            got = dd.derivative(ufunc_of(rule))(x)
            want = dd.derivative(ufunc_of(rule))(np.float64(x))
            assert got.dtype == np.float32
            assert got == pytest.approx(want, rel=3e-5, abs=1e-6), (rule.name, x)


@pytest.mark.parametrize("module", TABLES, ids=lambda module: module.__name__)
def test_rules_contain_nothing_but_expressions(module):
    tree = ast.parse(inspect.getsource(module))
    forbidden = (ast.If, ast.IfExp, ast.While, ast.Try, ast.With, ast.BoolOp)
    assert not [node for node in ast.walk(tree) if isinstance(node, forbidden)]
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert all(name.startswith("dualdiff.rules.") for name in imported)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]


def test_every_rule_is_a_ufunc_with_its_arguments_and_outputs():
    for rule in RULES.values():
        ufunc = rule.ufunc
        assert isinstance(ufunc, np.ufunc)
        assert (rule.arity, rule.outputs) == (ufunc.nin, ufunc.nout), rule.name
        assert len(rule.second) == rule.arity * (rule.arity + 1) // 2, rule.name
        assert rule.arity == 1 or len(rule.arguments) == rule.arity, rule.name
