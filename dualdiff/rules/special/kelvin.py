"""Rules of the Kelvin functions.

Both ``w = ber + 1j bei`` and ``w = ker + 1j kei`` satisfy ``w'' = 1j w - w'/x`` (DLMF 10.61.3).
"""

from dualdiff.rules.declare import unary
from dualdiff.rules.special.shared import horner

# ber'' / x**2, bei'', ber''' / x and bei''' / x**3 as power series in x**4
BER_2 = (
    -0.1875,
    0.00037977430555555556,
    -6.216543692129629e-08,
    2.252632077679162e-12,
    -2.752058222473256e-17,
    1.43398713020346e-22,
)
BEI_2 = (
    0.5,
    -0.013020833333333334,
    6.103515625e-06,
    -4.3731097401344796e-10,
    8.864524379755962e-15,
    -6.913064912911288e-20,
)
BER_3 = (-0.375, 0.0022786458333333335, -6.21654369212963e-07, 3.153684908750827e-11, -4.953704800451861e-16)
BEI_3 = (-0.052083333333333336, 4.8828125e-05, -5.247731688161376e-09, 1.418323900760954e-13, -1.3826129825822577e-18)


def ber_d2(m, x, y):
    """Return ``ber''``; near 0 by its series, since the equation divides by ``x``."""
    is_near = m.absolute(x) < 1.0
    far = m.where(is_near, 1.0, x)
    return m.where(is_near, x * x * horner(BER_2, x * x * x * x), -m.bei(far) - m.berp(far) / far)


def bei_d2(m, x, y):
    """Return ``bei''``; near 0 by its series, since the equation divides by ``x``."""
    is_near = m.absolute(x) < 1.0
    far = m.where(is_near, 1.0, x)
    return m.where(is_near, horner(BEI_2, x * x * x * x), m.ber(far) - m.beip(far) / far)


def ber_d3(m, x, y):
    """Return ``ber'''``; near 0 the differential equation cancels."""
    is_near = m.absolute(x) < 1.0
    far = m.where(is_near, 1.0, x)
    other = (m.bei(far) + 2.0 * m.berp(far) / far) / far - m.beip(far)
    return m.where(is_near, x * horner(BER_3, x * x * x * x), other)


def bei_d3(m, x, y):
    """Return ``bei'''``; near 0 the differential equation cancels."""
    is_near = m.absolute(x) < 1.0
    far = m.where(is_near, 1.0, x)
    other = m.berp(far) - (m.ber(far) - 2.0 * m.beip(far) / far) / far
    return m.where(is_near, x * x * x * horner(BEI_3, x * x * x * x), other)


def ker_d3(m, x, y):
    """Return ``ker'''``."""
    return (m.kei(x) + 2.0 * m.kerp(x) / x) / x - m.keip(x)


def kei_d3(m, x, y):
    """Return ``kei'''``."""
    return m.kerp(x) - (m.ker(x) - 2.0 * m.keip(x) / x) / x


def kelvin_d1(m, x, y):
    """Return the derivatives of ``Be``, ``Ke``, ``Be'`` and ``Ke'``."""
    _, ke, bep, kep = y
    return bep, kep, ber_d2(m, x, y) + 1j * bei_d2(m, x, y), 1j * ke - kep / x


def kelvin_d2(m, x, y):
    """Return the second derivatives of ``Be``, ``Ke``, ``Be'`` and ``Ke'``."""
    _, _, be2, ke2 = kelvin_d1(m, x, y)
    return be2, ke2, ber_d3(m, x, y) + 1j * bei_d3(m, x, y), ker_d3(m, x, y) + 1j * kei_d3(m, x, y)


def kelvin(name, first, second, domain=(1e-8, 40.0), points=(10.0, 9.999999999999998), **names):
    """Declare a Kelvin function."""
    return unary(
        name, first, second, domain=domain, points=points, module="scipy.special", source="DLMF 10.61.3", **names
    )


BOTH_SIDES = (-40.0, 40.0)
NEAR = (0.0, 1e-300, 1.0, 0.9999999999999999, 10.0, 9.999999999999998)

RULES = (
    kelvin("ber", lambda m, x, y: m.berp(x), ber_d2, BOTH_SIDES, NEAR),
    kelvin("bei", lambda m, x, y: m.beip(x), bei_d2, BOTH_SIDES, NEAR),
    kelvin("ker", lambda m, x, y: m.kerp(x), lambda m, x, y: -m.kei(x) - m.kerp(x) / x),
    kelvin("kei", lambda m, x, y: m.keip(x), lambda m, x, y: m.ker(x) - m.keip(x) / x),
    kelvin("berp", ber_d2, ber_d3, BOTH_SIDES, NEAR),
    kelvin("beip", bei_d2, bei_d3, BOTH_SIDES, NEAR),
    kelvin("kerp", lambda m, x, y: -m.kei(x) - y / x, ker_d3),
    kelvin("keip", lambda m, x, y: m.ker(x) - y / x, kei_d3),
    kelvin("kelvin", kelvin_d1, kelvin_d2, outputs=4),
)
