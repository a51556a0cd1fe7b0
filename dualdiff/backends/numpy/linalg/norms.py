"""Norms and condition numbers of dual arrays.

A norm is differentiated by weights of the elements: its tangent is ``sum Re(w t)``. At zero the weights are zero, and
elements or sums that share a maximum share the weight equally.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import implements
from dualdiff.backends.numpy.dual import primal
from dualdiff.backends.numpy.kinks import report_kinks
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.pushforward import (
    check_conjugation,
    conjugated,
    real,
    reshaped,
    rounding,
)
from dualdiff.backends.numpy.ufuncs import TangentAlgebra, finish

EUCLIDEAN = (None, 2, "f", "fro")


def _signs(x: Any) -> Any:
    """Return the derivative of the absolute value: ``conj(x) / |x|``, and 0 at 0."""
    if x.dtype.kind != "c":
        return np.sign(x)
    is_null = primal(x) == 0
    return np.where(is_null, 0.0, conjugated(x) / np.where(is_null, 1.0, np.abs(x)))


def _shared(values: Any, extreme: Any, axes: Any) -> tuple[Any, Any]:
    """Return the equal shares of the elements that attain the extreme, and whether there are several."""
    is_tied = primal(values) == extreme(primal(values), axis=axes, keepdims=True)
    count = np.sum(is_tied, axis=axes, keepdims=True)
    return is_tied / np.maximum(count, 1), count > 1


@cache
def _squares_within(dtype: Any) -> tuple[float, float]:
    """Return the lengths between which squares stay in the range of the type."""
    limits = np.finfo(dtype)
    return 16 * float(limits.tiny) ** 0.5, float(limits.max) ** 0.5 / 16


def _euclidean_weights(x: Any, y: Any, axes: Any) -> tuple[Any, Any]:
    size, (low, high) = primal(y), _squares_within(y.dtype)
    if np.any((size < low) | (size > high)):  # squares have left the range of the type
        largest = np.max(np.abs(primal(x)), axis=axes, keepdims=True, initial=0.0)
        x = x / np.where(largest == 0, 1.0, largest)
        y = np.sqrt(np.sum(real(np.multiply(x, conjugated(x))), axis=axes, keepdims=True))
        size = primal(y)
    is_null = size == 0
    return np.where(is_null, 0.0, conjugated(x) / np.where(is_null, 1.0, y)), is_null


def _vector_weights(x: Any, y: Any, order: Any, axes: Any) -> tuple[Any, Any]:
    """Return the weights of a vector norm over any axes, and where it has a kink."""
    if order in EUCLIDEAN:
        return _euclidean_weights(x, y, axes)
    signs = _signs(x)
    is_null = primal(x) == 0
    if order == 1:
        return signs, is_null
    if np.isinf(order):
        share, has_ties = _shared(np.abs(x), np.max if order > 0 else np.min, axes)
        return np.multiply(signs, share), has_ties | (is_null & (share > 0))
    ratio = np.abs(x) / np.where(primal(y) == 0, 1.0 if order > 0 else 0.0, y)
    slope = np.power(np.where(is_null, 1.0, ratio), order - 1)
    return np.where(is_null, 0.0, np.multiply(signs, slope)), is_null & (order <= 1)


def _sum_weights(x: Any, order: Any, rows: int, columns: int) -> tuple[Any, Any]:
    """Return the weights of the largest (or smallest) sum of absolute values of a column (or a row)."""
    summed, others = (rows, columns) if abs(order) == 1 else (columns, rows)
    sums = np.sum(np.abs(primal(x)), axis=summed, keepdims=True)
    share, has_ties = _shared(sums, np.max if order > 0 else np.min, others)
    return np.multiply(_signs(x), share), has_ties | ((primal(x) == 0) & (share > 0))


def _spectral_weights(x: Any, order: Any, rows: int, columns: int) -> tuple[Any, Any]:
    """Return the weights of the largest, the smallest, or the sum of the singular values."""
    u, s, vh = np.linalg.svd(np.moveaxis(x, (rows, columns), (-2, -1)), full_matrices=False)
    plain = primal(s)
    margin = rounding(x.shape[rows], x.shape[columns], dtype=plain.dtype) * np.max(plain, axis=-1, keepdims=True)
    is_null = plain <= margin
    if order == "nuc":
        share, has_ties = np.ones_like(plain), np.any(is_null, axis=-1)
    else:
        extreme = (np.max if order == 2 else np.min)(plain, axis=-1, keepdims=True)
        is_tied = np.abs(plain - extreme) <= margin
        count = np.sum(is_tied, axis=-1, keepdims=True)
        share, has_ties = is_tied / count, (count[..., 0] > 1) | np.any(is_null & is_tied, axis=-1)
    share = np.where(is_null, 0.0, share)
    w = conjugated(np.matmul(np.multiply(u, share[..., None, :]), vh))
    return np.moveaxis(w, (-2, -1), (rows, columns)), np.expand_dims(has_ties, (rows, columns))


def _norm_tangent(name: str, x: Any, value: Any, order: Any, axes: tuple[int, ...], is_vector: bool) -> Any:
    """Return the dual of a norm over some axes, of which the value is known."""
    p, t = x.value, x.partials
    if p.size == 0:
        return finish(value, np.zeros((len(t), *value.shape), value.dtype), (), x.tag)
    shape = tuple(1 if i in axes else n for i, n in enumerate(p.shape))
    with np.errstate(all="ignore"):
        if is_vector or order in (None, "f", "fro"):
            w, is_kink = _vector_weights(p, reshaped(value, *shape), order, axes)
        elif order in (1, -1, np.inf, -np.inf):
            w, is_kink = _sum_weights(p, order, *axes)
        else:
            w, is_kink = _spectral_weights(p, order, *axes)
        moved = real(TangentAlgebra.scale(w, t))
        total = np.sum(moved, axis=tuple(i + 1 for i in axes))
    if x.tag.kinks is not None:
        report_kinks(x.tag, name, lambda m: np.broadcast_to(is_kink, p.shape))
    return finish(value, reshaped(total, len(t), *value.shape), (), x.tag)


def norm_by(function: Any, name: str, x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    """Return the dual of a norm of which ``function`` computes the value, with NumPy's meaning of the arguments."""
    check_conjugation(name, x)
    value = function(x.value, ord=ord, axis=axis, keepdims=keepdims)
    ndim = x.ndim
    if ndim == 1 and ord in (None, 2) and value.shape == () and value.dtype.kind == "f":
        size, (low, high) = primal(value), _squares_within(value.dtype)
        if low < size < high and x.dtype.kind == "f":  # the commonest case, in one product
            return finish(value, np.matmul(x.partials, x.value / value), (), x.tag)
    if axis is None:
        is_flat = ord is None or (ord in ("f", "fro") and ndim == 2) or (ord == 2 and ndim == 1)
        axes, is_vector = tuple(range(ndim)), is_flat or ndim == 1
    else:
        axes = np.lib.array_utils.normalize_axis_tuple(axis, ndim)
        is_vector = len(axes) == 1
    if is_vector and ord == 0:  # the number of nonzero elements
        return primal(value)
    return _norm_tangent(name, x, value, ord, axes, is_vector)


