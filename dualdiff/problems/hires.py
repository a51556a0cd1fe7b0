"""HIRES: how light shapes a plant (High Irradiance RESponse), 8 species."""

import numpy as np

from dualdiff.problems.problem import FloatArray, Problem

SOURCE = (
    "E. Schäfer (1975), A new approach to explain the high irradiance responses of photomorphogenesis "
    "on the basis of phytochrome; Test Set for IVP Solvers, problem HIRES"
)


def hires_rhs(y: FloatArray) -> FloatArray:
    """Return the right-hand side, shape ``(8,)``.

    Examples
    --------
    >>> hires_rhs(np.zeros(8)).tolist()
    [0.0007, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    r = 280.0 * y[5] * y[7]
    dy = np.empty_like(y)
    dy[0] = -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007
    dy[1] = 1.71 * y[0] - 8.75 * y[1]
    dy[2] = -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4]
    dy[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3]
    dy[4] = -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6]
    dy[5] = -r + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6]
    dy[6] = r - 1.81 * y[6]
    dy[7] = -r + 1.81 * y[6]
    return dy


def hires_jacobian(y: FloatArray) -> FloatArray:
    """Return the Jacobian of `hires_rhs`, shape ``(8, 8)``.

    Examples
    --------
    >>> hires_jacobian(np.ones(8))[6].tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 280.0, -1.81, 280.0]
    """
    r_5 = 280.0 * y[7]
    r_7 = 280.0 * y[5]
    jac = np.zeros((8, 8))
    jac[0, 0] = -1.71
    jac[0, 1] = 0.43
    jac[0, 2] = 8.32
    jac[1, 0] = 1.71
    jac[1, 1] = -8.75
    jac[2, 2] = -10.03
    jac[2, 3] = 0.43
    jac[2, 4] = 0.035
    jac[3, 1] = 8.32
    jac[3, 2] = 1.71
    jac[3, 3] = -1.12
    jac[4, 4] = -1.745
    jac[4, 5] = 0.43
    jac[4, 6] = 0.43
    jac[5, 3] = 0.69
    jac[5, 4] = 1.71
    jac[5, 5] = -r_5 - 0.43
    jac[5, 6] = 0.69
    jac[5, 7] = -r_7
    jac[6, 5] = r_5
    jac[6, 6] = -1.81
    jac[6, 7] = r_7
    jac[7, 5] = -r_5
    jac[7, 6] = 1.81
    jac[7, 7] = -r_7
    return jac


def hires() -> Problem:
    """Return HIRES; ``x`` is the published end point.

    Examples
    --------
    >>> hires().x.shape
    (8,)
    """
    y_end = np.array(
        [
            0.0007371312573325668,
            0.0001442485726316185,
            5.888729740967575e-05,
            0.001175651343283149,
            0.002386356198831331,
            0.006238968252742796,
            0.002849998395185769,
            0.002850001604814231,
        ]
    )
    return Problem(
        name="hires",
        f=hires_rhs,
        jacobian=hires_jacobian,
        x=y_end.copy(),
        source=SOURCE,
        y0=np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0057]),
        t_end=321.8122,
        y_end=y_end,
    )
