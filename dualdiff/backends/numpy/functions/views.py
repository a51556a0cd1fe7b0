"""NumPy's functions that give another view of an array: value and partials both share memory with the operand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import (
    HANDLERS,
    NO,
    implements,
    name_of,
    not_an_operand,
    only_first,
    operand_first,
    plain_option,
    shifted,
)
from dualdiff.backends.numpy.dual import Dual, align, is_scalar, make, primal
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.propagation import reserve

__all__ = ["HANDLERS", "implements", "moveaxis", "name_of", "only_first", "reshaped", "shifted"]

Function = Callable[..., Any]
_func: Function


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


def _transposed(a: Any, axes: Any) -> Any:
    """Return the view of an array with permuted axes, the directions in front."""
    if is_scalar(a.value):
        return a.copy()
    return make(np.transpose(a.value, axes), np.transpose(a.partials, (0, *(i + 1 for i in axes))), a.tag)


# ---- other shapes ---------------------------------------------------------------------------------------------------


@implements(np.reshape)
def _reshape(a: Any, shape: Any = None, order: Any = "C", *, newshape: Any = None, copy: Any = None) -> Any:
    shape = plain_option(np.reshape, newshape if shape is None or shape is NO else shape)
    if not isinstance(a, Dual):
        raise not_an_operand(np.reshape)
    options = {} if copy is None else {"copy": copy}
    value = np.reshape(a.value, shape, order=order, **options)
    if order == "A":
        order = _order_of(a)
    return reshaped(a, value, order)


def _order_of(a: Any) -> str:
    """Return the order "A" of an array: "F" if it is contiguous in that order only."""
    flags = getattr(primal(a), "flags", None)
    return "F" if flags is not None and flags.fnc else "C"


@implements(np.ravel)
def _ravel(a: Any, order: Any = "C") -> Any:
    plain = primal(a)
    if order == "K" and isinstance(plain, np.ndarray) and not plain.flags.c_contiguous:
        axes = tuple(np.argsort([-abs(stride) for stride in plain.strides], kind="stable").tolist())
        return reshaped(_transposed(a, axes), np.ravel(a.value, "K"))
    order = "F" if order == "A" and _order_of(a) == "F" else order
    return reshaped(a, np.ravel(a.value, order), "F" if order == "F" else "C")


def _reshaping(func: Function) -> None:
    @implements(func)
    def handler(*args: Any, **kwargs: Any) -> Any:
        a, args, kwargs = operand_first(func, args, kwargs)
        return reshaped(a, func(a.value, *args, **kwargs))


for _func in (np.squeeze, np.expand_dims):
    _reshaping(_func)


def _at_least(func: Function) -> None:
    @implements(func)
    def handler(*arys: Any) -> Any:
        results = tuple(reshaped(a, func(a.value)) if isinstance(a, Dual) else func(a) for a in arys)
        return results[0] if len(results) == 1 else results


for _func in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
    _at_least(_func)


# ---- other orders of the axes ---------------------------------------------------------------------------------------


@implements(np.transpose, np.permute_dims)
def _transpose(a: Any, axes: Any = None) -> Any:
    order = range(a.ndim)[::-1] if axes is None else [i - 1 for i in shifted(tuple(axes), a.ndim)]
    if len(order) != a.ndim:
        raise ValueError("axes don't match array")
    return _transposed(a, tuple(order))


def _with_shifted_axes(func: Function, *names: str) -> None:
    """Register a view whose named arguments are axes."""

    @implements(func)
    def handler(*args: Any, **kwargs: Any) -> Any:
        a, args, kwargs = operand_first(func, args, kwargs)
        value = func(a.value, *args, **kwargs)
        axes = [_shift(axis, a.ndim) for axis in args[: len(names)]]
        options = {name: _shift(x, a.ndim) if name in names else x for name, x in kwargs.items()}
        return make(value, func(a.partials, *axes, *args[len(names) :], **options), a.tag)


def _shift(axis: Any, ndim: int) -> Any:
    """Return an axis, or several, of a value as those of its partials, counted as they were."""
    axes = shifted(axis, ndim)
    return axes[0] if np.ndim(axis) == 0 else axes


for _func, *_names in (
    (np.swapaxes, "axis1", "axis2"),
    (np.moveaxis, "source", "destination"),
):
    _with_shifted_axes(_func, *_names)


def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Return a view with some axes moved to other places."""
    return np.moveaxis(a, source, destination)


