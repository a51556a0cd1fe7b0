"""Rules of entropies, losses, power transforms and logistic functions, and of angles in degrees."""

from dualdiff.rules.arithmetic import power_da, power_daa, power_dab, power_db, power_dbb
from dualdiff.rules.declare import zero
from dualdiff.rules.elementary import at_nonzero
from dualdiff.rules.special.shared import (
    binary,
    exprel_d1,
    exprel_d2,
    flat,
    log1p_tail,
    lowered_power,
    several,
    unary,
)

E = 2.718281828459045
INVERSE_E = 0.36787944117144233
INVERSE_E_REST = -1.2428753672788363e-17
LN10 = 2.302585092994046
DEGREE = 0.017453292519943295


def over(m, x, y):
    """Return ``x / y``, and 0 where both are 0: there ``x log(y)`` is defined as 0."""
    is_zero = (x == 0.0) & (y == 0.0)
    return m.where(is_zero, 0.0, x / m.where(is_zero, 1.0, y))


def entr_d1(m, x, y):
    """Return ``-log(x) - 1``; near its zero ``1 / e`` by log1p."""
    is_near = abs(x - INVERSE_E) < 0.1
    d = m.where(is_near, (x - INVERSE_E) - INVERSE_E_REST, 0.0)
    return m.where(is_near, -m.log1p(E * d), -m.log(m.where(is_near, 1.0, x)) - 1.0)


def rel_entr_dx(m, x, y, z):
    """Return ``log(x / y) + 1``."""
    return m.where(x == 0.0, m.log(x), log_ratio(m, x, y) + 1.0)


def log_ratio(m, x, y):
    """Return ``log(x / y)``; of nearly equal numbers by log1p of their difference."""
    is_near = (x < 2.0 * y) & (y < 2.0 * x)
    near = m.where(is_near, (x - y) / m.where(is_near, y, 1.0), 0.0)
    ratio = x / y
    is_plain = (ratio > 1e-300) & (ratio < 1e300)
    far = m.where(is_plain, m.log(m.where(is_plain, ratio, 1.0)), m.log(x) - m.log(y))
    return m.where(is_near, m.log1p(near), far)


def huber_dr(m, d, r, y):
    """Return ``r``, bounded by ``d``."""
    return m.where(abs(r) <= d, r, d * m.sign(r))


def pseudo_huber_dd(m, d, r, y):
    """Return ``(h - d)**2 / h`` with ``h = hypot(d, r)``, and ``h - d`` written without a difference."""
    h = m.hypot(d, r)
    return at_nonzero(m, h, lambda h: (r / (h + d)) * (r / (h + d)) * (r / h) * r)


def pseudo_huber_ddd(m, d, r, y):
    """Return ``-((h - d) / h)**2 (2 + d / h)``."""
    h = m.hypot(d, r)
    return at_nonzero(m, h, lambda h: -((r / (h + d)) * (r / h)) * ((r / (h + d)) * (r / h)) * (2.0 + d / h))


def ratio_cubed(m, h, x):
    """Return ``(x / h)**3``, and 0 where ``h`` is 0."""
    return at_nonzero(m, h, lambda h: (x / h) * (x / h) * (x / h))


def boxcox_of(m, log, power, p):
    """Return the derivative of ``(x**p - 1) / p`` in ``p``, of the logarithm of ``x`` and of ``x**p``."""
    t = p * log
    is_near = abs(t) < 3.0
    safe = m.where(is_near, 1.0, p)
    far = (m.where(is_near, 1.0, power) * (m.where(is_near, 1.0, t) - 1.0) + 1.0) / safe / safe
    return m.where(is_near, log * log * exprel_d1(m, m.where(is_near, t, 0.0), 0.0), far)


def boxcox_twice(m, log, power, p):
    """Return the second derivative of ``(x**p - 1) / p`` in ``p``."""
    t = p * log
    is_near = abs(t) < 3.0
    safe, u = m.where(is_near, 1.0, p), m.where(is_near, 1.0, t)
    far = (m.where(is_near, 1.0, power) * (u * (u - 2.0) + 2.0) - 2.0) / safe / safe / safe
    return m.where(is_near, log * log * log * exprel_d2(m, m.where(is_near, t, 0.0), 0.0), far)


