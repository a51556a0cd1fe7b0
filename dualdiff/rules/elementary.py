"""Rules of the elementary functions: roots, exponentials, logarithms, circular and hyperbolic functions."""

from dualdiff.rules.declare import binary, unary

LN2 = 0.6931471805599453
LOG2_E = 1.4426950408889634
LOG10_E = 0.4342944819032518
DEGREE = 0.017453292519943295
RADIAN = 57.29577951308232


def at_nonzero(m, y, expression):
    """Return ``expression(y)``, and 0 where ``y`` is 0, without dividing by it."""
    is_zero = y == 0.0
    return m.where(is_zero, 0.0, expression(m.where(is_zero, 1.0, y)))


def arcsin_d1(m, x, y):
    """Return ``1 / sqrt(1 - x**2)``, factored: ``1 - x*x`` cancels near the ends."""
    return 1.0 / m.sqrt((1.0 - x) * (1.0 + x))


def arcsin_complex_d1(m, x, y):
    """Return ``1 / (sqrt(1 - x) sqrt(1 + x))``; ``-(x - 1)`` keeps the side of the cut, ``1 - x`` loses it."""
    return 1.0 / (m.sqrt(-(x - 1.0)) * m.sqrt(x + 1.0))


def arcsin_d2(m, x, y):
    """Return ``x / (1 - x**2)**(3/2)``, factored like `arcsin_d1`."""
    q = (1.0 - x) * (1.0 + x)
    return x / (q * m.sqrt(q))


def arctan_d1(m, x, y):
    """Return ``1 / (1 + x**2)`` by two divisions: ``x*x`` overflows at 1e155."""
    h = m.hypot(1.0, x)
    return 1.0 / h / h


def arctan_d2(m, x, y):
    """Return ``-2 x / (1 + x**2)**2``, divided one after the other against overflow."""
    q = 1.0 + x * x
    return -2.0 * x / q / q


def arctan2_dyy(m, a, b, y):
    """Return ``-2 a b / (a**2 + b**2)**2``, divided one after the other against overflow."""
    q = a * a + b * b
    return -2.0 * (a / q) * (b / q)


def arctan2_dyx(m, a, b, y):
    """Return ``(a**2 - b**2) / (a**2 + b**2)**2``, factored: the squares cancel at ``|a| = |b|``."""
    q = a * a + b * b
    return (a - b) / q * ((a + b) / q)


def sech_squared(m, x, y):
    """Return ``1 / cosh(x)**2``; ``1 - y*y`` has no digits left at 10, and ``cosh**2`` overflows at 355."""
    s = 1.0 / m.cosh(x)
    return s * s


def arcsinh_d2(m, x, y):
    """Return ``-x / (1 + x**2)**(3/2)``, divided one after the other against overflow."""
    h = m.hypot(1.0, x)
    return -(x / h) / h / h


def arccosh_d2(m, x, y):
    """Return ``-x / (x**2 - 1)**(3/2)``, factored and divided one after the other."""
    q = (x - 1.0) * (x + 1.0)
    return -(x / q) / m.sqrt(q)


def arctanh_d2(m, x, y):
    """Return ``2 x / (1 - x**2)**2``, factored."""
    q = (1.0 - x) * (1.0 + x)
    return 2.0 * x / q / q


def difference_error(m, a, b):
    """Return what rounding takes from ``a - b``; source: Knuth (1998), section 4.2.2, theorem B."""
    d = a - b
    back = d - a
    return (a - (d - back)) - (b + back)


def share(m, a, b, power, slope):
    """Return ``base**a / (base**a + base**b)``: the weight of ``a`` in a sum of powers.

    Far below ``b`` it is ``base**(a - b)``, which multiplies the rounding error of the difference by hundreds.
    """
    is_same = (a == b) & (a - a != 0.0)  # both infinite; the difference of finite ones moves with them
    difference = m.where(is_same, 0.0, b - a)
    is_below = difference > 0.0
    gap = m.where(is_below, difference, -difference)
    error = m.where((gap > 0.0) & (gap < 1e300), difference_error(m, b, a), 0.0)
    ratio = power(-gap) * (1.0 - slope * m.where(is_below, error, -error))
    return m.where(is_below, ratio, 1.0) / (1.0 + ratio)


