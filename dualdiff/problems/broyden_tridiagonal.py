"""Broyden's tridiagonal function: n equations, each with two neighbours."""

import numpy as np

from dualdiff.problems.problem import FloatArray, Problem

SOURCE = (
    "C. G. Broyden (1965), A class of methods for solving nonlinear simultaneous equations; "
    "problem 30 of J. J. Moré, B. S. Garbow, K. E. Hillstrom (1981), Testing unconstrained optimization "
    "software, ACM TOMS 7"
)


def broyden_tridiagonal_residual(x: FloatArray) -> FloatArray:
    """Return ``(3 - 2 x[i]) x[i] - x[i-1] - 2 x[i+1] + 1`` with zeros beyond both ends, shape ``(n,)``.

    Examples
    --------
    >>> broyden_tridiagonal_residual(np.array([-1.0, -1.0, -1.0])).tolist()
    [-2.0, -1.0, -3.0]
    """
    n = len(x)
    res = np.empty_like(x)
    for i in range(n):
        r = (3.0 - 2.0 * x[i]) * x[i] + 1.0
        if i > 0:
            r -= x[i - 1]
        if i < n - 1:
            r -= 2.0 * x[i + 1]
        res[i] = r
    return res


def broyden_tridiagonal_jacobian(x: FloatArray) -> FloatArray:
    """Return the Jacobian of `broyden_tridiagonal_residual`, dense, shape ``(n, n)``.

    Examples
    --------
    >>> broyden_tridiagonal_jacobian(np.array([-1.0, -1.0, -1.0])).tolist()
    [[7.0, -2.0, 0.0], [-1.0, 7.0, -2.0], [0.0, -1.0, 7.0]]
    """
    n = len(x)
    jac = np.zeros((n, n))
    for i in range(n):
        jac[i, i] = 3.0 - 4.0 * x[i]
        if i > 0:
            jac[i, i - 1] = -1.0
        if i < n - 1:
            jac[i, i + 1] = -2.0
    return jac


def broyden_tridiagonal(n: int = 10) -> Problem:
    """Return Broyden's tridiagonal function of ``n >= 1`` variables at its standard start (-1, ..., -1).

    Examples
    --------
    >>> broyden_tridiagonal(4).x.tolist()
    [-1.0, -1.0, -1.0, -1.0]
    """
    if n < 1:
        raise ValueError(f"broyden_tridiagonal: got n={n}, wanted n >= 1. Write broyden_tridiagonal(10).")
    return Problem(
        name="broyden_tridiagonal",
        f=broyden_tridiagonal_residual,
        jacobian=broyden_tridiagonal_jacobian,
        x=np.full(n, -1.0),
        source=SOURCE,
    )
