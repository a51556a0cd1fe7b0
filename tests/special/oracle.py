"""What the functions of the gamma, error, probability, entropy and integral families are, by mpmath alone."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import scipy.special
from mpmath import mp

from dualdiff.rules.declare import Unknown

Function = Callable[..., Any]
# the digits of the values, and the power of ten of the differences, of which the error is the square
DIGITS, STEP = 160, -35
FEWER_DIGITS, WIDER_STEP = 60, -13  # where the functions are slow
NONCENTRAL = {f"{family}{kind}" for family in ("chndtr", "ncfdtr", "nctdtr") for kind in ("", "ix", "i", "it", "inc")}
STENCILS = {0: {0: 1}, 1: {-1: -0.5, 1: 0.5}, 2: {-1: 1, 0: -2, 1: 1}}


def lower_gamma(a: Any, x: Any) -> Any:
    return mp.gammainc(a, 0, x, regularized=True)


def upper_gamma(a: Any, x: Any) -> Any:
    return mp.gammainc(a, x, regularized=True)


def incomplete_beta(a: Any, b: Any, x: Any) -> Any:
    return mp.betainc(a, b, 0, x, regularized=True)


def upper_beta(a: Any, b: Any, x: Any) -> Any:
    return mp.betainc(b, a, 0, 1 - x, regularized=True)


def student(v: Any, t: Any) -> Any:
    tail = incomplete_beta(v / 2, mp.mpf(1) / 2, v / (v + t * t)) / 2
    return tail if t < 0 else 1 - tail


def normal_tail(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def voigt(x: Any, s: Any, g: Any) -> Any:
    z = mp.mpc(x, g) / (s * mp.sqrt(2))
    return (mp.exp(-z * z) * mp.erfc(-1j * z)).real / (s * mp.sqrt(2 * mp.pi))


def erfcx(x: Any) -> Any:
    if abs(x) > 1e5:  # exp(x**2) has too many digits there; the asymptotic series has enough
        return sum(mp.rf(0.5, k) * (-1) ** k / x ** (2 * k + 1) for k in range(12)) / mp.sqrt(mp.pi)
    with mp.workdps(mp.dps + 20):
        return mp.exp(x * x) * mp.erfc(x)


def dawsn(x: Any) -> Any:
    if abs(x) > 1e5:
        return sum(mp.rf(0.5, k) / x ** (2 * k + 1) for k in range(12)) / 2
    with mp.workdps(mp.dps + 20):
        return mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


def owens_t(h: Any, a: Any) -> Any:
    return mp.quad(lambda t: mp.exp(-h * h * (1 + t * t) / 2) / (1 + t * t), mp.linspace(0, a, 5)) / (2 * mp.pi)


def poisson_mixture(half: Any, term: Function) -> Any:
    """Sum ``term(j)`` with the weights of a Poisson distribution."""
    total, weight, j = mp.mpf(0), mp.exp(-half), 0
    while weight > mp.eps * mp.mpf(10) ** -10 or j < half:
        total += weight * term(j)
        j += 1
        weight *= half / j
    return total


def noncentral_chi_square(x: Any, v: Any, c: Any) -> Any:
    return poisson_mixture(c / 2, lambda j: lower_gamma(v / 2 + j, x / 2))


def noncentral_f(n: Any, d: Any, c: Any, f: Any) -> Any:
    return poisson_mixture(c / 2, lambda j: incomplete_beta(n / 2 + j, d / 2, n * f / (d + n * f)))


def noncentral_t(v: Any, c: Any, t: Any) -> Any:
    x, half = t * t / (v + t * t), mp.mpf(1) / 2
    even = poisson_mixture(c * c / 2, lambda j: incomplete_beta(j + half, v / 2, x))
    odd = poisson_mixture(
        c * c / 2, lambda j: incomplete_beta(j + 1, v / 2, x) * mp.factorial(j) / mp.gamma(j + mp.mpf(3) / 2)
    )
    return normal_tail(-c) + (even + c / mp.sqrt(2) * odd) / 2


def kolmogorov(x: Any) -> Any:
    if x <= 0:
        return mp.mpf(1)
    count = int(mp.sqrt(mp.dps * 1.2) / x) + 3
    return 2 * mp.fsum((-1) ** (k - 1) * mp.exp(-2 * k * k * x * x) for k in range(1, count))


def smirnov(n: Any, d: Any) -> Any:
    n = int(n)
    terms = (mp.binomial(n, v) * (d + mp.mpf(v) / n) ** (v - 1) * (1 - d - mp.mpf(v) / n) ** (n - v)
             for v in range(int(mp.floor(n * (1 - d))) + 1))  # fmt: skip
    return d * mp.fsum(terms)


def quantile_of_tukey(p: Any, s: Any) -> Any:
    return mp.log(p / (1 - p)) if s == 0 else (p**s - (1 - p) ** s) / s


def wright(a: Any, b: Any, x: Any) -> Any:
    total, k = mp.mpf(0), 0
    while True:
        term = x**k / mp.factorial(k) * mp.rgamma(a * k + b)
        total += term
        k += 1
        if k > 5 and abs(term) < mp.eps * abs(total):
            return total


def wright_omega(z: Any) -> Any:
    return mp.lambertw(mp.exp(z)) if z < 100 else mp.findroot(lambda w: w + mp.log(w) - z, z - mp.log(z))


def power_transform(x: Any, p: Any) -> Any:
    return mp.log(x) if p == 0 else mp.expm1(p * mp.log(x)) / p


def inverse_transform(y: Any, p: Any) -> Any:
    return mp.exp(y) if p == 0 else mp.exp(mp.log1p(p * y) / p)


def huber(d: Any, r: Any) -> Any:
    return r * r / 2 if abs(r) <= d else d * (abs(r) - d / 2)


def binomial_tail(k: Any, n: Any, p: Any) -> Any:
    return mp.fsum(mp.binomial(n, j) * p**j * (1 - p) ** (n - j) for j in range(int(mp.floor(k)) + 1))


def degrees(f: Function) -> Function:
    return lambda x: f(x * mp.pi / 180)


VALUES: dict[str, Function] = {
    "gamma": mp.gamma,
    "gammaln": lambda x: mp.log(abs(mp.gamma(x))) if x < 50 else mp.loggamma(x),
    "loggamma": mp.loggamma,
    "rgamma": mp.rgamma,
    "psi": mp.digamma,
    "zetac": lambda s: mp.zeta(s) - 1,
    "_riemann_zeta": mp.zeta,
    "_zeta": mp.zeta,
    "poch": lambda a, h: mp.gamma(a + h) * mp.rgamma(a),
    "beta": mp.beta,
    "betaln": lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b),
    "binom": mp.binomial,
    "gammainc": lower_gamma,
    "gammaincc": upper_gamma,
    "betainc": incomplete_beta,
    "betaincc": upper_beta,
    "chdtr": lambda v, x: lower_gamma(v / 2, x / 2),
    "chdtrc": lambda v, x: upper_gamma(v / 2, x / 2),
    "pdtr": lambda k, x: upper_gamma(mp.floor(k) + 1, x),
    "pdtrc": lambda k, x: lower_gamma(mp.floor(k) + 1, x),
    "gdtr": lambda a, b, x: lower_gamma(b, a * x),
    "gdtrc": lambda a, b, x: upper_gamma(b, a * x),
    "bdtr": binomial_tail,
    "bdtrc": lambda k, n, p: 1 - binomial_tail(k, n, p),
    "nbdtr": lambda k, n, p: incomplete_beta(n, k + 1, p),
    "nbdtrc": lambda k, n, p: upper_beta(n, k + 1, p),
    "fdtr": lambda a, b, f: incomplete_beta(a / 2, b / 2, a * f / (b + a * f)),
    "fdtrc": lambda a, b, f: upper_beta(a / 2, b / 2, a * f / (b + a * f)),
    "stdtr": student,
    "chndtr": noncentral_chi_square,
    "ncfdtr": noncentral_f,
    "nctdtr": noncentral_t,
    "erf": mp.erf,
    "erfc": mp.erfc,
    "erfcx": erfcx,
    "erfi": mp.erfi,
    "dawsn": dawsn,
    "wofz": lambda z: mp.exp(-z * z) * mp.erfc(-1j * z),
    "fresnel": lambda x: (mp.fresnels(x), mp.fresnelc(x)),
    "ndtr": normal_tail,
    "log_ndtr": lambda x: mp.log(normal_tail(x)),
    "voigt_profile": voigt,
    "owens_t": owens_t,
    "nrdtrimn": lambda p, s, x: x - s * mp.sqrt(2) * mp.erfinv(2 * p - 1),
    "nrdtrisd": lambda mean, p, x: (x - mean) / (mp.sqrt(2) * mp.erfinv(2 * p - 1)),
    "kolmogorov": kolmogorov,
    "smirnov": smirnov,
    "xlogy": lambda x, y: x * mp.log(y),
    "xlog1py": lambda x, y: x * mp.log1p(y),
    "entr": lambda x: -x * mp.log(x),
    "rel_entr": lambda x, y: x * mp.log(x / y),
    "kl_div": lambda x, y: x * mp.log(x / y) - x + y,
    "huber": huber,
    "pseudo_huber": lambda d, r: d * d * (mp.sqrt(1 + (r / d) ** 2) - 1),
    "boxcox": power_transform,
    "boxcox1p": lambda x, p: power_transform(1 + x, p),
    "inv_boxcox": inverse_transform,
    "inv_boxcox1p": lambda y, p: inverse_transform(y, p) - 1,
    "powm1": lambda x, y: mp.powm1(x, y),
    "cosm1": lambda x: mp.cos(x) - 1,
    "exp10": lambda x: mp.mpf(10) ** x,
    "exprel": lambda x: mp.expm1(x) / x if x else mp.mpf(1),
    "expit": lambda x: 1 / (1 + mp.exp(-x)),
    "logit": lambda x: mp.log(x / (1 - x)),
    "log_expit": lambda x: -mp.log1p(mp.exp(-x)),
    "sindg": degrees(mp.sin),
    "cosdg": degrees(mp.cos),
    "tandg": degrees(mp.tan),
    "cotdg": degrees(mp.cot),
    "radian": lambda d, minutes, s: (d + minutes / 60 + s / 3600) * mp.pi / 180,
    "exp1": mp.e1,
    "expi": mp.ei,
    "expn": mp.expint,
    "sici": lambda x: (mp.si(x), mp.ci(abs(x))),
    "shichi": lambda x: (mp.shi(x), mp.chi(abs(x))),
    "spence": lambda z: mp.polylog(2, 1 - z).real,
    "wrightomega": wright_omega,
    "agm": lambda a, b: mp.sign(a) * mp.agm(abs(a), abs(b)),
    "wright_bessel": wright,
    "log_wright_bessel": lambda a, b, x: mp.log(wright(a, b, x)),
    "modfresnelm": lambda x: modified_fresnel(x, 1j),
    "modfresnelp": lambda x: modified_fresnel(x, -1j),
    # of the families that formulas of these use
    "hyp1f1": mp.hyp1f1,
    "hyp0f1": mp.hyp0f1,
    "ive": lambda v, z: mp.besseli(v, z) * mp.exp(-z),
    "elliprf": mp.elliprf,
    "elliprd": mp.elliprd,
}


def modified_fresnel(x: Any, i: Any) -> Any:
    root = mp.sqrt(mp.mpc(i))
    return mp.sqrt(mp.pi) / 2 / root * mp.erfc(root * x), mp.exp(i * x * x) * mp.erfc(root * x) / 2


# inverses: the function that they solve, with the place of the variable and the place of the value among its arguments
INVERSES: dict[str, tuple[Function, int]] = {
    "erfinv": (mp.erf, 0),
    "erfcinv": (mp.erfc, 0),
    "ndtri": (normal_tail, 0),
    "ndtri_exp": (lambda x: mp.log(normal_tail(x)), 0),
    "gammaincinv": (lower_gamma, 1),
    "gammainccinv": (upper_gamma, 1),
    "betaincinv": (incomplete_beta, 2),
    "betainccinv": (VALUES["betaincc"], 2),
    "chdtri": (VALUES["chdtrc"], 1),
    "pdtri": (VALUES["pdtr"], 1),
    "gdtrix": (VALUES["gdtr"], 2),
    "gdtria": (VALUES["gdtr"], 0),
    "bdtri": (VALUES["bdtr"], 2),
    "nbdtri": (VALUES["nbdtr"], 2),
    "fdtri": (VALUES["fdtr"], 2),
    "stdtrit": (student, 1),
    "chndtrix": (noncentral_chi_square, 0),
    "chndtrinc": (noncentral_chi_square, 2),
    "ncfdtri": (noncentral_f, 3),
    "ncfdtrinc": (noncentral_f, 2),
    "nctdtrit": (noncentral_t, 2),
    "nctdtrinc": (noncentral_t, 1),
    "kolmogi": (kolmogorov, 0),
    "smirnovi": (smirnov, 1),
    "tklmbda": (quantile_of_tukey, 0),
}


def value_of(name: str) -> Function:
    """Return the function; an inverse takes as its last argument a guess of its value."""
    if name in VALUES:
        return VALUES[name]
    f, place = INVERSES[name]
    return lambda *x, guess: solve(f, place, x, guess)


def solve(f: Function, place: int, x: tuple[Any, ...], guess: Any) -> Any:
    """Find the argument at ``place`` at which ``f`` of the others is the number that stands in its place."""

    def residual(y: Any) -> Any:
        return f(*x[:place], y, *x[place + 1 :]) - x[place]

    with mpmath.workdps(mp.dps + 10):
        y = mp.mpf(guess)
        step = max(abs(y), mp.mpf(10) ** -30) * mp.mpf(10) ** -12
        other = y + step
        value, other_value = residual(y), residual(other)
        for _ in range(20):  # the secant method
            if value == other_value:
                break
            y, other = y - value * (y - other) / (value - other_value), y
            other_value, value = value, residual(y)
            if abs(y - other) <= abs(y) * mp.mpf(10) ** (10 - mp.dps):
                break
    return y


# ---- the judge -----------------------------------------------------------------------------------------------------


def tuple_of(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def exact(name: str, x: tuple[float, ...], orders: tuple[int, ...], guess: Any = None) -> list[Any]:
    """Return a partial derivative of each output by central differences; of order 0 the value."""
    function = value_of(name)
    options = {"guess": guess} if name in INVERSES else {}
    digits, power = (FEWER_DIGITS, WIDER_STEP) if name in NONCENTRAL else (DIGITS, STEP)
    with mpmath.workdps(digits):
        point = [mp.mpf(v) for v in x]
        steps = [abs(v or mp.mpf(1)) * mp.mpf(10) ** power for v in point]
        total = None
        for shifts in itertools.product(*(STENCILS[order].items() for order in orders)):
            weight = mp.fprod(w for _, w in shifts) / mp.fprod(h**o for h, o in zip(steps, orders, strict=True))
            moved = (v + k * h for v, h, (k, _) in zip(point, steps, shifts, strict=True))
            terms = [weight * v for v in tuple_of(function(*moved, **options))]
            total = terms if total is None else [a + b for a, b in zip(total, terms, strict=True)]
    return total


ZETA = {1: "_riemann_zeta", 2: "_zeta"}


class Recorder:
    """The namespace of the rules; it keeps the calls of special functions."""

    where = staticmethod(np.where)

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], Any]] = []

    def __getattr__(self, name: str) -> Any:
        if isinstance(getattr(np, name, None), np.ufunc):
            return getattr(np, name)
        function = getattr(scipy.special, name)

        def call(*x: Any) -> Any:
            y = function(*x)
            self.calls.append((ZETA[len(x)] if name == "zeta" else name, x, y))
            return y

        return call


def relative_error(name: str, x: tuple[Any, ...], y: Any) -> float:
    """Return the largest relative error of SciPy's values of a function."""
    x = tuple(complex(v).real if np.imag(v) == 0 else complex(v) for v in x)
    worst = 0.0
    is_finite = np.all(np.isfinite(x)) and np.all(np.isfinite(y))
    if not is_finite or name not in {*VALUES, *INVERSES} or any(isinstance(v, complex) for v in x):
        return worst
    values = exact(name, x, (0,) * len(x), y)
    for got, true in zip(tuple_of(y), values, strict=True):
        got = complex(got)
        if math.isfinite(abs(got)) and true:
            worst = max(worst, float(abs(mp.mpmathify(got) - true) / abs(true)))
    return worst


def partials_of(rule):
    """Yield each known partial derivative with its orders."""
    n = rule.arity
    for i, d in enumerate(rule.first):
        if not isinstance(d, Unknown):
            yield d, tuple(int(i == j) for j in range(n))
    pairs = list(itertools.combinations_with_replacement(range(n), 2))
    assert len(rule.second) == len(pairs)
    for d, (i, j) in zip(rule.second, pairs, strict=True):
        if not isinstance(d, Unknown):
            yield d, tuple((k == i) + (k == j) for k in range(n))
