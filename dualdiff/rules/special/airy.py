"""Rules of the Airy functions: ``w'' = x w`` (DLMF 9.2.1). The scaled ones are in ``bessel_scaled``."""

from dualdiff.rules.declare import unary

REAL = (-30.0, 30.0)


def itairy_d1(m, x, y):
    """Return the integrands; the last two outputs are integrals of ``Ai(-t)`` and ``Bi(-t)``."""
    a, _, b, _ = m.airy(x)
    a_left, _, b_left, _ = m.airy(-x)
    return a, b, a_left, b_left


def itairy_d2(m, x, y):
    """Return the derivatives of the integrands."""
    _, ap, _, bp = m.airy(x)
    _, ap_left, _, bp_left = m.airy(-x)
    return ap, bp, -ap_left, -bp_left


RULES = (
    unary(
        "airy",
        lambda m, x, y: (y[1], x * y[0], y[3], x * y[2]),
        lambda m, x, y: (x * y[0], y[0] + x * y[1], x * y[2], y[2] + x * y[3]),
        domain=REAL,
        points=(0.0, -0.0, 1e-300, 5.0, -5.0, 1.0, -2.338107410459767),
        module="scipy.special",
        outputs=4,
        source="DLMF 9.2.1",
    ),
    unary("itairy", itairy_d1, itairy_d2, domain=(-8.0, 8.0), points=(0.0,), module="scipy.special", outputs=4),
)
