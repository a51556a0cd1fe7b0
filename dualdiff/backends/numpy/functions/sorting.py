"""Sorted values and what is made of them: the order is that of the plain values, ties share equally."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import (
    as_operand,
    finish,
    implements,
    level_of,
    lower,
    on_parts,
    plain_option,
    report,
)
from dualdiff.backends.numpy.dual import Dual, primal

Function = Callable[..., Any]


# ---- ties -----------------------------------------------------------------------------------------------------------


def share_ties(ordered: Any, t: Any) -> Any:
    """Return tangents, sorted along the last axis, where all those of equal values have their mean.

    ``ordered`` are the plain sorted values; undefined ones are equal to each other.
    """
    if ordered.shape[-1] < 2:
        return t
    new = ties_of(ordered)
    return t if new.all() else mean_of_groups(t, new)


def ties_of(ordered: Any) -> Any:
    """Return where, along the last axis of sorted values, another value than the one before begins."""
    left, right = ordered[..., :-1], ordered[..., 1:]
    is_new = ~((left == right) | (np.isnan(left) & np.isnan(right)))
    return np.concatenate([np.ones((*ordered.shape[:-1], 1), bool), is_new], axis=-1)


def mean_of_groups(t: Any, is_new: Any) -> Any:
    """Return tangents with the mean of their group in place of each; groups lie side by side on the last axis."""
    starts = np.flatnonzero(is_new)
    counts = np.diff(np.append(starts, is_new.size))
    ndim = is_new.ndim

    def mean(t: Any) -> Any:
        shape = t.shape
        flat = t.reshape(*shape[: t.ndim - ndim], -1)
        with np.errstate(all="ignore"):
            means = np.add.reduceat(flat, starts, axis=-1) / counts
        return np.repeat(means, counts, axis=-1).reshape(shape).astype(t.dtype)

    return on_parts(mean, t)


def sorted_tangents(a: Any, axis: int, func: Any) -> Any:
    """Return the partials of the sorted values of ``a`` along an axis, that axis last."""
    plain = np.moveaxis(primal(a), axis, -1)
    order = np.argsort(plain, axis=-1, kind="stable")
    t = np.take_along_axis(np.moveaxis(a.partials, _behind(axis, a.ndim), -1), order[None], -1)
    ordered = np.take_along_axis(plain, order, -1)
    if ordered.shape[-1] > 1:
        report(a.tag, func, ~ties_of(ordered))
    return share_ties(ordered, t)


def _behind(axis: int, ndim: int) -> int:
    """Return an axis of a value, counted from the end as it is in its partials too."""
    return int(np.lib.array_utils.normalize_axis_index(axis, ndim)) - ndim


# ---- sort and partition ---------------------------------------------------------------------------------------------


@implements(np.sort)
def _sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    if axis is None:
        a, axis = a.reshape(-1), 0
    value = np.sort(a.value, axis=axis, kind=kind, order=order, stable=stable)
    total = sorted_tangents(a, axis, np.sort)
    return finish(value, np.moveaxis(total, -1, _behind(axis, a.ndim)), (), a.tag)


@implements(np.partition)
def _partition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    kth = plain_option(np.partition, kth)
    if axis is None:
        a, axis = a.reshape(-1), 0
    value = np.partition(a.value, kth, axis=axis, kind=kind, order=order)
    total = sorted_tangents(a, axis, np.partition)
    # the tangents of the sorted values go to the places that these have in the partition
    order_of_value = np.argsort(np.moveaxis(primal(value), axis, -1), axis=-1, kind="stable")
    rank = np.argsort(order_of_value, axis=-1)
    total = np.take_along_axis(total, rank[None], -1)
    return finish(value, np.moveaxis(total, -1, _behind(axis, a.ndim)), (), a.tag)


# ---- sets of values -------------------------------------------------------------------------------------------------


def _looked_up(func: Any, value: Any, pool: Any) -> Any:
    """Return the dual of values that all occur in the operands of ``pool``; ties share equally."""
    tag = level_of(func, pool)
    parts = [np.reshape(as_operand(x), -1) for x in pool]
    together = parts[0] if len(parts) == 1 else np.concatenate(parts)
    t = sorted_tangents(together, 0, func)
    ordered = np.sort(primal(together), kind="stable")
    return finish(value, np.take(t, np.searchsorted(ordered, primal(value)), axis=-1), (), tag)


def _first_of(result: Any, value: Any) -> Any:
    """Put the dual in place of the first of several results."""
    if not isinstance(result, tuple):
        return value
    return type(result)(value, *result[1:]) if hasattr(result, "_fields") else (value, *result[1:])


@implements(np.unique)
def _unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    **options: Any,
) -> Any:
    flags: Any = (return_index, return_inverse, return_counts)
    result: Any = np.unique(ar.value, *flags, axis=axis, **options)
    value = result[0] if isinstance(result, tuple) else result
    if axis is None:
        return _first_of(result, _looked_up(np.unique, value, [ar]))
    inverse = np.unique(primal(ar), return_inverse=True, axis=axis, **options)[1].reshape(-1)
    order = np.argsort(inverse, kind="stable")
    rows = np.moveaxis(ar.partials, _behind(axis, ar.ndim), -1)
    is_new = np.diff(inverse[order], prepend=-1) > 0
    t = mean_of_groups(np.take(rows, order, axis=-1), is_new)
    t = np.take(t, np.flatnonzero(is_new), axis=-1)
    return _first_of(result, finish(value, np.moveaxis(t, -1, _behind(axis, ar.ndim)), (), ar.tag))


def _unique_of_array_api(func: Function) -> None:
    @implements(func)
    def handler(x: Any) -> Any:
        result = func(x.value)
        value = result[0] if isinstance(result, tuple) else result
        return _first_of(result, _looked_up(func, value, [x]))


for _func in (np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values):
    _unique_of_array_api(_func)


def _set_operation(func: Function, *, from_both: bool) -> None:
    @implements(func)
    def handler(ar1: Any, ar2: Any, *args: Any, **kwargs: Any) -> Any:
        tag = level_of(func, ar1, ar2)
        result = func(lower(ar1, tag), lower(ar2, tag), *args, **kwargs)
        value = result[0] if isinstance(result, tuple) else result
        pool = [ar1, ar2] if from_both else [ar1]
        if not any(isinstance(x, Dual) and x.tag is tag for x in pool):
            return result
        return _first_of(result, _looked_up(func, value, pool))


_set_operation(np.intersect1d, from_both=True)
_set_operation(np.setdiff1d, from_both=False)
_set_operation(np.setxor1d, from_both=True)
_set_operation(np.union1d, from_both=True)
