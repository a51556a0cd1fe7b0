"""The methods of ufuncs on dual arrays: reduce, accumulate, outer, at and reduceat of any ufunc of the table.

Sums, products and extremes have faster forms of their own; here a step along the axis costs one operation.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual, align, make, primal
from dualdiff.backends.numpy.indexing import keep_last_axis
from dualdiff.backends.numpy.messages import dropped
from dualdiff.backends.numpy.propagation import name_of_ufunc
from dualdiff.backends.numpy.ufuncs import GENERIC, refuse_options

Function = Callable[..., Any]


def _is_set(option: Any) -> bool:
    return option is not None and option is not np._NoValue


def _implements(method: str) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        GENERIC[method] = function
        return function

    return register


def _two_arguments(ufunc: np.ufunc, method: str) -> None:
    if ufunc.nin != 2 or ufunc.nout != 1:
        raise ValueError(f"{method} only supported for binary functions with one output, not {ufunc.__name__}")


@_implements("outer")
def outer(ufunc: np.ufunc, a: Any, b: Any, **options: Any) -> Any:
    """Apply a function to all pairs of elements."""
    _two_arguments(ufunc, "outer")
    a = a if isinstance(a, Dual) else np.asarray(a)
    return ufunc(a.reshape(a.shape + (1,) * np.ndim(b)), b, **options)


@_implements("reduce")
def reduce(
    ufunc: np.ufunc,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    """Combine the elements along an axis from the first to the last."""
    _two_arguments(ufunc, "reduce")
    refuse_options(f"{name_of_ufunc(ufunc)}.reduce", {"dtype": dtype, "where": None if where is True else where})
    given = {"initial": primal(initial)} if _is_set(initial) else {}
    value = ufunc.reduce(primal(array), axis=axis, keepdims=keepdims, **given)
    if not isinstance(array, Dual) and not isinstance(initial, Dual):
        return value
    items = _along(array, axis)
    parts = [items[i] for i in range(len(items))]
    if _is_set(initial):
        parts.insert(0, initial)
    total = parts[0]
    for part in parts[1:]:
        total = ufunc(total, part)
    if not isinstance(total, Dual):
        return value
    return _with_value(total, np.reshape(total, np.shape(value)), value)


@_implements("accumulate")
def accumulate(ufunc: np.ufunc, array: Any, axis: int = 0, dtype: Any = None) -> Any:
    """Return all the intermediate results of a reduction."""
    _two_arguments(ufunc, "accumulate")
    refuse_options(f"{name_of_ufunc(ufunc)}.accumulate", {"dtype": dtype})
    value = ufunc.accumulate(primal(array), axis=axis)
    items = np.moveaxis(array, axis, 0)
    if len(items) == 0:
        return array.copy()
    results = [items[0]]
    for i in range(1, len(items)):
        results.append(ufunc(results[-1], items[i]))
    if not isinstance(results[-1], Dual) and len(results) > 1:
        return value
    total = np.stack(results, axis)
    return _with_value(total, total, value)


@_implements("reduceat")
def reduceat(ufunc: np.ufunc, array: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """Reduce the slices between successive indices."""
    _two_arguments(ufunc, "reduceat")
    refuse_options(f"{name_of_ufunc(ufunc)}.reduceat", {"dtype": dtype})
    value = ufunc.reduceat(primal(array), indices, axis=axis)
    items = np.moveaxis(array, axis, 0)
    bounds = [*(int(i) for i in indices), len(items)]
    parts = [ufunc.reduce(items[low:high], axis=0) if low < high else items[low] for low, high in pairwise(bounds)]
    if not any(isinstance(part, Dual) for part in parts):
        return value
    total = np.stack(parts, axis)
    return _with_value(total, total, value)


@_implements("at")
def at(ufunc: np.ufunc, array: Any, indices: Any, *operand: Any) -> None:
    """Apply a function in place, once for each time that an element is named."""
    name = f"{name_of_ufunc(ufunc)}.at"
    if not isinstance(array, Dual):
        raise dropped(
            f"{name} of a plain array with a dual number",
            "Make the array by np.zeros_like(x), or by dualdiff.zeros(n).",
        )
    if ufunc.nin != 1 + len(operand):
        raise ValueError(f"{name}: wrong number of operands")
    numbers = np.arange(array.size).reshape(array.shape)[indices]
    if ufunc in (np.add, np.subtract) and _added(ufunc, array, indices, operand[0], np.shape(numbers)):
        return
    places = np.stack(np.unravel_index(np.reshape(numbers, -1), array.shape), axis=-1).tolist()
    others = [np.broadcast_to(b, np.shape(numbers)).reshape(-1) for b in operand]
    for i, place in enumerate(map(tuple, places)):
        array[place] = ufunc(array[place], *(b[i] for b in others))


def _added(ufunc: np.ufunc, array: Dual, indices: Any, b: Any, shape: tuple[int, ...]) -> bool:
    """Add or subtract in place, which moves value and partials alike; say whether that could be done."""
    if not isinstance(b, Dual) or b.tag.level < array.tag.level:
        ufunc.at(array.value, indices, b)
        return True
    if b.tag is not array.tag:
        return False
    ufunc.at(array.value, indices, b.value)
    moved = np.broadcast_to(align(b.partials, len(shape)), (len(b.partials), *shape))
    index = keep_last_axis(indices if isinstance(indices, tuple) else (indices,))
    ufunc.at(np.moveaxis(array.partials, 0, -1), index, np.moveaxis(moved, 0, -1))
    return True


def _along(array: Any, axis: Any) -> Any:
    """Return the array with the axes of a reduction as its first one."""
    if axis is None:
        axis = tuple(range(array.ndim))
    if not isinstance(axis, tuple):
        return np.moveaxis(array, axis, 0) if array.ndim else array.reshape(1)
    moved = np.moveaxis(array, axis, range(len(axis)))
    return moved.reshape(-1, *moved.shape[len(axis) :]) if axis else moved[None]


def _with_value(total: Any, shaped: Any, value: Any) -> Any:
    """Return a result with the value that NumPy's own method gives, bit by bit."""
    nested = shaped.value
    if isinstance(nested, Dual):  # the levels below were computed by the same steps
        return shaped
    return make(value, shaped.partials.astype(value.dtype), total.tag)
