"""Rules of the normal distribution and its relatives."""

from dualdiff.rules.declare import zero
from dualdiff.rules.special.error import complex_erfcx, erfc_ratio_1
from dualdiff.rules.special.shared import PI, binary, exp_square, several, two_product, unary

SQRT_2 = 1.4142135623730951
SQRT_HALF = 0.7071067811865476
SQRT_2PI = 2.5066282746310002
SQRT_2_OVER_PI = 0.7978845608028654
TWO_PI = 6.283185307179586


def density(m, x):
    """Return the density of the standard normal distribution."""
    return exp_square(m, -0.5, x) / SQRT_2PI


def log_ndtr_d1(m, x, y):
    """Return density over distribution; for negative ``x`` both vanish, and the ratio is that of erfcx."""
    left = x < 0.0
    tail = m.where(left, x, 0.0)
    bulk = m.where(left, 0.0, x)
    return m.where(left, SQRT_2_OVER_PI / m.erfcx(-tail * SQRT_HALF), density(m, bulk) / m.ndtr(bulk))


def log_ndtr_d2(m, x, y):
    """Return ``-h (h + x)`` with ``h`` the slope; the sum cancels for negative ``x``, where erfcx' has it."""
    h = log_ndtr_d1(m, x, y)
    left = x < 0.0
    tail = SQRT_2 * erfc_ratio_1(m, m.where(left, -x, 0.0) * SQRT_HALF)
    return m.where(h == 0.0, 0.0, -h * m.where(left, tail, h + x))


def complex_log_ndtr_d1(m, z, y):
    """Return density over distribution at complex arguments."""
    left = z.real < 0.0
    tail = m.where(left, z, 0.0)
    bulk = m.where(left, 0.0, z)
    return m.where(left, SQRT_2_OVER_PI / m.erfcx(-tail * SQRT_HALF), density(m, bulk) / m.ndtr(bulk))


def ndtri_exp_d2(m, x, y):
    """Return ``t + t**2 y`` with ``t`` the slope: ``t (1 + t y)``, of which the sum cancels for negative ``y``."""
    h = log_ndtr_d1(m, y, x)
    left = y < 0.0
    tail = SQRT_2 * erfc_ratio_1(m, m.where(left, -y, 0.0) * SQRT_HALF)
    return m.where(left, tail, h + y) / h / h


def voigt(m, x, s, g, k, n):
    """Return the derivative of the Voigt profile ``w(z).real / (s sqrt(2 pi))`` ``k`` times in ``x``, ``n`` in ``g``.

    ``z = (x + i g) / (s sqrt(2))`` and ``w(z) = erfcx(-i z)``.
    """
    w = complex_erfcx(m, (g - 1j * x) / (SQRT_2 * s), k + n) * (-1j) ** k
    return w.real / (SQRT_2 * s) ** (k + n) / (SQRT_2PI * s)


def voigt_d1(m, x, s, g, k, n):
    """Return a derivative in ``x`` or ``g``; without a normal part the profile is that of Lorentz."""
    is_cauchy = s == 0.0
    square = x * x + g * g
    size = m.where(is_cauchy & (square != 0.0), square, 1.0)
    cauchy = (-2.0 * x * g / size / size, (x - g) / size * ((x + g) / size))[n] / PI
    return m.where(is_cauchy, cauchy, voigt(m, x, m.where(is_cauchy, 1.0, s), g, k, n))


def voigt_ds(m, x, s, g, y):
    """Return the derivative in ``s``, by the heat equation ``s`` times the second derivative in ``x``."""
    is_cauchy = s == 0.0
    square = x * x + g * g
    size = m.where(is_cauchy & (square != 0.0), square, 1.0)
    cauchy = g * (6.0 * x * x - 2.0 * g * g) / size / size / size / PI
    return s * m.where(is_cauchy, cauchy, voigt(m, x, m.where(is_cauchy, 1.0, s), g, 2, 0))


def owens_tail(m, h, a):
    """Return ``exp(-h**2 (1 + a**2) / 2) / (2 pi)``; ``a h`` with its rounding error, which the square multiplies."""
    p, e = two_product(a, h)
    return exp_square(m, -0.5, h) * exp_square(m, -0.5, p) * (1.0 - p * e) / TWO_PI


def owens_hh(m, h, a, y):
    """Return the second derivative of Owen's function in ``h``."""
    return 0.5 * h * density(m, h) * m.erf(a * h * SQRT_HALF) - a * owens_tail(m, h, a)


def owens_aa(m, h, a, y):
    """Return the second derivative of Owen's function in ``a``."""
    q = 1.0 + a * a
    return -a * owens_tail(m, h, a) / q * (h * h + 2.0 / q)


def nrdtrisd_dp(m, mean, p, x, y):
    """Return the derivative of the standard deviation in the probability."""
    z = m.ndtri(p)
    return -y / z / density(m, z)


