"""Rules of the Bessel functions and of their integrals.

The derivatives of J and I are differences of neighbouring orders, ``(J[v-1] - J[v+1]) / 2``: they divide by nothing, so
that they hold at 0 and may be differentiated again, and they cancel nowhere but at the zeros of the derivative.
"""

from dualdiff.rules.declare import Unknown, binary, several, unary
from dualdiff.rules.special.shared import horner

ORDER = Unknown("its derivative in the order has no closed form")
POSITIVE = (1e-8, 1e3)
SIGNED = (-1e3, 1e3)
# 1 / ((k + 1)!)**2: (I0(x) - 1) / x = x / 4 * (sum of these times (x/2)**(2k)), and J0 with alternating signs
BELOW_I0 = (
    1.0,
    0.25,
    0.027777777777777776,
    0.001736111111111111,
    6.944444444444444e-05,
    1.9290123456790124e-06,
    3.936759889140842e-08,
    6.151187326782565e-10,
    7.594058428127871e-12,
    7.594058428127871e-14,
    6.276081345560224e-16,
)


def dominant(m, lower, higher):
    """Return ``lower + higher``; where the higher order is infinite it dominates, also over another infinity."""
    return m.where(m.isinf(higher), higher, lower + higher)


def regular(name, lower, higher):
    """Return both derivatives in ``z`` of J or I: ``2 f' = lower f[v-1] + higher f[v+1]`` (DLMF 10.6.1, 10.29.1).

    A small or negative order that is not whole would be rounded in ``v - 1``: there ``f' = v/z f + higher f[v+1]``
    (DLMF 10.6.2, 10.29.2).
    """

    def split(m, v, z):
        is_broken = (v < 1.0) & (m.floor(v) != v) & (z != 0.0)
        return is_broken, m.where(is_broken, z, 1.0)

    def d1(m, v, z, y):
        f, (is_broken, safe) = getattr(m, name), split(m, v, z)
        upper = higher * f(v + 1.0, z)
        return m.where(is_broken, v * y / safe + upper, 0.5 * (lower * f(v - 1.0, z) + upper))

    def d2(m, v, z, y):
        f, (is_broken, safe) = getattr(m, name), split(m, v, z)
        broken = v * (v - 1.0) * y / safe / safe + lower * higher * y - higher * f(v + 1.0, z) / safe
        return m.where(is_broken, broken, 0.25 * (f(v - 2.0, z) + 2.0 * lower * higher * y + f(v + 2.0, z)))

    return d1, d2


def singular(name, lower, higher):
    """Return both derivatives in ``z`` of Y, K or a Hankel function, which have a pole at 0.

    ``f' = lower f[v-1] - v/z f`` and ``f' = higher f[v+1] + v/z f`` (DLMF 10.6.2, 10.29.2): the neighbour whose order
    is nearer to 0 is the smaller term.
    """

    def terms(m, v, z):
        is_positive = v > 0.0
        neighbour = getattr(m, name)(v + m.where(is_positive, -1.0, 1.0), z)
        return m.absolute(v), m.where(is_positive, lower, higher) * neighbour

    def d1(m, v, z, y):
        order, side = terms(m, v, z)
        pole = m.where(order == 0.0, 0.0, -order * y / z)
        return m.where(m.isinf(pole), pole, pole + side)

    def d2(m, v, z, y):
        order, side = terms(m, v, z)
        return order * (order + 1.0) * y / z / z - side / z + lower * higher * y

    return d1, d2


def in_order_and_argument(name, derivatives, domain, **names):
    """Declare a function of an order and an argument."""
    d1, d2 = derivatives
    names = {"arguments": ("v", "z"), **names}
    return binary(
        name, (ORDER, d1), (ORDER, ORDER, d2), domain=domain, module="scipy.special", source="DLMF 10.6, 10.29", **names
    )


def below_i0(m, x, sign, far):
    """Return ``sign * (f - 1) / x`` for f = I0 or J0 without cancellation near 0; ``far`` is that expression."""
    near = m.absolute(x) < 1.0
    return m.where(near, 0.25 * x * horner(BELOW_I0, sign * 0.25 * x * x), far(m.where(near, 1.0, x)))


