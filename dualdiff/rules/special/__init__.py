"""Rules of the special functions: the ufuncs of ``scipy.special``."""

from dualdiff.rules.declare import Rule
from dualdiff.rules.special import (
    airy,
    bessel,
    bessel_scaled,
    carlson,
    cumulative,
    cylinder,
    distributions,
    elliptic,
    error,
    gamma,
    hypergeometric,
    incomplete,
    integrals,
    kelvin,
    normal,
    orthogonal,
    struve,
    transforms,
    zeta,
)

MODULES = (
    airy,
    bessel,
    bessel_scaled,
    carlson,
    cumulative,
    cylinder,
    distributions,
    elliptic,
    error,
    gamma,
    hypergeometric,
    incomplete,
    integrals,
    kelvin,
    normal,
    orthogonal,
    struve,
    transforms,
    zeta,
)
RULES: tuple[Rule, ...] = tuple(rule for module in MODULES for rule in module.RULES)

# ufuncs under a name of NumPy's
SAME_AS_NUMPY = ("cbrt", "exp2", "expm1", "log1p")
