"""Rules of the functions with kinks and steps.

At a kink there is one documented answer: ``abs`` has slope 0 at 0, and a tie
in ``maximum`` or ``minimum`` shares the derivative equally.
"""

from dualdiff.rules.declare import binary, flat, unary


def larger(m, a, b):
    """Return the share of ``a`` in ``maximum(a, b)``: 1, 1/2 at a tie, or 0."""
    return m.where(a > b, 1.0, m.where(a == b, 0.5, 0.0))


RULES = (
    unary("absolute", lambda m, x, y: m.sign(x), value=lambda m, x: abs(x), operator="abs"),
    unary("fabs", lambda m, x, y: m.sign(x), math="fabs"),
    binary("maximum", (lambda m, a, b, y: larger(m, a, b), lambda m, a, b, y: larger(m, b, a)), points=((1.0, 1.0),)),
    binary("minimum", (lambda m, a, b, y: larger(m, b, a), lambda m, a, b, y: larger(m, a, b)), points=((1.0, 1.0),)),
    flat("sign"),
    flat("floor", math="floor"),
    flat("ceil", math="ceil"),
    flat("trunc", math="trunc"),
    flat("rint"),
)