def nrdtrisd_dpp(m, mean, p, x, y):
    """Return its second derivative."""
    z = m.ndtri(p)
    d = density(m, z)
    return y * (2.0 / z / z - 1.0) / d / d


def slope_of_quantile(m, p):
    """Return the derivative of ``ndtri``."""
    return SQRT_2PI * exp_square(m, 0.5, m.ndtri(p))


RULES = (
    unary(
        "ndtr",
        lambda m, x, y: density(m, x),
        lambda m, x, y: -x * density(m, x),
        domain=(-37.0, 37.0),
        points=(0.0, -0.0, 1.0),
        source="DLMF 7.2.1",
    ),
    unary(
        "log_ndtr",
        log_ndtr_d1,
        log_ndtr_d2,
        domain=(-1e8, 37.0),
        points=(0.0, -0.0, -1.0, -5.0, -40.0, 8.0),
        complex_first=(complex_log_ndtr_d1,),
        source="DLMF 7.10.1 and 7.18.1",
    ),
    unary(
        "ndtri",
        lambda m, p, y: SQRT_2PI * exp_square(m, 0.5, y),
        lambda m, p, y: TWO_PI * y * exp_square(m, 1.0, y),
        domain=(1e-100, 0.9999999999999999),
        points=(0.5, 0.25, 0.1353352832366127),
        arguments=("y",),
    ),
    unary(
        "ndtri_exp",
        lambda m, x, y: 1.0 / log_ndtr_d1(m, y, x),
        ndtri_exp_d2,
        domain=(-1e8, -1e-12),
        points=(-0.6931471805599453, -2.0, -1e-2),
        arguments=("y",),
    ),
    several(
        "voigt_profile",
        (
            lambda m, x, s, g, y: voigt_d1(m, x, s, g, 1, 0),
            voigt_ds,
            lambda m, x, s, g, y: voigt_d1(m, x, s, g, 0, 1),
        ),
        (
            lambda m, x, s, g, y: voigt(m, x, s, g, 2, 0),
            lambda m, x, s, g, y: s * voigt(m, x, s, g, 3, 0),
            lambda m, x, s, g, y: voigt(m, x, s, g, 1, 1),
            lambda m, x, s, g, y: voigt(m, x, s, g, 2, 0) + s * s * voigt(m, x, s, g, 4, 0),
            lambda m, x, s, g, y: s * voigt(m, x, s, g, 2, 1),
            lambda m, x, s, g, y: -voigt(m, x, s, g, 2, 0),
        ),
        arguments=("x", "sigma", "gamma"),
        domain=((-3.0, 3.0), (0.3, 3.0), (0.1, 3.0)),
        points=((0.5, 1.0, 0.0), (-1.0, 2.0, 0.0)),
        source="DLMF 7.19.1 and 7.10.1",
    ),
    binary(
        "owens_t",
        (
            lambda m, h, a, y: -0.5 * density(m, h) * m.erf(a * h * SQRT_HALF),
            lambda m, h, a, y: owens_tail(m, h, a) / (1.0 + a * a),
        ),
        (owens_hh, lambda m, h, a, y: -h * owens_tail(m, h, a), owens_aa),
        arguments=("h", "a"),
        domain=((-8.0, 8.0), (-3.0, 3.0)),
        points=((0.0, 1.0), (1.0, 0.0)),
        source="Owen (1956)",
    ),
    several(
        "nrdtrimn",
        (
            lambda m, p, s, x, y: -s * slope_of_quantile(m, p),
            lambda m, p, s, x, y: -m.ndtri(p),
            lambda m, p, s, x, y: 1.0,
        ),
        (
            lambda m, p, s, x, y: -s * m.ndtri(p) * slope_of_quantile(m, p) * slope_of_quantile(m, p),
            lambda m, p, s, x, y: -slope_of_quantile(m, p),
            zero,
            zero,
            zero,
            zero,
        ),
        arguments=("p", "std", "x"),
        domain=((0.01, 0.99), (0.1, 10.0), (-10.0, 10.0)),
    ),
    several(
        "nrdtrisd",
        (
            lambda m, mean, p, x, y: -1.0 / m.ndtri(p),
            nrdtrisd_dp,
            lambda m, mean, p, x, y: 1.0 / m.ndtri(p),
        ),
        (
            zero,
            lambda m, mean, p, x, y: slope_of_quantile(m, p) / m.ndtri(p) / m.ndtri(p),
            zero,
            nrdtrisd_dpp,
            lambda m, mean, p, x, y: -slope_of_quantile(m, p) / m.ndtri(p) / m.ndtri(p),
            zero,
        ),
        arguments=("mn", "p", "x"),
        domain=((-3.0, 1.0), (0.6, 0.9), (2.0, 10.0)),
    ),
)
