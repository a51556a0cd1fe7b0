"""The 53 nonlinear least-squares problems of the Moré-Wild benchmark: 22 functions, several sizes and starts.

They have no hand-written Jacobians, so they stand beside ``PROBLEMS``, not in it; the golden Jacobians of
BenDFO are among the tests. Their functions are in `more_garbow_hillstrom_residuals`.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualdiff.problems import more_garbow_hillstrom_residuals as residuals
from dualdiff.problems.problem import FloatArray

MORE_GARBOW_HILLSTROM: dict[int, Callable[..., FloatArray]] = {
    1: residuals.linear_full_rank,
    2: residuals.linear_rank_1,
    3: residuals.linear_rank_1_with_zeros,
    4: residuals.rosenbrock_residual,
    5: residuals.helical_valley,
    6: residuals.powell_singular,
    7: residuals.freudenstein_roth,
    8: residuals.bard,
    9: residuals.kowalik_osborne,
    10: residuals.meyer,
    11: residuals.watson,
    12: residuals.box_3d,
    13: residuals.jennrich_sampson,
    14: residuals.brown_dennis,
    15: residuals.chebyquad,
    16: residuals.brown_almost_linear,
    17: residuals.osborne_1,
    18: residuals.osborne_2,
    19: residuals.bdqrtic,
    20: residuals.cube,
    21: residuals.mancino,
    22: residuals.heart_8,
}
"""The residual function of each problem number of Moré and Wild."""

FREE_SIZE = {1, 2, 3, 12, 13, 14, 15}  # those whose number of residuals is an argument

STARTS: dict[int, list[float]] = {
    4: [-1.2, 1.0],
    5: [-1.0, 0.0, 0.0],
    6: [3.0, -1.0, 0.0, 1.0],
    7: [0.5, -2.0],
    8: [1.0, 1.0, 1.0],
    9: [0.25, 0.39, 0.415, 0.39],
    10: [0.02, 4000.0, 250.0],
    12: [0.0, 10.0, 20.0],
    13: [0.3, 0.4],
    14: [25.0, 5.0, -5.0, -1.0],
    17: [0.5, 1.5, 1.0, 0.01, 0.02],
    18: [1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5],
    22: [-0.3, -0.39, 0.3, -0.344, -1.2, 2.69, 1.59, -1.5],
}
CONSTANT_STARTS = {1: 1.0, 2: 1.0, 3: 1.0, 11: 0.5, 16: 0.5, 19: 1.0, 20: 0.5}

# nprob: (n, m, the powers of ten that scale the start), one entry for each size
SIZES: dict[int, list[tuple[int, int, tuple[int, ...]]]] = {
    1: [(9, 45, (0, 1))],
    2: [(7, 35, (0, 1))],
    3: [(7, 35, (0, 1))],
    4: [(2, 2, (0, 1))],
    5: [(3, 3, (0, 1))],
    6: [(4, 4, (0, 1))],
    7: [(2, 2, (0, 1))],
    8: [(3, 15, (0, 1))],
    9: [(4, 11, (0,))],
    10: [(3, 16, (0,))],
    11: [(6, 31, (0, 1)), (9, 31, (0, 1)), (12, 31, (0, 1))],
    12: [(3, 10, (0,))],
    13: [(2, 10, (0,))],
    14: [(4, 20, (0, 1))],
    15: [(n, n, (0,)) for n in range(6, 12)],
    16: [(10, 10, (0,))],
    17: [(5, 33, (0,))],
    18: [(11, 65, (0, 1))],
    19: [(8, 8, (0,)), (10, 12, (0,)), (11, 14, (0,)), (12, 16, (0,))],
    20: [(5, 5, (0,)), (6, 6, (0,)), (8, 8, (0,))],
    21: [(5, 5, (0, 1)), (8, 8, (0,)), (10, 10, (0,)), (12, 12, (0, 1))],
    22: [(8, 8, (0, 1))],
}


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """One of the 53 problems: minimise ``sum(f(x, *args)**2)`` from ``x``.

    Examples
    --------
    >>> p = next(more_garbow_hillstrom())
    >>> p.name, p.x.size, p.f(p.x, *p.args).size
    ('linear_full_rank', 9, 45)
    """

    nprob: int
    name: str
    f: Callable[..., FloatArray]
    x: FloatArray
    args: tuple[Any, ...]


def standard_start(nprob: int, n: int) -> FloatArray:
    """Return the standard start of a problem with ``n`` unknowns, shape ``(n,)``.

    Examples
    --------
    >>> standard_start(15, 3).tolist()
    [0.25, 0.5, 0.75]
    """
    if nprob in STARTS:
        return np.array(STARTS[nprob])
    if nprob in CONSTANT_STARTS:
        return np.full(n, CONSTANT_STARTS[nprob])
    if nprob == 15:
        return np.arange(1, n + 1) / (n + 1)
    x = np.zeros(n)  # Mancino
    for i in range(n):
        total = 0.0
        for j in range(n):
            v = math.sqrt((i + 1) / (j + 1))
            total += v * (math.sin(math.log(v)) ** 5 + math.cos(math.log(v)) ** 5)
        x[i] = -8.710996e-4 * ((i - 49) ** 3 + total)
    return x


def more_garbow_hillstrom() -> Iterator[LeastSquares]:
    """Yield the 53 problems, in the order of the benchmark.

    Examples
    --------
    >>> len(list(more_garbow_hillstrom()))
    53
    """
    for nprob, f in MORE_GARBOW_HILLSTROM.items():
        for n, m, scales in SIZES[nprob]:
            for ns in scales:
                x = 10.0**ns * standard_start(nprob, n)
                yield LeastSquares(nprob, f.__name__, f, x, (m,) if nprob in FREE_SIZE else ())
