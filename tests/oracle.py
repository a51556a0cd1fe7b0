"""An independent judge: 50-digit derivatives by mpmath, and distances in ulps."""

import itertools
import math
from typing import Any

import mpmath
import numpy as np

WORKING_DIGITS = 1000  # the differences below divide by 1e-600, and tanh(265) differs from 1 in the 231st digit
STENCILS = {
    0: [(0, 1)],
    1: [(-1, mpmath.mpf(-0.5)), (1, mpmath.mpf(0.5))],
    2: [(-1, 1), (0, -2), (1, 1)],
}
RENAMED = {
    "absolute": abs,
    "arccos": mpmath.acos,
    "arccosh": mpmath.acosh,
    "arcsin": mpmath.asin,
    "arcsinh": mpmath.asinh,
    "arctan": mpmath.atan,
    "arctan2": mpmath.atan2,
    "arctanh": mpmath.atanh,
    "copysign": lambda a, b: abs(a) * (-1 if math.copysign(1.0, b) < 0 else 1),
    "deg2rad": mpmath.radians,
    "float_power": mpmath.power,
    "fmax": max,
    "fmin": min,
    "logaddexp": lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
    "logaddexp2": lambda a, b: mpmath.log(mpmath.power(2, a) + mpmath.power(2, b)) / mpmath.log(2),
    "rad2deg": mpmath.degrees,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "exp2": lambda x: mpmath.power(2, x),
    "fabs": abs,
    "floor_divide": lambda a, b: mpmath.floor(a / b),
    "fmod": lambda a, b: a - b * mpmath.sign(a / b) * mpmath.floor(abs(a / b)),
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "maximum": max,
    "minimum": min,
    "reciprocal": lambda x: 1 / x,
    "rint": mpmath.nint,
    "square": lambda x: x * x,
    "trunc": lambda x: mpmath.sign(x) * mpmath.floor(abs(x)),
}


class MpmathNamespace:
    """NumPy's names over mpmath numbers, as the rules expect them."""

    def __getattr__(self, name: str) -> Any:
        return RENAMED.get(name) or getattr(mpmath, name)

    @staticmethod
    def where(condition: bool, a: Any, b: Any) -> Any:
        return a if condition else b


def exact_partial(rule: Any, x: tuple[float, ...], orders: tuple[int, ...]) -> mpmath.mpf:
    """Differentiate the value of the rule by central differences with hundreds of digits to spare."""
    m = MpmathNamespace()
    with mpmath.workdps(WORKING_DIGITS):
        point = [mpmath.mpf(v) for v in x]
        steps = [abs(v or mpmath.mpf(1)) * mpmath.mpf(10) ** -300 for v in point]
        total = mpmath.mpf(0)
        for shifts in itertools.product(*(STENCILS[order] for order in orders)):
            weight = mpmath.fprod(w for _, w in shifts)
            total += weight * rule.value(m, *(v + k * h for v, h, (k, _) in zip(point, steps, shifts, strict=True)))
        return total / mpmath.fprod(h**order for h, order in zip(steps, orders, strict=True))


def ulps(got: float, exact: Any) -> float:
    """Distance of a number from the exact one, in units in the last place of its own type."""
    got = np.asarray(got)[()]
    kind = got.dtype.type if got.dtype.kind == "f" else np.float64
    rounded = kind(float(exact))
    if got == rounded or (math.isnan(got) and math.isnan(rounded)):
        return 0.0
    if not (math.isfinite(got) and math.isfinite(rounded)):
        return math.inf
    with mpmath.workdps(WORKING_DIGITS):
        return float(abs(mpmath.mpf(float(got)) - exact) / float(np.spacing(abs(rounded))))
