"""Rules of the non-central distributions, and of those of Kolmogorov, Smirnov and Tukey."""

from dualdiff.rules.special.implicit import family, smirnov_derivative
from dualdiff.rules.special.incomplete import beta_density, gamma_density
from dualdiff.rules.special.shared import (
    SHAPE,
    WHOLE,
    binary,
    exp_square,
    lowered_power,
    quotient,
    several,
    two_product,
    two_sum,
    unary,
)
from dualdiff.rules.special.transforms import boxcox_dl

SQRT_2 = 1.4142135623730951
SQRT_2PI = 2.5066282746310002
EIGHTH_PI_SQUARE = 1.2337005501361697
HEAD = 1.2336997985839844  # the leading 21 bits of pi**2 / 8, so that its product with a head is exact
REST = 7.515521854523544e-07


def noncentral_chi_square(m, shapes, x, c):
    """Return the partials of ``chndtr``; they are densities of more degrees of freedom (Johnson et al. 1995, 29.3)."""
    (v,) = shapes

    def density(v):
        product = x * c
        is_near = product < 1.0
        near = m.exp(-0.5 * c) * 0.5 * gamma_density(m, 0.5 * v, 0.5 * x) * m.hyp0f1(0.5 * v, 0.25 * product)
        safe = m.where(is_near, 1.0, c)
        apart = (x - c) / (m.sqrt(x) + m.sqrt(c))
        bessel = m.ive(0.5 * v - 1.0, m.sqrt(m.where(is_near, 1.0, product)))
        far = 0.5 * exp_square(m, -0.5, apart) * (x / safe) ** (0.25 * (v - 2.0)) * bessel
        return m.where(is_near, near, far)

    return {
        "x": lambda: density(v),
        "c": lambda: -density(v + 2.0),
        "xx": lambda: 0.5 * (c / x * density(v + 2.0) + ((v - 2.0) / x - 1.0) * density(v)),
        "xc": lambda: 0.5 * (density(v + 2.0) - density(v)),
        "cc": lambda: 0.5 * (density(v + 2.0) - density(v + 4.0)),
    }


def noncentral_f(m, shapes, f, c):
    """Return the partials of ``ncfdtr``, a Poisson mixture of incomplete beta functions of ``x = p / (p + q)``."""
    dfn, dfd = shapes
    a, b, h = 0.5 * dfn, 0.5 * dfd, 0.5 * c
    s = dfd + dfn * f
    x, w = dfn * f / s, dfd / s
    dx = dfn / s * w
    weight = m.exp(-h)

    def density(a):
        return weight * beta_density(m, a, b, x) * m.hyp1f1(a + b, a, h * x)

    def step(a):
        return weight * beta_density(m, a, b, x) * (x * w / a) * m.hyp1f1(a + b, a + 1.0, h * x)

    def slope():
        bend = (a - 1.0) / x - (b - 1.0) / w
        raised = h * ((a + b) / a) * m.hyp1f1(a + b + 1.0, a + 1.0, h * x)
        return bend * density(a) + weight * beta_density(m, a, b, x) * raised

    return {
        "x": lambda: density(a) * dx,
        "c": lambda: -0.5 * step(a),
        "xx": lambda: dx * (slope() * dx - 2.0 * (dfn / s) * density(a)),
        "xc": lambda: 0.5 * dx * (density(a + 1.0) - density(a)),
        "cc": lambda: 0.25 * (step(a) - step(a + 1.0)),
    }


def noncentral_t(m, shapes, t, c):
    """Return the partials of ``nctdtr`` from the moments ``E[s**k phi(t s - c)]`` with ``s**2`` chi-square over df."""
    (v,) = shapes
    p, e = two_product(t, t)
    s, d = two_sum(v, p)
    w, r = quotient(m, v, 0.0, s, d + e)
    u = t / m.sqrt(s) * c
    weight = exp_square(m, -0.5, c) / SQRT_2PI * w ** (0.5 * v) * m.exp(0.5 * v * r)

    def moment(k):
        a = 0.5 * (v + k)
        even = m.hyp1f1(a, 0.5, 0.5 * u * u)
        odd = SQRT_2 * u * m.poch(a, 0.5) * m.hyp1f1(a + 0.5, 1.5, 0.5 * u * u)
        return weight * m.poch(0.5 * v, 0.5 * k) * (2.0 / s) ** (0.5 * k) * (even + odd)

    return {
        "x": lambda: moment(1.0),
        "c": lambda: -moment(0.0),
        "xx": lambda: c * moment(2.0) - t * moment(3.0),
        "xc": lambda: t * moment(2.0) - c * moment(1.0),
        "cc": lambda: c * moment(0.0) - t * moment(1.0),
    }


