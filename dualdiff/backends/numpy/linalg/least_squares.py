"""Pseudoinverses and least-squares solutions of dual arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import implements
from dualdiff.backends.numpy.dual import primal
from dualdiff.backends.numpy.linalg.spectra import singular_value_tangent
from dualdiff.backends.numpy.pushforward import (
    adjoint,
    check_conjugation,
    conjugated,
    hermitian_from,
    push,
    real,
    reshaped,
    rounding,
)

OPTIONAL = np._NoValue


@implements(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = OPTIONAL) -> Any:
    """Return the pseudoinverse; its derivative is that at constant rank."""
    check_conjugation("np.linalg.pinv", a)
    options: dict[str, Any] = {"rcond": rcond, "hermitian": hermitian}
    if rtol is not OPTIONAL:
        options["rtol"] = rtol
    return push(np.linalg.pinv, (a,), pinv_tangent, **options)


def pinv_tangent(y: Any, a: Any, t: Any, hermitian: bool = False, **options: Any) -> Any:
    """Return the derivative of the pseudoinverse at constant rank: Golub & Pereyra (1973), theorem 4.3.

    That holds where the cutoff drops rounding errors; where it drops more, the truncated inverse has another one.
    """
    if hermitian:  # NumPy reads the lower triangle
        a, t = hermitian_from(a, upper=False), hermitian_from(t, upper=False)
    if 0 in a.shape:
        return np.zeros((len(t), *y.shape), y.dtype)
    rank = np.rint(np.trace(np.matmul(primal(y), primal(a)), axis1=-2, axis2=-1).real)
    if _drops_much(primal(a), rank):
        return _truncated_inverse_tangent(a, t, rank)
    m, n = a.shape[-2:]
    yh, th = adjoint(y), adjoint(t)
    total = np.negative(np.matmul(np.matmul(y, t), y))
    if m > n or np.any(rank < m):
        total = total + np.matmul(np.matmul(y, yh), np.matmul(th, np.eye(m) - np.matmul(a, y)))
    if n > m or np.any(rank < n):
        total = total + np.matmul(np.matmul(np.eye(n) - np.matmul(y, a), th), np.matmul(yh, y))
    return total


def _drops_much(a: Any, rank: Any) -> bool:
    """Whether singular values beyond the rank are more than rounding errors."""
    count = min(a.shape[-2:])
    if np.all(rank == count):
        return False
    s = np.linalg.svd(a, compute_uv=False)
    is_dropped = np.arange(count) >= rank[..., None]
    return bool(np.any(is_dropped & (s > 8 * rounding(*a.shape[-2:], dtype=s.dtype) * s[..., :1])))


def _truncated_inverse_tangent(a: Any, t: Any, rank: Any) -> Any:
    """Return the derivative of ``v f(s) u^H`` where ``f`` is ``1 / s`` for the singular values kept and 0 otherwise.

    The divided differences of the odd function ``f`` multiply ``u^H da v`` and its adjoint: Daleckii & Krein (1965).
    """
    u, s, vh = np.linalg.svd(a)
    (m, n), k = a.shape[-2:], s.shape[-1]
    is_kept = np.arange(k) < rank[..., None]
    f = np.where(is_kept, 1.0 / np.where(is_kept, s, 1.0), 0.0)

    def spread(x: Any, size: int) -> Any:
        return np.concatenate([x, np.zeros((*x.shape[:-1], size - k), s.dtype)], axis=-1)

    si, fi = spread(s, m)[..., :, None], spread(f, m)[..., :, None]
    sj, fj = spread(s, n)[..., None, :], spread(f, n)[..., None, :]
    is_kept_i, is_kept_j = primal(fi) != 0, primal(fj) != 0
    differ = is_kept_i != is_kept_j
    minus = np.where(differ, (fi - fj) / np.where(differ, si - sj, 1.0), np.negative(fi * fj))
    plus = np.where(differ, (fi + fj) / np.where(differ, si + sj, 1.0), fi * fj)
    x = np.matmul(np.matmul(adjoint(u), t), adjoint(vh))
    direct = np.multiply((minus + plus) / 2, x)
    crossed = np.multiply((minus - plus)[..., :k, :k] / 2, adjoint(x[..., :k, :k]))
    u_k, vh_k = u[..., :k], vh[..., :k, :]
    return adjoint(np.matmul(np.matmul(u, direct), vh) + np.matmul(np.matmul(u_k, crossed), vh_k))


@implements(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Return the least-squares solution, the residuals, the rank and the singular values."""
    check_conjugation("np.linalg.lstsq", a, b)
    return push(np.linalg.lstsq, (a, b), lstsq_tangent, rcond=rcond)


def lstsq_tangent(y: Any, a: Any, b: Any, ta: Any, tb: Any, rcond: Any = None) -> Any:
    """Return the tangents of solution, residuals and singular values, at constant rank.

    ``dx = p (db - da x) + p p^H da^H r + (1 - p a) da^H p^H x`` with the pseudoinverse ``p`` and the residual ``r``:
    Golub & Pereyra (1973). Singular values that coincide and are split have the tangent NaN, as few ask for them.
    """
    x, residuals, rank, s = y
    m, n = a.shape
    eps = np.finfo(x.dtype).eps
    p = np.linalg.pinv(a, rcond=max(m, n) * eps if rcond is None else rcond if rcond >= 0 else eps)
    is_vector = b.ndim == 1
    columns, b = (x[:, None], b[:, None]) if is_vector else (x, b)
    change: Any = None  # of b - a x at constant x
    if tb is not None:
        change = tb[..., None] if is_vector else tb
    if ta is not None:
        moved = np.matmul(ta, columns)
        change = np.negative(moved) if change is None else change - moved
    rest = b - np.matmul(a, columns)
    total = np.matmul(p, change)
    if ta is not None:
        if rank < min(m, n):
            total = np.matmul(pinv_tangent(p, a, ta), b)
            total = total if tb is None else total + np.matmul(p, tb[..., None] if is_vector else tb)
        elif m > n:
            total = total + np.matmul(np.matmul(p, adjoint(p)), np.matmul(adjoint(ta), rest))
        elif n > m:
            turned = np.matmul(adjoint(ta), np.matmul(adjoint(p), columns))
            total = total + turned - np.matmul(p, np.matmul(a, turned))
    of_residuals = None
    if np.size(residuals):
        moved = 2 * real(np.sum(np.multiply(conjugated(rest), change), axis=-2))
        of_residuals = reshaped(moved, len(moved), *residuals.shape)
    of_s = None if ta is None or s is None else singular_value_tangent(s, a, ta, None)
    return total[..., 0] if is_vector else total, of_residuals, None, of_s
