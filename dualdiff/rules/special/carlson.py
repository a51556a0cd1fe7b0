"""Rules of Carlson's symmetric elliptic integrals.

Derivatives are Carlson's integral R_D and its own derivatives, which are divided differences of R_D: where two
arguments meet, a series takes over.
"""

from dualdiff.rules.declare import binary, several
from dualdiff.rules.special.shared import horner

# (-1)**j binomial(-3/2, j)
PAIR = (
    1.0,
    1.5,
    1.875,
    2.1875,
    2.4609375,
    2.70703125,
    2.9326171875,
    3.14208984375,
    3.338470458984375,
    3.5239410400390625,
    3.7001380920410156,
    3.868326187133789,
    4.02950644493103,
    4.184487462043762,
)


def weighted(m, x, slope):
    """Return ``x * slope``, and 0 at 0, where R_D has an infinite derivative."""
    is_zero = x == 0.0
    return m.where(is_zero, 0.0, x * m.where(is_zero, 0.0, slope))


def meeting(m, x, z, y):
    """Return where ``x`` and ``z`` are close, their mean, half their distance over it, and ``y`` over it."""
    mean, half = 0.5 * (x + z), 0.5 * (z - x)
    is_near = m.absolute(half) < 0.25 * m.absolute(mean)
    safe = m.where(is_near, mean, 1.0)
    return is_near, safe, m.where(is_near, half, 0.0) / safe, m.where(is_near, y, 1.0) / safe


def moment(m, a, b, y):
    """Return the integral of ``(t+y)**-a (t+1)**-b`` from 0 to infinity."""
    return m.hyp2f1(a, a + b - 1.0, a + b, 1.0 - y) / (a + b - 1.0)


def double(m, x, z, y):
    """Return the integral of ``(t+x)**(-3/2) (t+z)**(-3/2) (t+y)**(-1/2)`` from 0 to infinity.

    By partial fractions it is a divided difference of R_D; near ``x = z`` it is expanded in their distance.
    """
    is_near, mean, r, y1 = meeting(m, x, z, y)
    near = horner(tuple([p * moment(m, 0.5, 3.0 + 2.0 * j, y1) for j, p in enumerate(PAIR)]), r * r)
    gap = 1.5 * m.where(is_near, 1.0, z - x)
    return m.where(is_near, near / (mean * mean * m.sqrt(mean)), (m.elliprd(y, z, x) - m.elliprd(x, y, z)) / gap)


def double_x(m, x, z, y):
    """Return the derivative of `double` in ``x``."""
    is_near, mean, r, y1 = meeting(m, x, z, y)
    even = tuple([p * (1.5 + j) * moment(m, 0.5, 4.0 + 2.0 * j, y1) for j, p in enumerate(PAIR)])
    odd = tuple([j * p * moment(m, 0.5, 3.0 + 2.0 * j, y1) for j, p in enumerate(PAIR)][1:])
    near = horner(even, r * r) + r * horner(odd, r * r)
    slope = rd_end(m, y, z, x, m.elliprd(y, z, x)) / 1.5
    far = (slope + 1.5 * double(m, x, z, y)) / m.where(is_near, 1.0, z - x)
    return m.where(is_near, -near / (mean * mean * mean * m.sqrt(mean)), far)


def double_y(m, x, z, y):
    """Return the derivative of `double` in ``y``."""
    is_near, mean, r, y1 = meeting(m, x, z, y)
    near = horner(tuple([p * moment(m, 1.5, 3.0 + 2.0 * j, y1) for j, p in enumerate(PAIR)]), r * r)
    gap = 1.5 * m.where(is_near, 1.0, z - x)
    far = (rd_side(m, y, z, x) - rd_side(m, y, x, z)) / gap
    return m.where(is_near, -0.5 * near / (mean * mean * mean * m.sqrt(mean)), far)


def rd_side(m, x, y, z):
    """Return the derivative of ``R_D(x, y, z)`` in ``x``."""
    return -0.75 * double(m, x, z, y)


def rd_end(m, x, y, z, value):
    """Return the derivative of ``R_D(x, y, z)`` in ``z``: it is homogeneous of degree -3/2."""
    sides = weighted(m, x, rd_side(m, x, y, z)) + weighted(m, y, rd_side(m, y, x, z))
    return -(1.5 * value + sides) / z


def rd_end_twice(m, x, y, z, value):
    """Return the second derivative of R_D in ``z``, by homogeneity."""
    sides = weighted(m, x, double_x(m, z, x, y)) + weighted(m, y, double_x(m, z, y, x))
    return -(2.5 * rd_end(m, x, y, z, value) - 0.75 * sides) / z


def rg_side(m, x, y, z, value):
    """Return the derivative of R_G in ``x``, as a sum of positive terms (DLMF 19.21.9 in its definition)."""
    return (weighted(m, y, m.elliprd(z, x, y)) + weighted(m, z, m.elliprd(x, y, z))) / 12.0


def rg_twice(m, x, y, z):
    """Return the second derivative of R_G in ``x``."""
    return (weighted(m, y, rd_side(m, y, z, x)) + weighted(m, z, rd_side(m, z, y, x))) / 12.0


