"""Rules of the zeta functions of Riemann and Hurwitz.

SciPy has no derivative of them in the exponent: here it is the Euler-Maclaurin sum, differentiated. Unlike the
tables this module loops over the terms of that sum.
"""

from dualdiff.rules.special.gamma import trigamma
from dualdiff.rules.special.shared import PI, binary, cos_pi, sin_pi, unary

SHIFT = 7
LOG_2PI = 1.8378770664093453
# B(2 j) / (2 j)! with the Bernoulli numbers
WEIGHTS = (
    *(0.08333333333333333, -0.001388888888888889, 3.306878306878307e-05, -8.267195767195768e-07),
    *(2.08767569878681e-08, -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225827e-13),
    *(8.586062056277845e-15, -2.174868698558062e-16, 5.5090028283602295e-18, -1.3954464685812525e-19),
)


def times(u, v):
    """Multiply two series in the exponent, cut behind the square."""
    return u[0] * v[0], u[0] * v[1] + u[1] * v[0], u[0] * v[2] + u[1] * v[1] + u[2] * v[0]


def hurwitz(m, s, q):
    """Return the first and second derivative of ``zeta(s, q)`` in ``s``, for ``q > 0`` (DLMF 25.11.28)."""
    a = q + SHIFT
    log, pole = m.log(a), 1.0 / (s - 1.0)
    power = (1.0, -log, 0.5 * log * log)
    rest = times(power, (a * pole, -a * pole * pole, a * pole * pole * pole))
    factor, r = (s / a, 1.0 / a, 0.0), 1.0 / (a * a)
    corrections = [0.5 * p for p in power]
    for j, weight in enumerate(WEIGHTS):
        corrections = [c + weight * t for c, t in zip(corrections, times(power, factor), strict=True)]
        factor = times(times(factor, (s + (2 * j + 1.0), 1.0, 0.0)), (s + (2 * j + 2.0), 1.0, 0.0))
        factor = tuple(f * r for f in factor)
    tail = a ** (-s)
    first, second = tail * (rest[1] + corrections[1]), tail * (rest[2] + corrections[2]) * 2.0
    for k in reversed(range(SHIFT)):
        b = q + k
        log, power = m.log(b), b ** (-s)
        first, second = first - log * power, second + log * log * power
    return first, second


def riemann(m, s):
    """Return the first and second derivative of ``zeta(s)``; left of -1/2 by its functional equation (DLMF 25.4.1).

    Between -1/2 and 1/2 the terms of the sum cancel: there the error is up to 50 ulp.
    """
    left = s < -0.5
    t = m.where(left, 1.0 - s, s)
    first, second = hurwitz(m, t, 1.0)
    x = m.where(left, s, -1.0)
    sine, cosine = 2.0 * sin_pi(m, 0.5 * x), PI * cos_pi(m, 0.5 * x)
    slope = LOG_2PI - m.psi(1.0 - x)  # of the logarithm of the factor, without its sine
    bend = slope * slope + trigamma(m, 1.0 - x)
    factor = m.exp(LOG_2PI * (x - 1.0)) * m.gamma(1.0 - x)
    c0, c1 = sine, cosine + sine * slope
    c2 = sine * bend + 2.0 * cosine * slope - 0.25 * PI * PI * sine
    value = m.zeta(m.where(left, t, 2.0))
    mirrored = factor * (c1 * value - c0 * first)
    mirrored_twice = factor * (c2 * value - 2.0 * c1 * first + c0 * second)
    return m.where(left, mirrored, first), m.where(left, mirrored_twice, second)


def raised(m, s, k, q):
    """Return ``zeta(s + k, q)``; the power would multiply the rounding error of the sum."""
    t = s + k
    return m.zeta(t, q) * (1.0 - (s - (t - k)) * m.log(m.where(q > 0.0, q, 1.0)))


RIEMANN = {
    "first": lambda m, s, y: riemann(m, s)[0],
    "second": lambda m, s, y: riemann(m, s)[1],
    "domain": (1.001, 100.0),
    "points": (-0.75, -1.5, -3.0, -20.5, 0.75, 2.0),
    "source": "DLMF 25.2.9, 25.4.1 and 25.11.28",
}

RULES = (
    unary("zetac", **RIEMANN),
    unary("_riemann_zeta", value=lambda m, s: m.zeta(s), **RIEMANN),
    binary(
        "_zeta",
        (lambda m, s, q, y: hurwitz(m, s, q)[0], lambda m, s, q, y: -s * raised(m, s, 1.0, q)),
        (
            lambda m, s, q, y: hurwitz(m, s, q)[1],
            lambda m, s, q, y: -raised(m, s, 1.0, q) - s * hurwitz(m, s + 1.0, q)[0],
            lambda m, s, q, y: s * (s + 1.0) * raised(m, s, 2.0, q),
        ),
        value=lambda m, s, q: m.zeta(s, q),
        arguments=("x", "q"),
        domain=((1.1, 30.0), (0.1, 10.0)),
        source="DLMF 25.11.17 and 25.11.28",
    ),
)
