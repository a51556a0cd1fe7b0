"""Rules of the arithmetic operators."""

from typing import Any

from dualdiff.rules.declare import binary, flat, several, unary, zero


def one(m, *arguments):
    """Return 1: the derivative of an argument that is added."""
    return 1.0


def minus_one(m, *arguments):
    """Return -1: the derivative of an argument that is subtracted."""
    return -1.0


def power_da(m, a, b, y):
    """Return ``b a**(b - 1)``.

    ``b - 1`` is exact from 1/2 on. Below, its rounding error would be multiplied by
    ``log(a)``, so the value is divided instead, which cannot overflow there; but at
    ``a = 0`` only the lower power is right. ``a**0`` is flat, even at 0.
    """
    lowered = b * a ** (b - 1.0)
    return m.where(b == 0.0, 0.0, m.where((b < 0.5) & (a != 0.0), b * (y / a), lowered))


def power_db(m, a, b, y):
    """Return ``y log(a)``; the limit 0 at ``a = 0`` for a positive exponent."""
    return m.where((a == 0.0) & (b > 0.0), 0.0, y * m.log(a))


def power_daa(m, a, b, y):
    """Return ``b (b - 1) a**(b - 2)``, guarded like `power_da`; ``b - 2`` is exact from 1 on."""
    factor = b * (b - 1.0)
    return m.where(factor == 0.0, 0.0, m.where((b < 1.0) & (a != 0.0), factor * (y / a) / a, factor * a ** (b - 2.0)))


def power_dab(m, a, b, y):
    """Return ``a**(b - 1) (1 + b log(a))``; the limit 0 at ``a = 0`` for an exponent above 1.

    The two terms cancel at ``a = exp(-1 / b)``: near it the error is 4 ulp of the larger term.
    """
    lowered = m.where((b < 0.5) & (a != 0.0), y / a, a ** (b - 1.0))
    return m.where((a == 0.0) & (b > 1.0), 0.0, lowered * (1.0 + b * m.log(a)))


def power_dbb(m, a, b, y):
    """Return ``y log(a)**2``; the limit 0 at ``a = 0`` for a positive exponent."""
    return m.where((a == 0.0) & (b > 0.0), 0.0, y * m.log(a) * m.log(a))


def is_whole_quotient(m, a, b):
    """Whether ``a / b`` is whole: there the quotient jumps."""
    return m.fmod(a, b) == 0.0


POWER: dict[str, Any] = {
    "first": (power_da, power_db),
    "second": (power_daa, power_dab, power_dbb),
    "domain": ((1e-3, 1e3), (-8.0, 8.0)),
    "points": ((2.0, 0.0), (2.0, 0.5), (2.0, 1.0), (3.0, 2.0), (1e200, 0.1), (1e-200, 2.0), (1e-110, -2.5)),
    "source": "DLMF 4.2.26",
}

RULES = (
    unary("positive", one, value=lambda m, x: +x, operator="pos"),
    unary("negative", minus_one, value=lambda m, x: -x, operator="neg"),
    binary("add", (one, one), value=lambda m, a, b: a + b, operator="add"),
    binary("subtract", (one, minus_one), value=lambda m, a, b: a - b, operator="sub"),
    binary(
        "multiply",
        (lambda m, a, b, y: b, lambda m, a, b, y: a),
        (zero, one, zero),
        value=lambda m, a, b: a * b,
        operator="mul",
    ),
    binary(
        "divide",
        (lambda m, a, b, y: 1.0 / b, lambda m, a, b, y: -y * (1.0 / b)),
        (zero, lambda m, a, b, y: -1.0 / b / b, lambda m, a, b, y: 2.0 * (y / b) / b),
        value=lambda m, a, b: a / b,
        operator="truediv",
    ),
    binary("power", value=lambda m, a, b: a**b, operator="pow", math="pow", **POWER),
    binary("float_power", **POWER),
    flat("floor_divide", 2, operator="floordiv", kink=is_whole_quotient),
    binary(
        "remainder",
        (one, lambda m, a, b, y: -m.floor_divide(a, b)),
        value=lambda m, a, b: a % b,
        operator="mod",
        kink=is_whole_quotient,
        points=((7.0, 3.0), (-7.0, 3.0), (7.0, -3.0)),
    ),
    binary(
        "fmod",
        (one, lambda m, a, b, y: -m.trunc(a / b)),
        math="fmod",
        points=((7.5, 3.0), (-7.5, 3.0)),
        kink=is_whole_quotient,
    ),
    several(
        "divmod",
        (
            lambda m, a, b, y: (0.0, 1.0),
            lambda m, a, b, y: (0.0, -m.floor_divide(a, b)),
        ),
        outputs=2,
        kink=is_whole_quotient,
    ),
    unary("modf", lambda m, x, y: (1.0, 0.0), outputs=2, kink=lambda m, x: (m.trunc(x) == x) & (x != 0.0)),
    unary("frexp", lambda m, x, y: (m.ldexp(1.0, -y[1]), 0.0), outputs=2, domain=(-1e100, 1e100)),
    # the second argument is a whole number
    binary("ldexp", (lambda m, a, b, y: m.ldexp(1.0, b), zero), domain=((-1e100, 1e100), (-10.0, 10.0))),
    # one step to the neighbouring number: the identity, as far as a derivative can tell
    binary("nextafter", (one, zero)),
    unary(
        "reciprocal",
        lambda m, x, y: -y * y,
        lambda m, x, y: 2.0 * y * y * y,
        domain=(-1e50, 1e50),
    ),
    unary("square", lambda m, x, y: 2.0 * x, lambda m, x, y: 2.0, domain=(-1e150, 1e150)),
)
