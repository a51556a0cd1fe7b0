"""The Brusselator with diffusion on the unit square: a stiff method-of-lines system, 2 n^2 unknowns.

With ``A = 1``, ``B = 3.4``, ``alpha = 0.1`` and periodic boundary conditions

    u' = A + u^2 v - (B + 1) u + alpha (u_xx + u_yy)
    v' = B u - u^2 v + alpha (v_xx + v_yy)

by five-point differences at the cell centres ``x_i = (i + 1/2) / n``, ``y_j = (j + 1/2) / n``: no entry of
the start is zero. The source switches a forcing on at ``t = 1.1``; it is left out, the system is autonomous.
The state holds all of u, then all of v: ``u_ij`` at ``i n + j``, ``v_ij`` at ``n^2 + i n + j``.
"""

import numpy as np

from dualdiff.problems.problem import FloatArray, Problem

SOURCE = "E. Hairer, G. Wanner (1996), Solving ordinary differential equations II, section IV.10, BRUSS-2D"


def brusselator_rhs(w: FloatArray, n: int, a: float, b: float, alpha: float) -> FloatArray:
    """Return the right-hand side on an ``n`` by ``n`` periodic grid, shape ``(2 n^2,)``.

    Examples
    --------
    >>> brusselator_rhs(np.ones(8), 2, 1.0, 3.4, 0.1).round(12).tolist()  # flat: only the reaction acts
    [-2.4, -2.4, -2.4, -2.4, 2.4, 2.4, 2.4, 2.4]
    """
    m = n * n
    c = alpha * n * n
    dw = np.empty_like(w)
    for i in range(n):
        north = (i + n - 1) % n * n
        south = (i + 1) % n * n
        for j in range(n):
            west = (j + n - 1) % n
            east = (j + 1) % n
            k = i * n + j
            u = w[k]
            v = w[m + k]
            uuv = u * u * v
            lap_u = w[north + j] + w[south + j] + w[i * n + west] + w[i * n + east] - 4.0 * u
            lap_v = w[m + north + j] + w[m + south + j] + w[m + i * n + west] + w[m + i * n + east] - 4.0 * v
            dw[k] = a + uuv - (b + 1.0) * u + c * lap_u
            dw[m + k] = b * u - uuv + c * lap_v
    return dw


def brusselator_jacobian(w: FloatArray, n: int, a: float, b: float, alpha: float) -> FloatArray:
    """Return the Jacobian of `brusselator_rhs` with respect to ``w``, dense, shape ``(2 n^2, 2 n^2)``.

    Examples
    --------
    >>> brusselator_jacobian(np.ones(18), 3, 1.0, 3.4, 0.1)[0, [0, 1, 9]].round(12).tolist()
    [-6.0, 0.9, 1.0]
    """
    m = n * n
    c = alpha * n * n
    jac = np.zeros((2 * m, 2 * m))
    for i in range(n):
        north = (i + n - 1) % n * n
        south = (i + 1) % n * n
        for j in range(n):
            west = (j + n - 1) % n
            east = (j + 1) % n
            k = i * n + j
            uv2 = 2.0 * w[k] * w[m + k]
            uu = w[k] * w[k]
            jac[k, k] = uv2 - (b + 1.0)
            jac[k, m + k] = uu
            jac[m + k, k] = b - uv2
            jac[m + k, m + k] = -uu
            for s in (0, m):
                # added, not set: on a grid of 2 the two neighbours of a side are one cell
                jac[s + k, s + k] -= 4.0 * c
                jac[s + k, s + north + j] += c
                jac[s + k, s + south + j] += c
                jac[s + k, s + i * n + west] += c
                jac[s + k, s + i * n + east] += c
    return jac


def brusselator(n: int = 4) -> Problem:
    """Return the Brusselator on an ``n`` by ``n`` grid; ``x`` is the published start at the cell centres.

    Examples
    --------
    >>> brusselator(3).x.shape
    (18,)
    """
    if n < 1:
        raise ValueError(f"brusselator: got n={n} grid points a side, wanted n >= 1. Write brusselator(4).")
    s = (np.arange(n) + 0.5) / n
    u0 = np.empty((n, n))
    v0 = np.empty((n, n))
    u0[:, :] = (22.0 * s * (1.0 - s) ** 1.5)[None, :]
    v0[:, :] = (27.0 * s * (1.0 - s) ** 1.5)[:, None]
    return Problem(
        name="brusselator",
        f=brusselator_rhs,
        jacobian=brusselator_jacobian,
        x=np.concatenate((u0.ravel(), v0.ravel())),
        args=(n, 1.0, 3.4, 0.1),
        source=SOURCE,
    )
