"""Rules of the distributions that are incomplete gamma or beta functions, and of their inverses."""

from dualdiff.rules.declare import zero
from dualdiff.rules.special.incomplete import (
    BETA_SOURCE,
    GAMMA_SOURCE,
    UNIT,
    WAIST,
    beta_density,
    beta_density_of,
    beta_slope,
    gamma_density,
    gamma_slope,
    inverse_of_third,
    of_third,
)
from dualdiff.rules.special.normal import density as normal_density
from dualdiff.rules.special.shared import SHAPE, WHOLE, binary, quotient, several, two_product, two_sum


def f_density(m, a, b, f):
    """Return the density of Fisher's distribution with ``a`` and ``b`` degrees of freedom."""
    p, e = two_product(a, f)
    s, t = two_sum(b, p)
    x, x_error = quotient(m, p, e, s, t + e)
    w, w_error = quotient(m, b, 0.0, s, t + e)
    density = beta_density_of(m, 0.5 * a, 0.5 * b, x, x_error, w, w_error) * (a / s) * w
    return m.where(m.isinf(p), 0.0, density)


def f_slope(m, a, b, f):
    """Return the derivative of `f_density` in ``f``."""
    return f_density(m, a, b, f) * ((b * (a - 2.0) - a * (b + 2.0) * f) / (b + a * f) / (2.0 * f))


def t_density(m, v, t):
    """Return the density of Student's distribution with ``v`` degrees of freedom."""
    is_normal = m.isinf(v)
    v = m.where(is_normal, 1.0, v)
    p, e = two_product(t, t)
    s, d = two_sum(v, p)
    w, r = quotient(m, v, 0.0, s, d + e)
    power = w ** (0.5 * v) * m.sqrt(w) * m.exp(0.5 * (v + 1.0) * r)
    return m.where(is_normal, normal_density(m, t), power / m.sqrt(v) / m.beta(0.5, 0.5 * v))


def t_slope(m, v, t):
    """Return the derivative of `t_density` in ``t``."""
    rate = m.where(m.isinf(v), 1.0, (v + 1.0) / (v + t * t))
    return -t_density(m, v, t) * rate * t


def bdtr_density(m, k, n, p):
    """Return the derivative of ``bdtrc`` in ``p``; ``k`` is rounded down."""
    return beta_density(m, m.floor(k) + 1.0, n - m.floor(k), p)


def bdtr_slope(m, k, n, p):
    """Return the second derivative of ``bdtrc`` in ``p``."""
    return beta_slope(m, m.floor(k) + 1.0, n - m.floor(k), p)


def nbdtr_density(m, k, n, p):
    """Return the derivative of ``nbdtr`` in ``p``."""
    return beta_density(m, n, k + 1.0, p)


def nbdtr_slope(m, k, n, p):
    """Return the second derivative of ``nbdtr`` in ``p``."""
    return beta_slope(m, n, k + 1.0, p)


def binomial(sign):
    """Return the derivatives of ``bdtr`` or ``bdtrc``: steps in ``k``."""
    first, second = of_third(bdtr_density, bdtr_slope, sign, WHOLE)
    return (zero, *first[1:]), (zero, WHOLE, zero, *second[3:])


def chi_square(sign):
    """Return the derivatives of ``chdtr`` or ``chdtrc``."""
    return (SHAPE, lambda m, v, x, y: sign * 0.5 * gamma_density(m, 0.5 * v, 0.5 * x)), (
        SHAPE,
        SHAPE,
        lambda m, v, x, y: sign * 0.25 * gamma_slope(m, 0.5 * v, 0.5 * x),
    )


def poisson(sign):
    """Return the derivatives of ``pdtr`` or ``pdtrc``: steps in ``k``."""
    return (zero, lambda m, k, x, y: sign * gamma_density(m, m.floor(k) + 1.0, x)), (
        zero,
        zero,
        lambda m, k, x, y: sign * gamma_slope(m, m.floor(k) + 1.0, x),
    )


def rate_density(m, a, b, x):
    """Return ``gamma_density(b, a x)``; the power would multiply the rounding error of ``a x``."""
    z, e = two_product(a, x)
    is_end = (z == 0.0) | ~m.isfinite(e)
    return gamma_density(m, b, z) * (1.0 + m.where(is_end, 0.0, e * (((b - 1.0) - z) / m.where(z == 0.0, 1.0, z))))


