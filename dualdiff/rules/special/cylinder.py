"""Rules of the parabolic cylinder, Mathieu and spheroidal functions.

SciPy returns each with its derivative; the derivative of that one is the differential equation.
"""

from dualdiff.rules.declare import Unknown, several

MODE = Unknown("its derivative in an order, a characteristic value or a parameter has no closed form")
DEGREE = 0.017453292519943295


def pair(name, arguments, first, second, domain, points, source):
    """Declare a function with two outputs, differentiable in its last argument."""
    count = len(arguments)
    return several(
        name,
        (MODE,) * (count - 1) + (first,),
        (MODE,) * (count * (count + 1) // 2 - 1) + (second,),
        domain=domain,
        points=points,
        module="scipy.special",
        arguments=arguments,
        outputs=2,
        source=source,
    )


def parabolic(name, order, points, sign, shift, source):
    """Declare a solution of ``w'' = (sign x**2/4 - sign shift(order)) w``."""

    def d1(m, v, x, y):
        return y[1], sign * (0.25 * x * x - shift(v)) * y[0]

    def d2(m, v, x, y):
        bend = sign * (0.25 * x * x - shift(v))
        return bend * y[0], sign * 0.5 * x * y[0] + bend * y[1]

    return pair(name, (order, "x"), d1, d2, ((0.25, 3.0), (0.1, 4.0)), points, source)


def mathieu(name, characteristic, points):
    """Declare a periodic Mathieu function: ``y'' = -(a - 2 q cos(2 x)) y``; ``x`` in degrees, the output not."""

    def d1(m, order, q, x, y):
        bend = getattr(m, characteristic)(order, q) - 2.0 * q * m.cos(2.0 * DEGREE * x)
        return DEGREE * y[1], -DEGREE * bend * y[0]

    def d2(m, order, q, x, y):
        bend = getattr(m, characteristic)(order, q) - 2.0 * q * m.cos(2.0 * DEGREE * x)
        slope = 4.0 * q * m.sin(2.0 * DEGREE * x)
        return -DEGREE * DEGREE * bend * y[0], -DEGREE * DEGREE * (bend * y[1] + slope * y[0])

    return pair(name, ("m", "q", "x"), d1, d2, ((2.0, 2.0), (0.5, 5.0), (-80.0, 80.0)), points, "DLMF 28.2.1")


def modified_mathieu(name, characteristic, points):
    """Declare a modified Mathieu function: ``y'' = (a - 2 q cosh(2 x)) y``; ``x`` is no angle."""

    def d1(m, order, q, x, y):
        bend = getattr(m, characteristic)(order, q) - 2.0 * q * m.cosh(2.0 * x)
        return y[1], bend * y[0]

    def d2(m, order, q, x, y):
        bend = getattr(m, characteristic)(order, q) - 2.0 * q * m.cosh(2.0 * x)
        return bend * y[0], bend * y[1] - 4.0 * q * m.sinh(2.0 * x) * y[0]

    return pair(name, ("m", "q", "x"), d1, d2, ((2.0, 2.0), (0.5, 5.0), (0.1, 2.0)), points, "DLMF 28.20.1")


def prolate(name, inner, shared, domain, points):
    """Declare a spheroidal function with ``((1 - x**2) w')' = -(cv + inner c**2 x**2 - m**2 / (1 - x**2)) w``."""

    def terms(m, order, c, value, x, y):
        q = (1.0 - x) * (1.0 + x)
        p = value + inner * (c * x) * (c * x) - order * order / q
        bend = (2.0 * x * y[1] - p * y[0]) / q
        slope = 2.0 * inner * c * c * x - 2.0 * order * order * x / (q * q)
        return y[1], bend, ((2.0 - p) * y[1] + 4.0 * x * bend - slope * y[0]) / q

    return radial_and_angular(name, terms, shared, domain, points)


def oblate_radial(name, shared, domain, points):
    """Declare a spheroidal function with ``((1 + x**2) w')' = (cv - c**2 x**2 - m**2 / (1 + x**2)) w``."""

    def terms(m, order, c, value, x, y):
        q = 1.0 + x * x
        p = value - (c * x) * (c * x) - order * order / q
        bend = (p * y[0] - 2.0 * x * y[1]) / q
        slope = 2.0 * order * order * x / (q * q) - 2.0 * c * c * x
        return y[1], bend, ((p - 2.0) * y[1] - 4.0 * x * bend + slope * y[0]) / q

    return radial_and_angular(name, terms, shared, domain, points)


def radial_and_angular(name, terms, characteristic, domain, points):
    """Declare the function that computes its characteristic value and the one that takes it as an argument."""

    def d1(m, order, n, c, x, y):
        return terms(m, order, c, getattr(m, characteristic)(order, n, c), x, y)[:2]

    def d2(m, order, n, c, x, y):
        return terms(m, order, c, getattr(m, characteristic)(order, n, c), x, y)[1:]

    def d1_with_value(m, order, n, c, value, x, y):
        return terms(m, order, c, value, x, y)[:2]

    def d2_with_value(m, order, n, c, value, x, y):
        return terms(m, order, c, value, x, y)[1:]

    names, source = ("m", "n", "c", "x"), "DLMF 30.2.1, 30.11.4"
    whole = pair(name, names, d1, d2, (*MODES, domain), points, source)
    with_value = (*names[:3], "cv", "x")
    domains = (*MODES, (6.5, 6.5), domain)
    return whole, pair(f"{name}_cv", with_value, d1_with_value, d2_with_value, domains, (), source)


MODES = ((1.0, 1.0), (2.0, 2.0), (0.5, 3.0))
WITHIN = (-0.9, 0.9)
BEYOND = (1.1, 3.0)
INWARD = (0.1, 2.0)
ANGLES = ((0.0, 1.0, 10.0), (1.0, 2.0, 45.0), (3.0, -1.0, 60.0))
POINTS = ((2.0, 1.0, 1e-8), (1.0, 2.0, 1.5))

RULES = (
    parabolic("pbdv", "v", ((0.5, 0.0), (2.0, -1.5), (-1.5, 2.0), (0.0, 0.0)), 1.0, lambda v: v + 0.5, "DLMF 12.2.4"),
    parabolic("pbvv", "v", ((0.5, 0.0), (0.5, -1.5), (-1.5, 2.0)), 1.0, lambda v: v + 0.5, "DLMF 12.2.2"),
    parabolic("pbwa", "a", ((0.5, 0.0), (0.5, -1.5), (-1.5, 2.0)), -1.0, lambda a: a, "DLMF 12.14.1"),
    mathieu("mathieu_cem", "mathieu_a", ((0.0, 1.0, 0.0), *ANGLES)),
    mathieu("mathieu_sem", "mathieu_b", ANGLES[1:]),
    modified_mathieu("mathieu_modcem1", "mathieu_a", POINTS),
    modified_mathieu("mathieu_modcem2", "mathieu_a", POINTS[1:]),
    modified_mathieu("mathieu_modsem1", "mathieu_b", POINTS),
    modified_mathieu("mathieu_modsem2", "mathieu_b", POINTS[1:]),
    *prolate("pro_ang1", -1.0, "pro_cv", WITHIN, ((0.0, 1.0, 1.0, 0.5), (1.0, 1.0, 2.0, 0.0))),
    *prolate("pro_rad1", -1.0, "pro_cv", BEYOND, ((0.0, 1.0, 1.0, 1.5),)),
    *prolate("pro_rad2", -1.0, "pro_cv", BEYOND, ((0.0, 1.0, 1.0, 1.5),)),
    *prolate("obl_ang1", 1.0, "obl_cv", WITHIN, ((0.0, 1.0, 1.0, 0.5), (1.0, 1.0, 2.0, 0.0))),
    *oblate_radial("obl_rad1", "obl_cv", INWARD, ((0.0, 1.0, 1.0, 0.5),)),
    *oblate_radial("obl_rad2", "obl_cv", INWARD, ((0.0, 1.0, 1.0, 0.5),)),
    *[
        several(
            name,
            (MODE,) * len(arguments),
            (MODE,) * (len(arguments) * (len(arguments) + 1) // 2),
            module="scipy.special",
            arguments=arguments,
        )
        for name, arguments in (
            ("mathieu_a", ("m", "q")),
            ("mathieu_b", ("m", "q")),
            ("pro_cv", ("m", "n", "c")),
            ("obl_cv", ("m", "n", "c")),
        )
    ],
)
