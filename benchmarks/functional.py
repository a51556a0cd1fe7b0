"""The models once more, without assignment to arrays, over any library with NumPy's names.

For JAX, autograd and PyTorch, which cannot follow the assignments of the originals in ``dualdiff.problems``.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.problems.pollution import K


def lorenz(xp: Any, y: Any, sigma: float, rho: float, beta: float) -> Any:
    return xp.stack([sigma * (y[1] - y[0]), y[0] * (rho - y[2]) - y[1], y[0] * y[1] - beta * y[2]])


def pollution(xp: Any, y: Any) -> Any:
    """One gather for each reactant, then a matrix product: faster in JAX and autograd than 25 scalars."""
    z = xp.concatenate([y, xp.ones(1, dtype=y.dtype)])
    return xp.asarray(STOICHIOMETRY) @ (xp.asarray(np.array(K)) * z[FIRST] * z[SECOND])


# the one or two species whose concentrations each of the 25 reactions multiplies; 20 stands for a factor of one
FIRST = np.array([0, 1, 4, 6, 6, 6, 8, 8, 10, 10, 12, 9, 13, 0, 2, 3, 3, 15, 15, 16, 18, 18, 0, 18, 19])
SECOND = np.array([20, 3, 1, 20, 20, 5, 20, 5, 1, 0, 20, 1, 20, 5, 20, 20, 20, 20, 20, 5, 20, 20, 3, 0, 20])


def _balance(r: Any) -> list[Any]:
    (
        r1,
        r2,
        r3,
        r4,
        r5,
        r6,
        r7,
        r8,
        r9,
        r10,
        r11,
        r12,
        r13,
        r14,
        r15,
        r16,
        r17,
        r18,
        r19,
        r20,
        r21,
        r22,
        r23,
        r24,
        r25,
    ) = r
    return [
        -r1 - r10 - r14 - r23 - r24 + r2 + r3 + r9 + r11 + r12 + r22 + r25,
        -r2 - r3 - r9 - r12 + r1 + r21,
        -r15 + r1 + r17 + r19 + r22,
        -r2 - r16 - r17 - r23 + r15,
        -r3 + 2 * r4 + r6 + r7 + r13 + r20,
        -r6 - r8 - r14 - r20 + r3 + 2 * r18,
        -r4 - r5 - r6 + r13,
        r4 + r5 + r6 + r7,
        -r7 - r8,
        -r12 + r7 + r9,
        -r9 - r10 + r8 + r11,
        r9,
        -r11 + r10,
        -r13 + r12,
        r14,
        -r18 - r19 + r16,
        -r20,
        r20,
        -r21 - r22 - r24 + r23 + r25,
        -r25 + r24,
    ]


STOICHIOMETRY = np.array(_balance(np.eye(25)))


def rosenbrock(xp: Any, x: Any) -> Any:
    a, b = x[1:] - x[:-1] * x[:-1], 1.0 - x[:-1]
    return xp.sum(100.0 * a * a + b * b)


def brusselator(xp: Any, w: Any, n: int, a: float, b: float, alpha: float) -> Any:
    u, v = w[: n * n].reshape((n, n)), w[n * n :].reshape((n, n))
    uuv = u * u * v

    def laplacian(z: Any) -> Any:
        return xp.roll(z, 1, 0) + xp.roll(z, -1, 0) + xp.roll(z, 1, 1) + xp.roll(z, -1, 1) - 4.0 * z

    c = alpha * n * n
    du = a + uuv - (b + 1.0) * u + c * laplacian(u)
    dv = b * u - uuv + c * laplacian(v)
    return xp.concatenate([du.reshape((n * n,)), dv.reshape((n * n,))])


def broyden_tridiagonal(xp: Any, x: Any) -> Any:
    beyond = 0.0 * x[:1]
    left, right = xp.concatenate([beyond, x[:-1]]), xp.concatenate([x[1:], beyond])
    return (3.0 - 2.0 * x) * x + 1.0 - left - 2.0 * right


MODELS: dict[str, Callable[..., Any]] = {
    "lorenz": lorenz,
    "pollution": pollution,
    "rosenbrock": rosenbrock,
    "brusselator": brusselator,
    "broyden_tridiagonal": broyden_tridiagonal,
}
