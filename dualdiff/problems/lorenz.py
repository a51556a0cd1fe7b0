"""The Lorenz system: 3 unknowns, the smallest interesting Jacobian."""

import numpy as np

from dualdiff.problems.problem import FloatArray, Problem

SOURCE = "E. N. Lorenz (1963), Deterministic nonperiodic flow, J. Atmos. Sci. 20"


def lorenz_rhs(y: FloatArray, sigma: float, rho: float, beta: float) -> FloatArray:
    """Return the right-hand side, shape ``(3,)``.

    Examples
    --------
    >>> lorenz_rhs(np.array([1.0, 2.0, 3.0]), 10.0, 28.0, 2.0).tolist()
    [10.0, 23.0, -4.0]
    """
    dy = np.empty_like(y)
    dy[0] = sigma * (y[1] - y[0])
    dy[1] = y[0] * (rho - y[2]) - y[1]
    dy[2] = y[0] * y[1] - beta * y[2]
    return dy


def lorenz_jacobian(y: FloatArray, sigma: float, rho: float, beta: float) -> FloatArray:
    """Return the Jacobian of `lorenz_rhs` with respect to ``y``, shape ``(3, 3)``.

    Examples
    --------
    >>> lorenz_jacobian(np.array([1.0, 2.0, 3.0]), 10.0, 28.0, 2.0).tolist()
    [[-10.0, 10.0, 0.0], [25.0, -1.0, -1.0], [2.0, 1.0, -2.0]]
    """
    jac = np.zeros((3, 3))
    jac[0, 0] = -sigma
    jac[0, 1] = sigma
    jac[1, 0] = rho - y[2]
    jac[1, 1] = -1.0
    jac[1, 2] = -y[0]
    jac[2, 0] = y[1]
    jac[2, 1] = y[0]
    jac[2, 2] = -beta
    return jac


def lorenz() -> Problem:
    """Return the Lorenz system; ``args`` is ``(sigma, rho, beta) = (10, 28, 8/3)``.

    Examples
    --------
    >>> lorenz().args[:2]
    (10.0, 28.0)
    """
    return Problem(
        name="lorenz",
        f=lorenz_rhs,
        jacobian=lorenz_jacobian,
        x=np.array([-8.5, -6.3, 28.7]),
        args=(10.0, 28.0, 8.0 / 3.0),
        source=SOURCE,
    )
