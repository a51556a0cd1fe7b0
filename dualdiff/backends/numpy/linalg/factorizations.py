"""Cholesky and QR factorizations of dual arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import implements
from dualdiff.backends.numpy.dual import make, primal
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.pushforward import (
    adjoint,
    check_conjugation,
    conjugated,
    diagonal,
    hermitian_from,
    lower_part,
    push,
    real,
    rounding,
)
from dualdiff.backends.numpy.ufuncs import is_zero
from dualdiff.numbers.tags import Tag

# ---- Cholesky --------------------------------------------------------------------------------------------------------


def cholesky_tangent(y: Any, a: Any, t: Any, upper: bool = False) -> Any:
    """Return ``dl = l phi(l^-1 da l^-H)``, phi halving the diagonal of the lower triangle: Giles (2008)."""
    inverse = np.linalg.inv(adjoint(y) if upper else y)
    x = np.matmul(np.matmul(inverse, hermitian_from(t, upper)), adjoint(inverse))
    phi = lower_part(x) + np.multiply(real(x), np.eye(x.shape[-1]) / 2)
    total = np.matmul(adjoint(y) if upper else y, phi)
    return adjoint(total) if upper else total


@implements(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """Return the triangular factor of the Hermitian matrix in the lower (or upper) triangle."""
    check_conjugation("np.linalg.cholesky", a)
    return push(np.linalg.cholesky, (a,), cholesky_tangent, upper=upper)


# ---- QR --------------------------------------------------------------------------------------------------------------


def _upper_with_real_diagonal(a: Any) -> Any:
    """Return the upper triangle; the diagonal of R is real, and so is its tangent."""
    above = np.multiply(a, ~np.tri(*a.shape[-2:], dtype=np.bool_))
    return above + np.multiply(real(a), np.eye(*a.shape[-2:], dtype=np.bool_))


def _regular_block(r: Any, size: int, t: Any, name: str) -> Any:
    """Return the leading block of R; refuse dependent columns that move, put the unit matrix where none does."""
    block = r[..., :size, :size]
    pivots = np.abs(diagonal(primal(block)))
    largest = np.max(np.abs(diagonal(primal(r))), axis=-1, initial=0.0)[..., None]
    is_deficient = np.any(pivots <= rounding(*r.shape[-2:], dtype=pivots.dtype) * largest, axis=-1)
    if not np.any(is_deficient):
        return block
    if np.any(is_deficient & ~np.all(is_zero(t), axis=(0, -2, -1))):
        raise refused(
            f"{name} of a matrix with linearly dependent columns",
            "its factors have no derivative there",
            "Leave dependent columns out, or use np.linalg.pinv or np.linalg.lstsq, which are differentiated at "
            "constant rank.",
        )
    return np.where(is_deficient[..., None, None], np.eye(size), block)


def qr_tangents(q: Any, r: Any, t: Any, name: str = "np.linalg.qr") -> tuple[Any, Any]:
    """Return the tangents of the reduced factors: Walter & Lehmann (2010), with LAPACK's real diagonal of R.

    ``q^H dq`` is skew-Hermitian and ``dr r^-1`` upper triangular, so that ``q^H da r^-1`` splits into both.
    """
    m, k = q.shape[-2:]
    is_complex = q.dtype.kind == "c" or t.dtype.kind == "c"
    # the last column of a square real q is normal to the others: the last pivot may be zero
    p = m - 1 if k == m and not is_complex else k
    inverse = np.linalg.inv(_regular_block(r, p, t, name))
    moved = np.matmul(t[..., :p], inverse)
    x = np.matmul(adjoint(q), moved)
    if p < k:
        x = np.concatenate([x, np.zeros((*x.shape[:-1], 1), x.dtype)], axis=-1)
    below = lower_part(x)
    turn = below - adjoint(below)
    if is_complex:
        turn = turn + np.multiply(1j * np.imag(x), np.eye(k, dtype=np.bool_))
    if k == m:
        dr = np.matmul(adjoint(q), t) - np.matmul(turn, r)
        return np.matmul(q, turn), _upper_with_real_diagonal(dr)
    upper = x - turn
    return moved - np.matmul(q, upper), _upper_with_real_diagonal(np.matmul(upper, r))


def qr_tangent(y: Any, a: Any, t: Any, mode: str = "reduced", name: str = "np.linalg.qr") -> Any:
    """Return the tangents of what the mode gives.

    The further columns of Q (``complete``) and the reflectors (``raw``) move as LAPACK's reflectors do; those are not
    smooth at a column that is zero below the diagonal: ``raw`` is refused there, and the further columns get the gauge
    ``q2^H dq2 = 0``.
    """
    m, n = a.shape[-2:]
    if mode == "raw":
        return _raw_tangent(a, t, name)
    if mode == "r":
        q, r = np.linalg.qr(a)
        return qr_tangents(q, r, t, name)[1]
    q, r = y
    if mode == "reduced" or m <= n:
        return qr_tangents(q, r, t, name)
    q1, q2 = q[..., :n], q[..., n:]
    dq1, dr1 = qr_tangents(q1, r[..., :n, :], t, name)
    dr = np.concatenate([dr1, np.zeros((*dr1.shape[:-2], m - n, n), dr1.dtype)], axis=-2)
    with Tag(name) as tag:
        _, reflectors = _reflected(make(a, t, tag))
        if not any(np.any(is_still) for *_, is_still in reflectors):
            dq2 = _orthogonal(reflectors, m, a.shape[:-2], a.dtype).partials[..., n:]
        else:
            dq2 = np.negative(np.matmul(q1, np.matmul(adjoint(dq1), q2)))
    return np.concatenate([dq1, dq2], axis=-1), dr


def _reflected(a: Any) -> tuple[list[Any], list[Any]]:
    """Return the rows of R, and for each column LAPACK's reflector: its tail, tau, and where it is the unit matrix."""
    m, n = a.shape[-2:]
    rows, reflectors = [], []
    for _ in range(min(m, n)):
        alpha, tail = a[..., 0, 0], a[..., 1:, 0]
        is_still = np.all(primal(tail) == 0, axis=-1) & (np.imag(primal(alpha)) == 0)
        length = np.sqrt(_square(alpha) + np.sum(_square(tail), axis=-1))
        beta = np.where(is_still, real(alpha), -np.copysign(1.0, primal(alpha).real) * length)
        tau = np.where(is_still, 0.0, (beta - alpha) / np.where(is_still, 1.0, beta))
        tail = np.where(is_still[..., None], 0.0, tail / np.where(is_still, 1.0, alpha - beta)[..., None])
        reflectors.append((tail, tau, is_still & (tail.shape[-1] > 0)))
        rest = _apply(tail, conjugated(tau), a[..., :, 1:])
        rows.append(np.concatenate([(beta + 0 * alpha)[..., None], rest[..., 0, :]], axis=-1))
        a = rest[..., 1:, :]
    return rows, reflectors


