"""The record that holds one model together with its hand-written Jacobian."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """A model, its exact Jacobian and a point to evaluate both at.

    ``f`` and ``jacobian`` are plain Python functions that ``numba.njit`` compiles as they stand.

    Parameters
    ----------
    name : str
        The key of the problem in ``PROBLEMS``.
    f : callable
        ``f(x, *args)``, an array or, for objective functions, a scalar.
    jacobian : callable
        ``jacobian(x, *args)``, written by hand, of shape ``f(x).shape + x.shape``.
    x : numpy.ndarray
        A point with no zero entries at which every derivative is exercised.
    args : tuple
        Further arguments of ``f`` and ``jacobian``; not differentiated.
    source : str
        Where the model is published.
    y0, t_end, y_end : numpy.ndarray, float, numpy.ndarray, optional
        For ODEs ``y' = f(y)`` with a published solution: the start at ``t = 0``, the end time and the
        published end point.

    Examples
    --------
    >>> from dualdiff.problems import robertson
    >>> p = robertson()
    >>> p.jacobian(p.x, *p.args).shape
    (3, 3)
    """

    name: str
    f: Callable[..., Any]
    jacobian: Callable[..., Any]
    x: FloatArray
    args: tuple[Any, ...] = ()
    source: str = ""
    y0: FloatArray | None = None
    t_end: float | None = None
    y_end: FloatArray | None = None