def boxcox_dl(m, x, p, y):
    """Return the derivative of the Box-Cox transform in its exponent; at 0 that of ``-1 / p``."""
    is_zero = x == 0.0
    x = m.where(is_zero, 1.0, x)
    return m.where(is_zero, 1.0 / p / p, boxcox_of(m, m.log(x), x**p, p))


def boxcox_dll(m, x, p, y):
    """Return the second derivative of the Box-Cox transform in its exponent."""
    is_zero = x == 0.0
    x = m.where(is_zero, 1.0, x)
    return m.where(is_zero, -2.0 / p / p / p, boxcox_twice(m, m.log(x), x**p, p))


def power_of_1p(m, x, p):
    """Return ``(1 + x)**p``; the rounding error of the sum would be multiplied by ``p``."""
    w = 1.0 + x
    is_zero = w == 0.0
    return w**p * m.exp(p * m.where(is_zero, 0.0, (x - (w - 1.0)) / m.where(is_zero, 1.0, w)))


def boxcox1p_dx(m, x, p, y):
    """Return ``(1 + x)**(p - 1)``; below 1/2 the exponent would be rounded."""
    w = 1.0 + x
    is_divided = (p < 0.5) & (w != 0.0)
    return m.where(is_divided, power_of_1p(m, x, p) / m.where(w == 0.0, 1.0, w), power_of_1p(m, x, p - 1.0))


def boxcox1p_dl(m, x, p, y):
    """Return the derivative in the exponent; at -1 that of ``-1 / p``."""
    is_zero = x == -1.0
    x = m.where(is_zero, 0.0, x)
    return m.where(is_zero, 1.0 / p / p, boxcox_of(m, m.log1p(x), power_of_1p(m, x, p), p))


def boxcox1p_dll(m, x, p, y):
    """Return the second derivative in the exponent."""
    is_zero = x == -1.0
    x = m.where(is_zero, 0.0, x)
    return m.where(is_zero, -2.0 / p / p / p, boxcox_twice(m, m.log1p(x), power_of_1p(m, x, p), p))


def inverse_boxcox(x):
    """Return the derivatives of ``x = (1 + p y)**(1 / p)``, of a function that gives ``x``."""

    def growth(m, y, p):
        """Return the first two derivatives of ``log(x)`` in ``p``."""
        s = 1.0 + p * y
        q = p * y / s
        g = y / s
        return -g * g * log1p_tail(m, 2, -q), 2.0 * g * g * g * log1p_tail(m, 3, -q)

    def dyl(m, y, p, z):
        s = 1.0 + p * y
        return x(m, y, p, z) / s * (growth(m, y, p)[0] - y / s)

    def dll(m, y, p, z):
        g, h = growth(m, y, p)
        return x(m, y, p, z) * (g * g + h)

    first = (
        lambda m, y, p, z: x(m, y, p, z) / (1.0 + p * y),
        lambda m, y, p, z: x(m, y, p, z) * growth(m, y, p)[0],
    )
    return first, (lambda m, y, p, z: x(m, y, p, z) * ((1.0 - p) / (1.0 + p * y)) / (1.0 + p * y), dyl, dll)


def powm1(expression):
    """Return the derivative of ``x**y - 1``, which is that of ``x**y``."""
    return lambda m, x, y, z: expression(m, x, y, x**y)


SMALL = (1e-100, 1e100)