def _square(x: Any) -> Any:
    return real(np.multiply(x, conjugated(x)))


def _apply(tail: Any, tau: Any, a: Any) -> Any:
    """Return ``a - tau v (v^H a)`` with ``v = (1, tail)``."""
    v = np.concatenate([np.ones_like(tail[..., :1]) if tail.shape[-1] else np.ones((*tail.shape[:-1], 1)), tail], -1)
    inner = np.matmul(conjugated(v)[..., None, :], a)
    return a - np.multiply(np.multiply(tau[..., None], v)[..., None], inner)


def _orthogonal(reflectors: list[Any], m: int, batch: Any, dtype: Any) -> Any:
    """Return the product of the reflectors."""
    size = m - len(reflectors)
    q: Any = np.broadcast_to(np.eye(size, dtype=dtype), (*batch, size, size))
    for tail, tau, _ in reversed(reflectors):
        size += 1
        top = np.zeros((*batch, 1, size), dtype)
        top[..., 0] = 1.0
        bottom = np.concatenate([np.zeros((*batch, size - 1, 1), dtype), q], axis=-1)
        q = _apply(tail, tau, np.concatenate([top, bottom], axis=-2))
    return q


def _raw_tangent(a: Any, t: Any, name: str) -> Any:
    m, n = a.shape[-2:]
    with Tag(name) as tag:
        rows, reflectors = _reflected(make(a, t, tag))
        for j, (*_, is_still) in enumerate(reflectors):
            if np.any(is_still) and not np.all(is_zero(t[..., j:, j])):
                raise refused(
                    f"{name} with mode='raw' of a matrix with a column that is zero below the diagonal",
                    "LAPACK's reflector jumps there",
                    "Use mode='reduced'.",
                )
        columns = []
        for j in range(n):
            above = [rows[i][..., j - i] for i in range(min(j + 1, len(rows)))]
            tail = reflectors[j][0] if j < len(reflectors) else np.zeros((*a.shape[:-2], max(m - len(above), 0)))
            columns.append(np.concatenate([np.stack(above, axis=-1), tail[..., : m - len(above)]], axis=-1))
        h: Any = np.stack(columns, axis=-2)
        tau: Any = np.stack([reflector[1] for reflector in reflectors], axis=-1)
        return h.partials, tau.partials


@implements(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """Return the factors of a matrix with independent columns."""
    check_conjugation("np.linalg.qr", a)
    if mode not in ("reduced", "complete", "r", "raw"):
        raise refused(f"np.linalg.qr with mode={mode!r}", "it is deprecated in NumPy", "Use mode='reduced' or 'r'.")
    return push(np.linalg.qr, (a,), qr_tangent, mode=mode)
