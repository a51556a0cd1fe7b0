"""Rules of the elliptic integrals of Legendre and of Jacobi's functions.

All derivatives are Carlson's integral R_D or its derivatives. The textbook formula
``K' = (E - (1 - m) K) / (2 m (1 - m))`` has no digits left at m = 1e-16; ``R_D(0, 1, 1 - m) / 6`` has all.
The parameter is ``k`` here, since ``m`` is the namespace.
"""

from dualdiff.rules.declare import binary, unary
from dualdiff.rules.special.carlson import rd_end, rd_side

PI = 3.141592653589793


def turns(m, n, value):
    """Return ``2 n value``, and 0 in the first half turn even where the complete integral is infinite."""
    is_first = n == 0.0
    return m.where(is_first, 0.0, 2.0 * n * m.where(is_first, 0.0, value))


def amplitude(m, phi, k):
    """Return the half turns of ``phi``, its sine there, the square of its cosine, and ``1 - k sin**2`` uncancelled."""
    n = m.rint(phi / PI)
    s, c = m.sin(phi), m.cos(phi)
    s, c2 = m.cos(PI * n) * s, c * c
    return n, s, c2, m.where(k * (s * s) < 0.5, 1.0 - k * (s * s), c2 + (1.0 - k) * (s * s))


def ellipk_d1(m, k):
    """Return the derivative of K."""
    return m.elliprd(0.0, 1.0, 1.0 - k) / 6.0


def ellipk_d2(m, p):
    """Return the second derivative of K as a function of ``p = 1 - k``."""
    return rd_end(m, 0.0, 1.0, p, m.elliprd(0.0, 1.0, p)) / -6.0


def ellipe_d1(m, k):
    """Return the derivative of E."""
    return m.elliprd(0.0, 1.0 - k, 1.0) / -6.0


def ellipe_d2(m, k):
    """Return the second derivative of E."""
    return rd_side(m, 1.0 - k, 0.0, 1.0) / 6.0


def ellipkinc_k(m, phi, k):
    """Return the derivative of ``F(phi, k)`` in ``k``."""
    n, s, c2, q = amplitude(m, phi, k)
    return s * s * s / 6.0 * m.elliprd(c2, 1.0, q) + turns(m, n, ellipk_d1(m, k))


def ellipkinc_kk(m, phi, k):
    """Return the second derivative of ``F(phi, k)`` in ``k``."""
    n, s, c2, q = amplitude(m, phi, k)
    fifth = s * s * s * s * s
    return fifth / -6.0 * rd_end(m, c2, 1.0, q, m.elliprd(c2, 1.0, q)) + turns(m, n, ellipk_d2(m, 1.0 - k))


def ellipeinc_k(m, phi, k):
    """Return the derivative of ``E(phi, k)`` in ``k``."""
    n, s, c2, q = amplitude(m, phi, k)
    return s * s * s / -6.0 * m.elliprd(c2, q, 1.0) + turns(m, n, ellipe_d1(m, k))


def ellipeinc_kk(m, phi, k):
    """Return the second derivative of ``E(phi, k)`` in ``k``."""
    n, s, c2, q = amplitude(m, phi, k)
    fifth = s * s * s * s * s
    return fifth / 6.0 * rd_side(m, q, c2, 1.0) + turns(m, n, ellipe_d2(m, k))


def over_root(m, phi, k, power):
    """Return ``(1 - k sin(phi)**2) ** (-power / 2)`` for odd powers 1 and 3, and -1."""
    _, _, _, q = amplitude(m, phi, k)
    return q ** (-0.5 * power)


def ellipj_k(m, u, k, y):
    """Return the derivatives of sn, cn, dn and am in the parameter: ``F(am(u, k), k) = u`` differentiated."""
    sn, cn, dn, ph = y
    slope = ellipkinc_k(m, ph, k)
    turn = -dn * slope
    return cn * turn, -sn * turn, k * sn * cn * slope - sn * sn / (2.0 * dn), turn


def ellipj_uk(m, u, k, y):
    """Return the mixed second derivatives: those of ``(cn dn, -sn dn, -k sn cn, dn)`` in the parameter."""
    sn, cn, dn, _ = y
    sn_k, cn_k, dn_k, _ = ellipj_k(m, u, k, y)
    return (
        cn_k * dn + cn * dn_k,
        -(sn_k * dn + sn * dn_k),
        -(sn * cn + k * (sn_k * cn + sn * cn_k)),
        dn_k,
    )