def rate_slope(m, a, b, x):
    """Return ``gamma_slope(b, a x)``."""
    return rate_density(m, a, b, x) * (((b - 1.0) - a * x) / (a * x))


def gamma_with_rate(sign):
    """Return the derivatives of ``gdtr`` or ``gdtrc``: of the incomplete gamma function of ``b`` and ``a x``."""
    return (
        lambda m, a, b, x, y: sign * x * rate_density(m, a, b, x),
        SHAPE,
        lambda m, a, b, x, y: sign * a * rate_density(m, a, b, x),
    ), (
        lambda m, a, b, x, y: sign * x * x * rate_slope(m, a, b, x),
        SHAPE,
        lambda m, a, b, x, y: sign * rate_density(m, a, b, x) * (b - a * x),
        SHAPE,
        SHAPE,
        lambda m, a, b, x, y: sign * a * a * rate_slope(m, a, b, x),
    )


RULES = (
    binary("chdtr", *chi_square(1.0), arguments=("v", "x"), domain=(WAIST, (1e-2, 100.0)), source=GAMMA_SOURCE),
    binary("chdtrc", *chi_square(-1.0), arguments=("v", "x"), domain=(WAIST, (1e-2, 100.0)), source=GAMMA_SOURCE),
    binary(
        "chdtri",
        (SHAPE, lambda m, v, p, y: -2.0 / gamma_density(m, 0.5 * v, 0.5 * y)),
        (
            SHAPE,
            SHAPE,
            lambda m, v, p, y: (
                -2.0 * (((v - 2.0) - y) / y) / gamma_density(m, 0.5 * v, 0.5 * y) / gamma_density(m, 0.5 * v, 0.5 * y)
            ),
        ),
        arguments=("v", "p"),
        domain=(WAIST, UNIT),
        source=GAMMA_SOURCE,
    ),
    binary("pdtr", *poisson(-1.0), arguments=("k", "m"), domain=((0.0, 20.0), (1e-2, 40.0)), source="DLMF 8.4.10"),
    binary("pdtrc", *poisson(1.0), arguments=("k", "m"), domain=((0.0, 20.0), (1e-2, 40.0)), source="DLMF 8.4.10"),
    binary(
        "pdtri",
        (WHOLE, lambda m, k, p, y: -1.0 / gamma_density(m, k + 1.0, y)),
        (
            WHOLE,
            WHOLE,
            lambda m, k, p, y: -((k - y) / y) / gamma_density(m, k + 1.0, y) / gamma_density(m, k + 1.0, y),
        ),
        arguments=("k", "y"),
        domain=((3.0, 3.0), UNIT),
        source="DLMF 8.4.10",
    ),
    several(
        "gdtr",
        *gamma_with_rate(1.0),
        arguments=("a", "b", "x"),
        domain=((0.5, 2.0), WAIST, (1e-2, 50.0)),
        source=GAMMA_SOURCE,
    ),
    several(
        "gdtrc",
        *gamma_with_rate(-1.0),
        arguments=("a", "b", "x"),
        domain=((0.5, 2.0), WAIST, (1e-2, 50.0)),
        source=GAMMA_SOURCE,
    ),
    several(
        "gdtrix",
        (
            lambda m, a, b, p, y: -y / a,
            SHAPE,
            lambda m, a, b, p, y: 1.0 / gamma_density(m, b, a * y) / a,
        ),
        (
            lambda m, a, b, p, y: 2.0 * y / a / a,
            SHAPE,
            lambda m, a, b, p, y: -1.0 / gamma_density(m, b, a * y) / a / a,
            SHAPE,
            SHAPE,
            lambda m, a, b, p, y: (
                -(((b - 1.0) - a * y) / y) / a / a / gamma_density(m, b, a * y) / gamma_density(m, b, a * y)
            ),
        ),
        arguments=("a", "b", "p"),
        domain=((0.5, 2.0), WAIST, UNIT),
        source=GAMMA_SOURCE,
    ),
    several(
        "gdtria",
        (
            lambda m, p, b, x, y: 1.0 / gamma_density(m, b, y * x) / x,
            SHAPE,
            lambda m, p, b, x, y: -y / x,
        ),
        (
            lambda m, p, b, x, y: (
                -(((b - 1.0) - x * y) / y) / x / x / gamma_density(m, b, x * y) / gamma_density(m, b, x * y)
            ),
            SHAPE,
            lambda m, p, b, x, y: -1.0 / gamma_density(m, b, x * y) / x / x,
            SHAPE,
            SHAPE,
            lambda m, p, b, x, y: 2.0 * y / x / x,
        ),
        arguments=("p", "b", "x"),
        domain=(UNIT, WAIST, (0.1, 10.0)),
        source=GAMMA_SOURCE,
    ),
    several(
        "bdtr",
        *binomial(-1.0),
        arguments=("k", "n", "p"),
        domain=((0.0, 9.0), (10.0, 10.0), UNIT),
        source="DLMF 8.17.5",
    ),
    several(
        "bdtrc",
        *binomial(1.0),
        arguments=("k", "n", "p"),
        domain=((0.0, 9.0), (10.0, 10.0), UNIT),
        source="DLMF 8.17.5",
    ),
    several(
        "bdtri",
        *inverse_of_third(bdtr_density, bdtr_slope, -1.0, WHOLE),
        arguments=("k", "n", "y"),
        domain=((3.0, 3.0), (10.0, 10.0), UNIT),
        source="DLMF 8.17.5",
    ),
    several(
        "nbdtr",
        *of_third(nbdtr_density, nbdtr_slope, 1.0, WHOLE),
        arguments=("k", "n", "p"),
        domain=((3.0, 3.0), (7.0, 7.0), UNIT),
        source="DLMF 8.17.24",
    ),
    several(
        "nbdtrc",
        *of_third(nbdtr_density, nbdtr_slope, -1.0, WHOLE),
        arguments=("k", "n", "p"),
        domain=((3.0, 3.0), (7.0, 7.0), UNIT),
        source="DLMF 8.17.24",
    ),
    several(
        "nbdtri",
        *inverse_of_third(nbdtr_density, nbdtr_slope, 1.0, WHOLE),
        arguments=("k", "n", "y"),
        domain=((3.0, 3.0), (7.0, 7.0), UNIT),
        source="DLMF 8.17.24",
    ),
    several(
        "fdtr",
        *of_third(f_density, f_slope),
        arguments=("dfn", "dfd", "x"),
        domain=((0.5, 30.0), (0.5, 30.0), (1e-2, 30.0)),
        points=((250.0, 220.0, 1.1),),
        source=BETA_SOURCE,
    ),
    several(
        "fdtrc",
        *of_third(f_density, f_slope, -1.0),
        arguments=("dfn", "dfd", "x"),
        domain=((0.5, 30.0), (0.5, 30.0), (1e-2, 30.0)),
        source=BETA_SOURCE,
    ),
    several(
        "fdtri",
        *inverse_of_third(f_density, f_slope),
        arguments=("dfn", "dfd", "p"),
        domain=((1.0, 30.0), (1.0, 30.0), UNIT),
        source=BETA_SOURCE,
    ),
    binary(
        "stdtr",
        (SHAPE, lambda m, v, t, y: t_density(m, v, t)),
        (SHAPE, SHAPE, lambda m, v, t, y: t_slope(m, v, t)),
        arguments=("df", "t"),
        domain=((0.5, 500.0), (-50.0, 50.0)),
        points=((3.0, 0.0), (1e8, 2.0), (4.0, 1e10)),
        source=BETA_SOURCE,
    ),
    binary(
        "stdtrit",
        (SHAPE, lambda m, v, p, y: 1.0 / t_density(m, v, y)),
        (
            SHAPE,
            SHAPE,
            lambda m, v, p, y: ((v + 1.0) / (v + y * y)) * y / t_density(m, v, y) / t_density(m, v, y),
        ),
        arguments=("df", "p"),
        domain=((0.5, 100.0), UNIT),
        source=BETA_SOURCE,
    ),
    *(
        several(
            name,
            (SHAPE,) * len(arguments),
            (SHAPE,) * (len(arguments) * (len(arguments) + 1) // 2),
            arguments=arguments,
        )
        for name, arguments in {
            "chdtriv": ("p", "x"),
            "pdtrik": ("p", "m"),
            "gdtrib": ("a", "p", "x"),
            "bdtrik": ("y", "n", "p"),
            "bdtrin": ("k", "y", "p"),
            "nbdtrik": ("y", "n", "p"),
            "nbdtrin": ("k", "y", "p"),
            "btdtria": ("p", "b", "x"),
            "btdtrib": ("a", "p", "x"),
            "fdtridfd": ("dfn", "p", "x"),
            "stdtridf": ("p", "t"),
        }.items()
    ),
)
