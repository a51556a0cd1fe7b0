"""Linear systems, inverses and determinants of dual arrays; any number of leading axes."""

from __future__ import annotations

import operator
from functools import partial
from math import prod
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import implements
from dualdiff.backends.numpy.dual import Dual, align, make, primal
from dualdiff.backends.numpy.functions.products import matmul_partials
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.pushforward import (
    adjoint,
    all_directions,
    check_conjugation,
    contracted,
    diagonal,
    push,
    reshaped,
    swapped,
)
from dualdiff.backends.numpy.ufuncs import is_zero
from dualdiff.numbers.tags import Tag

# ---- solve, inv ------------------------------------------------------------------------------------------------------


def solve_tangent(y: Any, a: Any, b: Any, ta: Any, tb: Any) -> Any:
    """Return ``dy = solve(a, db - da y)``: Giles (2008), section 2.3.1. One factorization serves all directions."""
    is_vector = b.ndim == 1
    columns = y[..., None] if is_vector else y
    right: Any = None
    if tb is not None:
        right = align(tb[..., None] if is_vector else tb, columns.ndim)
    if ta is not None:
        moved = matmul_partials(ta, columns, a.ndim, columns.ndim, True)
        right = np.negative(moved) if right is None else right - moved
    total = all_directions(partial(np.linalg.solve, a), right)
    return total[..., 0] if is_vector else total


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """Return the solution of ``a y = b``."""
    return push(np.linalg.solve, (a, b), solve_tangent)


def inv_tangent(y: Any, a: Any, t: Any) -> Any:
    """Return ``dy = -y da y``: Giles (2008), section 2.2.3."""
    right = matmul_partials(t, y, a.ndim, a.ndim, True)
    return np.negative(np.matmul(y, right))


@implements(np.linalg.inv)
def inv(a: Any) -> Any:
    """Return the inverse."""
    return push(np.linalg.inv, (a,), inv_tangent)


@implements(np.linalg.tensorsolve)
def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = (x if isinstance(x, Dual) else np.asarray(x) for x in (a, b))
    if axes is not None:
        rest = [i for i in range(a.ndim) if i not in [axis % a.ndim for axis in axes]]
        a = np.transpose(a, rest + [axis % a.ndim for axis in axes])
    shape = a.shape[b.ndim :]
    if prod(shape) ** 2 != a.size:
        raise np.linalg.LinAlgError(
            "Input arrays must satisfy the requirement prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])"
        )
    return np.linalg.solve(reshaped(a, prod(shape), prod(shape)), reshaped(b, -1)).reshape(shape)


@implements(np.linalg.tensorinv)
def _tensorinv(a: Any, ind: int = 2) -> Any:
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    shape = a.shape[ind:] + a.shape[:ind]
    return np.linalg.inv(reshaped(a, prod(a.shape[ind:]), -1)).reshape(shape)


# ---- determinants ----------------------------------------------------------------------------------------------------


@implements(np.linalg.det)
def det(a: Any) -> Any:
    """Return the determinant; that of a singular matrix has its true derivative, the adjugate."""
    return push(np.linalg.det, (a,), det_tangent)


def det_tangent(y: Any, a: Any, t: Any) -> Any:
    """Return ``dy = tr(adj(a) da)``: Jacobi's formula.

    ``y inv(a)`` is the adjugate even of an ill-conditioned matrix, as both factors come from the same elimination.
    Where that has met a zero pivot, or ``y`` has underflowed, the matrix is turned by its singular vectors first.
    """
    size = np.abs(primal(y))
    is_regular = (size >= np.finfo(size.dtype).tiny) | np.isnan(size)
    n, k = a.shape[-1], len(t)
    if np.all(is_regular) or n == 0:
        return _jacobi(y, a, t)
    matrices, values = reshaped(a, -1, n, n), reshaped(y, -1)
    tangents = reshaped(t, k, -1, n, n)
    parts = [
        _jacobi(values[i], matrices[i], tangents[:, i]) if ok else _singular_det_tangent(matrices[i], tangents[:, i])
        for i, ok in enumerate(is_regular.reshape(-1))
    ]
    return np.stack(parts, axis=1).reshape(k, *y.shape)


