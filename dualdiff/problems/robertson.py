"""Robertson's autocatalytic reaction: 3 species, rates nine orders of magnitude apart."""

import numpy as np

from dualdiff.problems.problem import FloatArray, Problem

SOURCE = (
    "H. H. Robertson (1966), The solution of a set of reaction rate equations, in Numerical Analysis; "
    "Test Set for IVP Solvers, problem ROBER"
)


def robertson_rhs(y: FloatArray) -> FloatArray:
    """Return the right-hand side, shape ``(3,)``.

    Examples
    --------
    >>> robertson_rhs(np.array([1.0, 0.0, 0.0])).tolist()
    [-0.04, 0.04, 0.0]
    """
    r1 = 0.04 * y[0]
    r2 = 1e4 * y[1] * y[2]
    r3 = 3e7 * y[1] * y[1]
    dy = np.empty_like(y)
    dy[0] = -r1 + r2
    dy[1] = r1 - r2 - r3
    dy[2] = r3
    return dy


def robertson_jacobian(y: FloatArray) -> FloatArray:
    """Return the Jacobian of `robertson_rhs`, shape ``(3, 3)``.

    Examples
    --------
    >>> robertson_jacobian(np.array([1.0, 0.0, 0.0]))[0].tolist()
    [-0.04, 0.0, 0.0]
    """
    jac = np.zeros((3, 3))
    jac[0, 0] = -0.04
    jac[0, 1] = 1e4 * y[2]
    jac[0, 2] = 1e4 * y[1]
    jac[1, 0] = 0.04
    jac[1, 1] = -1e4 * y[2] - 6e7 * y[1]
    jac[1, 2] = -1e4 * y[1]
    jac[2, 1] = 6e7 * y[1]
    return jac


def robertson() -> Problem:
    """Return Robertson's problem; ``x`` lies on the trajectory, near ``t = 40``.

    Examples
    --------
    >>> robertson().t_end
    100000000000.0
    """
    return Problem(
        name="robertson",
        f=robertson_rhs,
        jacobian=robertson_jacobian,
        x=np.array([0.7158, 9.185e-06, 0.2842]),
        source=SOURCE,
        y0=np.array([1.0, 0.0, 0.0]),
        t_end=1e11,
        y_end=np.array([2.083340149701255e-08, 8.333360770334713e-14, 0.999999979166505]),
    )
