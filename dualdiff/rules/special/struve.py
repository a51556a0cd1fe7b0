"""Rules of the Struve functions and of their integrals."""

from dualdiff.rules.declare import Unknown, binary, unary
from dualdiff.rules.special.shared import horner


def _over(m, value, x, limit):
    """Return ``value / x``, and the limit at 0."""
    is_zero = x == 0.0
    return m.where(is_zero, limit, value / m.where(is_zero, 1.0, x))


ORDER = Unknown("its derivative in the order has no closed form")
ROOT_PI = 1.7724538509055159
TWO_OVER_PI = 0.6366197723675814
# 1 / ((2 k + 1)!!)**2: pi/2 H0(x)/x is the sum of these times (-x**2)**k, pi/2 L0(x)/x that of (x**2)**k
ODD = (
    1.0,
    0.1111111111111111,
    0.0044444444444444444,
    9.070294784580499e-05,
    1.1197894795778394e-06,
    9.254458508907763e-09,
    5.476010952016428e-11,
    2.4337826453406346e-13,
    8.421393236472784e-16,
    2.332795910380273e-18,
    5.289786644853226e-21,
)


def struve_derivatives(name, sign):
    """Return both derivatives in the argument of H (``sign = -1``) and of L (``sign = 1``).

    Both recurrences of DLMF 11.4.25-30 are needed: the one upwards cancels for large arguments, the one downwards for
    small ones.
    """

    def power(m, v, x):
        """Return ``(x/2)**v / (sqrt(pi) gamma(v + 3/2))``, the term of the recurrences that is no Struve function."""
        return m.power(0.5 * x, v) * (m.rgamma(v + 1.5) / ROOT_PI)

    def d1(m, v, x, y):
        f, is_near = getattr(m, name), m.absolute(x) < v + 2.0
        far = m.where(is_near, 1.0, x)
        lower, upper = f(v - 1.0, x), sign * f(v + 1.0, x)
        near = upper + m.where(v == 0.0, power(m, v, x), 0.5 * (lower - upper + power(m, v, x)))
        return m.where(is_near, near, lower - v * y / far)

    def d2(m, v, x, y):
        f, is_near = getattr(m, name), m.absolute(x) < v + 2.0
        far = m.where(is_near, 1.0, x)
        lifted = m.where(v == 0.0, 0.0, v * m.power(0.5 * x, v - 1.0) * (m.rgamma(v + 1.5) / ROOT_PI))
        near = lifted + _over(m, _over(m, v * (v - 1.0) * y, x, 0.0) - sign * f(v + 1.0, x), x, 0.0) + sign * y
        lower = f(v - 2.0, far) - (2.0 * v - 1.0) * f(v - 1.0, far) / far
        return m.where(is_near, near, lower + v * (v + 1.0) * y / far / far)

    return d1, d2


def struve_over_x(m, x, sign, f):
    """Return ``f(x)/x`` for H0 (``sign = -1``) and L0 (``sign = 1``)."""
    is_near = m.absolute(x) < 1.0
    far = m.where(is_near, 1.0, x)
    return m.where(is_near, TWO_OVER_PI * horner(ODD, sign * x * x), f(0.0, far) / far)


def struve_over_x_d1(m, x, sign, f):
    """Return the derivative of ``f(x)/x``, near 0 term by term."""
    is_near = m.absolute(x) < 1.0
    far = m.where(is_near, 1.0, x)
    terms = tuple([2.0 * (k + 1.0) * c for k, c in enumerate(ODD[1:])])
    near = sign * TWO_OVER_PI * x * horner(terms, sign * x * x)
    return m.where(is_near, near, (f(-1.0, far) - f(0.0, far) / far) / far)


def struve(name, sign):
    """Declare H or L."""
    d1, d2 = struve_derivatives(name, sign)
    return binary(
        name,
        (ORDER, d1),
        (ORDER, ORDER, d2),
        domain=((0.25, 6.0), (1e-4, 60.0)),
        points=((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (2.0, 3.0), (-0.5, 2.0), (0.0, -2.0), (1.0, 30.0)),
        module="scipy.special",
        arguments=("v", "x"),
        source="DLMF 11.4.25-30",
    )


def integral(name, first, second, points=(0.0,)):
    """Declare an integral of H0 or L0."""
    return unary(
        name, first, second, domain=(1e-8, 100.0), points=points, module="scipy.special", source="DLMF 11.2.1, 11.4.28"
    )


RULES = (
    struve("struve", -1.0),
    struve("modstruve", 1.0),
    integral("itstruve0", lambda m, x, y: m.struve(0.0, x), lambda m, x, y: m.struve(-1.0, x)),
    integral("itmodstruve0", lambda m, x, y: m.modstruve(0.0, x), lambda m, x, y: m.modstruve(-1.0, x)),
    integral(
        "it2struve0",
        lambda m, x, y: -struve_over_x(m, x, -1.0, m.struve),
        lambda m, x, y: -struve_over_x_d1(m, x, -1.0, m.struve),
        (0.0, 1.0, 0.9999999999999999),
    ),
)
