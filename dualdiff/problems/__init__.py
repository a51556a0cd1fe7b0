"""Real models with exact, hand-written Jacobians.

They measure (what does an expert's derivative cost?) and they test (is the derivative right?). Every model is
plain Python and NumPy: it runs on floats, on complex numbers, under ``numba.njit`` and on dual numbers.

Beside them stand models whose derivatives others published: the 53 least-squares problems of Moré and Wild
(`more_garbow_hillstrom`), `gaussian_mixture`, `k_means` and `lstm_loss`.

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
from dualdiff.problems.gaussian_mixture import gaussian_mixture
from dualdiff.problems.hires import hires
from dualdiff.problems.k_means import k_means
from dualdiff.problems.lorenz import lorenz
from dualdiff.problems.lstm import lstm_loss
from dualdiff.problems.more_garbow_hillstrom import MORE_GARBOW_HILLSTROM, LeastSquares, more_garbow_hillstrom
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
    "MORE_GARBOW_HILLSTROM",
    "PROBLEMS",
    "LeastSquares",
    "Problem",
    "broyden_tridiagonal",
    "brusselator",
    "bundle_adjustment",
    "gaussian_mixture",
    "hires",
    "k_means",
    "lorenz",
    "lstm_loss",
    "more_garbow_hillstrom",
    "pollution",
    "robertson",
    "rosenbrock",
]