def ellipj_kk(m, u, k, y):
    """Return the second derivatives in the parameter."""
    sn, cn, dn, ph = y
    slope = ellipkinc_k(m, ph, k)
    sn_k, cn_k, dn_k, turn = ellipj_k(m, u, k, y)
    bend = ellipkinc_kk(m, ph, k) + sn * sn / (2.0 * dn * dn * dn) * turn
    turn_k = -dn_k * slope - dn * bend
    return (
        cn * turn_k - sn * turn * turn,
        -sn * turn_k - cn * turn * turn,
        sn * (sn * dn_k / (2.0 * dn) - sn_k) / dn
        + sn * cn * slope
        + k * ((sn_k * cn + sn * cn_k) * slope + sn * cn * bend),
        turn_k,
    )


HALF_TURN = 1.5707963267948966

RULES = (
    unary(
        "ellipk",
        lambda m, k, y: ellipk_d1(m, k),
        lambda m, k, y: ellipk_d2(m, 1.0 - k),
        domain=(-1e8, 0.9999999999999999),
        points=(0.0, 1e-300, 0.22, 0.223, -0.28, -0.29),
        module="scipy.special",
        arguments=("m",),
        source="DLMF 19.4.1, 19.25.1",
    ),
    unary(
        "ellipkm1",
        lambda m, p, y: m.elliprd(0.0, 1.0, p) / -6.0,
        lambda m, p, y: ellipk_d2(m, p),
        domain=(1e-8, 1e8),
        points=(1.0, 0.9999999999999999, 1e-100),
        module="scipy.special",
        arguments=("p",),
        source="DLMF 19.4.1, 19.25.1",
    ),
    unary(
        "ellipe",
        lambda m, k, y: ellipe_d1(m, k),
        lambda m, k, y: ellipe_d2(m, k),
        domain=(-1e8, 0.9999999999999999),
        points=(0.0, 1e-300, 0.22, 0.223, -0.28, -0.29),
        module="scipy.special",
        arguments=("m",),
        source="DLMF 19.4.2, 19.25.1",
    ),
    binary(
        "ellipkinc",
        (lambda m, phi, k, y: over_root(m, phi, k, 1.0), lambda m, phi, k, y: ellipkinc_k(m, phi, k)),
        (
            lambda m, phi, k, y: k * m.sin(phi) * m.cos(phi) * over_root(m, phi, k, 3.0),
            lambda m, phi, k, y: 0.5 * m.sin(phi) ** 2 * over_root(m, phi, k, 3.0),
            lambda m, phi, k, y: ellipkinc_kk(m, phi, k),
        ),
        domain=((-10.0, 10.0), (-10.0, 0.999)),
        points=((0.0, 0.5), (HALF_TURN, 0.5), (1.0, 0.0), (1.0, 1.0), (3.0, 1e-12), (HALF_TURN, 0.0), (0.5, 2.0)),
        module="scipy.special",
        arguments=("phi", "m"),
        source="DLMF 19.25.5",
    ),
    binary(
        "ellipeinc",
        (lambda m, phi, k, y: over_root(m, phi, k, -1.0), lambda m, phi, k, y: ellipeinc_k(m, phi, k)),
        (
            lambda m, phi, k, y: -k * m.sin(phi) * m.cos(phi) * over_root(m, phi, k, 1.0),
            lambda m, phi, k, y: -0.5 * m.sin(phi) ** 2 * over_root(m, phi, k, 1.0),
            lambda m, phi, k, y: ellipeinc_kk(m, phi, k),
        ),
        domain=((-10.0, 10.0), (-10.0, 0.999)),
        points=((0.0, 0.5), (HALF_TURN, 0.5), (1.0, 0.0), (1.0, 1.0), (3.0, 1e-12), (HALF_TURN, 0.0), (0.5, 2.0)),
        module="scipy.special",
        arguments=("phi", "m"),
        source="DLMF 19.25.9",
    ),
    binary(
        "ellipj",
        (
            lambda m, u, k, y: (y[1] * y[2], -y[0] * y[2], -k * y[0] * y[1], y[2]),
            ellipj_k,
        ),
        (
            lambda m, u, k, y: (
                -y[0] * (y[2] * y[2] + k * y[1] * y[1]),
                -y[1] * (y[2] - k * y[0] * (y[0] / y[2])) * y[2],
                -k * y[2] * (y[1] - y[0]) * (y[1] + y[0]),
                -k * y[0] * y[1],
            ),
            ellipj_uk,
            ellipj_kk,
        ),
        domain=((-8.0, 8.0), (1e-8, 0.99)),
        points=((0.0, 0.5), (1.0, 0.0), (2.0, 1e-12)),
        module="scipy.special",
        arguments=("u", "m"),
        outputs=4,
        source="DLMF 22.13.4-6, 22.16.1",
    ),
)
