"""Rules of the exponential, trigonometric and hyperbolic integrals and of other functions defined by an equation."""

from dualdiff.rules.special.shared import SHAPE, WHOLE, binary, horner, log1p_tail, several, sinc_slope, unary


def spence_d1(m, z, y):
    """Return ``log(z) / (1 - z)``; its limit at 1 by log1p."""
    d = z - 1.0
    near = abs(d) < 0.5
    small = m.where(near, d, 0.0)
    far = m.where(near, 2.0, z)
    return m.where(near, small * log1p_tail(m, 2, small) - 1.0, m.log(far) / (1.0 - far))


def spence_d2(m, z, y):
    """Return ``(log(z) - (z - 1) / z) / (z - 1)**2``; its limit at 1 by the tail of log1p."""
    d = z - 1.0
    near = abs(d) < 0.5
    small = m.where(near, d, 0.0)
    w = 1.0 + small
    far = m.where(near, 2.0, z)
    direct = (m.log(far) - (far - 1.0) / far) / (far - 1.0) / (far - 1.0)
    return m.where(near, log1p_tail(m, 2, -small / w) / w / w, direct)


def over_argument(m, x, sign, sine):
    """Return ``sin(x) / x``, or ``sinh(x) / x`` for ``sign`` 1; near 0 by its series."""
    near = abs(x) < 1.0
    is_end = m.isinf(x) & (sign < 0.0)
    far = m.where(near | is_end, 1.0, x)
    s = m.where(near, x, 0.0)
    return m.where(near, horner(SINC[sign > 0.0], s * s), m.where(is_end, 0.0, sine(far) / far))


def bent(m, x, sign, direct):
    """Return the derivative of ``sin(x) / x``, or of ``sinh(x) / x`` for ``sign`` 1; near 0 by its series."""
    near = abs(x) < 1.0
    s = m.where(near, x, 0.0)
    return m.where(near, s * horner(SINC_SLOPE[sign > 0.0], s * s), direct(m.where(near, 1.0, x)))


SINC_SLOPE = (sinc_slope(-1.0, True), sinc_slope(1.0, True))
SINC = (sinc_slope(-1.0, False), sinc_slope(1.0, False))


def sici_d2(m, x, y):
    """Return the derivatives of ``sin(x) / x`` and ``cos(x) / x``."""
    return (
        bent(m, x, -1.0, lambda x: (m.cos(x) - m.sin(x) / x) / x),
        -(m.sin(x) + m.cos(x) / x) / x,
    )


def shichi_d2(m, x, y):
    """Return the derivatives of ``sinh(x) / x`` and ``cosh(x) / x``."""
    return (
        bent(m, x, 1.0, lambda x: (m.cosh(x) - m.sinh(x) / x) / x),
        (m.sinh(x) - m.cosh(x) / x) / x,
    )


def expn_dx(m, n, x, y):
    """Return ``-expn(n - 1, x)``; below ``n = 1`` in closed form (DLMF 8.19.13)."""
    zeroth = -m.exp(-x) * (1.0 + x) / x / x
    return m.where(n >= 1, -m.expn(m.maximum(n - 1, 0), x), zeroth)


def expn_dxx(m, n, x, y):
    """Return ``expn(n - 2, x)``; below ``n = 2`` in closed form."""
    first = m.exp(-x) * (1.0 + x) / x / x
    zeroth = m.exp(-x) * (2.0 + x * (2.0 + x)) / x / x / x
    return m.where(n >= 2, m.expn(m.maximum(n - 2, 0), x), m.where(n >= 1, first, zeroth))


def agm_da(m, a, b, y):
    """Return ``2 |a| y**2 / (3 pi) R_D(0, b**2, a**2)``, of Carlson's integral, without a difference."""
    s = a + b
    p, q, mean = a / s, b / s, y / s
    # where a square would vanish, the limits of the integral
    is_small, is_large = abs(p) < 1e-100, abs(q) < 1e-100
    integral = m.elliprd(0.0, m.where(is_large, 1.0, q * q), m.where(is_small, 1.0, p * p))
    logarithm = 3.0 * (m.log(4.0 * abs(p)) - m.log(abs(q)) - 1.0)
    share = m.where(is_small, 3.0 / abs(p), abs(p) * m.where(is_large, logarithm, integral))
    return m.where(p == 0.0, m.log(p) * -1.0, 0.21220659078919378 * mean * mean * share)


def agm_dab(m, a, b, y):
    """Return the mixed second derivative; the others follow of it, as the mean is homogeneous."""
    s = a + b
    q = ((a - b) / s) * ((a - b) / s)
    rest = 4.0 * (a / s) * (b / s)
    return rest / s * agm_curvature(m, q, rest)


def agm_curvature(m, q, rest):
    """Return ``-g''(k)`` of the mean ``(a + b) g(k)``, where ``g = pi / (4 K(k))`` and ``k**2 = q = 1 - rest``."""
    integral = m.elliprf(0.0, rest, 1.0)
    slope = m.elliprd(0.0, 1.0, rest) / 3.0  # K'(k) / k
    bend = (integral - (1.0 - 3.0 * q) * slope) / rest
    return 0.7853981633974483 * (bend - 2.0 * q * slope / integral * slope) / integral / integral


