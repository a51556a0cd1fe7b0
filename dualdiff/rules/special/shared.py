"""What the rules of several special functions share: declarations, series and arithmetic of twice the precision."""

from dualdiff.rules import declare
from dualdiff.rules.declare import Unknown

PI = 3.141592653589793
SQRT_PI = 1.772453850905516
SHAPE = Unknown("its derivative in this parameter has no closed form")
WHOLE = Unknown("this parameter is a whole number")

ODD = tuple(1.0 / (2 * k + 3) for k in range(27))


def _of_special(declaration):
    return lambda *formulas, **options: declaration(*formulas, **{"module": "scipy.special", **options})


unary, binary = _of_special(declare.unary), _of_special(declare.binary)
several, flat = _of_special(declare.several), _of_special(declare.flat)


def horner(coefficients, x):
    """Return ``sum_k coefficients[k] x**k``."""
    total = coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total


def chebyshev(coefficients, x):
    """Return ``sum_k coefficients[k] T_k(x)`` by Clenshaw's recurrence."""
    last, total = 0.0, coefficients[-1]
    for c in coefficients[-2:0:-1]:
        last, total = total, 2.0 * x * total - last + c
    return x * total - last + coefficients[0]


def divided_difference(coefficients, p, q):
    """Return ``(f(q) - f(p)) / (q - p)`` of the polynomial ``f``, without dividing."""
    value, slope = coefficients[-1], 0.0
    for c in coefficients[-2::-1]:
        slope = slope * q + value
        value = value * p + c
    return slope


def exp_square(m, factor, x):
    """Return ``exp(factor x**2)``: ``x`` is split, so that the square of its head is exact.

    The rounding error of ``x * x`` would be multiplied by its size, 700 at the ends.
    """
    head = m.where(abs(x) < 64.0, m.rint(64.0 * x) / 64.0, 0.0)
    return m.exp(factor * head * head) * m.exp(factor * (x - head) * (x + head))


def sin_pi(m, x):
    """Return ``sin(pi x)`` with the argument reduced before it is multiplied."""
    r = x - 2.0 * m.rint(0.5 * x)
    return m.sin(PI * m.where(abs(r) > 0.5, m.sign(r) - r, r))


def cos_pi(m, x):
    """Return ``cos(pi x)`` with the argument reduced before it is multiplied."""
    r = x - 2.0 * m.rint(0.5 * x)
    near = abs(r) < 0.25  # abs has no second derivative at 0
    return m.where(near, m.cos(PI * r), m.sin(PI * (0.5 - abs(r))))


def log1p_tail(m, n, z):
    """Return the remainder of ``log1p(z)`` behind ``n - 1`` terms of its series, over ``-(-z)**n``; n is 2 or 3.

    That is ``sum_k (-z)**k / (k + n)``, by the series in ``z / (2 + z)`` where the terms would cancel.
    """
    v = z / (2.0 + z)
    near = abs(v) < 0.5
    v = m.where(near, v, 0.0)
    s = m.where(near, z, 0.0)
    z = m.where(near, 1.0, z)
    series = horner(ODD, v * v) * 2.0 / (2.0 + s) / (2.0 + s)
    if n == 2:
        return m.where(near, (1.0 - s * series) / (2.0 + s), (z - m.log1p(z)) / z / z)
    return m.where(near, (0.5 + series) / (2.0 + s), (m.log1p(z) - z + 0.5 * z * z) / z / z / z)


def far_erfcx(n, count):
    """Return the coefficients of the asymptotic series of the ``n``-th derivative of ``sqrt(pi) erfcx(x)``.

    They belong to ``(-1)**n x**(-2 k - 1 - n)`` (DLMF 7.12.1).
    """
    terms, c = [], 1.0
    for k in range(count):
        rising = 1.0
        for j in range(n):
            rising *= 2 * k + 1 + j
        terms.append(c * rising)
        c *= -(k + 0.5)
    return tuple(terms)


def erfc_products(z, n):
    """Return the ``n``-th derivative of erfcx over its value, for ``z.real >= 1`` (DLMF 7.18.13)."""
    ratio, product = 0.0, 1.0
    for k in range(90, 0, -1):
        ratio = 0.5 / (z + (k + 1.0) * ratio)
        if k <= n:
            product = product * ratio * (-2.0 * k)
    return product


