"""Rules of the hypergeometric functions in their argument: by shifted parameters."""

from dualdiff.rules.declare import Unknown, several

PARAMETER = Unknown("its derivative in a parameter has no closed form")


def in_argument(name, parameters, argument, d1, d2, domain, points, source):
    """Declare a function of parameters and one argument."""
    count = len(parameters)
    return several(
        name,
        (PARAMETER,) * count + (d1,),
        (PARAMETER,) * ((count + 1) * (count + 2) // 2 - 1) + (d2,),
        domain=domain,
        points=points,
        module="scipy.special",
        arguments=(*parameters, argument),
        source=source,
    )


RULES = (
    in_argument(
        "hyp0f1",
        ("v",),
        "z",
        lambda m, v, z, y: m.hyp0f1(v + 1.0, z) / v,
        lambda m, v, z, y: m.hyp0f1(v + 2.0, z) / (v * (v + 1.0)),
        ((0.25, 10.0), (-50.0, 50.0)),
        ((1.5, 0.0), (-0.5, 1.0), (2.0, 1e-300)),
        "DLMF 16.3.1",
    ),
    in_argument(
        "hyp1f1",
        ("a", "b"),
        "x",
        lambda m, a, b, x, y: a / b * m.hyp1f1(a + 1.0, b + 1.0, x),
        lambda m, a, b, x, y: a / b * ((a + 1.0) / (b + 1.0)) * m.hyp1f1(a + 2.0, b + 2.0, x),
        ((0.25, 5.0), (0.25, 5.0), (-30.0, 30.0)),
        ((0.5, 1.5, 0.0), (-2.0, 0.5, 3.0), (0.0, 1.5, 2.0), (2.0, 2.0, 1.0), (-1.0, 2.5, -3.0)),
        "DLMF 13.3.15",
    ),
    in_argument(
        "hyp2f1",
        ("a", "b", "c"),
        "z",
        lambda m, a, b, c, z, y: a * b / c * m.hyp2f1(a + 1.0, b + 1.0, c + 1.0, z),
        lambda m, a, b, c, z, y: (
            a * b / c * ((a + 1.0) * (b + 1.0) / (c + 1.0)) * m.hyp2f1(a + 2.0, b + 2.0, c + 2.0, z)
        ),
        ((0.25, 3.0), (0.3, 3.0), (0.5, 5.0), (-5.0, 0.9)),
        ((0.5, 0.5, 1.0, 0.0), (-2.0, 1.5, 0.5, 0.7), (1.0, 1.0, 2.0, -1.0), (0.0, 1.0, 2.0, 0.3)),
        "DLMF 15.5.1",
    ),
    in_argument(
        "hyperu",
        ("a", "b"),
        "x",
        lambda m, a, b, x, y: -a * m.hyperu(a + 1.0, b + 1.0, x),
        lambda m, a, b, x, y: a * (a + 1.0) * m.hyperu(a + 2.0, b + 2.0, x),
        ((0.25, 4.0), (0.25, 3.0), (1e-2, 50.0)),
        ((1.0, 1.0, 2.0), (0.5, 1.5, 3.0), (-2.0, 0.5, 1.0), (0.0, 1.5, 2.0)),
        "DLMF 13.3.22",
    ),
)