RULES = (
    unary(
        "exp1",
        lambda m, x, y: -m.exp(-x) / x,
        lambda m, x, y: m.exp(-x) * (1.0 + x) / x / x,
        domain=(1e-100, 700.0),
        source="DLMF 6.2.1",
    ),
    unary(
        "expi",
        lambda m, x, y: m.exp(x) / x,
        lambda m, x, y: m.exp(x) * (x - 1.0) / x / x,
        domain=(-700.0, 700.0),
        source="DLMF 6.2.5",
    ),
    binary(
        "expn",
        (WHOLE, expn_dx),
        (WHOLE, WHOLE, expn_dxx),
        arguments=("n", "x"),
        domain=((3.0, 3.0), (1e-3, 100.0)),
        points=((0.0, 0.5), (1.0, 0.5), (2.0, 0.5), (2.0, 5.0), (5.0, 1.0), (40.0, 2.0)),
        source="DLMF 8.19.13",
    ),
    unary(
        "sici",
        lambda m, x, y: (over_argument(m, x, -1.0, m.sin), m.where(m.isinf(x), 0.0, m.cos(x) / x)),
        sici_d2,
        domain=(-100.0, 100.0),
        points=(1.0, 0.9999, -1.0001),
        outputs=2,
        source="DLMF 6.2.9 and 6.2.11",
    ),
    unary(
        "shichi",
        lambda m, x, y: (over_argument(m, x, 1.0, m.sinh), m.cosh(x) / x),
        shichi_d2,
        domain=(-100.0, 100.0),
        points=(1.0, 0.9999, -1.0001),
        outputs=2,
        source="DLMF 6.2.15 and 6.2.16",
    ),
    unary(
        "spence", spence_d1, spence_d2, domain=(1e-100, 1e100), points=(1.0, 1.0000001, 0.5, 1.5, 0.4999, 1.5001, 2.0)
    ),
    unary(
        "wrightomega",
        lambda m, z, y: m.where(abs(y) > 1e20, 1.0, y / (1.0 + y)),
        lambda m, z, y: y / (1.0 + y) / (1.0 + y) / (1.0 + y),
        domain=(-600.0, 1e100),
        points=(0.0, 1.0),
        source="Corless & Jeffrey (2002)",
    ),
    several(
        "_lambertw",
        (
            lambda m, z, k, tol, y: m.where(z == 0.0, m.exp(-y), y / m.where(z == 0.0, 1.0, z)) / (1.0 + y),
            WHOLE,
            WHOLE,
        ),
        (
            lambda m, z, k, tol, y: (
                -m.where(z == 0.0, 1.0, y / m.where(z == 0.0, 1.0, z))
                * m.where(z == 0.0, 1.0, y / m.where(z == 0.0, 1.0, z))
                * (2.0 + y)
                / (1.0 + y)
                / (1.0 + y)
                / (1.0 + y)
            ),
            *(WHOLE,) * 5,
        ),
        value=lambda m, z, k, tol: m.lambertw(z, k, tol),
        module="scipy.special",
        arguments=("z", "k", "tol"),
        source="DLMF 4.13.4",
    ),
    binary(
        "agm",
        (agm_da, lambda m, a, b, y: agm_da(m, b, a, y)),
        (
            lambda m, a, b, y: -(b / a) * agm_dab(m, a, b, y),
            agm_dab,
            lambda m, a, b, y: -(a / b) * agm_dab(m, a, b, y),
        ),
        arguments=("a", "b"),
        domain=((1e-2, 1e2), (1e-2, 1e2)),
        points=((1.0, 1.0), (1.0, 1.0000001), (2.0, 3.0), (2.0, 3.0001), (-1.0, -2.0)),
        source="DLMF 19.8.5 and 19.25.1",
    ),
    several(
        "wright_bessel",
        (SHAPE, SHAPE, lambda m, a, b, x, y: m.wright_bessel(a, a + b, x)),
        (*(SHAPE,) * 5, lambda m, a, b, x, y: m.wright_bessel(a, 2.0 * a + b, x)),
        arguments=("a", "b", "x"),
        domain=((0.1, 2.0), (0.1, 5.0), (1e-2, 20.0)),
        source="DLMF 10.46.1",
    ),
    several(
        "log_wright_bessel",
        (SHAPE, SHAPE, lambda m, a, b, x, y: m.exp(m.log_wright_bessel(a, a + b, x) - y)),
        (
            *(SHAPE,) * 5,
            lambda m, a, b, x, y: (
                m.exp(m.log_wright_bessel(a, 2.0 * a + b, x) - y) - m.exp(2.0 * (m.log_wright_bessel(a, a + b, x) - y))
            ),
        ),
        arguments=("a", "b", "x"),
        domain=((0.1, 2.0), (0.1, 5.0), (1e-2, 20.0)),
        source="DLMF 10.46.1",
    ),
)
