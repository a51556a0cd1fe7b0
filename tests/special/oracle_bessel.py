"""What the functions of the Bessel, elliptic, hypergeometric and orthogonal families are, by mpmath alone."""

import itertools
from collections.abc import Callable
from typing import Any

import mpmath
from mpmath import mp

STEP = -16  # power of ten of the differences; their errors are of its fourth power
STENCILS = {
    0: {0: 1},
    1: {-2: 1, -1: -8, 1: 8, 2: -1},
    2: {-2: -1, -1: 16, 0: -30, 1: 16, 2: -1},
    3: {-2: -1, -1: 2, 1: -2, 2: 1},
    4: {-2: 1, -1: -4, 0: 6, 1: -4, 2: 1},
}
DIVISORS = {0: 1, 1: 12, 2: 12, 3: 2, 4: 1}


def _tuple(*functions: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *x: tuple(f(*x) for f in functions)


def _scaled(f: Callable[..., Any], power: Callable[..., Any]) -> Callable[..., Any]:
    return lambda v, z: mp.exp(power(z)) * f(v, z)


def _zeta(x: Any) -> Any:
    return mp.mpf(2) / 3 * x * mp.sqrt(x) if x > 0 else mp.mpf(0)


def _derivative_of_airy(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: f(x, derivative=1)


def _kelvin_p(name: str) -> Callable[..., Any]:
    real, imaginary, sign = {
        "berp": (mp.ber, mp.bei, 1),
        "beip": (mp.bei, mp.ber, -1),
        "kerp": (mp.ker, mp.kei, 1),
        "keip": (mp.kei, mp.ker, -1),
    }[name]
    return lambda x: (real(1, x) + sign * imaginary(1, x)) / mp.sqrt(2)


def _integral_of_order_0(f0: Any, f1: Any, struve: Any, sign: int) -> Callable[..., Any]:
    return lambda x: mp.pi * x / 2 * (f0(x) * struve(-1, x) + sign * f1(x) * struve(0, x))


def _besselpoly(a: Any, power: Any, v: Any) -> Any:
    s = power + v + 1
    return a**v / mp.gamma(v + 1) / s * mp.hyper([s / 2], [v + 1, s / 2 + 1], -a * a)


def _jacobi(n: Any, a: Any, b: Any, x: Any) -> Any:
    if n != int(n):
        return mp.jacobi(n, a, b, x)
    n = int(n)
    terms = [mp.rf(-n, k) * mp.rf(n + a + b + 1, k) * mp.rf(a + 1 + k, n - k) / mp.factorial(k) for k in range(n + 1)]
    return sum(t * ((1 - x) / 2) ** k for k, t in enumerate(terms)) / mp.factorial(n)


def _gegenbauer(n: Any, a: Any, x: Any) -> Any:
    h = mp.mpf(1) / 2
    return mp.rf(2 * a, n) / mp.rf(a + h, n) * _jacobi(n, a - h, a - h, x)


def _legendre(n: Any, x: Any) -> Any:
    return _jacobi(n if n >= 0 else -1 - n, 0, 0, x)


def _chebyt(n: Any, x: Any) -> Any:
    n, h = abs(n), mp.mpf(1) / 2
    return mp.gamma(n + 1) / mp.rf(h, n) * _jacobi(n, -h, -h, x)


def _chebyu(n: Any, x: Any) -> Any:
    return _gegenbauer(n, 1, x) if n > -1 else -_gegenbauer(-2 - n, 1, x) if n < -1 else mp.zero * x


def _sh_jacobi(n: Any, p: Any, q: Any, x: Any) -> Any:
    return _jacobi(n, p - q, q - 1, 2 * x - 1) / mp.binomial(2 * n + p - 1, n)


def _laguerre(n: Any, a: Any, x: Any) -> Any:
    if n != int(n):
        return mp.laguerre(n, a, x)
    n = int(n)
    return sum((-x) ** k * mp.binomial(n + a, n - k) / mp.factorial(k) for k in range(n + 1))


def _hermite(n: int, x: Any, factor: Any, halves: Any) -> Any:
    """Return n! times the sum of ``(-halves)**k (factor x)**(n - 2 k) / (k! (n - 2 k)!)``."""
    terms = [(-halves) ** k / (mp.factorial(k) * mp.factorial(n - 2 * k)) for k in range(n // 2 + 1)]
    return mp.factorial(n) * sum(t * (factor * x) ** (n - 2 * k) for k, t in enumerate(terms))


def _lpmv(order: int, v: Any, x: Any) -> Any:
    if order < 0:
        return (-1) ** order * _lpmv(-order, v, x) * mp.gammaprod([v + order + 1], [v - order + 1])
    factor = (-1) ** order * mp.rf(v - order + 1, 2 * order) / (2**order * mp.factorial(order))
    broken = mp.hyp2f1(order - v, v + order + 1, order + 1, (1 - x) / 2)
    return factor * mp.sqrt(1 - x * x) ** order * broken


def _ellipj(u: Any, k: Any) -> Any:
    sn, cn, dn = (mp.re(mp.ellipfun(kind, u, m=k)) for kind in ("sn", "cn", "dn"))
    return sn, cn, dn, mp.atan2(sn, cn)


VALUES: dict[str, Callable[..., Any]] = {
    "j0": lambda x: mp.besselj(0, x),
    "j1": lambda x: mp.besselj(1, x),
    "y0": lambda x: mp.bessely(0, x),
    "y1": lambda x: mp.bessely(1, x),
    "i0": lambda x: mp.besseli(0, x),
    "i1": lambda x: mp.besseli(1, x),
    "k0": lambda x: mp.besselk(0, x),
    "k1": lambda x: mp.besselk(1, x),
    "jv": mp.besselj,
    "jn": mp.besselj,
    "jve": mp.besselj,
    "yv": mp.bessely,
    "yn": mp.bessely,
    "yve": mp.bessely,
    "iv": mp.besseli,
    "kv": mp.besselk,
    "kn": mp.besselk,
    "hankel1": mp.hankel1,
    "hankel2": mp.hankel2,
    "i0e": lambda x: mp.exp(-abs(x)) * mp.besseli(0, x),
    "i1e": lambda x: mp.exp(-abs(x)) * mp.besseli(1, x),
    "k0e": lambda x: mp.exp(x) * mp.besselk(0, x),
    "k1e": lambda x: mp.exp(x) * mp.besselk(1, x),
    "ive": _scaled(mp.besseli, lambda z: -abs(z)),
    "kve": _scaled(mp.besselk, lambda z: z),
    "hankel1e": _scaled(mp.hankel1, lambda z: -1j * z),
    "hankel2e": _scaled(mp.hankel2, lambda z: 1j * z),
    "airy": _tuple(mp.airyai, _derivative_of_airy(mp.airyai), mp.airybi, _derivative_of_airy(mp.airybi)),
    "airye": lambda x: (
        mp.exp(_zeta(x)) * mp.airyai(x),
        mp.exp(_zeta(x)) * mp.airyai(x, derivative=1),
        mp.exp(-_zeta(x)) * mp.airybi(x),
        mp.exp(-_zeta(x)) * mp.airybi(x, derivative=1),
    ),
    "itairy": lambda x: (
        mp.airyai(x, derivative=-1),
        mp.airybi(x, derivative=-1),
        -mp.airyai(-x, derivative=-1),
        -mp.airybi(-x, derivative=-1),
    ),
    "iti0k0": _tuple(
        lambda x: x * mp.hyp1f2(0.5, 1, 1.5, x * x / 4),
        _integral_of_order_0(lambda x: mp.besselk(0, x), lambda x: mp.besselk(1, x), mp.struvel, 1),
    ),
    "itj0y0": _tuple(
        lambda x: x * mp.hyp1f2(0.5, 1, 1.5, -x * x / 4),
        _integral_of_order_0(lambda x: mp.bessely(0, x), lambda x: mp.bessely(1, x), mp.struveh, 1),
    ),
    "it2i0k0": _tuple(
        lambda x: x * x / 8 * mp.hyp2f3(1, 1, 2, 2, 2, x * x / 4),
        lambda x: mp.meijerg([[], [1]], [[0, 0, 0], []], x * x / 4) / 4,
    ),
    "it2j0y0": _tuple(
        lambda x: x * x / 8 * mp.hyp2f3(1, 1, 2, 2, 2, -x * x / 4),
        lambda x: mp.meijerg([[], [mp.mpf(-0.5), 1]], [[0, 0, 0], [mp.mpf(-0.5)]], x * x / 4) / 2,
    ),
    "besselpoly": _besselpoly,
    "struve": mp.struveh,
    "modstruve": mp.struvel,
    "itstruve0": lambda x: x * x / mp.pi * mp.hyp2f3(1, 1, 1.5, 1.5, 2, -x * x / 4),
    "itmodstruve0": lambda x: x * x / mp.pi * mp.hyp2f3(1, 1, 1.5, 1.5, 2, x * x / 4),
    "it2struve0": lambda x: mp.pi / 2 - 2 * x / mp.pi * mp.hyper([1, 0.5], [1.5, 1.5, 1.5], -x * x / 4),
    "ber": lambda x: mp.ber(0, x),
    "bei": lambda x: mp.bei(0, x),
    "ker": lambda x: mp.ker(0, x),
    "kei": lambda x: mp.kei(0, x),
    **{name: _kelvin_p(name) for name in ("berp", "beip", "kerp", "keip")},
    "kelvin": lambda x: (
        mp.ber(0, x) + 1j * mp.bei(0, x),
        mp.ker(0, x) + 1j * mp.kei(0, x),
        _kelvin_p("berp")(x) + 1j * _kelvin_p("beip")(x),
        _kelvin_p("kerp")(x) + 1j * _kelvin_p("keip")(x),
    ),
    "ellipk": mp.ellipk,
    "ellipkm1": lambda p: mp.ellipk(1 - p),
    "ellipe": mp.ellipe,
    "ellipkinc": mp.ellipf,
    "ellipeinc": mp.ellipe,
    "ellipj": _ellipj,
    "elliprc": mp.elliprc,
    "elliprd": mp.elliprd,
    "elliprf": mp.elliprf,
    "elliprg": mp.elliprg,
    "elliprj": mp.elliprj,
    "eval_legendre": _legendre,
    "eval_chebyt": _chebyt,
    "eval_chebyu": _chebyu,
    "eval_chebyc": lambda n, x: 2 * _chebyt(n, x / 2),
    "eval_chebys": lambda n, x: _chebyu(n, x / 2),
    "eval_sh_legendre": lambda n, x: _legendre(n, 2 * x - 1),
    "eval_sh_chebyt": lambda n, x: _chebyt(n, 2 * x - 1),
    "eval_sh_chebyu": lambda n, x: _chebyu(n, 2 * x - 1),
    "eval_jacobi": _jacobi,
    "eval_sh_jacobi": _sh_jacobi,
    "eval_gegenbauer": _gegenbauer,
    "eval_laguerre": lambda n, x: _laguerre(n, 0, x),
    "eval_genlaguerre": _laguerre,
    "eval_hermite": lambda n, x: _hermite(int(n), x, 2, mp.one),
    "eval_hermitenorm": lambda n, x: _hermite(int(n), x, 1, mp.mpf(0.5)),
    "lpmv": _lpmv,
    "hyp0f1": mp.hyp0f1,
    "hyp1f1": mp.hyp1f1,
    "hyp2f1": mp.hyp2f1,
    "hyperu": mp.hyperu,
}
# these return a function and its derivative
PAIRS: dict[str, Callable[..., Any]] = {
    "pbdv": mp.pcfd,
    "pbvv": lambda v, x: mp.pcfv(-v - 0.5, x),
    "pbwa": mp.pcfw,
}
# Near a zero the error of these is that of their amplitude, which two solutions of one equation share.
PARTNERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("jv", "yv", "jn", "yn", "jve", "yve"), ("jv", "yv")),
    **dict.fromkeys(("j0", "y0"), ("j0", "y0")),
    **dict.fromkeys(("j1", "y1"), ("j1", "y1")),
    **{f"{k}{e}{p}": (f"{k}er{p}", f"{k}ei{p}") for k in "bk" for e in ("er", "ei") for p in ("", "p")},
}


def digits(x: tuple[float, ...], power: float = 2.3) -> int:
    """Return enough digits for differences of relative step ``10**STEP`` at tiny or huge arguments."""
    size = max([abs(mp.log10(abs(v))) for v in x if v] or [0])
    return 75 + int(power * size)


def partial(name: str, x: tuple[float, ...], orders: tuple[int, ...]) -> list[Any]:
    """Differentiate all outputs of the function by differences with many digits to spare."""
    if name in PAIRS:
        f, more = PAIRS[name], (*orders[:-1], orders[-1] + 1)
        return [_difference(f, x, orders)[0], _difference(f, x, more)[0]]
    # cn and dn differ from 1 by the square of a small argument, and their derivatives in m are of its sixth power
    return _difference(VALUES[name], x, orders, 8.0 if name == "ellipj" else 2.3)


def _difference(f: Callable[..., Any], x: tuple[float, ...], orders: tuple[int, ...], power: float = 2.3) -> list[Any]:
    with mpmath.workdps(digits(x, power)):
        point = [
            int(v) if v == int(v) and abs(v) < 100 and not order else mp.mpf(v)
            for v, order in zip(x, orders, strict=True)
        ]
        steps = [mp.mpf(10) ** STEP * (abs(v) or 1) for v in point]
        totals: list[Any] = []
        for shifts in itertools.product(*(STENCILS[order].items() for order in orders)):
            weight = mp.fprod(w for _, w in shifts)
            values = f(*(v + k * h if k else v for v, h, (k, _) in zip(point, steps, shifts, strict=True)))
            values = values if isinstance(values, tuple) else (values,)
            totals = [t + weight * v for t, v in zip(totals or [mp.zero] * len(values), values, strict=True)]
        divisor = mp.fprod(DIVISORS[order] * h**order for h, order in zip(steps, orders, strict=True))
        return [t / divisor for t in totals]
