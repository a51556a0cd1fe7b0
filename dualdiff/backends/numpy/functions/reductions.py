"""Sums, products and extremes of dual arrays along axes, with and without undefined entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.diagonal import is_diagonal, summed
from dualdiff.backends.numpy.dispatch import (
    NO,
    as_operand,
    check_dtype,
    composed,
    directions,
    finish,
    given,
    implements,
    is_active,
    level_of,
    lower,
    report,
    scale,
    shifted,
    strip,
)
from dualdiff.backends.numpy.dual import Dual, align, check_open, primal
from dualdiff.backends.numpy.quiet import restore, silence
from dualdiff.backends.numpy.ufuncs import METHODS, refuse_options

Function = Callable[..., Any]


def kept(keepdims: Any) -> bool:
    """Return the option ``keepdims``, which is off unless given."""
    return keepdims is not NO and bool(keepdims)


def where_of(where: Any) -> Any:
    """Return the plain mask of the elements that count, None for all of them."""
    return None if where is NO or where is True or where is None else np.asarray(strip(where), bool)


def masked(a: Any, mask: Any, neutral: float) -> Any:
    """Return an operand with a neutral number, whose partials are zero, at the elements that do not count."""
    if mask is None:
        return a
    return np.where(mask, a, np.asarray(neutral, primal(a).dtype))


def is_defined(a: Any, where: Any = None) -> Any:
    """Return the mask of the elements that the nan-functions count."""
    mask = ~np.isnan(primal(a))
    return mask if where is None else mask & where


# ---- sums and means -------------------------------------------------------------------------------------------------


def _plus_initial(total: Any, initial: Any, tag: Any) -> Any:
    if is_active(initial, tag):
        total = total + align(initial.partials, total.ndim - 1)
    return total


def _plain_sum(a: Dual, axis: Any, keepdims: Any) -> Dual:
    check_open(a.tag)
    value = np.add.reduce(a.value, axis=axis, keepdims=keepdims)  # as np.sum does, which costs twice the time
    if axis is None and is_diagonal(a) and not keepdims:
        return summed(a, value)
    token = silence()
    try:
        total = np.add.reduce(a.partials, axis=shifted(axis, a.ndim), keepdims=keepdims)
    finally:
        restore(token)
    return finish(value, total, (), a.tag)


def _summing(func: Function, skips_nan: bool) -> Function:
    @implements(func)
    def handler(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = NO,
        initial: Any = NO,
        where: Any = NO,
    ) -> Any:
        if dtype is None and initial is NO and where is NO and not skips_nan:  # nearly every call
            return _plain_sum(a, axis, kept(keepdims))
        check_dtype(func, dtype)
        tag = level_of(func, a, initial)
        where = where_of(where)
        options = given(dtype=dtype, keepdims=keepdims, where=where)
        value = func(lower(a, tag), axis=axis, **options, **lower(given(initial=initial), tag))
        if not is_active(a, tag):
            return finish(value, align(initial.partials, value.ndim), (initial.partials,), tag)
        partials = np.where(is_defined(a), a.partials, 0.0) if skips_nan else a.partials
        with np.errstate(all="ignore"):
            total = np.sum(partials, axis=shifted(axis, a.ndim), **options)
        return finish(value, _plus_initial(total, initial, tag), (), tag)

    return handler


_sum, _ = _summing(np.sum, False), _summing(np.nansum, True)
METHODS[np.add, "reduce"] = lambda a, axis=0, **options: _sum(a, axis, **options)


@implements(np.mean)
def _mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NO, *, where: Any = NO) -> Any:
    check_dtype(np.mean, dtype)
    options = given(dtype=dtype, keepdims=keepdims, where=where_of(where))
    value = np.mean(a.value, axis=axis, **options)
    with np.errstate(all="ignore"):
        return finish(value, _mean_of(a.partials, shifted(axis, a.ndim), options), (), a.tag)


def _mean_of(partials: Any, axes: Any, options: dict[str, Any]) -> Any:
    """Return the mean of partials; of no element at all it is undefined, without a warning."""
    where = options.get("where")
    count = _count(partials.shape[1:], tuple(i - 1 for i in axes), where, kept(options.get("keepdims", NO)))
    total = np.sum(partials, axis=axes, **options)
    return np.divide(total, count.astype(primal(total).real.dtype))


def _count(shape: tuple[int, ...], axes: Any, where: Any, keepdims: bool) -> Any:
    """Return the number of elements that count along the axes."""
    ones = np.broadcast_to(True if where is None else where, shape)
    return np.sum(ones, axis=axes, keepdims=keepdims)


@implements(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    check_dtype(np.trace, dtype)
    value = np.trace(a.value, offset, axis1, axis2, dtype)
    i, j = shifted((axis1, axis2), a.ndim)
    return finish(value, np.trace(a.partials, offset, i, j, dtype), (), a.tag)


@composed(np.nanmean)
def _nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NO, *, where: Any = NO
) -> Any:
    mask = is_defined(a, where_of(where))
    axes = tuple(i - 1 for i in shifted(axis, a.ndim))
    return np.sum(masked(a, mask, 0.0), axis=axes, keepdims=kept(keepdims)) / _count(
        a.shape, axes, mask, kept(keepdims)
    )


@composed(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = NO) -> Any:
    a = as_operand(a)
    axes = tuple(i - 1 for i in shifted(axis, a.ndim))
    if weights is None:
        mean = np.mean(a, axis=axes, keepdims=kept(keepdims))
        return (mean, np.float64(a.size)) if returned else mean
    weights = as_operand(weights)
    if weights.shape != a.shape:
        order = np.argsort(axes) if len(axes) == weights.ndim else range(weights.ndim)
        weights = np.transpose(weights, order)
        weights = np.reshape(weights, [a.shape[i] if i in axes else 1 for i in range(a.ndim)])
    weights = np.broadcast_to(weights, a.shape)
    scales = np.sum(weights, axis=axes, keepdims=kept(keepdims))
    mean = np.sum(a * weights, axis=axes, keepdims=kept(keepdims)) / scales
    return (mean, scales) if returned else mean


# ---- variances ------------------------------------------------------------------------------------------------------


def _centred(a: Any, axes: Any, mask: Any, mean: Any) -> Any:
    """Return the deviations from the mean, zero at the elements that do not count."""
    if mean is NO or mean is None:
        mean = np.sum(masked(a, mask, 0.0), axis=axes, keepdims=True) / _count(a.shape, axes, mask, True)
    return masked(a, mask, 0.0) - (mean if mask is None else np.where(mask, mean, 0.0))


def _variance(a: Any, axis: Any, ddof: Any, keepdims: Any, mask: Any, mean: Any) -> Any:
    axes = tuple(i - 1 for i in shifted(axis, a.ndim))
    deviations = _centred(a, axes, mask, mean)
    squares = np.real(deviations * np.conj(deviations)) if a.dtype.kind == "c" else np.square(deviations)
    count = _count(a.shape, axes, mask, kept(keepdims)) - ddof
    return np.sum(squares, axis=axes, keepdims=kept(keepdims)) / np.where(count > 0, count, 0)


def _spreading(func: Function, skips_nan: bool, is_root: bool) -> None:
    @composed(func)
    def body(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: Any = 0,
        keepdims: Any = NO,
        *,
        where: Any = NO,
        mean: Any = NO,
        correction: Any = NO,
    ) -> Any:
        check_dtype(func, dtype)
        a = as_operand(a)
        mask = is_defined(a, where_of(where)) if skips_nan else where_of(where)
        variance = _variance(a, axis, ddof if correction is NO else correction, keepdims, mask, mean)
        if not is_root:
            return variance
        # sqrt has an infinite slope at 0; the deviations from a constant are all zero, and so is the derivative
        is_null = np.equal(primal(variance), 0.0)
        return np.where(is_null, 0.0, np.sqrt(np.where(is_null, 1.0, variance)))


for _func, *_kind in (
    (np.var, False, False),
    (np.std, False, True),
    (np.nanvar, True, False),
    (np.nanstd, True, True),
):
    _spreading(_func, *_kind)


# ---- products -------------------------------------------------------------------------------------------------------


def _product(a: Any, t: Any) -> Any:
    """Return the partials of the product along the last axis; no factor is divided by, as it may be zero."""
    while a.shape[-1] > 1:
        rest = a.shape[-1] % 2
        left, right = a[..., 0 : a.shape[-1] - rest : 2], a[..., 1::2]
        moved = scale(right, t[..., 0 : a.shape[-1] - rest : 2]) + scale(left, t[..., 1::2])
        product = left * right
        if rest:
            moved = np.concatenate([moved, t[..., -1:]], axis=-1)
            product = np.concatenate([product, a[..., -1:]], axis=-1)
        a, t = product, moved
    return np.sum(t, axis=-1)


def _last(x: Any, axes: tuple[int, ...]) -> Any:
    """Return an array with some axes joined into one, the last."""
    x = np.moveaxis(x, axes, range(x.ndim - len(axes), x.ndim))
    size = int(np.prod(x.shape[x.ndim - len(axes) :], dtype=int))
    return np.reshape(x, (*x.shape[: x.ndim - len(axes)], size))


def _multiplying(func: Function, skips_nan: bool) -> Function:
    @implements(func)
    def handler(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = NO,
        initial: Any = NO,
        where: Any = NO,
    ) -> Any:
        check_dtype(func, dtype)
        tag = level_of(func, a, initial)
        where = where_of(where)
        options = given(dtype=dtype, keepdims=keepdims, where=where)
        value = func(lower(a, tag), axis=axis, **options, **lower(given(initial=initial), tag))
        mask = is_defined(a, where) if skips_nan else where
        factors = masked(a, mask, 1.0)
        axes = tuple(i - 1 for i in shifted(axis, a.ndim))
        last = _last(lower(factors, tag), axes)
        if initial is not NO:
            first = np.broadcast_to(lower(as_operand(initial), tag), (*last.shape[:-1], 1))
            last = np.concatenate([first, last], axis=-1)
        k = directions(tag, a, initial)
        with np.errstate(all="ignore"):
            t = _last(factors.partials, shifted(axis, a.ndim)) if is_active(a, tag) else None
            if t is None:
                t = np.zeros((k, *_last(primal(factors), axes).shape))
            if initial is not NO:
                moved = initial.partials if is_active(initial, tag) else np.zeros((k,))
                moved = np.reshape(moved, (k, *(1,) * (t.ndim - 1)))
                t = np.concatenate([np.broadcast_to(moved, (*t.shape[:-1], 1)), t], axis=-1)
            total = _product(last, t)
        return finish(value, np.reshape(total, (k, *value.shape)), (), tag)

    return handler


_prod, _ = _multiplying(np.prod, False), _multiplying(np.nanprod, True)
METHODS[np.multiply, "reduce"] = lambda a, axis=0, **options: _prod(a, axis, **options)


# ---- extremes -------------------------------------------------------------------------------------------------------


def same(a: Any, b: Any) -> Any:
    """Return where two values are equal, or both undefined."""
    a, b = primal(a), primal(b)
    return np.equal(a, b) | (np.isnan(a) & np.isnan(b))


def _extreme(func: Function, *aliases: Function) -> Function:
    @implements(func, *aliases)
    def handler(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = NO, initial: Any = NO, where: Any = NO
    ) -> Any:
        tag = level_of(func, a, initial)
        where = where_of(where)
        options = given(keepdims=keepdims, where=where)
        value = func(lower(a, tag), axis=axis, **options, **lower(given(initial=initial), tag))
        axes = tuple(i - 1 for i in shifted(axis, a.ndim))
        full = np.reshape(primal(value), [1 if i in axes else n for i, n in enumerate(a.shape)])
        is_tied = same(a, full)
        if where is not None:
            is_tied = is_tied & where
        count = np.sum(is_tied, axis=axes, keepdims=True)
        is_initial = initial is not NO and same(initial, full)
        count = count + is_initial
        report(tag, func, is_tied & (count > 1))
        total: Any = np.zeros((directions(tag, a, initial), *value.shape), value.dtype)
        with np.errstate(all="ignore"):
            if is_active(a, tag):
                # a quotient, not a product: an infinite tangent of another element times 0 would be undefined
                sums = np.sum(np.where(is_tied, a.partials, 0.0), axis=shifted(axis, a.ndim), keepdims=True)
                total = total + np.reshape(sums / np.maximum(count, 1), total.shape)
            if is_active(initial, tag):
                share = np.reshape(is_initial / np.maximum(count, 1), value.shape)
                total = total + scale(share, align(initial.partials, value.ndim))
        return finish(value, total, (), tag)

    return handler


_max, _min = _extreme(np.max, np.amax), _extreme(np.min, np.amin)
_extreme(np.nanmax)
_extreme(np.nanmin)
METHODS[np.maximum, "reduce"] = lambda a, axis=0, **options: _max(a, axis, **options)
METHODS[np.minimum, "reduce"] = lambda a, axis=0, **options: _min(a, axis, **options)


@composed(np.ptp)
def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = NO) -> Any:
    return np.max(a, axis=axis, keepdims=kept(keepdims)) - np.min(a, axis=axis, keepdims=kept(keepdims))


@composed(np.clip)
def _clip(
    a: Any, a_min: Any = NO, a_max: Any = NO, out: Any = None, *, min: Any = NO, max: Any = NO, **options: Any
) -> Any:
    check_dtype(np.clip, options.get("dtype"))
    refuse_options("np.clip", {"where": options.get("where")})
    low, high = (None if x is NO else x for x in (a_min if min is NO else min, a_max if max is NO else max))
    a = as_operand(a)
    a = a if low is None else np.maximum(a, as_operand(low))
    return +a if high is None else np.minimum(a, as_operand(high))


_clip_ufunc: Any = np._core.umath.clip  # type: ignore[attr-defined]
METHODS[_clip_ufunc, "__call__"] = lambda a, low, high, **options: np.clip(a, low, high, **options)
METHODS[np.logical_and, "reduce"] = lambda a, **options: np.logical_and.reduce(primal(a), **options)
METHODS[np.logical_or, "reduce"] = lambda a, **options: np.logical_or.reduce(primal(a), **options)
