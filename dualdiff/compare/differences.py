"""Jacobians from values of the function alone, and the distance between two Jacobians."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from dualdiff.errors import ShapeError

FloatArray = npt.NDArray[np.float64]


def complex_step_jacobian(f: Callable[..., Any], x: npt.ArrayLike, *args: Any) -> FloatArray:
    """Return the Jacobian of ``f`` at ``x`` from ``imag(f(x + ih)) / h``, right to rounding.

    No two values are subtracted, so ``h`` can be so small (2**-100 of ``x``) that nothing is
    truncated. ``f`` must be analytic and accept complex arrays: no ``abs``, no buffer of floats.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` returns a scalar or an array.
    x : array_like
        Where to differentiate; any shape.
    *args : object
        Further arguments of ``f``; not differentiated.

    Returns
    -------
    numpy.ndarray
        Shape ``f(x).shape + x.shape``; costs ``x.size`` evaluations of ``f``.

    Notes
    -----
    Source: W. Squire, G. Trapp (1998), Using complex variables to estimate derivatives of real
    functions, SIAM Rev. 40.

    Examples
    --------
    >>> complex_step_jacobian(lambda x: x**3, np.array([1.0, 2.0]))
    array([[ 3.,  0.],
           [ 0., 12.]])
    """
    x = np.asarray(x, dtype=np.float64)
    # powers of two, so that the division by h rounds nothing; x may be 1e-18, and h follows it down
    steps = np.ldexp(1.0, np.maximum(np.frexp(x)[1], -500) - 100)

    def column(direction: FloatArray, h: float) -> FloatArray:
        value = np.asarray(f((x + 1j * h * direction)[()], *args))
        return np.asarray(value.imag / h)

    return _by_columns(column, x, steps)


def central_difference_jacobian(f: Callable[..., Any], x: npt.ArrayLike, *args: Any) -> FloatArray:
    """Return the Jacobian of ``f`` at ``x`` from ``(f(x + h) - f(x - h)) / 2h``, right to about ten digits.

    The step is ``h = eps**(1/3) |x_j|`` for each entry, and ``eps**(1/3)`` for an entry that is zero:
    it balances what the formula truncates against what the subtraction cancels.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` returns a scalar or an array.
    x : array_like
        Where to differentiate; any shape.
    *args : object
        Further arguments of ``f``; not differentiated.

    Returns
    -------
    numpy.ndarray
        Shape ``f(x).shape + x.shape``; costs ``2 x.size`` evaluations of ``f``.

    Examples
    --------
    >>> central_difference_jacobian(lambda x: x**3, np.array([1.0, 2.0])).round(8)
    array([[ 3.,  0.],
           [ 0., 12.]])
    """
    x = np.asarray(x, dtype=np.float64)
    steps = np.cbrt(np.finfo(np.float64).eps) * np.where(x == 0, 1.0, np.abs(x))

    def column(direction: FloatArray, h: float) -> FloatArray:
        above, below = x + h * direction, x - h * direction
        width = np.sum(above - below)  # the step that was really taken, rounding included
        return np.asarray((np.asarray(f(above[()], *args)) - np.asarray(f(below[()], *args))) / width)

    return _by_columns(column, x, steps)


def _by_columns(column: Callable[[FloatArray, float], FloatArray], x: FloatArray, steps: FloatArray) -> FloatArray:
    """Put the derivatives in the directions of the entries of ``x`` side by side."""
    columns = []
    for j in range(x.size):
        direction = np.zeros(x.size)
        direction[j] = 1.0
        columns.append(column(direction.reshape(x.shape), float(steps.flat[j])))
    return np.stack(columns, axis=-1).reshape(columns[0].shape + x.shape)


def largest_relative_difference(jacobian: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """Return the largest ``|J_ij - R_ij| / max_j |R_ij|``: the difference on the scale of its row.

    A row of a stiff model holds the rates of one unknown; rows differ by ten decades and more, so one
    scale for the whole matrix would hide wrong rows, and one for each entry would punish the rounding
    of sums that cancel. A row is the last axis. Where a row of the reference is zero, the answer is 0
    if the other is zero too, else infinity. NaN in either gives NaN.

    Parameters
    ----------
    jacobian, reference : array_like
        Two arrays of the same shape.

    Raises
    ------
    ShapeError
        If the shapes differ.

    Examples
    --------
    >>> largest_relative_difference([[1.0, 2.0], [3e9, 0.0]], [[1.0, 2.5], [3e9, 0.0]])
    0.2
    """
    got, wanted = np.asarray(jacobian, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if got.shape != wanted.shape:
        raise ShapeError(
            f"largest_relative_difference: the Jacobian has shape {got.shape}, the reference {wanted.shape}. "
            "Pass two arrays of the same shape."
        )
    if got.size == 0:
        return 0.0
    got, wanted = np.atleast_1d(got), np.atleast_1d(wanted)
    difference = np.abs(got - wanted)
    scale = np.broadcast_to(np.abs(wanted).max(axis=-1, keepdims=True), difference.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.where(difference == 0, 0.0, difference / scale).max())
