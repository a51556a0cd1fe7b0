"""NumPy's functions that call a function of the user's on parts of an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import as_operand, implements, strip
from dualdiff.backends.numpy.dual import Dual
from dualdiff.backends.numpy.nested_sequences import settle

Function = Callable[..., Any]


@implements(np.apply_along_axis)
def _apply_along_axis(func1d: Function, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    arr = as_operand(arr)
    axis = np.lib.array_utils.normalize_axis_index(axis, arr.ndim)
    rows = np.moveaxis(arr, axis, -1)
    shape = rows.shape[:-1]
    if 0 in shape:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    results = [as_operand(settle(func1d(rows[index], *args, **kwargs))) for index in np.ndindex(shape)]
    joined = np.stack([r if isinstance(r, Dual) else np.asarray(r) for r in results])
    ndim = joined.ndim - 1
    joined = np.reshape(joined, shape + joined.shape[1:])
    return np.moveaxis(joined, range(len(shape), len(shape) + ndim), range(axis, axis + ndim))


@implements(np.apply_over_axes)
def _apply_over_axes(func: Function, a: Any, axes: Any) -> Any:
    for axis in np.atleast_1d(axes).tolist():
        axis = axis + a.ndim if axis < 0 else axis
        result = settle(func(a, axis))
        result = result if result.ndim == a.ndim else np.expand_dims(result, axis)
        if result.ndim != a.ndim:
            raise ValueError("function is not returning an array of the correct shape")
        a = result
    return a


@implements(np.piecewise)
def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    conditions = strip(condlist)
    if np.isscalar(conditions) or (not isinstance(conditions[0], (list, np.ndarray)) and np.ndim(x)):
        conditions = [conditions]
    conditions = np.asarray(conditions, bool)
    if len(funclist) == len(conditions) + 1:
        conditions = np.concatenate([conditions, ~np.any(conditions, axis=0, keepdims=True)])
    elif len(funclist) != len(conditions):
        raise ValueError(f"with {len(conditions)} condition(s), as many functions or one more are expected")
    result = np.zeros_like(x[...] if np.ndim(x) else np.reshape(x, ()))
    for condition, function in zip(conditions, funclist, strict=True):
        if not callable(function):
            result[condition] = function
        elif np.any(condition):
            result[condition] = settle(function(x[condition], *args, **kw))
    return result
