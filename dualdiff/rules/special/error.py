"""Rules of the error function and its family, Dawson's and Fresnel's integrals."""

from dualdiff.rules.special.shared import (
    PI,
    SQRT_PI,
    chebyshev,
    cos_pi,
    erfc_products,
    exp_square,
    far_erfcx,
    gauss,
    horner,
    sin_pi,
    two_product,
    unary,
)
from dualdiff.rules.special.tables import (
    DAWSON_1_HIGH,
    DAWSON_1_LOW,
    DAWSON_2_HIGH,
    DAWSON_2_LOW,
    ERFC_RATIO_1,
    ERFC_RATIO_2,
)

TWO_OVER_SQRT_PI = 1.1283791670955126
HALF_SQRT_PI = 0.886226925452758
SQRT_HALF = 0.7071067811865476


FAR = tuple(far_erfcx(n, 36) for n in range(5))


def erfc_ratio_1(m, x):
    """Return ``i1erfc(x) / erfc(x)`` for positive ``x``: of it and the value, erfcx' is a product (DLMF 7.18.1)."""
    return chebyshev(ERFC_RATIO_1, 1.0 - 5.0 / (x + 2.5)) / (2.0 * x + SQRT_PI)


def erfc_ratio_2(m, x):
    """Return ``i2erfc(x) / i1erfc(x)`` for positive ``x``."""
    return chebyshev(ERFC_RATIO_2, 1.0 - 5.0 / (x + 2.5)) / (2.0 * x + 4.0 / SQRT_PI)


def erfcx_d1(m, x, y):
    """Return ``2 x y - 2 / sqrt(pi)``, which cancels for positive ``x``: there ``-2 i1erfc(x) exp(x**2)``."""
    right = x > 0.0
    ratio = erfc_ratio_1(m, m.where(right, x, 1.0))
    return m.where(right, -2.0 * ratio * y, 2.0 * x * y - TWO_OVER_SQRT_PI)


def erfcx_d2(m, x, y):
    """Return ``2 y + 2 x y'``, which cancels for positive ``x``: there ``8 i2erfc(x) exp(x**2)``."""
    right = x > 0.0
    z = m.where(right, x, 1.0)
    ratio = erfc_ratio_1(m, z) * erfc_ratio_2(m, z)
    return m.where(right, 8.0 * ratio * y, 2.0 * y + 2.0 * x * (2.0 * x * y - TWO_OVER_SQRT_PI))


def complex_erfcx(m, z, n):
    """Return the ``n``-th derivative of erfcx at complex arguments, ``(-2)**n n!`` times ``inerfc(z) exp(z**2)``.

    To the right that is a product of continued fractions (DLMF 7.18.13), far from 0 the asymptotic series. Near the
    imaginary axis the recurrence ``y'' = 2 y + 2 z y'`` and so on loses ``|z|**2`` ulp, at most 128 for the first.
    """
    left = z.real < 0.0
    w = m.where(left, -z, z)
    is_far = abs(w) > 8.0
    r = 1.0 / m.where(is_far, w, 8.0)
    far = horner(FAR[n], r * r) * r ** (n + 1) * ((-1.0) ** n / SQRT_PI)
    near = m.where(is_far, 1.0, w)
    value = m.erfcx(near)
    is_right = near.real >= 1.0
    right = erfc_products(m.where(is_right, near, 1.0), n) * value
    derivatives = [value, 2.0 * near * value - TWO_OVER_SQRT_PI]
    for k in range(1, n):
        derivatives.append(2.0 * near * derivatives[-1] + 2.0 * k * derivatives[-2])
    right = m.where(is_far, far, m.where(is_right, right, derivatives[n]))
    square = m.where(left, z * z, 0.0)
    return m.where(left, 2.0 * gauss(n, m.where(left, z, 0.0)) * m.exp(square) - (-1.0) ** n * right, right)


def wofz_d1(m, z, y):
    """Return ``2 i / sqrt(pi) - 2 z w``, by ``w(z) = erfcx(-i z)``."""
    return -1j * complex_erfcx(m, -1j * z, 1)


def wofz_d2(m, z, y):
    """Return ``-2 w - 2 z w'``, by ``w(z) = erfcx(-i z)``."""
    return -complex_erfcx(m, -1j * z, 2)


