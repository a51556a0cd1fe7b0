"""Products of dual arrays; the partials of all directions are multiplied at once, in BLAS where NumPy uses it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from dualdiff.backends.numpy.diagonal import is_diagonal, multiplied
from dualdiff.backends.numpy.dispatch import implements
from dualdiff.backends.numpy.dual import Dual, Settling, align, check_open, make
from dualdiff.backends.numpy.pushforward import (
    check_conjugation,
    conjugated,
    reshaped,
    separate,
)
from dualdiff.backends.numpy.ufuncs import METHODS, TangentAlgebra, all_finite, finish, is_zero, refuse_options, reserve

Product = Callable[[Any, Any], Any]
scale = TangentAlgebra.scale


def product(value: Product, left: Product, right: Product, a: Any, b: Any, has_sums: bool = True) -> Any:
    """Return a bilinear product; ``left(ta, b)`` and ``right(tb, a)`` multiply partials, direction axis in front.

    Without sums, the two let a zero tangent stay zero by themselves.
    """
    tag, (pa, pb), (ta, tb) = separate((a, b))
    y = value(pa, pb)
    reserve(tag, len(tb if ta is None else ta), y)
    guarded = zero_stays_zero if has_sums else lambda multiply, t, p: multiply(t, p)
    with np.errstate(all="ignore"):
        total = None if ta is None else guarded(left, ta, pb)
        if tb is not None:
            moved = guarded(right, tb, pa)
            total = moved if total is None else np.add(total, moved)
    return finish(y, total, (), tag)


def zero_stays_zero(multiply: Product, t: Any, p: Any) -> Any:
    """Return ``multiply(t, p)`` where an exact zero in ``t`` also silences infinite factors in ``p``."""
    result = multiply(t, p)
    if all_finite(p):
        return result
    is_finite = np.isfinite(p)
    meets_infinite = multiply((~is_zero(t)).astype(float), (~is_finite).astype(float)) > 0
    return np.where(meets_infinite, result, multiply(t, np.where(is_finite, p, 0.0)))


# ---- matmul, dot, inner ----------------------------------------------------------------------------------------------

NARROW = 8  # columns below which one product with transposed partials is faster than one product per direction


def matmul_partials(t: Any, p: Any, a_ndim: int, b_ndim: int, t_is_left: bool) -> Any:
    """Multiply partials by a plain operand from either side, for operands of any number of axes."""
    if a_ndim <= 2 and b_ndim <= 2:
        if t_is_left:
            if a_ndim == 1:
                return np.matmul(t, p)
            k, m, n = t.shape
            return np.matmul(reshaped(t, k * m, n), p).reshape(k, m, *p.shape[1:])
        if b_ndim == 1:
            return np.matmul(t, p.T)
        k, n, q = t.shape
        if a_ndim == 2 and q < NARROW:
            rows = np.matmul(reshaped(np.swapaxes(t, 1, 2), k * q, n), p.T)
            return np.swapaxes(rows.reshape(k, q, p.shape[0]), 1, 2)
        return np.matmul(p, t)
    left, right = (t, p) if t_is_left else (p, t)
    left = left if a_ndim > 1 else left[..., None, :]
    right = right if b_ndim > 1 else right[..., :, None]
    ndim = max(a_ndim, b_ndim, 2)
    result = np.matmul(align(left, ndim), right) if t_is_left else np.matmul(left, align(right, ndim))
    axes = tuple(axis for axis, n in ((-2, a_ndim), (-1, b_ndim)) if n == 1)
    return np.squeeze(result, axis=axes) if axes else result


def matmul(a: Any, b: Any, value: Product = np.matmul, **options: Any) -> Any:
    """Return the matrix product; its partials are matrix products too, so they run in BLAS."""
    refuse_options("np.matmul", options)
    a, b = (x.settle() if isinstance(x, Settling) else x for x in (a, b))
    na, nb = np.ndim(a), np.ndim(b)
    if type(a) is np.ndarray and na <= 2 and nb == 1 and is_diagonal(b):
        return multiplied(b, value(a, b.value), a, False)
    if type(b) is np.ndarray and nb <= 2 and na == 1 and is_diagonal(a):
        return multiplied(a, value(a.value, b), b, True)
    return product(
        value,
        lambda t, p: matmul_partials(t, p, na, nb, True),
        lambda t, p: matmul_partials(t, p, na, nb, False),
        a,
        b,
    )


METHODS[np.matmul, "__call__"] = matmul
implements(np.linalg.matmul)(partial(matmul, value=np.linalg.matmul))


def _operator(a: Dual, b: Any) -> Any:
    return _times_sparse(a, b) if hasattr(b, "tocsr") else matmul(a, b)


def _times_sparse(a: Dual, b: Any) -> Dual:
    """Return the product with a sparse matrix of SciPy on the right; one on the left never asks a dual."""
    check_open(a.tag)
    t = a.partials
    rows = reshaped(t, -1, t.shape[-1]) @ b
    value = a.value @ b
    return finish(value, reshaped(rows, len(t), *value.shape), (), a.tag)


def _in_place(a: Dual, b: Any) -> Dual:
    a[...] = _operator(a, b)
    return a


for _name, _function in {"matmul": _operator, "rmatmul": lambda b, a: matmul(a, b), "imatmul": _in_place}.items():
    setattr(Dual, f"__{_name}__", _function)


def _multiple(function: Product, a: Any, b: Any) -> Any:
    """Return a product of which one operand is a scalar."""
    ndim = max(np.ndim(a), np.ndim(b))

    def moved(t: Any, p: Any) -> Any:
        return scale(p, align(t, ndim))

    return product(function, moved, moved, a, b, has_sums=False)


@implements(np.dot)
def _dot(a: Any, b: Any, out: Any = None) -> Any:
    refuse_options("np.dot", {"out": out})
    na, nb = np.ndim(a), np.ndim(b)
    if na == 0 or nb == 0:
        return _multiple(np.dot, a, b)
    if na <= 2 and nb <= 2:
        return matmul(a, b, value=np.dot)

    def right(t: Any, p: Any) -> Any:
        return np.inner(t, p) if nb == 1 else np.moveaxis(np.dot(p, t), na - 1, 0)

    return product(np.dot, np.dot, right, a, b)


@implements(np.inner)
def _inner(a: Any, b: Any) -> Any:
    na = np.ndim(a)
    if na == 0 or np.ndim(b) == 0:
        return _multiple(np.inner, a, b)
    return product(np.inner, np.inner, lambda t, p: np.moveaxis(np.inner(p, t), na - 1, 0), a, b)


@implements(np.vdot)
def _vdot(a: Any, b: Any) -> Any:
    check_conjugation("np.vdot", a)

    def left(t: Any, p: Any) -> Any:
        return np.matmul(conjugated(_flat(t)), reshaped(p, -1))

    def right(t: Any, p: Any) -> Any:
        return np.matmul(_flat(t), conjugated(reshaped(p, -1)))

    return product(np.vdot, left, right, a, b)


@implements(np.linalg.multi_dot)
def _multi_dot(arrays: Any, *, out: Any = None) -> Any:
    refuse_options("np.linalg.multi_dot", {"out": out})
    tag, values, tangents = separate(arrays)
    y = np.linalg.multi_dot(values)
    last = len(values) - 1
    total: Any = None
    for i, t in enumerate(tangents):
        if t is None:
            continue
        moved = t
        if i > 0:
            left = values[0] if i == 1 else np.linalg.multi_dot(values[:i])
            is_row = i == last and t.ndim == 2
            moved = _guarded_matmul(moved, left.T if is_row and left.ndim == 2 else left, is_row)
        if i < last:
            right = values[last] if i == last - 1 else np.linalg.multi_dot(values[i + 1 :])
            moved = _guarded_matmul(moved, right, True)
        total = moved if total is None else np.add(total, moved)
    return finish(y, total, (), tag)


def _guarded_matmul(t: Any, p: Any, t_is_left: bool) -> Any:
    with np.errstate(all="ignore"):
        return zero_stays_zero(lambda x, y: np.matmul(x, y) if t_is_left else np.matmul(y, x), t, p)


# ---- tensor products -------------------------------------------------------------------------------------------------


def _flat(t: Any) -> Any:
    return reshaped(t, len(t), -1)


def _outer(function: Product) -> Callable[..., Any]:
    def outer(a: Any, b: Any, out: Any = None) -> Any:
        refuse_options("np.outer", {"out": out})
        return product(
            function,
            lambda t, p: scale(reshaped(p, -1), _flat(t)[:, :, None]),
            lambda t, p: scale(reshaped(p, -1)[:, None], _flat(t)[:, None, :]),
            a,
            b,
            has_sums=False,
        )

    return outer


for _function in (np.outer, np.linalg.outer):
    implements(_function)(_outer(_function))


@implements(np.kron)
def _kron(a: Any, b: Any) -> Any:
    shapes = [np.shape(a), np.shape(b)]
    ndim = max(map(len, shapes))
    (sa, sb) = ((1,) * (ndim - len(shape)) + shape for shape in shapes)
    spread_a = tuple(n for pair in zip(sa, (1,) * ndim, strict=True) for n in pair)
    spread_b = tuple(n for pair in zip((1,) * ndim, sb, strict=True) for n in pair)
    shape = tuple(m * n for m, n in zip(sa, sb, strict=True))

    def rule(t_shape: Any, p_shape: Any) -> Product:
        return lambda t, p: scale(p.reshape(p_shape), reshaped(t, len(t), *t_shape)).reshape(len(t), *shape)

    return product(np.kron, rule(spread_a, spread_b), rule(spread_b, spread_a), a, b, has_sums=False)


def _tensordot(function: Callable[..., Any]) -> Callable[..., Any]:
    def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
        na, nb = np.ndim(a), np.ndim(b)
        if isinstance(axes, (int, np.integer)):
            axes_a, axes_b = range(na - axes, na), range(axes)
        else:
            axes_a, axes_b = (np.atleast_1d(x).astype(int).tolist() for x in axes)
        of_a, of_b = [i % max(na, 1) for i in axes_a], [i % max(nb, 1) for i in axes_b]

        def right(t: Any, p: Any) -> Any:
            return np.moveaxis(np.tensordot(p, t, (of_a, [i + 1 for i in of_b])), na - len(of_a), 0)

        def left(t: Any, p: Any) -> Any:
            return np.tensordot(t, p, ([i + 1 for i in of_a], of_b))

        return product(lambda x, y: function(x, y, axes=axes), left, right, a, b)

    return tensordot


for _function in (np.tensordot, np.linalg.tensordot):
    implements(_function)(_tensordot(_function))


# ---- products of vectors in an axis ----------------------------------------------------------------------------------


def _vecdot(function: Callable[..., Any]) -> Callable[..., Any]:
    def vecdot(a: Any, b: Any, axis: int = -1, **options: Any) -> Any:
        refuse_options("np.vecdot", options)
        check_conjugation("np.vecdot", a)
        ndim = max(np.ndim(a), np.ndim(b))

        def moved(t: Any, p: Any) -> Any:
            # a negative axis counts from the end and so fits partials; a positive one needs equal numbers of axes
            t, p = (np.moveaxis(x, axis if axis < 0 else axis - ndim, -1) for x in (t, p))
            return np.einsum("...i,...i->...", align(t, ndim), p)

        return product(
            lambda x, y: function(x, y, axis=axis),
            lambda t, p: moved(conjugated(t), p),
            lambda t, p: moved(t, conjugated(p)),
            a,
            b,
        )

    return vecdot


METHODS[np.vecdot, "__call__"] = _vecdot(np.vecdot)
implements(np.linalg.vecdot)(_vecdot(np.linalg.vecdot))


def _matvec(a: Any, v: Any, **options: Any) -> Any:
    refuse_options("np.matvec", options)
    ndim = max(np.ndim(a), np.ndim(v) + 1)
    return product(
        np.matvec,
        lambda t, p: np.matmul(align(t, ndim), p[..., None])[..., 0],
        lambda t, p: np.matmul(p, align(t[..., None], ndim))[..., 0],
        a,
        v,
    )


def _vecmat(v: Any, a: Any, **options: Any) -> Any:
    refuse_options("np.vecmat", options)
    check_conjugation("np.vecmat", v)
    ndim = max(np.ndim(a), np.ndim(v) + 1)
    return product(
        np.vecmat,
        lambda t, p: np.matmul(align(conjugated(t)[..., None, :], ndim), p)[..., 0, :],
        lambda t, p: np.matmul(conjugated(p)[..., None, :], align(t, ndim))[..., 0, :],
        v,
        a,
    )


if hasattr(np, "matvec"):  # they came with NumPy 2.2
    METHODS[np.matvec, "__call__"], METHODS[np.vecmat, "__call__"] = _matvec, _vecmat


# ---- traces and diagonals of stacked matrices ------------------------------------------------------------------------


@implements(np.linalg.trace)
def _trace(x: Any, *, offset: int = 0, dtype: Any = None) -> Any:
    value = np.linalg.trace(x.value, offset=offset, dtype=dtype)
    return finish(value, np.linalg.trace(x.partials, offset=offset, dtype=dtype), (), x.tag)


@implements(np.linalg.diagonal)
def _diagonal(x: Any, *, offset: int = 0) -> Any:
    return make(np.linalg.diagonal(x.value, offset=offset), np.linalg.diagonal(x.partials, offset=offset), x.tag)


@implements(np.linalg.matrix_transpose)
def _matrix_transpose(x: Any) -> Any:
    return np.matrix_transpose(x)