def rg_mixed(m, x, y, z):
    """Return the second derivative of R_G in ``x`` and ``y``; the smaller argument cancels less."""
    is_first = x < y
    low, high = m.where(is_first, x, y), m.where(is_first, y, x)
    return 0.25 * (0.25 * weighted(m, low, double(m, x, y, z)) - m.elliprd(z, low, high) / 6.0)


def rc_near(m, x, y):
    """Return where the closed forms of R_C cancel, and harmless arguments elsewhere."""
    is_near = m.absolute(y - x) < 0.6 * m.absolute(x + y)
    return is_near, m.where(is_near, x, 1.0), m.where(is_near, y, 1.0), 2.0 * m.where(is_near, 1.0, y - x)


def rc_x(m, x, y, value):
    """Return the derivative of R_C in ``x``."""
    is_near, a, b, gap = rc_near(m, x, y)
    near = m.hyp2f1(1.5, 1.5, 2.5, 1.0 - a / b) / (-6.0 * b * m.sqrt(b))
    return m.where(is_near, near, (value - 1.0 / m.sqrt(x)) / gap)


def rc_y(m, x, y, value):
    """Return the derivative of R_C in ``y``."""
    is_near, a, b, gap = rc_near(m, x, y)
    near = m.hyp2f1(1.5, 2.0, 2.5, 1.0 - b / a) / (-3.0 * a * m.sqrt(a))
    return m.where(is_near, near, (m.sqrt(x) / y - value) / gap)


def rc_xx(m, x, y, value):
    """Return the second derivative of R_C in ``x``."""
    is_near, a, b, gap = rc_near(m, x, y)
    near = 0.15 * m.hyp2f1(2.5, 2.5, 3.5, 1.0 - a / b) / (b * b * m.sqrt(b))
    return m.where(is_near, near, (3.0 * rc_x(m, x, y, value) + 0.5 / (x * m.sqrt(x))) / gap)


def rc_xy(m, x, y, value):
    """Return the second derivative of R_C in both arguments; near ``x = y`` by homogeneity."""
    is_near, a, b, gap = rc_near(m, x, y)
    slope = rc_x(m, x, y, value)
    near = -(1.5 * slope + a * rc_xx(m, x, y, value)) / b
    return m.where(is_near, near, (rc_y(m, x, y, value) - 2.0 * slope) / gap)


def rc_yy(m, x, y, value):
    """Return the second derivative of R_C in ``y``; near ``x = y`` by homogeneity."""
    is_near, a, b, gap = rc_near(m, x, y)
    slope = rc_y(m, x, y, value)
    near = -(1.5 * slope + a * rc_xy(m, x, y, value)) / b
    return m.where(is_near, near, -(3.0 * slope + m.sqrt(x) / (y * y)) / gap)


def rj_side(m, x, y, z, p, value):
    """Return the derivative of ``R_J(x, y, z, p)`` in ``x``.

    By partial fractions a divided difference. Where ``x`` and ``p`` agree to six digits it is taken at their mean,
    with an error of the square of the distance; in between digits are lost as the distance shrinks, at most to 1e-10.
    """
    gap = p - x
    is_near = m.absolute(gap) < 1e-5 * m.absolute(p)
    mean = m.where(is_near, 0.6 * x + 0.4 * p, 1.0)
    near = rd_end(m, y, z, mean, m.elliprd(y, z, mean)) / 3.0
    return m.where(is_near, near, 0.5 * (value - m.elliprd(y, z, x)) / m.where(is_near, 1.0, gap))


def rj_end(m, x, y, z, p, value):
    """Return the derivative of R_J in ``p``: it is homogeneous of degree -3/2."""
    sides = [weighted(m, a, rj_side(m, a, b, c, p, value)) for a, b, c in ((x, y, z), (y, z, x), (z, x, y))]
    return -(1.5 * value + sum(sides)) / p


def rj_twice(m, x, y, z, p, value):
    """Return the second derivative of R_J in ``x``, for ``x`` away from ``p``."""
    slope = rj_side(m, x, y, z, p, value)
    return (1.5 * slope - 0.5 * rd_end(m, y, z, x, m.elliprd(y, z, x))) / (p - x)


def rj_mixed(m, x, y, z, p, value):
    """Return the second derivative of R_J in ``x`` and ``y``, for ``x`` away from ``p``."""
    return 0.5 * (rj_side(m, y, z, x, p, value) - rd_side(m, y, z, x)) / (p - x)


def rj_side_end(m, x, y, z, p, value):
    """Return the second derivative of R_J in ``x`` and ``p``, for ``x`` away from ``p``."""
    return (0.5 * rj_end(m, x, y, z, p, value) - rj_side(m, x, y, z, p, value)) / (p - x)


def rj_end_twice(m, x, y, z, p, value):
    """Return the second derivative of R_J in ``p``, by homogeneity."""
    sides = [weighted(m, a, rj_side_end(m, a, b, c, p, value)) for a, b, c in ((x, y, z), (y, z, x), (z, x, y))]
    return -(2.5 * rj_end(m, x, y, z, p, value) + sum(sides)) / p