def dawsn_d1(m, x, y):
    """Return ``1 - 2 x y``, which cancels from 1/2 on: there Chebyshev's and the asymptotic series."""
    a = abs(x)
    low = chebyshev(DAWSON_1_LOW, m.where((a > 0.5) & (a <= 2.5), a - 1.5, 0.0))
    high = chebyshev(DAWSON_1_HIGH, m.where((a > 2.5) & (a < 7.0), (a - 4.75) / 2.25, 0.0))
    r = -1.0 / m.where(a >= 7.0, a, 7.0)
    far = -horner(FAR[1], -r * r) * 0.5 * r * r
    return m.where(a <= 0.5, 1.0 - 2.0 * x * y, m.where(a <= 2.5, low, m.where(a < 7.0, high, far)))


def dawsn_d2(m, x, y):
    """Return ``-2 y - 2 x y'``, which cancels from 1 on: there Chebyshev's and the asymptotic series."""
    a = abs(x)
    low = chebyshev(DAWSON_2_LOW, m.where((a > 1.25) & (a <= 3.5), (a - 2.375) / 1.125, 0.0))
    high = chebyshev(DAWSON_2_HIGH, m.where((a > 3.5) & (a < 7.0), (a - 5.25) / 1.75, 0.0))
    r = 1.0 / m.where(a >= 7.0, a, 7.0)
    far = horner(FAR[2], -r * r) * 0.5 * r * r * r
    sign = m.where(x < 0.0, -1.0, 1.0)
    near = -2.0 * y - 2.0 * x * dawsn_d1(m, x, y)
    return m.where(a <= 1.25, near, sign * m.where(a <= 3.5, low, m.where(a < 7.0, high, far)))


def complex_dawsn_d1(m, z, y):
    """Return ``1 - 2 z y``; far from 0 by ``dawsn(z) = i sqrt(pi)/2 (exp(-z**2) - w(z))`` in the upper half-plane."""
    is_far = abs(z) > 8.0
    w = m.where(is_far, m.where(z.imag < 0.0, -z, z), 8.0)
    far = 1j * HALF_SQRT_PI * (-2.0 * w * m.exp(-w * w) - wofz_d1(m, w, y))
    return m.where(is_far, far, 1.0 - 2.0 * z * y)


def quarter_turns(m, x):
    """Return ``x**2 / 2`` modulo 2, and the rounding error of ``x**2 / 2``."""
    p, e = two_product(x, m.where(abs(x) < 1e150, x, 0.0))
    p = 0.5 * p
    return p - 2.0 * m.rint(0.5 * p), 0.5 * PI * e


def fresnel_d1(m, x, y):
    """Return ``sin(pi x**2 / 2)`` and ``cos(pi x**2 / 2)``; the rounded square has no digits left at 1e8."""
    turns, e = quarter_turns(m, x)
    s, c = sin_pi(m, turns), cos_pi(m, turns)
    return s + e * c, c - e * s


def fresnel_d2(m, x, y):
    """Return ``pi x cos(pi x**2 / 2)`` and ``-pi x sin(pi x**2 / 2)``."""
    s, c = fresnel_d1(m, x, y)
    return PI * x * c, -PI * x * s


def complex_fresnel_d1(m, z, y):
    """Return ``sin(pi z**2 / 2)`` and ``cos(pi z**2 / 2)``."""
    return m.sin(0.5 * PI * z * z), m.cos(0.5 * PI * z * z)


def modfresnel_d1(m, x, i):
    """Return the derivatives of the modified Fresnel integrals ``F`` and ``K = erfcx(sqrt(i) x) / 2``.

    ``i`` is the imaginary unit of ``modfresnelm``, and minus it for ``modfresnelp``.
    """
    wave = modfresnel_wave(m, x, i)
    left = x < 0.0
    z = m.where(left, -x, x) * ((1.0 + i) * SQRT_HALF)
    right = 0.5 * ((1.0 + i) * SQRT_HALF) * complex_erfcx(m, z, 1)
    return -1.0 / wave, m.where(left, 2.0 * i * x * wave + right, right)


