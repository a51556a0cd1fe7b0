"""Rules of the functions with kinks and steps.

At a kink there is one documented answer: ``abs`` has slope 0 at 0, and a tie
in ``maximum`` or ``minimum`` shares the derivative equally.
"""

from dualdiff.rules.declare import binary, flat, unary, zero


def larger(m, a, b):
    """Return the share of ``a`` in ``maximum(a, b)``: 1, 1/2 at a tie, or 0."""
    return m.where(a > b, 1.0, m.where(a == b, 0.5, 0.0))


def larger_number(m, a, b):
    """Return the share of ``a`` in ``fmax(a, b)``, which passes over a NaN."""
    return m.where(b != b, 1.0, larger(m, a, b))


def smaller_number(m, a, b):
    """Return the share of ``a`` in ``fmin(a, b)``, which passes over a NaN."""
    return m.where(b != b, 1.0, larger(m, b, a))


def is_zero(m, x):
    """Whether a sign changes."""
    return x == 0.0


def is_whole(m, x):
    """Whether a step is met."""
    return m.floor(x) == x


def is_tie(m, a, b):
    """Whether the two sides meet."""
    return a == b


def extreme(name, share):
    """Declare a maximum or minimum by the share of its first argument; it is symmetric in both."""
    shares = (lambda m, a, b, y: share(m, a, b), lambda m, a, b, y: share(m, b, a))
    return binary(name, shares, points=((1.0, 1.0),), kink=is_tie)


RULES = (
    unary("absolute", lambda m, x, y: m.sign(x), value=lambda m, x: abs(x), operator="abs", kink=is_zero),
    unary("fabs", lambda m, x, y: m.sign(x), math="fabs", kink=is_zero),
    binary(
        "copysign",
        (lambda m, a, b, y: m.sign(a) * m.copysign(1.0, b), zero),
        points=((-3.0, -1.0),),
        math="copysign",
        kink=lambda m, a, b: (a == 0.0) | (b == 0.0),
    ),
    extreme("maximum", larger),
    extreme("minimum", lambda m, a, b: larger(m, b, a)),
    extreme("fmax", larger_number),
    extreme("fmin", smaller_number),
    binary("heaviside", (zero, lambda m, a, b, y: m.where(a == 0.0, 1.0, 0.0)), kink=lambda m, a, b: a == 0.0),
    flat("sign", kink=is_zero),
    flat("floor", math="floor", kink=is_whole),
    flat("ceil", math="ceil", kink=is_whole),
    flat("trunc", math="trunc", kink=lambda m, x: (m.floor(x) == x) & (x != 0.0)),
    flat("rint", kink=lambda m, x: x - m.floor(x) == 0.5),
    flat("spacing"),
)