INTEGRALS = ((1e-4, 1e4),) * 4

RULES = (
    binary(
        "elliprc",
        (rc_x, rc_y),
        (rc_xx, rc_xy, rc_yy),
        domain=((1e-4, 1e4), (1e-4, 1e4)),
        points=((1.0, 1.0), (1.0, 1.2), (1.0, 1.3), (1.0, 0.76), (1.0, 0.74), (2.0, -1.0), (3.0, 3.0000001)),
        module="scipy.special",
        arguments=("x", "y"),
        source="DLMF 19.2.17, 19.2.18",
    ),
    several(
        "elliprd",
        (
            lambda m, x, y, z, value: rd_side(m, x, y, z),
            lambda m, x, y, z, value: rd_side(m, y, x, z),
            rd_end,
        ),
        (
            lambda m, x, y, z, value: -0.75 * double_x(m, x, z, y),
            lambda m, x, y, z, value: -0.75 * double_y(m, x, z, y),
            lambda m, x, y, z, value: -0.75 * double_x(m, z, x, y),
            lambda m, x, y, z, value: -0.75 * double_x(m, y, z, x),
            lambda m, x, y, z, value: -0.75 * double_x(m, z, y, x),
            rd_end_twice,
        ),
        domain=INTEGRALS[:3],
        points=((1.0, 1.0, 1.0), (2.0, 1.0, 2.0), (1.0, 3.0, 1.0000001), (0.5, 1.0, 0.64), (0.5, 1.0, 0.65)),
        module="scipy.special",
        arguments=("x", "y", "z"),
        source="DLMF 19.16.5, 19.18.11",
    ),
    several(
        "elliprf",
        (
            lambda m, x, y, z, value: m.elliprd(y, z, x) / -6.0,
            lambda m, x, y, z, value: m.elliprd(z, x, y) / -6.0,
            lambda m, x, y, z, value: m.elliprd(x, y, z) / -6.0,
        ),
        (
            lambda m, x, y, z, value: rd_end(m, y, z, x, m.elliprd(y, z, x)) / -6.0,
            lambda m, x, y, z, value: double(m, x, y, z) / 8.0,
            lambda m, x, y, z, value: double(m, x, z, y) / 8.0,
            lambda m, x, y, z, value: rd_end(m, z, x, y, m.elliprd(z, x, y)) / -6.0,
            lambda m, x, y, z, value: double(m, y, z, x) / 8.0,
            lambda m, x, y, z, value: rd_end(m, x, y, z, m.elliprd(x, y, z)) / -6.0,
        ),
        domain=INTEGRALS[:3],
        points=((1.0, 1.0, 1.0), (2.0, 1.0, 2.0), (1.0, 3.0, 1.0000001)),
        module="scipy.special",
        arguments=("x", "y", "z"),
        source="DLMF 19.16.1, 19.18.1",
    ),
    several(
        "elliprg",
        (
            rg_side,
            lambda m, x, y, z, value: rg_side(m, y, z, x, value),
            lambda m, x, y, z, value: rg_side(m, z, x, y, value),
        ),
        (
            lambda m, x, y, z, value: rg_twice(m, x, y, z),
            lambda m, x, y, z, value: rg_mixed(m, x, y, z),
            lambda m, x, y, z, value: rg_mixed(m, x, z, y),
            lambda m, x, y, z, value: rg_twice(m, y, z, x),
            lambda m, x, y, z, value: rg_mixed(m, y, z, x),
            lambda m, x, y, z, value: rg_twice(m, z, x, y),
        ),
        domain=INTEGRALS[:3],
        points=((1.0, 1.0, 1.0), (2.0, 1.0, 2.0), (1.0, 3.0, 1.0000001)),
        module="scipy.special",
        arguments=("x", "y", "z"),
        source="DLMF 19.16.3, 19.21.9",
    ),
    several(
        "elliprj",
        (
            rj_side,
            lambda m, x, y, z, p, value: rj_side(m, y, z, x, p, value),
            lambda m, x, y, z, p, value: rj_side(m, z, x, y, p, value),
            rj_end,
        ),
        (
            rj_twice,
            rj_mixed,
            lambda m, x, y, z, p, value: rj_mixed(m, x, z, y, p, value),
            rj_side_end,
            lambda m, x, y, z, p, value: rj_twice(m, y, z, x, p, value),
            lambda m, x, y, z, p, value: rj_mixed(m, y, z, x, p, value),
            lambda m, x, y, z, p, value: rj_side_end(m, y, z, x, p, value),
            lambda m, x, y, z, p, value: rj_twice(m, z, x, y, p, value),
            lambda m, x, y, z, p, value: rj_side_end(m, z, x, y, p, value),
            rj_end_twice,
        ),
        domain=((0.1, 2.0), (0.1, 2.0), (0.1, 2.0), (3.0, 10.0)),
        points=((1.0, 2.0, 3.0, 0.1), (0.5, 1.0, 2.0, 30.0)),
        module="scipy.special",
        arguments=("x", "y", "z", "p"),
        source="DLMF 19.16.2, 19.18.11",
    ),
)
