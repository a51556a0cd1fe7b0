"""Rules of the special functions: the ufuncs of ``scipy.special``."""

from dualdiff.rules.declare import Rule

MODULES: tuple[object, ...] = ()
RULES: tuple[Rule, ...] = tuple(rule for module in MODULES for rule in module.RULES)

# ufuncs under a name of NumPy's
SAME_AS_NUMPY = ("cbrt", "exp2", "expm1", "log1p")