def _jacobi(y: Any, a: Any, t: Any) -> Any:
    return contracted(swapped(np.multiply(y[..., None, None], np.linalg.inv(a))), t)


def _singular_det_tangent(a: Any, t: Any) -> Any:
    """Return the derivative of ``det(u) det(u^H a v) det(v^H)`` with constant ``u`` and ``v``.

    These bring the matrix to blocks, the first of which is regular and the Schur complement of which is tiny or zero;
    the determinant of the latter is taken without divisions.
    """
    u, s, vh = np.linalg.svd(primal(a))
    n = len(s)
    unit = np.exp2(np.floor(np.log2(s[0]))) if s[0] > 0 else s[0] + 1  # against overflow and underflow
    r = int(np.sum(s > np.sqrt(np.finfo(s.dtype).eps) * s[0]))
    a = a / unit
    if r == n:
        return np.multiply(_jacobi(np.linalg.det(a), a, t), unit ** (n - 1))
    with Tag("np.linalg.det") as tag:
        blocks = np.matmul(np.matmul(adjoint(u), make(a, t, tag)), adjoint(vh))
        rest = blocks[r:, r:]
        regular: Any = 1.0
        if r:
            rest = rest - np.matmul(blocks[r:, :r], np.linalg.solve(blocks[:r, :r], blocks[:r, r:]))
            regular = np.linalg.det(blocks[:r, :r])
        scaled = np.multiply((regular * _det_without_division(rest)).partials, np.linalg.det(u) * np.linalg.det(vh))
    return np.multiply(scaled, unit ** (n - 1))


def _det_without_division(a: Any) -> Any:
    """Return the determinant by the algorithm of Faddeev and LeVerrier, which divides by integers only."""
    n = a.shape[-1]
    power, c = a, np.negative(np.sum(diagonal(a)))
    for k in range(2, n + 1):
        power = np.matmul(a, power + c * np.eye(n, dtype=a.dtype))
        c = np.sum(diagonal(power)) / -k
    return c if n % 2 == 0 else np.negative(c)


def slogdet_tangent(y: Any, a: Any, t: Any) -> Any:
    """Return the derivative of sign and logarithm: the parts of ``tr(inv(a) da)``."""
    sign, _ = y
    is_singular = (primal(sign) == 0) & ~np.all(is_zero(t), axis=(0, -2, -1))
    if a.shape[-1] and np.any(is_singular):
        raise refused(
            "np.linalg.slogdet of a singular matrix",
            "the logarithm of its determinant is -inf and has no derivative",
            "Use np.linalg.det, which has one.",
        )
    if np.any(primal(sign) == 0):  # their tangents are zero
        a = np.where((primal(sign) == 0)[..., None, None], np.eye(a.shape[-1]), a)
    change = contracted(swapped(np.linalg.inv(a)), t)
    if change.dtype.kind != "c":
        return None, change
    return np.multiply(sign, 1j * np.imag(change)), np.real(change)


@implements(np.linalg.slogdet)
def _slogdet(a: Any) -> Any:
    check_conjugation("np.linalg.slogdet", a)
    return push(np.linalg.slogdet, (a,), slogdet_tangent)


# ---- powers ----------------------------------------------------------------------------------------------------------


@implements(np.linalg.matrix_power)
def _matrix_power(a: Any, n: int) -> Any:
    """Return the power as NumPy computes it, by repeated squaring."""
    n = operator.index(n)
    np.linalg.matrix_power(primal(a), 0)  # refuses what is not square
    if n == 0:
        return np.zeros_like(a) + np.linalg.matrix_power(primal(a), 0)
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if n == 1:
        return a
    if n == 3:
        return np.matmul(np.matmul(a, a), a)
    square = result = None
    while n > 0:
        square = a if square is None else np.matmul(square, square)
        n, bit = divmod(n, 2)
        if bit:
            result = square if result is None else np.matmul(result, square)
    return result