def below_i0_d1(m, x, sign, far):
    """Return the derivative of `below_i0`, term by term near 0."""
    near = m.absolute(x) < 1.0
    terms = tuple([(2.0 * k + 1.0) * c for k, c in enumerate(BELOW_I0)])
    return m.where(near, 0.25 * horner(terms, sign * 0.25 * x * x), far(m.where(near, 1.0, x)))


def besselpoly_d1(m, a, lmb, nu, y):
    """Return the derivative in ``a`` of the integral of ``x**lmb J[nu](2 a x)``: that of ``x**(lmb+1) 2 J'[nu]``."""
    return m.besselpoly(a, lmb + 1.0, nu - 1.0) - m.besselpoly(a, lmb + 1.0, nu + 1.0)


def besselpoly_d2(m, a, lmb, nu, y):
    """Return the second derivative, of `besselpoly_d1` once more."""
    f, power = m.besselpoly, lmb + 2.0
    return f(a, power, nu - 2.0) - 2.0 * f(a, power, nu) + f(a, power, nu + 2.0)


NO_CLOSED_FORM = Unknown("its derivative in a power or an order has no closed form")
ORDERS = (-3.5, 20.0)
ORDER_POINTS = (
    (0.0, 1e-30),
    (1.0, 1e-30),
    (0.0, 0.5),
    (1.0, 2.0),
    (-1.0, 2.0),
    (-2.0, 5.0),
    (0.5, 3.0),
    (50.0, 30.0),
)
AT_ZERO = ((0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (-1.0, 0.0))

RULES = (
    unary(
        "j0",
        lambda m, x, y: -m.j1(x),
        lambda m, x, y: 0.5 * (m.jv(2.0, x) - y),
        domain=SIGNED,
        points=(0.0, -0.0, 1e-300, 5.0, 4.999999999999999, 2.404825557695773),
        module="scipy.special",
        source="DLMF 10.6.3",
    ),
    unary(
        "j1",
        lambda m, x, y: 0.5 * (m.j0(x) - m.jv(2.0, x)),
        lambda m, x, y: 0.25 * (m.jv(3.0, x) - 3.0 * y),
        domain=SIGNED,
        points=(0.0, -0.0, 1e-300, 5.0, 4.999999999999999, 3.8317059702075125),
        module="scipy.special",
        source="DLMF 10.6.1",
    ),
    unary(
        "y0",
        lambda m, x, y: -m.y1(x),
        lambda m, x, y: 0.5 * (m.yv(2.0, x) - y),
        domain=POSITIVE,
        points=(5.0, 4.999999999999999, 1e-30),
        module="scipy.special",
        source="DLMF 10.6.3",
    ),
    unary(
        "y1",
        lambda m, x, y: 0.5 * dominant(m, m.y0(x), -m.yv(2.0, x)),
        lambda m, x, y: 0.25 * (m.yv(3.0, x) - 3.0 * y),
        domain=POSITIVE,
        points=(5.0, 4.999999999999999, 1e-30),
        module="scipy.special",
        source="DLMF 10.6.1",
    ),
    unary(
        "i0",
        lambda m, x, y: m.i1(x),
        lambda m, x, y: 0.5 * (y + m.iv(2.0, x)),
        domain=(-700.0, 700.0),
        points=(0.0, -0.0, 8.0, 8.000000000000002),
        module="scipy.special",
        source="DLMF 10.29.3",
    ),
    unary(
        "i1",
        lambda m, x, y: 0.5 * (m.i0(x) + m.iv(2.0, x)),
        lambda m, x, y: 0.25 * (3.0 * y + m.iv(3.0, x)),
        domain=(-700.0, 700.0),
        points=(0.0, -0.0, 8.0, 8.000000000000002),
        module="scipy.special",
        source="DLMF 10.29.1",
    ),
    unary(
        "k0",
        lambda m, x, y: -m.k1(x),
        lambda m, x, y: 0.5 * (y + m.kv(2.0, x)),
        domain=(1e-8, 700.0),
        points=(2.0, 2.0000000000000004, 1e-30),
        module="scipy.special",
        source="DLMF 10.29.3",
    ),
    unary(
        "k1",
        lambda m, x, y: -0.5 * (m.k0(x) + m.kv(2.0, x)),
        lambda m, x, y: 0.25 * (3.0 * y + m.kv(3.0, x)),
        domain=(1e-8, 700.0),
        points=(2.0, 2.0000000000000004, 1e-30),
        module="scipy.special",
        source="DLMF 10.29.1",
    ),
    in_order_and_argument("jv", regular("jv", 1.0, -1.0), (ORDERS, POSITIVE), points=ORDER_POINTS + AT_ZERO),
    in_order_and_argument(
        "jn", regular("jv", 1.0, -1.0), (ORDERS, POSITIVE), points=((2.0, -3.0), (3.0, -0.5)), arguments=("n", "x")
    ),
    in_order_and_argument("yv", singular("yv", 1.0, -1.0), (ORDERS, POSITIVE), points=ORDER_POINTS[2:]),
    in_order_and_argument(
        "yn",
        singular("yv", 1.0, -1.0),
        ((1.0, 1.0), POSITIVE),
        points=((0.0, 1.0), (2.0, 3.0), (5.0, 0.1), (-1.0, 2.0)),
        arguments=("n", "x"),
    ),
    in_order_and_argument(
        "iv", regular("iv", 1.0, 1.0), ((0.0, 20.0), (1e-8, 500.0)), points=ORDER_POINTS + AT_ZERO + ((2.0, -3.0),)
    ),
    in_order_and_argument("kv", singular("kv", -1.0, -1.0), (ORDERS, (1e-8, 500.0)), points=ORDER_POINTS[2:]),
    in_order_and_argument(
        "kn",
        singular("kv", -1.0, -1.0),
        ((1.0, 1.0), (1e-8, 500.0)),
        points=((0.0, 1.0), (2.0, 3.0), (5.0, 0.1), (-1.0, 2.0)),
        arguments=("n", "x"),
    ),
    in_order_and_argument("hankel1", singular("hankel1", 1.0, -1.0), (ORDERS, POSITIVE), points=ORDER_POINTS[2:]),
    in_order_and_argument("hankel2", singular("hankel2", 1.0, -1.0), (ORDERS, POSITIVE), points=ORDER_POINTS[2:]),
    unary(
        "iti0k0",
        lambda m, x, y: (m.i0(x), m.k0(x)),
        lambda m, x, y: (m.i1(x), -m.k1(x)),
        domain=(1e-8, 100.0),
        module="scipy.special",
        outputs=2,
    ),
    unary(
        "itj0y0",
        lambda m, x, y: (m.j0(x), m.y0(x)),
        lambda m, x, y: (-m.j1(x), -m.y1(x)),
        domain=(1e-8, 100.0),
        module="scipy.special",
        outputs=2,
    ),
    unary(
        "it2i0k0",
        lambda m, x, y: (below_i0(m, x, 1.0, lambda x: (m.i0(x) - 1.0) / x), -m.k0(x) / x),
        lambda m, x, y: (
            below_i0_d1(m, x, 1.0, lambda x: (m.i1(x) - (m.i0(x) - 1.0) / x) / x),
            (m.k1(x) + m.k0(x) / x) / x,
        ),
        domain=(1e-8, 100.0),
        points=(1.0, 0.9999999999999999),
        module="scipy.special",
        outputs=2,
    ),
    unary(
        "it2j0y0",
        lambda m, x, y: (below_i0(m, x, -1.0, lambda x: (1.0 - m.j0(x)) / x), -m.y0(x) / x),
        lambda m, x, y: (
            below_i0_d1(m, x, -1.0, lambda x: (m.j1(x) - (1.0 - m.j0(x)) / x) / x),
            (m.y1(x) + m.y0(x) / x) / x,
        ),
        domain=(1e-8, 100.0),
        points=(1.0, 0.9999999999999999),
        module="scipy.special",
        outputs=2,
    ),
    several(
        "besselpoly",
        (besselpoly_d1, NO_CLOSED_FORM, NO_CLOSED_FORM),
        (besselpoly_d2,) + (NO_CLOSED_FORM,) * 5,
        domain=((1e-8, 10.0), (0.5, 4.0), (0.5, 4.0)),
        points=((0.0, 1.0, 1.0), (1.0, 0.0, 0.0), (2.0, 1.0, 2.0)),
        module="scipy.special",
        arguments=("a", "lmb", "nu"),
        source="DLMF 10.6.1 under the integral",
    ),
)