def modfresnel_d2(m, x, i):
    """Return the second derivatives of the modified Fresnel integrals."""
    wave = modfresnel_wave(m, x, i)
    left = x < 0.0
    z = m.where(left, -x, x) * ((1.0 + i) * SQRT_HALF)
    right = 0.5 * i * complex_erfcx(m, z, 2)
    return 2.0 * i * x / wave, m.where(left, (2.0 * i - 4.0 * x * x) * wave - right, right)


def modfresnel_wave(m, x, i):
    """Return ``exp(i x**2)``, of the square with its rounding error; left of 0 ``K(x) + K(-x)`` is that."""
    p, e = two_product(x, x)
    return m.exp(i * p) * (1.0 + i * e)


NEAR_ONE = (-0.9999999999999999, 0.9999999999999999)

RULES = (
    unary(
        "erf",
        lambda m, x, y: TWO_OVER_SQRT_PI * exp_square(m, -1.0, x),
        lambda m, x, y: -2.0 * TWO_OVER_SQRT_PI * x * exp_square(m, -1.0, x),
        domain=(-26.0, 26.0),
        points=(0.0, -0.0, 1.0),
        source="DLMF 7.2.1",
    ),
    unary(
        "erfc",
        lambda m, x, y: -TWO_OVER_SQRT_PI * exp_square(m, -1.0, x),
        lambda m, x, y: 2.0 * TWO_OVER_SQRT_PI * x * exp_square(m, -1.0, x),
        domain=(-26.0, 26.0),
        points=(0.0, -0.0, 1.0),
        source="DLMF 7.2.2",
    ),
    unary(
        "erfcx",
        erfcx_d1,
        erfcx_d2,
        domain=(-26.0, 1e100),
        points=(0.0, -0.0, 0.5, 1.0, 2.5, 5.0, 50.0, 1e7),
        complex_first=(lambda m, z, y: complex_erfcx(m, z, 1),),
        source="DLMF 7.2.3, 7.10.1 and 7.18.1",
    ),
    unary(
        "erfi",
        lambda m, x, y: TWO_OVER_SQRT_PI * exp_square(m, 1.0, x),
        lambda m, x, y: 2.0 * TWO_OVER_SQRT_PI * x * exp_square(m, 1.0, x),
        domain=(-26.0, 26.0),
        points=(0.0, -0.0),
        source="DLMF 7.2.1",
    ),
    unary(
        "erfinv",
        lambda m, x, y: HALF_SQRT_PI * exp_square(m, 1.0, y),
        lambda m, x, y: 0.5 * PI * y * exp_square(m, 2.0, y),
        domain=NEAR_ONE,
        points=(0.0, 0.5, -0.5),
        source="DLMF 7.17.1",
    ),
    unary(
        "erfcinv",
        lambda m, x, y: -HALF_SQRT_PI * exp_square(m, 1.0, y),
        lambda m, x, y: 0.5 * PI * y * exp_square(m, 2.0, y),
        domain=(1e-100, 1.9999999999999998),
        points=(1.0, 1.5),
        source="DLMF 7.17.1",
    ),
    unary(
        "dawsn",
        dawsn_d1,
        dawsn_d2,
        domain=(-1e100, 1e100),
        points=(*(0.0, -0.0, 0.5, 0.5000001, 1.25, 1.250001, 2.0, 2.5, 2.50001), *(3.5, 3.50001, 5.0, 6.9999, 7.0)),
        complex_first=(complex_dawsn_d1,),
        source="DLMF 7.2.5 and 7.10.3",
    ),
    unary("wofz", wofz_d1, wofz_d2, source="DLMF 7.10.1"),
    unary(
        "fresnel",
        fresnel_d1,
        fresnel_d2,
        domain=(-1e3, 1e3),
        points=(0.0, -0.0, 1.0),
        complex_first=(complex_fresnel_d1,),
        outputs=2,
        source="DLMF 7.2.7 and 7.2.8",
    ),
    *(
        unary(
            name,
            lambda m, x, y, i=i: modfresnel_d1(m, x, i),
            lambda m, x, y, i=i: modfresnel_d2(m, x, i),
            domain=(-20.0, 20.0),
            outputs=2,
            source="Zhang & Jin (1996), section 16.4",
        )
        for name, i in (("modfresnelm", 1j), ("modfresnelp", -1j))
    ),
)