def kolmogorov_d1(m, x, y):
    """Return the derivative of Kolmogorov's distribution, by the theta series that converges faster."""
    is_low = x < 0.85
    low, weights = kolmogorov_low(m, x, is_low)
    low = sum(w * low * low * (1.0 - 2.0 * q * low * low) for q, w in weights)
    z = m.where(is_low, 1.0, x)
    high = -8.0 * z * sum(s * k * k * exp_square(m, -2.0 * k * k, z) for k, s in SIGNS)
    return m.where((x < 0.02) | (x > 20.0), -0.0, m.where(is_low, SQRT_2PI * low, high))


def kolmogorov_d2(m, x, y):
    """Return the second derivative of Kolmogorov's distribution."""
    is_low = x < 0.85
    low, weights = kolmogorov_low(m, x, is_low)
    square = low * low
    low = sum(w * low * square * (2.0 - q * square * (10.0 - 4.0 * q * square)) for q, w in weights)
    z = m.where(is_low, 1.0, x)
    high = -8.0 * sum(s * k * k * exp_square(m, -2.0 * k * k, z) * (1.0 - 4.0 * (k * z) * (k * z)) for k, s in SIGNS)
    return m.where((x < 0.02) | (x > 20.0), 0.0, m.where(is_low, -SQRT_2PI * low, high))


def kolmogorov_low(m, x, is_low):
    """Return ``1 / x`` and for each term of the series ``q`` and ``exp(-q / x**2)``."""
    x = m.where(is_low & (x >= 0.02), x, 0.5)
    r = 1.0 / x
    p, e = two_product(r, x)
    change = r * ((1.0 - p) - e)
    first = exp_square(m, -HEAD, r) * m.exp(-REST * r * r - 2.0 * EIGHTH_PI_SQUARE * r * change)
    others = tuple((k * k * EIGHTH_PI_SQUARE, m.exp(-k * k * EIGHTH_PI_SQUARE * r * r)) for k in (3.0, 5.0))
    return r, ((EIGHTH_PI_SQUARE, first), *others)


SIGNS = ((1.0, 1.0), (2.0, -1.0), (3.0, 1.0), (4.0, -1.0), (5.0, 1.0))


def tukey(m, x, shape, p):
    """Return the derivatives of the quantile ``Q(p, shape)`` by the names of its variables, and ``1 - p``."""
    q = m.tklmbda(-x, shape)
    return lowered_power(m, p, shape) + lowered_power(m, q, shape), q


def tukey_bend(m, p, q, shape):
    """Return the second derivative of the quantile in ``p``."""
    return (shape - 1.0) * (lowered_power(m, p, shape - 1.0) - lowered_power(m, q, shape - 1.0))


def tukey_d1(m, x, shape, p):
    """Return the density of Tukey's distribution, 0 outside of its support."""
    slope, _ = tukey(m, x, shape, p)
    return m.where((p <= 0.0) | (p >= 1.0), 0.0, 1.0 / slope)


def tukey_d2(m, x, shape, p):
    """Return the derivative of the density of Tukey's distribution."""
    slope, q = tukey(m, x, shape, p)
    return m.where((p <= 0.0) | (p >= 1.0), 0.0, -tukey_bend(m, p, q, shape) / slope / slope / slope)


def tukey_dl(m, x, shape, p):
    """Return the derivative in the shape: the quantile is a difference of two Box-Cox transforms."""
    slope, q = tukey(m, x, shape, p)
    change = boxcox_dl(m, p, shape, m.boxcox(p, shape)) - boxcox_dl(m, q, shape, m.boxcox(q, shape))
    return m.where((p <= 0.0) | (p >= 1.0), 0.0, -change / slope)


WITHIN = (1e-2, 0.98)