RULES = (
    # ---- entropies and products with logarithms; they are 0 where their first argument is 0
    binary(
        "xlogy",
        (lambda m, x, y, z: m.log(y), lambda m, x, y, z: over(m, x, y)),
        (zero, lambda m, x, y, z: 1.0 / y, lambda m, x, y, z: -over(m, over(m, x, y), y)),
        arguments=("x", "y"),
        domain=((-1e50, 1e50), SMALL),
        points=((0.0, 2.0), (-0.0, 2.0), (1.0, 1.0)),
        source="DLMF 4.7.1",
    ),
    binary(
        "xlog1py",
        (lambda m, x, y, z: m.log1p(y), lambda m, x, y, z: over(m, x, 1.0 + y)),
        (
            zero,
            lambda m, x, y, z: 1.0 / (1.0 + y),
            lambda m, x, y, z: -over(m, over(m, x, 1.0 + y), 1.0 + y),
        ),
        arguments=("x", "y"),
        domain=((-1e50, 1e50), (-0.9999999999999999, 1e100)),
        points=((0.0, 2.0), (1.0, 0.0), (1.0, -0.0)),
        source="DLMF 4.7.1",
    ),
    unary("entr", entr_d1, lambda m, x, y: -1.0 / x, domain=SMALL, points=(INVERSE_E, 0.3678795, 0.26, 0.48, 1.0)),
    binary(
        "rel_entr",
        (rel_entr_dx, lambda m, x, y, z: -over(m, x, y)),
        (lambda m, x, y, z: 1.0 / x, lambda m, x, y, z: -1.0 / y, lambda m, x, y, z: over(m, over(m, x, y), y)),
        arguments=("x", "y"),
        domain=(SMALL, SMALL),
        points=((1.0, 1.0), (1.0, 1.1), (1.0, 3.0)),
    ),
    binary(
        "kl_div",
        (
            lambda m, x, y, z: m.where(x == 0.0, m.log(x), log_ratio(m, x, y)),
            lambda m, x, y, z: 1.0 * (x == 0.0) + over(m, m.where(x == 0.0, 0.0, y - x), y),
        ),
        (lambda m, x, y, z: 1.0 / x, lambda m, x, y, z: -1.0 / y, lambda m, x, y, z: over(m, over(m, x, y), y)),
        arguments=("x", "y"),
        domain=(SMALL, SMALL),
        points=((1.0, 1.0), (1.0, 1.0000001), (1.0, 3.0)),
    ),
    # ---- losses; their first derivatives are continuous
    binary(
        "huber",
        (lambda m, d, r, y: m.where(abs(r) <= d, 0.0, abs(r) - d), huber_dr),
        (
            lambda m, d, r, y: m.where(abs(r) <= d, 0.0, -1.0),
            lambda m, d, r, y: m.where(abs(r) <= d, 0.0, m.sign(r)),
            lambda m, d, r, y: m.where(abs(r) <= d, 1.0, 0.0),
        ),
        arguments=("delta", "r"),
        domain=((0.1, 3.0), (-10.0, 10.0)),
    ),
    binary(
        "pseudo_huber",
        (pseudo_huber_dd, lambda m, d, r, y: at_nonzero(m, m.hypot(d, r), lambda h: r * (d / h))),
        (
            pseudo_huber_ddd,
            lambda m, d, r, y: ratio_cubed(m, m.hypot(d, r), r),
            lambda m, d, r, y: ratio_cubed(m, m.hypot(d, r), d),
        ),
        arguments=("delta", "r"),
        domain=((1e-12, 1e12), (-1e12, 1e12)),
        points=((1.0, 0.0), (1.0, 1.0), (1e-3, 1e3)),
    ),
    # ---- power transforms
    binary(
        "boxcox",
        (lambda m, x, p, y: lowered_power(m, x, p), boxcox_dl),
        (
            lambda m, x, p, y: (p - 1.0) * (lowered_power(m, x, p) / x),
            lambda m, x, p, y: lowered_power(m, x, p) * m.log(x),
            boxcox_dll,
        ),
        arguments=("x", "lmbda"),
        domain=((1e-3, 1e3), (-8.0, 8.0)),
        points=((2.0, 0.0), (2.0, 1e-20), (3.0, 1.0), (1.0, 0.5), (20.0, 1.0), (20.0, 1.002), (20.0, -1.002)),
        source="Box & Cox (1964)",
    ),
    binary(
        "boxcox1p",
        (boxcox1p_dx, boxcox1p_dl),
        (
            lambda m, x, p, y: (p - 1.0) * (boxcox1p_dx(m, x, p, y) / (1.0 + x)),
            lambda m, x, p, y: boxcox1p_dx(m, x, p, y) * m.log1p(x),
            boxcox1p_dll,
        ),
        arguments=("x", "lmbda"),
        domain=((-0.999, 1e3), (-8.0, 8.0)),
        points=((2.0, 0.0), (1e-10, 1e-10), (-0.5, 1.0), (0.0, 0.5)),
        source="Box & Cox (1964)",
    ),
    binary(
        "inv_boxcox",
        *inverse_boxcox(lambda m, y, p, z: z),
        arguments=("y", "lmbda"),
        domain=((1e-3, 30.0), (1e-8, 8.0)),
        points=((2.0, 0.0), (-0.5, 0.0), (-0.5, 1.0), (-2.0, -3.0), (0.3, 2.0)),
        source="Box & Cox (1964)",
    ),
    binary(
        "inv_boxcox1p",
        *inverse_boxcox(lambda m, y, p, z: m.inv_boxcox(y, p)),
        arguments=("y", "lmbda"),
        domain=((1e-3, 30.0), (1e-8, 8.0)),
        points=((2.0, 0.0), (-0.5, 0.0), (-0.5, 1.0), (-2.0, -3.0)),
        source="Box & Cox (1964)",
    ),
    binary(
        "powm1",
        (powm1(power_da), powm1(power_db)),
        (powm1(power_daa), powm1(power_dab), powm1(power_dbb)),
        arguments=("x", "y"),
        domain=((1e-3, 1e3), (-8.0, 8.0)),
        points=((2.0, 0.0), (1.0000001, 0.5), (2.0, 1e-10)),
        source="DLMF 4.2.26",
    ),
    unary("cosm1", lambda m, x, y: -m.sin(x), lambda m, x, y: -m.cos(x), domain=(-1e3, 1e3), source="DLMF 4.20.2"),
    unary("exp10", lambda m, x, y: LN10 * y, lambda m, x, y: LN10 * LN10 * y, domain=(-300.0, 300.0)),
    unary("exprel", exprel_d1, exprel_d2, domain=(-700.0, 700.0), points=(0.0, -0.0, 3.0, -3.0, 2.9999, -2.9999)),
    # ---- logistic functions
    unary(
        "expit",
        lambda m, x, y: y * m.expit(-x),
        lambda m, x, y: -y * m.expit(-x) * m.tanh(0.5 * x),
        domain=(-800.0, 700.0),
        points=(0.0, -0.0, 800.0, -745.0),
    ),
    unary(
        "logit",
        lambda m, x, y: 1.0 / x / (1.0 - x),
        lambda m, x, y: (2.0 * x - 1.0) / (1.0 - x) / (1.0 - x) / x / x,
        domain=(1e-150, 0.9999999999999999),
        points=(0.5, 0.25, 0.75),
    ),
    unary(
        "log_expit",
        lambda m, x, y: m.expit(-x),
        lambda m, x, y: -m.expit(x) * m.expit(-x),
        domain=(-700.0, 700.0),
        points=(0.0, -0.0, -800.0),
    ),
    # ---- angles in degrees
    unary("sindg", lambda m, x, y: DEGREE * m.cosdg(x), lambda m, x, y: -DEGREE * DEGREE * y, domain=(-1e3, 1e3)),
    unary(
        "cosdg",
        lambda m, x, y: -DEGREE * m.sindg(x),
        lambda m, x, y: -DEGREE * DEGREE * y,
        domain=(-1e3, 1e3),
        points=(0.0, 90.0, 180.0),
    ),
    unary(
        "tandg",
        lambda m, x, y: DEGREE * (1.0 + y * y),
        lambda m, x, y: 2.0 * DEGREE * DEGREE * y * (1.0 + y * y),
        domain=(-1e3, 1e3),
        points=(0.0, 45.0),
    ),
    unary(
        "cotdg",
        lambda m, x, y: -DEGREE * (1.0 + y * y),
        lambda m, x, y: 2.0 * DEGREE * DEGREE * y * (1.0 + y * y),
        domain=(-1e3, 1e3),
        points=(90.0, 45.0),
    ),
    several(
        "radian",
        (
            lambda m, d, minutes, s, y: DEGREE,
            lambda m, d, minutes, s, y: DEGREE / 60.0,
            lambda m, d, minutes, s, y: DEGREE / 3600.0,
        ),
        arguments=("d", "m", "s"),
    ),
    flat("round"),
)
