"""Medians and quantiles of dual arrays: fixed shares of neighbouring sorted values."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import (
    NO,
    finish,
    implements,
    is_active,
    level_of,
    lower,
    not_an_operand,
    plain_option,
    scale,
    shifted,
)
from dualdiff.backends.numpy.dual import primal
from dualdiff.backends.numpy.functions.sorting import sorted_tangents
from dualdiff.backends.numpy.messages import refused

Function = Callable[..., Any]


def _rows(a: Any, axis: Any) -> Any:
    """Return an array with the axes of the quantile joined into the last one."""
    if axis is None:
        return np.reshape(a, -1)
    axes = tuple(i - 1 for i in shifted(axis, a.ndim))
    moved = np.moveaxis(a, axes, range(a.ndim - len(axes), a.ndim))
    return np.reshape(moved, (*moved.shape[: a.ndim - len(axes)], -1))


def _place(n: int, q: Any, quantile: Function) -> tuple[Any, Any]:
    """Return the index of the sorted value below the quantile ``q`` of ``n`` values, and the share of the next one.

    NumPy's own function tells them: the quantile of 0, 1, ..., n - 1 is the place,
    and that of a step behind the lower value is the share.
    """
    numbers = np.arange(float(n))
    low = np.minimum(np.floor(quantile(numbers, q)), max(n - 2, 0)).astype(int)
    shares = [quantile((numbers > i).astype(float), one) for i, one in zip(np.ravel(low), np.ravel(q), strict=True)]
    return np.ravel(low), np.array(shares)


def _along_rows(a: Any, q: Any, quantile: Function, func: Function) -> Any:
    """Return the partials of quantiles of the rows; undefined entries stand at their ends and do not count."""
    rows = primal(a)
    t = sorted_tangents(a, -1, func)
    counts = np.sum(~np.isnan(rows), axis=-1)
    low = np.zeros((*counts.shape, q.size), int)
    share = np.zeros(low.shape)
    for n in np.unique(counts):
        if n:
            low[counts == n], share[counts == n] = _place(int(n), q, quantile)
    share = share.astype(rows.real.dtype)
    below = np.take_along_axis(t, low[None], -1)
    above = np.take_along_axis(t, np.minimum(low + 1, rows.shape[-1] - 1)[None], -1)
    return scale(1 - share, below) + scale(share, above)


def _quantile(func: Function, a: Any, q: Any, axis: Any, value: Any, quantile: Function) -> Any:
    if value.size == 0 or a.size == 0:
        return finish(value, np.zeros((len(a.partials), *value.shape)), (), a.tag)
    rows = _rows(a, axis)
    q = np.asarray(q)
    with np.errstate(all="ignore"):
        total = np.moveaxis(_along_rows(rows, q, quantile, func), -1, 1)  # the axes of q stand in front
        total = np.reshape(total, (len(a.partials), *value.shape))
        is_undefined = np.isnan(primal(value))
        if is_undefined.any():
            total = scale(np.where(is_undefined, np.nan, 1.0), total)
    return finish(value, total, (), a.tag)


def _median(func: Function) -> None:
    @implements(func)
    def handler(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = NO) -> Any:
        options = {} if keepdims is NO else {"keepdims": keepdims}
        value = func(a.value, axis=axis, **options)
        return _quantile(func, a, 0.5, axis, value, np.quantile)


def _ranked(func: Function, plain: Function) -> None:
    @implements(func)
    def handler(
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: Any = NO,
        *,
        weights: Any = None,
        interpolation: Any = None,
    ) -> Any:
        tag = level_of(func, a, q)
        if is_active(q, tag):
            raise refused(
                f"np.{func.__name__} with a dual number as its q",
                "the slope in q is that of a line between two values of the sample",
                "Keep q out of the differentiation variables.",
            )
        options = {} if keepdims is NO else {"keepdims": keepdims}
        if weights is not None:
            raise refused(
                f"np.{func.__name__} with weights", "the weights choose one of the values", "Use np.sort and index it."
            )
        if not is_active(a, tag):
            raise not_an_operand(func)
        plain_option(func, q)
        value = func(lower(a, tag), q, axis=axis, method=method, **options)
        return _quantile(func, a, q, axis, value, partial(plain, method=method))


_median(np.median)
_median(np.nanmedian)
for _func, *_kind in (
    (np.quantile, np.quantile),
    (np.percentile, np.percentile),
    (np.nanquantile, np.quantile),
    (np.nanpercentile, np.percentile),
):
    _ranked(_func, *_kind)