RULES = (
    *family(
        noncentral_chi_square,
        {"chndtr": "xsc", "chndtrix": "psc", "chndtrinc": "xsp"},
        chndtr={"arguments": ("x", "df", "nc"), "domain": ((0.1, 50.0), (0.5, 20.0), (1e-2, 20.0))},
        chndtrix={"arguments": ("p", "df", "nc"), "domain": (WITHIN, (0.5, 20.0), (1e-2, 20.0))},
        chndtrinc={"arguments": ("x", "df", "p"), "domain": ((10.0, 20.0), (0.5, 4.0), (0.1, 0.6))},
    ),
    *family(
        noncentral_f,
        {"ncfdtr": "sscx", "ncfdtri": "sscp", "ncfdtrinc": "sspx"},
        ncfdtr={"arguments": ("dfn", "dfd", "nc", "f"), "domain": ((1.0, 9.0), (1.0, 9.0), (0.1, 5.0), (0.1, 9.0))},
        ncfdtri={"arguments": ("dfn", "dfd", "nc", "p"), "domain": ((1.0, 9.0), (3.0, 9.0), (0.1, 5.0), WITHIN)},
        ncfdtrinc={"arguments": ("dfn", "dfd", "p", "f"), "domain": ((2.0, 9.0), (3.0, 9.0), (0.1, 0.3), (2.0, 4.0))},
    ),
    *family(
        noncentral_t,
        {"nctdtr": "scx", "nctdtrit": "scp", "nctdtrinc": "spx"},
        nctdtr={"arguments": ("df", "nc", "t"), "domain": ((1.0, 20.0), (0.1, 3.0), (0.1, 8.0))},
        nctdtrit={"arguments": ("df", "nc", "p"), "domain": ((1.0, 20.0), (0.1, 2.0), (0.2, 0.98))},
        nctdtrinc={"arguments": ("df", "p", "t"), "domain": ((1.0, 20.0), (0.05, 0.5), (1.0, 4.0))},
    ),
    *(
        several(name, (SHAPE,) * count, (SHAPE,) * (count * (count + 1) // 2), arguments=arguments)
        for name, count, arguments in (
            ("chndtridf", 3, ("x", "p", "nc")),
            ("ncfdtridfd", 4, ("dfn", "p", "nc", "f")),
            ("ncfdtridfn", 4, ("p", "dfd", "nc", "f")),
            ("nctdtridf", 3, ("p", "nc", "t")),
        )
    ),
    unary("kolmogorov", kolmogorov_d1, kolmogorov_d2, domain=(0.05, 15.0), points=(0.84999, 0.85)),
    unary(
        "kolmogi",
        lambda m, p, y: 1.0 / kolmogorov_d1(m, y, p),
        lambda m, p, y: (
            -kolmogorov_d2(m, y, p) / kolmogorov_d1(m, y, p) / kolmogorov_d1(m, y, p) / kolmogorov_d1(m, y, p)
        ),
        domain=(1e-30, 0.9999),
        arguments=("p",),
    ),
    binary(
        "smirnov",
        (WHOLE, lambda m, n, d, y: smirnov_derivative(m, n, d, 1)),
        (WHOLE, WHOLE, lambda m, n, d, y: smirnov_derivative(m, n, d, 2)),
        arguments=("n", "d"),
        domain=((6.0, 6.0), (1e-2, 0.99)),
        source="Smirnov (1944)",
    ),
    binary(
        "smirnovi",
        (WHOLE, lambda m, n, p, y: 1.0 / smirnov_derivative(m, n, y, 1)),
        (WHOLE, WHOLE, lambda m, n, p, y: -smirnov_derivative(m, n, y, 2) / smirnov_derivative(m, n, y, 1) ** 3.0),
        arguments=("n", "p"),
        domain=((6.0, 6.0), (1e-2, 0.99)),
        source="Smirnov (1944)",
    ),
    binary(
        "tklmbda",
        (tukey_d1, tukey_dl),
        (tukey_d2, SHAPE, SHAPE),
        arguments=("x", "lmbda"),
        domain=((-3.0, 3.0), (-2.0, 0.25)),
        points=((0.5, 0.0), (0.3, 1.0), (0.2, 2.0), (5.0, 1.0)),
        source="Tukey (1962)",
    ),
)
