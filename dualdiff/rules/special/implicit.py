"""Derivatives of a distribution and of the functions that solve it for one of its arguments, from one set of partials.

Unlike the tables this module loops: over the arguments of a function, and over the terms of a sum.
"""

from dualdiff.rules.special.shared import SHAPE, several


def family(distribution, layouts, **options):
    """Declare the functions of a family.

    Parameters
    ----------
    distribution : callable
        ``distribution(m, shapes, x, c)`` returns, as functions of no argument by the names "x", "c", "xx", "xc",
        "cc", the partial derivatives of the distribution in its variable ``x`` and in a parameter ``c``.
    layouts : dict
        For each function the roles of its arguments: "s" a shape, "x", "c", and "p" the probability of which the
        function finds the missing ``x`` or ``c``.
    options : dict
        For each function the options of its declaration.
    """
    return tuple(
        several(
            name,
            tuple(_partial(distribution, roles, role) for role in roles),
            tuple(
                _partial(distribution, roles, *sorted((r, s), key="pxcs".index))
                for i, r in enumerate(roles)
                for s in roles[i:]
            ),
            **options[name],
        )
        for name, roles in layouts.items()
    )


def _partial(distribution, roles, *wanted):
    """Return the derivative in one role, or the second derivative in two."""
    if "s" in wanted:
        return SHAPE
    solved = {"x", "c"} - set(roles) if "p" in roles else set()
    if not solved:
        return lambda m, *arguments: _at(distribution, m, roles, arguments)["".join(wanted)]()
    (u,) = solved
    return lambda m, *arguments: _solve(_at(distribution, m, roles + u, arguments), u, wanted)


def _at(distribution, m, roles, arguments):
    """Return the partial derivatives of the distribution at the arguments of one of its functions."""
    values = dict(zip(roles, arguments, strict=False))
    shapes = tuple(value for role, value in zip(roles, arguments, strict=False) if role == "s")
    return distribution(m, shapes, values["x"], values["c"])


def _solve(partials, u, wanted):
    """Return a derivative of the ``u`` that the equation ``F(x, c) = p`` defines."""
    o = "c" if u == "x" else "x"
    slope = partials[u]()
    if wanted == ("p",):
        return 1.0 / slope
    if wanted == ("p", "p"):
        return -partials[u + u]() / slope / slope / slope
    moved = -partials[o]() / slope
    if len(wanted) == 1:
        return moved
    mixed = partials["xc"]() + partials[u + u]() * moved
    if "p" in wanted:
        return -mixed / slope / slope
    return -(partials[o + o]() + moved * (partials["xc"]() + mixed)) / slope


# ---- Smirnov's distribution ----------------------------------------------------------------------------------------


def smirnov_derivative(m, n, d, order):
    """Return a derivative of Smirnov's distribution: of ``(1 - d)**n`` and ``d`` times a sum of terms."""
    whole = 1.0 - d
    total = -n * whole ** (n - 1.0) if order == 1 else n * (n - 1.0) * whole ** (n - 2.0)
    for v in range(1, int(m.where(n == n, n, 0.0).max()) + 1):
        rest = n - v
        share = m.where(n > 0, v / n, 0.0)
        q = 1.0 - d - share
        is_in = q > 0.0
        q, p = m.where(is_in, q, 1.0), d + share
        is_long = n > 900.0  # there the binomial coefficients overflow
        k = m.where(is_in, 1.0 * v, 0.0)
        # halves of the power keep the product from overflow
        low, high = p ** (0.5 * (v - 1.0)), q ** (0.5 * rest)
        term = low * high * m.binom(m.where(is_long, 0.0, n), m.where(is_long, 0.0, k)) * low * high
        log = m.log(p) * (v - 1.0) + m.log(q) * rest - m.betaln(n - k + 1.0, k + 1.0) - m.log(n + 1.0)
        term = m.where(is_long, m.exp(log), term)
        slope = (v - 1.0) / p - rest / q
        change = 1.0 + d * slope
        if order == 2:
            bend = -(v - 1.0) / p / p - rest / q / q
            change = 2.0 * slope + d * (slope * slope + bend)
        total = total + m.where(is_in, term * change, 0.0)
    return total