def gauss(n, z):
    """Return the ``n``-th derivative of ``exp(z**2)``, over it."""
    last, this = 0.0, 1.0
    for k in range(n):
        last, this = this, 2.0 * z * this + 2.0 * k * last
    return this


# ---- sums and products with their rounding errors -------------------------------------------------------------------


def two_sum(a, b):
    """Return the rounded sum and its error (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def two_product(a, b):
    """Return the rounded product and its error (Dekker, with the splitting of Veltkamp)."""
    p = a * b
    c, d = 134217729.0 * a, 134217729.0 * b
    ah, bh = c - (c - a), d - (d - b)
    al, bl = a - ah, b - bh
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def quotient(m, a, a_error, b, b_error):
    """Return ``q = a / b`` rounded, and the ``r`` with ``(a + a_error) / (b + b_error) = q (1 + r)``."""
    q = a / b
    p, e = two_product(q, b)
    r = (((a - p) - e) + a_error - q * b_error) / m.where(a == 0.0, 1.0, a)
    return q, m.where(abs(r) < 1e-3, r, 0.0)


def lowered_power(m, x, p):
    """Return ``x**(p - 1)``; the rounding error of a difference below 1 would be multiplied by ``log(x)``."""
    is_divided = (p < 1.0) & (x != 0.0)
    return m.where(is_divided, x**p / m.where(x == 0.0, 1.0, x), x ** (p - 1.0))


# ---- functions that stay accurate where the textbook's cancel -------------------------------------------------------


def stirling(m, a):
    """Return ``log(gamma(a)) - (a - 1/2) log(a) + a - log(2 pi) / 2`` for ``a`` above 50 (DLMF 5.11.1)."""
    r = 1.0 / (a * a)
    return horner((1 / 12, -1 / 360, 1 / 1260, -1 / 1680), r) / a


def exprel_d1(m, x, y):
    """Return the derivative of ``(exp(x) - 1) / x``."""
    near = abs(x) < 3.0
    s = m.where(near, m.where(x < 0.0, -x, x), 0.0)
    far = m.where(near, 3.0, x)
    below = m.exp(m.where(near, x, 0.0)) * horner(EXPREL_BELOW[0], s)
    above = horner(EXPREL_ABOVE[0], s)
    return m.where(near, m.where(x < 0.0, below, above), m.exp(far) * (1.0 - 1.0 / far) / far + 1.0 / far / far)


def exprel_d2(m, x, y):
    """Return the second derivative of ``(exp(x) - 1) / x``."""
    near = abs(x) < 3.0
    s = m.where(near, m.where(x < 0.0, -x, x), 0.0)
    far = m.where(near, 3.0, x)
    below = m.exp(m.where(near, x, 0.0)) * horner(EXPREL_BELOW[1], s)
    above = horner(EXPREL_ABOVE[1], s)
    r = 1.0 / far
    direct = m.exp(far) * r * (1.0 - 2.0 * r * (1.0 - r)) - 2.0 * r * r * r
    return m.where(near, m.where(x < 0.0, below, above), direct)


def sinc_slope(sign, first):
    """Return the coefficients of the series of ``sin(x) / x``, or of ``sinh(x) / x``, or of their derivatives."""
    terms, c = [] if first else [1.0], 1.0
    for k in range(1, 13):
        c *= sign / (2 * k) / (2 * k + 1)
        terms.append(2 * k * c if first else c)
    return tuple(terms)


def _reciprocal_factorials(count):
    values = [1.0]
    for k in range(1, count):
        values.append(values[-1] / k)
    return values


_FACTORIALS = _reciprocal_factorials(33)
# of the integrals of u**n exp(x u) over (0, 1): in powers of x, and of -x after exp(x) is taken out
EXPREL_ABOVE = tuple([_FACTORIALS[k] / (k + n + 1) for k in range(30)] for n in (1, 2))
EXPREL_BELOW = tuple([c * _FACTORIALS[k + n + 1] for k in range(30)] for n, c in ((1, 1.0), (2, 2.0)))