@implements(np.matrix_transpose)
def _matrix_transpose(x: Any, /) -> Any:
    return make(np.matrix_transpose(x.value), np.swapaxes(x.partials, -1, -2), x.tag)


@implements(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    value = np.rollaxis(a.value, axis, start)
    place = start + 1 if start >= 0 else start + a.ndim + 1
    return make(value, np.rollaxis(a.partials, shifted(axis, a.ndim)[0], place), a.tag)


# ---- other directions, parts and repetitions ------------------------------------------------------------------------


@implements(np.flip)
def _flip(m: Any, axis: Any = None) -> Any:
    return make(np.flip(m.value, axis), np.flip(m.partials, shifted(axis, m.ndim)), m.tag)


implements(np.flipud)(lambda m: _flip(m, 0))
implements(np.fliplr)(lambda m: _flip(m, 1))


@implements(np.rot90)
def _rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return make(np.rot90(m.value, k, axes), np.rot90(m.partials, k, _shift(tuple(axes), m.ndim)), m.tag)


@implements(np.diagonal)
def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    value = np.diagonal(a.value, offset, axis1, axis2)
    return make(value, np.diagonal(a.partials, offset, *shifted((axis1, axis2), a.ndim)), a.tag)


@implements(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    value = np.broadcast_to(array.value, plain_option(np.broadcast_to, shape))
    partials = np.broadcast_to(align(array.partials, value.ndim), (len(array.partials), *value.shape))
    return make(value, partials, array.tag)


@implements(np.broadcast_arrays)
def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    shape = np.broadcast_shapes(*(np.shape(a) for a in args))
    return tuple(np.broadcast_to(a, shape) for a in args)


@implements(np.meshgrid)
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: Any = "xy") -> Any:
    plain = np.meshgrid(*[np.arange(np.size(x)) for x in xi], copy=False, sparse=sparse, indexing=indexing)
    results = []
    for i, (x, model) in enumerate(zip(xi, plain, strict=True)):
        x = x if isinstance(x, Dual) else np.asanyarray(x)
        place = 1 - i if indexing == "xy" and i < 2 and len(xi) > 1 else i
        result = np.reshape(x, [-1 if axis == place else 1 for axis in range(len(xi))])
        if isinstance(x, Dual):
            reserve(x.tag, len(x.partials), model)
        result = result if sparse else np.broadcast_to(result, model.shape)
        results.append(result.copy() if copy else result)
    return tuple(results)


def _splitting(func: Function, fixed: Function | None = None) -> None:
    """Register a function that returns a list of parts; ``fixed(ndim)`` is its axis."""

    @implements(func)
    def handler(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
        where = plain_option(func, indices_or_sections)
        if not isinstance(ary, Dual):
            raise not_an_operand(func)
        values = func(ary.value, where) if fixed else func(ary.value, where, axis)
        axis = fixed(ary.ndim) if fixed else axis
        parts = np.array_split(ary.partials, where, shifted(axis, ary.ndim)[0])
        return [make(value, part, ary.tag) for value, part in zip(values, parts, strict=True)]


_splitting(np.split)
_splitting(np.array_split)
_splitting(np.hsplit, lambda ndim: 0 if ndim == 1 else 1)
_splitting(np.vsplit, lambda ndim: 0)
_splitting(np.dsplit, lambda ndim: 2)


@implements(getattr(np, "unstack", None))
def _unstack(x: Any, /, *, axis: int = 0) -> Any:
    first = np.moveaxis(x, axis, 0)
    return tuple(first[i] for i in range(len(first)))


@implements(np.lib.stride_tricks.sliding_window_view)
def _sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    view = np.lib.stride_tricks.sliding_window_view
    value = view(x.value, window_shape, axis, writeable=writeable)
    axes = shifted(axis, x.ndim)
    return make(value, view(x.partials, window_shape, axes, writeable=writeable), x.tag)