@implements(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Return a vector or matrix norm; the slope at zero is zero."""
    return norm_by(np.linalg.norm, "np.linalg.norm", x, ord, axis, keepdims)


@implements(np.linalg.vector_norm)
def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    check_conjugation("np.linalg.vector_norm", x)
    value = np.linalg.vector_norm(x.value, axis=axis, keepdims=keepdims, ord=ord)
    if ord == 0:
        return primal(value)
    axes = tuple(range(x.ndim)) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, x.ndim)
    return _norm_tangent("np.linalg.vector_norm", x, value, ord, axes, True)


@implements(np.linalg.matrix_norm)
def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    check_conjugation("np.linalg.matrix_norm", x)
    value = np.linalg.matrix_norm(x.value, keepdims=keepdims, ord=ord)
    return _norm_tangent("np.linalg.matrix_norm", x, value, ord, (x.ndim - 2, x.ndim - 1), False)


@implements(np.linalg.cond)
def _cond(x: Any, p: Any = None) -> Any:
    """Return the condition number, a product or quotient of norms."""
    check_conjugation("np.linalg.cond", x)
    value = np.linalg.cond(x.value, p)
    if np.any(np.isinf(primal(value))):
        raise refused("np.linalg.cond of a singular matrix", "it is infinite there", "Use the singular values.")
    axes = (-2, -1)
    if p is None or p in (2, -2):
        largest, smallest = np.linalg.norm(x, 2, axis=axes), np.linalg.norm(x, -2, axis=axes)
        ratio = smallest / largest if p == -2 else largest / smallest
    else:
        ratio = np.linalg.norm(x, p, axis=axes) * np.linalg.norm(np.linalg.inv(x), p, axis=axes)
    return finish(value, ratio.partials, (), x.tag)


@implements(np.linalg.matrix_rank)
def _matrix_rank(A: Any, *arguments: Any, **options: Any) -> Any:
    plain = [primal(x) for x in (A, *arguments)]
    return np.linalg.matrix_rank(*plain, **{name: primal(x) for name, x in options.items()})
