"""Rules of the incomplete gamma and beta functions and of their inverses."""

from dualdiff.rules.special.shared import (
    SHAPE,
    binary,
    log1p_tail,
    lowered_power,
    several,
    stirling,
    two_product,
)

TWO_PI = 6.283185307179586
LARGE = 100.0


def gamma_density(m, a, x):
    """Return ``x**(a - 1) exp(-x) / gamma(a)``; from Stirling's series where ``gamma(a)`` grows large."""
    is_large = a >= LARGE
    s = m.where(is_large, 1.0, a)
    half = m.exp(-0.5 * m.where(is_large, 1.0, x))
    # the two halves keep exp(-x) from vanishing before the power has lifted it
    direct = lowered_power(m, x, s) * half / m.gamma(s) * half
    is_end = (x == 0.0) | m.isinf(x)
    a, x = m.where(is_large, a, LARGE), m.where(is_end, 1.0, x)
    d = (x - a) / a
    far = m.exp(-stirling(m, a) - a * d * d * log1p_tail(m, 2, d)) * m.sqrt(a / TWO_PI) / x
    return m.where(is_large, m.where(is_end, 0.0, far), m.where(half == 0.0, 0.0, direct))


def gamma_slope(m, a, x):
    """Return the derivative of `gamma_density` in ``x``."""
    return gamma_density(m, a, x) * (((a - 1.0) - x) / x)


def beta_density(m, a, b, x):
    """Return ``x**(a - 1) (1 - x)**(b - 1) / beta(a, b)``; from Stirling's series where ``a`` and ``b`` are large."""
    w = 1.0 - x
    return beta_density_of(m, a, b, x, 0.0, w, ((1.0 - w) - x) / m.where(w == 0.0, 1.0, w))


def beta_density_of(m, a, b, x, x_error, w, w_error):
    """Return the same of ``x`` and ``w = 1 - x`` with their relative rounding errors, which the powers multiply."""
    is_large = (a >= LARGE) & (b >= LARGE)
    p, q = m.where(is_large, 1.0, a), m.where(is_large, 1.0, b)
    correction = m.exp((p - 1.0) * x_error + (q - 1.0) * w_error)
    direct = lowered_power(m, x, p) * lowered_power(m, w, q) / m.beta(p, q) * correction
    a, b = m.where(is_large, a, LARGE), m.where(is_large, b, LARGE)
    d = (x * b - w * a) + (x * b * x_error - w * a * w_error)
    exponent = -(d / a) * d * log1p_tail(m, 2, d / a) - (d / b) * d * log1p_tail(m, 2, -d / b)
    exponent = exponent + (stirling(m, a + b) - stirling(m, a) - stirling(m, b))
    far = m.sqrt(a / TWO_PI * (b / (a + b))) * m.exp(exponent) / x / w
    return m.where(is_large, far, direct)


def beta_slope(m, a, b, x):
    """Return the derivative of `beta_density` in ``x``."""
    p, e = two_product((a - 1.0) + (b - 1.0), x)
    return beta_density(m, a, b, x) * ((((a - 1.0) - p) - e) / x / (1.0 - x))


def of_gamma(sign):
    """Return the derivatives of ``gammainc`` or ``gammaincc``."""
    return (SHAPE, lambda m, a, x, y: sign * gamma_density(m, a, x)), (
        SHAPE,
        SHAPE,
        lambda m, a, x, y: sign * gamma_slope(m, a, x),
    )


def inverse_of_gamma(sign):
    """Return the derivatives of the inverse of ``gammainc`` or ``gammaincc``."""
    return (SHAPE, lambda m, a, p, y: sign / gamma_density(m, a, y)), (
        SHAPE,
        SHAPE,
        lambda m, a, p, y: -(((a - 1.0) - y) / y) / gamma_density(m, a, y) / gamma_density(m, a, y),
    )


def of_third(density, slope, sign=1.0, shape=SHAPE):
    """Return the derivatives of a distribution in its third argument."""
    return (shape, shape, lambda m, a, b, x, y: sign * density(m, a, b, x)), (
        *(shape,) * 5,
        lambda m, a, b, x, y: sign * slope(m, a, b, x),
    )


def inverse_of_third(density, slope, sign=1.0, shape=SHAPE):
    """Return the derivatives of the inverse of a distribution in its third argument."""
    return (shape, shape, lambda m, a, b, p, y: sign / density(m, a, b, y)), (
        *(shape,) * 5,
        lambda m, a, b, p, y: -slope(m, a, b, y) / density(m, a, b, y) / density(m, a, b, y) / density(m, a, b, y),
    )


UNIT = (1e-3, 0.9990234375)
ORDER = (1e-2, 40.0)
WAIST = (0.3, 30.0)
INSIDE = ((0.3, 20.0), (0.3, 20.0), UNIT)
TAILS = ((0.5, 2.0, 0.25), (5.0, 3.0, 0.999), (40.0, 40.0, 0.25), (120.0, 150.0, 0.45), (0.5, 0.5, 0.5))
GAMMA_SOURCE = "DLMF 8.2.4 and 8.8.13"
BETA_SOURCE = "DLMF 8.17.2"

RULES = (
    binary(
        "gammainc",
        *of_gamma(1.0),
        arguments=("a", "x"),
        domain=(ORDER, (1e-3, 200.0)),
        points=((1.0, 1e-8), (100.0, 110.0), (99.5, 70.0), (500.0, 510.0), (1.0, 700.0), (60.0, 900.0)),
        source=GAMMA_SOURCE,
    ),
    binary(
        "gammaincc",
        *of_gamma(-1.0),
        arguments=("a", "x"),
        domain=(ORDER, (1e-3, 200.0)),
        points=((1.0, 1e-8), (100.0, 110.0), (500.0, 510.0)),
        source=GAMMA_SOURCE,
    ),
    binary(
        "gammaincinv",
        *inverse_of_gamma(1.0),
        arguments=("a", "y"),
        domain=(WAIST, UNIT),
        source=GAMMA_SOURCE,
    ),
    binary(
        "gammainccinv",
        *inverse_of_gamma(-1.0),
        arguments=("a", "y"),
        domain=(WAIST, UNIT),
        source=GAMMA_SOURCE,
    ),
    several(
        "betainc",
        *of_third(beta_density, beta_slope),
        arguments=("a", "b", "x"),
        domain=INSIDE,
        points=TAILS,
        source=BETA_SOURCE,
    ),
    several(
        "betaincc",
        *of_third(beta_density, beta_slope, -1.0),
        arguments=("a", "b", "x"),
        domain=INSIDE,
        points=TAILS,
        source=BETA_SOURCE,
    ),
    several(
        "betaincinv",
        *inverse_of_third(beta_density, beta_slope),
        arguments=("a", "b", "y"),
        domain=INSIDE,
        source=BETA_SOURCE,
    ),
    several(
        "betainccinv",
        *inverse_of_third(beta_density, beta_slope, -1.0),
        arguments=("a", "b", "y"),
        domain=INSIDE,
        source=BETA_SOURCE,
    ),
)
