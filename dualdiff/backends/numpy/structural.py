"""NumPy's functions of dual arrays that move, join, select or add elements."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import KEEP_ARRAYS, Dual, align, check_open, is_scalar, lay_out, make, primal, top_tag
from dualdiff.backends.numpy.messages import dropped, refused
from dualdiff.backends.numpy.ufuncs import METHODS, WAY_OUT, finish, refuse_options

Function = Callable[..., Any]
HANDLERS: dict[Function, Function] = {}


def array_function(self: Dual, func: Function, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """NumPy's hook: every function that meets a dual comes here."""
    check_open(self.tag)
    handler = HANDLERS.get(func)
    if handler is None:
        raise refused(f"{name_of(func)} of a dual number", "it has no derivative rule", WAY_OUT)
    return handler(*args, **kwargs)


def name_of(func: Any) -> str:
    """Return the name of a NumPy function as the user writes it, such as ``np.linalg.inv``."""
    module = getattr(func, "__module__", None) or "numpy"
    return f"{module}.{func.__name__}".replace("numpy.", "np.", 1)


def implements(*functions: Function) -> Callable[[Function], Function]:
    """Register the form for duals of NumPy's functions."""

    def register(handler: Function) -> Function:
        HANDLERS.update(dict.fromkeys(functions, handler))
        return handler

    return register


def only_first(func: Function, a: Any, others: Any) -> None:
    """Refuse a dual in an argument in which a function is not linear, or not differentiable."""
    if not isinstance(a, Dual) or any(isinstance(x, Dual) for x in others):
        raise refused(
            f"{name_of(func)} with a dual number in an argument other than the first",
            "it is differentiated in its first argument only",
            WAY_OUT,
        )


