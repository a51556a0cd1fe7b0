"""The models once more, without assignment to arrays, over any library with NumPy's names.

For JAX, autograd and PyTorch, which cannot follow the assignments of the originals in ``dualdiff.problems``.
"""

from collections.abc import Callable
from typing import Any

from dualdiff.problems.pollution import K


def lorenz(xp: Any, y: Any, sigma: float, rho: float, beta: float) -> Any:
    return xp.stack([sigma * (y[1] - y[0]), y[0] * (rho - y[2]) - y[1], y[0] * y[1] - beta * y[2]])


def pollution(xp: Any, y: Any) -> Any:
    r1, r2, r3, r4 = K[0] * y[0], K[1] * y[1] * y[3], K[2] * y[4] * y[1], K[3] * y[6]
    r5, r6, r7, r8 = K[4] * y[6], K[5] * y[6] * y[5], K[6] * y[8], K[7] * y[8] * y[5]
    r9, r10, r11, r12 = K[8] * y[10] * y[1], K[9] * y[10] * y[0], K[10] * y[12], K[11] * y[9] * y[1]
    r13, r14, r15, r16 = K[12] * y[13], K[13] * y[0] * y[5], K[14] * y[2], K[15] * y[3]
    r17, r18, r19, r20 = K[16] * y[3], K[17] * y[15], K[18] * y[15], K[19] * y[16] * y[5]
    r21, r22, r23, r24, r25 = K[20] * y[18], K[21] * y[18], K[22] * y[0] * y[3], K[23] * y[18] * y[0], K[24] * y[19]
    return xp.stack(
        [
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
    )


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
