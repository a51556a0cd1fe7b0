"""NumPy's functions that make new arrays: like a dual, or between two numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import (
    CREATORS,
    as_operand,
    check_dtype,
    composed,
    implements,
    name_of,
    plain_option,
)
from dualdiff.backends.numpy.dual import Dual, is_scalar, lay_out, make, match, primal
from dualdiff.backends.numpy.propagation import reserve
from dualdiff.backends.numpy.ufuncs import refuse_options

Function = Callable[..., Any]
_func: Function


# ---- like a dual ----------------------------------------------------------------------------------------------------


def _like(func: Function) -> None:
    @implements(func)
    def handler(
        a: Any = None,
        dtype: Any = None,
        order: Any = "K",
        subok: bool = True,
        shape: Any = None,
        *,
        device: Any = None,
        prototype: Any = None,
    ) -> Any:
        a = prototype if a is None else a  # np.empty_like calls it so
        refuse_options(name_of(func), {"device": None if device == "cpu" else device})
        value = func(a.value, dtype=dtype, order=order, shape=plain_option(func, shape))
        if value.dtype.kind not in "fc":  # integers and booleans cannot carry a derivative
            return primal(value)
        reserve(a.tag, len(a.partials), value)
        partials = np.zeros_like(a.partials, value.dtype, order="C", shape=(len(a.partials), *value.shape))
        return make(value, lay_out(partials, value), a.tag)


for _func in (np.zeros_like, np.ones_like, np.empty_like):
    _like(_func)


@implements(np.full_like)
def _full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    result = np.empty_like(a, dtype=dtype, order=order, shape=shape, device=device)
    if not isinstance(result, Dual):
        return np.full_like(primal(a), fill_value, dtype=dtype, order=order, shape=shape)
    result[...] = fill_value
    return result


@implements(np.copy)
def _copy(a: Any, order: Any = "K", subok: bool = False) -> Any:
    return a[...] if is_scalar(a.value) else a.copy(order)


@implements(getattr(np, "astype", None))
def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return x.astype(dtype, copy=copy)


# ---- with like= -----------------------------------------------------------------------------------------------------


def constant(like: Dual, value: Any) -> Any:
    """Return an array as a dual with zero partials, on the levels of another dual; integers stay plain."""
    if value.dtype.kind not in "fc":
        return value
    value = match(value, like.value)
    reserve(like.tag, len(like.partials), value)
    partials = np.zeros((len(like.partials), *value.shape), value.dtype)
    return make(value, lay_out(match(partials, value), value), like.tag)


def _creating(func: Function) -> None:
    def creator(like: Dual, *args: Any, **kwargs: Any) -> Any:
        return constant(like, func(*plain_option(func, args), **plain_option(func, kwargs)))

    CREATORS[func] = creator


for _func in (np.arange, np.empty, np.eye, np.identity, np.ones, np.tri, np.zeros):
    _creating(_func)


def _full(like: Dual, shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", **options: Any) -> Any:
    dtype = np.result_type(primal(fill_value)) if dtype is None else dtype
    result = constant(like, np.empty(shape, dtype, order))
    result[...] = fill_value
    return result


def _converting(func: Function) -> None:
    """Register a function that makes an array of numbers; among them there may be duals."""

    def creator(like: Dual, a: Any, dtype: Any = None, **options: Any) -> Any:
        operand = as_operand(a)
        if not isinstance(operand, Dual):
            return constant(like, func(a, dtype, **options))
        ndmin, copy = options.pop("ndmin", 0), options.pop("copy", func is np.array)
        order: Any = options.pop("order", None) or "K"
        refuse_options(name_of(func), {name: x for name, x in options.items() if name not in ("subok", "device")})
        operand = operand if dtype is None or operand.dtype == dtype else operand.astype(dtype)
        if order != "K" or (copy and operand is a):
            operand = np.copy(operand, order)
        return operand if operand.ndim >= ndmin else operand.reshape((1,) * (ndmin - operand.ndim) + operand.shape)

    CREATORS[func] = creator


CREATORS[np.full] = _full
for _func in (np.array, np.asarray, np.asanyarray):
    _converting(_func)
CREATORS[np.ascontiguousarray] = lambda like, a, dtype=None: CREATORS[np.asarray](like, a, dtype, order="C")
CREATORS[np.asfortranarray] = lambda like, a, dtype=None: CREATORS[np.asarray](like, a, dtype, order="F")


# ---- between two numbers --------------------------------------------------------------------------------------------


@composed(np.linspace)
def _linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    check_dtype(np.linspace, dtype)
    intervals = num - 1 if endpoint else num
    ndim = max(np.ndim(start), np.ndim(stop))
    share = np.reshape(np.arange(num) / max(intervals, 1), (-1, *(1,) * ndim))
    points = np.moveaxis(as_operand(start) * (1.0 - share) + as_operand(stop) * share, 0, axis)
    step = (as_operand(stop) - as_operand(start)) / (intervals if intervals else np.nan)
    return (points, step) if retstep else points


@composed(np.logspace)
def _logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    check_dtype(np.logspace, dtype)
    if np.ndim(base):
        start, stop, base = np.broadcast_arrays(*map(as_operand, (start, stop, base)))
        base = np.expand_dims(base, axis)
    return np.power(base, _linspace(start, stop, num, endpoint, axis=axis))


@composed(np.geomspace)
def _geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    check_dtype(np.geomspace, dtype)
    start, stop = as_operand(start), as_operand(stop)
    exponents = np.reshape(np.arange(num) / max(num - 1 if endpoint else num, 1), (-1, *(1,) * np.ndim(start + stop)))
    return np.moveaxis(start * np.power(stop / start, exponents), 0, axis)