def shifted(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return the axes of a value as those of its partials; None means all."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    axes = axis if isinstance(axis, tuple) else (axis,)
    return tuple(np.lib.array_utils.normalize_axis_index(i, ndim) + 1 for i in axes)


# ---- views: value and partials both share memory with the operand ---------------------------------------------------


def reshaped(a: Dual, value: Any, order: Any = "C") -> Dual:
    """Return the dual of a reshaped value; both parts are views, or both copies."""
    partials = np.reshape(a.partials, (len(a.partials), *value.shape), order=order)
    if not _share_memory(value, a.value):
        partials = partials.copy()
    elif not _share_memory(partials, a.partials):
        raise refused(
            "reshaping a dual number whose value and partials differ in memory order",
            "the result would be half a view",
            "Copy the array first: x.copy().reshape(...).",
        )
    return make(value, partials, a.tag)


def _share_memory(a: Any, b: Any) -> bool:
    return np.may_share_memory(primal(a), primal(b)) or a.size == 0


@implements(np.reshape)
def _reshape(a: Any, shape: Any = None, order: Any = "C", **options: Any) -> Any:
    refuse_options("np.reshape", options)
    return reshaped(a, np.reshape(a.value, shape, order=order), order)


@implements(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    return _reshape(a, -1, "C" if order == "K" and a.ndim < 2 else order)


def _reshaping(func: Function) -> None:
    @implements(func)
    def handler(a: Any, *args: Any, **kwargs: Any) -> Any:
        only_first(func, a, (*args, *kwargs.values()))
        return reshaped(a, func(a.value, *args, **kwargs))


_reshaping(np.squeeze)
_reshaping(np.expand_dims)


def _at_least(func: Function) -> None:
    @implements(func)
    def handler(*arrays: Any) -> Any:
        results = tuple(reshaped(a, func(a.value)) if isinstance(a, Dual) else func(a) for a in arrays)
        return results[0] if len(results) == 1 else results


_at_least(np.atleast_1d)
_at_least(np.atleast_2d)


@implements(np.transpose, np.permute_dims)
def _transpose(a: Any, axes: Any = None) -> Any:
    if a.ndim == 0:
        return a.copy()
    axes = range(a.ndim)[::-1] if axes is None else axes
    return make(np.transpose(a.value, tuple(axes)), np.transpose(a.partials, (0, *shifted(tuple(axes), a.ndim))), a.tag)


@implements(np.matrix_transpose)
def _matrix_transpose(a: Any) -> Any:
    return _swapaxes(a, -1, -2)


@implements(np.swapaxes)
def _swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    (i, j) = shifted((axis1, axis2), a.ndim)
    return make(np.swapaxes(a.value, i - 1, j - 1), np.swapaxes(a.partials, i, j), a.tag)


@implements(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Return a view with some axes moved to other places."""
    sources = [i - 1 for i in shifted(tuple(np.atleast_1d(source)), a.ndim)]
    targets = [i - 1 for i in shifted(tuple(np.atleast_1d(destination)), a.ndim)]
    order = [i for i in range(a.ndim) if i not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return _transpose(a, order)


@implements(np.flip)
def _flip(m: Any, axis: Any = None) -> Any:
    axes = shifted(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if i + 1 in axes else slice(None) for i in range(m.ndim))]


implements(np.flipud)(lambda m: _flip(m, 0))
implements(np.fliplr)(lambda m: _flip(m, 1))


@implements(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    value = np.broadcast_to(array.value, shape)
    partials = np.broadcast_to(align(array.partials, value.ndim), (len(array.partials), *value.shape))
    return make(value, partials, array.tag)


@implements(np.broadcast_arrays)
def _broadcast_arrays(*arrays: Any, subok: bool = False) -> Any:
    shape = np.broadcast_shapes(*(np.shape(a) for a in arrays))
    return tuple(np.broadcast_to(a, shape) for a in arrays)


@implements(np.split, np.array_split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    numbers = np.array_split(np.arange(ary.shape[axis]), indices_or_sections)
    if isinstance(indices_or_sections, int):
        ends = np.cumsum([len(part) for part in numbers])
        if len(set(np.diff(ends, prepend=0))) > 1:
            raise ValueError("array split does not result in an equal division; give the indices")
        bounds = [0, *ends]
    else:
        bounds = [0, *indices_or_sections, None]
    before = (slice(None),) * (shifted(axis, ary.ndim)[0] - 1)
    return [ary[(*before, slice(low, high))] for low, high in pairwise(bounds)]


@implements(np.real)
def _real(val: Any) -> Any:
    return val


# ---- copies and new arrays -----------------------------------------------------------------------------------------


@implements(np.copy)
def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return a[...] if is_scalar(a.value) else a.copy(order)


def _like(func: Function) -> None:
    @implements(func)
    def handler(a: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, **kw: Any) -> Any:
        refuse_options(name_of(func), {k: v for k, v in kw.items() if v != "cpu"})
        value = func(a.value, dtype=dtype, order=order, shape=shape)
        if value.dtype.kind != "f":  # integers and booleans cannot carry a derivative
            return value if not isinstance(value, Dual) else primal(value)
        partials = np.zeros_like(a.partials, value.dtype, order="C", shape=(len(a.partials), *value.shape))
        return make(value, lay_out(partials, value), a.tag)


_like(np.zeros_like)
_like(np.ones_like)
_like(np.empty_like)


@implements(np.full_like)
def _full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None
) -> Any:
    result = np.empty_like(a, dtype=dtype, shape=shape)
    result[...] = fill_value
    return result


@implements(np.copyto)
def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if not isinstance(dst, Dual):
        raise dropped("copying a dual number into a plain array", KEEP_ARRAYS)
    dst[...] = src if where is True else np.where(where, src, dst)


@implements(np.fill_diagonal)
def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    if not isinstance(a, Dual):
        raise dropped("copying a dual number into a plain array", KEEP_ARRAYS)
    diagonal = np.arange(min(a.shape))
    a[(diagonal,) * a.ndim] = val


# ---- joining and selecting -----------------------------------------------------------------------------------------


def _as_operand(x: Any) -> Any:
    return x if isinstance(x, Dual) else np.asarray(x)


@implements(np.concatenate)
def _concatenate(arrays: Any, axis: Any = 0, **options: Any) -> Any:
    refuse_options("np.concatenate", {k: v for k, v in options.items() if k != "casting"})
    parts = [_as_operand(x) for x in arrays]
    if axis is None:
        parts, axis = [x.reshape(-1) for x in parts], 0
    tag = top_tag(parts)
    values = [x.value if isinstance(x, Dual) and x.tag is tag else x for x in parts]
    k = next(len(x.partials) for x in parts if isinstance(x, Dual) and x.tag is tag)
    tangents = [x.partials if isinstance(x, Dual) and x.tag is tag else np.zeros((k, *x.shape), x.dtype) for x in parts]
    value = np.concatenate(values, axis=axis)
    return finish(value, np.concatenate(tangents, axis=shifted(axis, value.ndim)[0]), (), tag)


@implements(np.stack)
def _stack(arrays: Any, axis: int = 0, **options: Any) -> Any:
    parts = [_as_operand(x) for x in arrays]
    before = np.lib.array_utils.normalize_axis_index(axis, parts[0].ndim + 1)
    parts = [x[(slice(None),) * before + (None,)] for x in parts]
    return _concatenate(parts, axis, **options)


@implements(np.hstack)
def _hstack(tup: Any, **options: Any) -> Any:
    parts = [np.atleast_1d(_as_operand(x)) for x in tup]
    return _concatenate(parts, 0 if parts[0].ndim == 1 else 1, **options)


@implements(np.vstack)
def _vstack(tup: Any, **options: Any) -> Any:
    return _concatenate([np.atleast_2d(_as_operand(x)) for x in tup], 0, **options)


@implements(np.column_stack)
def _column_stack(tup: Any) -> Any:
    parts = [np.atleast_1d(_as_operand(x)) for x in tup]
    return _concatenate([x[:, None] if x.ndim == 1 else x for x in parts], 1)


@implements(np.append)
def _append(arr: Any, values: Any, axis: Any = None) -> Any:
    return _concatenate((arr, values), axis)


@implements(np.where)
def _where(condition: Any, *choices: Any) -> Any:
    condition = primal(condition)
    if not any(isinstance(x, Dual) for x in choices):
        return np.where(condition, *choices)
    tag = top_tag(choices)
    values = [x.value if isinstance(x, Dual) and x.tag is tag else x for x in choices]
    value = np.where(condition, *values)
    tangents = [align(x.partials, value.ndim) if isinstance(x, Dual) and x.tag is tag else 0.0 for x in choices]
    return finish(value, np.where(condition, *tangents), (), tag)


@implements(np.take)
def _take(a: Any, indices: Any, axis: Any = None, **options: Any) -> Any:
    refuse_options("np.take", options)
    if axis is None:
        return a.reshape(-1)[indices]
    return a[(slice(None),) * (shifted(axis, a.ndim)[0] - 1) + (indices,)].copy()


@implements(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None, **options: Any) -> Any:
    refuse_options("np.clip", options)
    low, high = a_min if min is None else min, a_max if max is None else max
    a = a if low is None else np.maximum(a, low)
    return +a if high is None else np.minimum(a, high)


# ---- functions of the value alone ----------------------------------------------------------------------------------


def _strip(x: Any) -> Any:
    return type(x)(_strip(item) for item in x) if type(x) in (list, tuple) else primal(x)


def _flat(func: Function) -> None:
    @implements(func)
    def handler(*args: Any, **kwargs: Any) -> Any:
        return func(*_strip(args), **{name: _strip(x) for name, x in kwargs.items()})


FLAT_NAMES = """
    all allclose any argmax argmin argsort argwhere array_equal array_equiv around can_cast common_type count_nonzero
    digitize fix flatnonzero isclose iscomplex iscomplexobj isin isneginf isposinf isreal isrealobj may_share_memory
    ndim nonzero result_type round searchsorted shape shares_memory size
"""
for _name in FLAT_NAMES.split():
    _flat(getattr(np, _name))
METHODS[np.logical_and, "reduce"] = lambda a, **options: np.logical_and.reduce(primal(a), **options)
METHODS[np.logical_or, "reduce"] = lambda a, **options: np.logical_or.reduce(primal(a), **options)

Dual.__array_function__ = array_function
