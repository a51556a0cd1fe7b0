"""Real models with exact, hand-written Jacobians.

They measure (what does an expert's derivative cost?) and they test (is the derivative right?). Every model is
plain Python and NumPy: it runs on floats, on complex numbers, under ``numba.njit`` and on dual numbers.

Examples
--------
>>> from dualdiff.problems import PROBLEMS
>>> p = PROBLEMS["pollution"]()
>>> p.f(p.x, *p.args).shape, p.jacobian(p.x, *p.args).shape
((20,), (20, 20))
"""

from collections.abc import Callable

from dualdiff.problems.broyden_tridiagonal import broyden_tridiagonal
from dualdiff.problems.brusselator import brusselator
from dualdiff.problems.bundle_adjustment import bundle_adjustment
from dualdiff.problems.hires import hires
from dualdiff.problems.lorenz import lorenz
from dualdiff.problems.pollution import pollution
from dualdiff.problems.problem import Problem
from dualdiff.problems.robertson import robertson
from dualdiff.problems.rosenbrock import rosenbrock

PROBLEMS: dict[str, Callable[[], Problem]] = {
    "pollution": pollution,
    "robertson": robertson,
    "hires": hires,
    "lorenz": lorenz,
    "rosenbrock": rosenbrock,
    "brusselator": brusselator,
    "broyden_tridiagonal": broyden_tridiagonal,
    "bundle_adjustment": bundle_adjustment,
}

__all__ = [
    "PROBLEMS",
    "Problem",
    "broyden_tridiagonal",
    "brusselator",
    "bundle_adjustment",
    "hires",
    "lorenz",
    "pollution",
    "robertson",
    "rosenbrock",
]