def log_sum(name, power, slope):
    """Declare the logarithm of a sum of two powers; ``slope`` is the logarithm of the base."""

    def weight(m, a, b):
        return share(m, a, b, power(m), slope)

    def product(m, a, b, y):
        return slope * weight(m, a, b) * weight(m, b, a)

    return binary(
        name,
        (lambda m, a, b, y: weight(m, a, b), lambda m, a, b, y: weight(m, b, a)),
        (product, lambda m, a, b, y: -product(m, a, b, y), product),
        domain=((-300.0, 300.0), (-300.0, 300.0)),
        points=((1.0, 1.0), (0.1, 700.3), (700.3, 0.1), (-0.7, 20.1), (0.0, 0.0)),
    )


def scaled(name, factor, **names):
    """Declare the multiplication by a constant."""
    return unary(name, lambda m, x, y: factor, domain=(-1e150, 1e150), **names)


NEAR_ONE = (-0.9999999999999999, 0.9999999999999999)

RULES = (
    unary(
        "sqrt",
        lambda m, x, y: 0.5 / y,
        lambda m, x, y: -0.25 / (x * y),
        domain=(1e-150, 1e150),
        math="sqrt",
    ),
    unary(
        "cbrt",
        lambda m, x, y: 1.0 / (3.0 * (y * y)),
        lambda m, x, y: -2.0 / (9.0 * x * (y * y)),
        domain=(-1e150, 1e150),
        math="cbrt",
    ),
    binary(
        "hypot",
        (
            lambda m, a, b, y: at_nonzero(m, y, lambda r: a / r),
            lambda m, a, b, y: at_nonzero(m, y, lambda r: b / r),
        ),
        (
            lambda m, a, b, y: at_nonzero(m, y, lambda r: (b / r) * (b / r) / r),
            lambda m, a, b, y: at_nonzero(m, y, lambda r: -(a / r) * (b / r) / r),
            lambda m, a, b, y: at_nonzero(m, y, lambda r: (a / r) * (a / r) / r),
        ),
        math="hypot",
        domain=((-1e100, 1e100), (-1e100, 1e100)),
        kink=lambda m, a, b: (a == 0.0) & (b == 0.0),
    ),
    unary("exp", lambda m, x, y: y, lambda m, x, y: y, domain=(-700.0, 700.0), math="exp", source="DLMF 4.7.4"),
    unary(
        "exp2",
        lambda m, x, y: LN2 * y,
        lambda m, x, y: LN2 * LN2 * y,
        domain=(-1000.0, 1000.0),
        math="exp2",
    ),
    # not y + 1, which is 0.0 at -40
    unary("expm1", lambda m, x, y: m.exp(x), lambda m, x, y: m.exp(x), domain=(-700.0, 700.0), math="expm1"),
    unary(
        "log",
        lambda m, x, y: 1.0 / x,
        lambda m, x, y: -1.0 / x / x,
        domain=(1e-150, 1e150),
        math="log",
        source="DLMF 4.7.1",
    ),
    unary(
        "log2",
        lambda m, x, y: LOG2_E / x,
        lambda m, x, y: -LOG2_E / x / x,
        domain=(1e-150, 1e150),
        math="log2",
    ),
    unary(
        "log10",
        lambda m, x, y: LOG10_E / x,
        lambda m, x, y: -LOG10_E / x / x,
        domain=(1e-150, 1e150),
        math="log10",
    ),
    unary(
        "log1p",
        lambda m, x, y: 1.0 / (1.0 + x),
        lambda m, x, y: -1.0 / (1.0 + x) / (1.0 + x),
        domain=(-0.9999999999999999, 1e150),
        math="log1p",
    ),
    unary("sin", lambda m, x, y: m.cos(x), lambda m, x, y: -y, math="sin", domain=(-1e3, 1e3), source="DLMF 4.20.1"),
    unary("cos", lambda m, x, y: -m.sin(x), lambda m, x, y: -y, math="cos", domain=(-1e3, 1e3), source="DLMF 4.20.2"),
    unary(
        "tan",
        lambda m, x, y: 1.0 + y * y,
        lambda m, x, y: 2.0 * y * (1.0 + y * y),
        math="tan",
        domain=(-1e3, 1e3),
        source="DLMF 4.20.3",
        complex_first=(lambda m, x, y: 1.0 / m.cos(x) / m.cos(x),),  # 1 + y*y has no digits left near i
    ),
    unary(
        "arcsin",
        arcsin_d1,
        arcsin_d2,
        math="asin",
        domain=NEAR_ONE,
        source="DLMF 4.24.7",
        complex_first=(arcsin_complex_d1,),
    ),
    unary(
        "arccos",
        lambda m, x, y: -arcsin_d1(m, x, y),
        lambda m, x, y: -arcsin_d2(m, x, y),
        math="acos",
        domain=NEAR_ONE,
        source="DLMF 4.24.8",
        complex_first=(lambda m, x, y: -arcsin_complex_d1(m, x, y),),
    ),
    unary(
        "arctan",
        arctan_d1,
        arctan_d2,
        math="atan",
        domain=(-1e150, 1e150),
        source="DLMF 4.24.9",
        complex_first=(lambda m, x, y: 1.0 / ((1.0 - 1j * x) * (1.0 + 1j * x)),),
    ),
    binary(
        "arctan2",
        (
            lambda m, a, b, y: b / m.hypot(a, b) / m.hypot(a, b),
            lambda m, a, b, y: -a / m.hypot(a, b) / m.hypot(a, b),
        ),
        (arctan2_dyy, arctan2_dyx, lambda m, a, b, y: -arctan2_dyy(m, a, b, y)),
        math="atan2",
        domain=((-1e70, 1e70), (-1e70, 1e70)),
    ),
    unary("sinh", lambda m, x, y: m.cosh(x), lambda m, x, y: y, math="sinh", domain=(-700.0, 700.0)),
    unary("cosh", lambda m, x, y: m.sinh(x), lambda m, x, y: y, math="cosh", domain=(-700.0, 700.0)),
    unary(
        "tanh",
        sech_squared,
        lambda m, x, y: -2.0 * y * sech_squared(m, x, y),
        math="tanh",
        domain=(-350.0, 350.0),
        source="DLMF 4.34.8",
    ),
    unary(
        "arcsinh",
        lambda m, x, y: 1.0 / m.hypot(1.0, x),
        arcsinh_d2,
        math="asinh",
        domain=(-1e100, 1e100),
        complex_first=(lambda m, x, y: 1.0 / (m.sqrt(1.0 - 1j * x) * m.sqrt(1.0 + 1j * x)),),
    ),
    unary(
        "arccosh",
        lambda m, x, y: 1.0 / (m.sqrt(x - 1.0) * m.sqrt(x + 1.0)),
        arccosh_d2,
        math="acosh",
        domain=(1.0000000001, 1e100),
    ),
    unary(
        "arctanh",
        lambda m, x, y: 1.0 / ((1.0 - x) * (1.0 + x)),
        arctanh_d2,
        math="atanh",
        domain=NEAR_ONE,
    ),
    log_sum("logaddexp", lambda m: m.exp, 1.0),
    log_sum("logaddexp2", lambda m: m.exp2, LN2),
    scaled("degrees", RADIAN, math="degrees"),
    scaled("radians", DEGREE, math="radians"),
    scaled("rad2deg", RADIAN),
    scaled("deg2rad", DEGREE),
)
