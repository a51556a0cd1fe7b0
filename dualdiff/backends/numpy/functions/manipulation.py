"""NumPy's functions that only move elements: they are run a second time on the numbers of the elements.

Every element of the dual operands gets a number from 1 on, every element of a plain operand 0. Where the
function puts the numbers, there belong the partials; where it puts 0, the partials are zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import (
    composed,
    duals_in,
    finish,
    implements,
    is_active,
    level_of,
    lower,
    name_of,
    operand_first,
    plain_option,
    shifted,
    strip,
)
from dualdiff.backends.numpy.dual import KEEP_ARRAYS, Dual, make, match, primal
from dualdiff.backends.numpy.messages import dropped
from dualdiff.backends.numpy.propagation import reserve
from dualdiff.numbers.tags import Tag

Function = Callable[..., Any]


class Numbering:
    """The numbers of the elements of all active operands, and their partials in that order."""

    def __init__(self, tag: Tag) -> None:
        self.tag = tag
        self.count = 0
        self.parts: list[Any] = []

    def number(self, x: Any) -> Any:
        """Return the numbers of the elements in place of the elements; lists keep their nesting."""
        if is_active(x, self.tag):
            numbers = np.arange(self.count + 1, self.count + 1 + x.size).reshape(x.shape)
            self.count += x.size
            self.parts.append(np.reshape(x.partials, (len(x.partials), -1)))
            return numbers if x.ndim else numbers[()]
        if isinstance(x, (tuple, list)):
            return type(x)(self.number(item) for item in x)
        return None if x is None else np.zeros(np.shape(x), int)[()]

    def gather(self, numbers: Any) -> Any:
        """Return the partials of the elements at the places of their numbers."""
        first = self.parts[0]
        zeros = np.zeros((len(first), 1), first.dtype)
        table = np.concatenate([zeros, *self.parts], axis=1)
        return np.take(table, np.asarray(numbers).astype(int), axis=1)


def move(func: Function, call: Function, *elements: Any) -> Any:
    """Return the dual of ``call(*elements)``, which moves elements and computes with none; ``func`` names it."""
    tag = level_of(func, elements)
    value = call(*lower(elements, tag))
    numbering = Numbering(tag)
    numbers = call(*numbering.number(elements))
    return _gathered(value, numbers, numbering)


def _gathered(value: Any, numbers: Any, numbering: Numbering) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(_gathered(v, n, numbering) for v, n in zip(value, numbers, strict=True))
    check_moved(value)
    reserve(numbering.tag, len(numbering.parts[0]), value)
    return finish(value, numbering.gather(numbers), (), numbering.tag)


def check_moved(value: Any) -> None:
    """Refuse a result of integers: the operands were converted on the way."""
    if value.dtype.kind not in "fc":
        raise dropped(f"moving the elements of a dual number into a result of type {value.dtype}", "Use a float type.")


# ---- one operand ----------------------------------------------------------------------------------------------------


def _moving_first(func: Function) -> None:
    @implements(func)
    def handler(*args: Any, **kwargs: Any) -> Any:
        a, args, kwargs = operand_first(func, args, kwargs)
        return move(func, lambda x: func(x, *args, **kwargs), a)


for _func in (np.delete, np.diagflat, np.resize, np.tril, np.triu):
    _moving_first(_func)


@implements(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    if v.ndim == 2:
        return np.diagonal(v, k)
    return move(np.diag, lambda x: np.diag(x, k), v)


@implements(np.repeat)
def _repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    repeats = plain_option(np.repeat, repeats)
    if axis is None:
        a, axis = a.reshape(-1), 0
    value = np.repeat(a.value, repeats, axis)
    reserve(a.tag, len(a.partials), value)
    return make(value, np.repeat(a.partials, repeats, shifted(axis, a.ndim)[0]), a.tag)


@implements(np.tile)
def _tile(A: Any, reps: Any) -> Any:
    value = np.tile(A.value, plain_option(np.tile, reps))
    reserve(A.tag, len(A.partials), value)
    reps = tuple(np.atleast_1d(reps).tolist())
    reps = (1,) * (A.ndim - len(reps)) + reps
    partials = np.reshape(A.partials, (len(A.partials), *(1,) * (value.ndim - A.ndim), *A.shape))
    return finish(value, np.tile(partials, (1, *reps)), (partials,), A.tag)


@implements(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    shift = plain_option(np.roll, shift)
    if axis is None:
        flat = np.reshape(a.partials, (len(a.partials), -1))
        moved = np.reshape(np.roll(flat, np.sum(shift), 1), a.partials.shape)
        return finish(np.roll(a.value, shift), moved, (), a.tag)
    return finish(np.roll(a.value, shift, axis), np.roll(a.partials, shift, shifted(axis, a.ndim)), (), a.tag)


@implements(np.take)
def _take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
    indices = plain_option(np.take, indices)
    value = np.take(a.value, indices, axis, mode=mode)
    reserve(a.tag, len(a.partials), value)
    partials, place = a.partials, 1
    if axis is None:
        partials = np.reshape(partials, (len(partials), -1))
    else:
        place = shifted(axis, a.ndim)[0]
    return finish(value, np.take(partials, indices, place, mode=mode), (), a.tag)


@implements(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    indices = np.asarray(plain_option(np.take_along_axis, indices))
    if axis is None:
        return _take(arr.reshape(-1), indices)
    value = np.take_along_axis(arr.value, indices, axis)
    partials = np.take_along_axis(arr.partials, indices[None], shifted(axis, arr.ndim)[0])
    return finish(value, partials, (), arr.tag)


@implements(np.compress)
def _compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    return move(np.compress, lambda x: np.compress(strip(condition), x, axis), a)


@implements(np.extract)
def _extract(condition: Any, arr: Any) -> Any:
    return move(np.extract, lambda x: np.extract(strip(condition), x), arr)


@implements(np.trim_zeros)
def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    filt = filt if isinstance(filt, Dual) else np.stack(filt)
    ndim = filt.ndim
    axes = [i - 1 for i in shifted(axis, ndim)]
    nonzero = np.argwhere(primal(filt))
    index = [slice(None)] * ndim
    for i in axes:
        low, high = (nonzero[:, i].min(), nonzero[:, i].max() + 1) if len(nonzero) else (filt.shape[i],) * 2
        front = low if "f" in trim.lower() else 0
        index[i] = slice(front, high if "b" in trim.lower() and len(nonzero) else None)
        if not len(nonzero):
            index[i] = slice(0, 0)
    return filt[tuple(index)]


# ---- several operands -----------------------------------------------------------------------------------------------


def joined(func: Function, parts: Any, axis: int, **options: Any) -> Any:
    """Return the concatenation of operands of the same number of axes."""
    tag = level_of(func, parts)
    value = np.concatenate([lower(x, tag) for x in parts], axis=axis, **options)
    check_moved(value)
    k = next(len(x.partials) for x in parts if is_active(x, tag))
    reserve(tag, k, value)
    tangents = [x.partials if is_active(x, tag) else np.zeros((k, *x.shape), value.dtype) for x in parts]
    return finish(value, np.concatenate(tangents, axis=shifted(axis, value.ndim)[0]), (), tag)


def _operands(arrays: Any) -> list[Any]:
    return [x if isinstance(x, Dual) else np.asarray(x) for x in arrays]


@implements(np.concatenate)
def _concatenate(
    arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    parts = _operands(arrays)
    if axis is None:
        parts, axis = [x.reshape(-1) for x in parts], 0
    return joined(np.concatenate, parts, axis, dtype=dtype, casting=casting)


@implements(np.stack)
def _stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    parts = _operands(arrays)
    before = np.lib.array_utils.normalize_axis_index(axis, parts[0].ndim + 1)
    if len({x.shape for x in parts}) > 1:
        raise ValueError("all input arrays must have the same shape")
    parts = [x[(slice(None),) * before + (None,)] for x in parts]
    return joined(np.stack, parts, before, dtype=dtype, casting=casting)


@implements(np.hstack)
def _hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    parts = [np.atleast_1d(x) for x in _operands(tup)]
    return joined(np.hstack, parts, 0 if parts[0].ndim == 1 else 1, dtype=dtype, casting=casting)


@implements(np.vstack)
def _vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    return joined(np.vstack, [np.atleast_2d(x) for x in _operands(tup)], 0, dtype=dtype, casting=casting)


@implements(np.dstack)
def _dstack(tup: Any) -> Any:
    return joined(np.dstack, [np.atleast_3d(x) for x in _operands(tup)], 2)


@implements(np.column_stack)
def _column_stack(tup: Any) -> Any:
    parts = [np.atleast_1d(x) for x in _operands(tup)]
    return joined(np.column_stack, [x[:, None] if x.ndim == 1 else x for x in parts], 1)


@implements(np.append)
def _append(arr: Any, values: Any, axis: Any = None) -> Any:
    return _concatenate((arr, values), axis)


@implements(np.block)
def _block(arrays: Any) -> Any:
    return arrays.copy() if isinstance(arrays, Dual) else move(np.block, np.block, arrays)


@implements(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    obj = plain_option(np.insert, obj)
    arr = arr if isinstance(arr, Dual) else np.asarray(arr)
    if not isinstance(arr, Dual) and arr.dtype.kind not in "fc":
        check_moved(arr)  # the values are converted to the type of the array
    return move(np.insert, lambda a, v: np.insert(a, obj, v, axis), arr, values)


@implements(np.where)
def _where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    condition = strip(condition)
    if x is None and y is None:
        return np.where(condition)
    if not isinstance(x, Dual) and not isinstance(y, Dual):
        return np.where(condition, x, y)
    tag = level_of(np.where, x, y)
    value = np.where(condition, lower(x, tag), lower(y, tag))
    reserve(tag, len(next(t.partials for t in (x, y) if is_active(t, tag))), value)
    tangents = [_aligned(t.partials, value.ndim) if is_active(t, tag) else 0.0 for t in (x, y)]
    return finish(value, np.where(condition, *tangents), (), tag)


def _aligned(partials: Any, ndim: int) -> Any:
    """Insert axes of length 1 behind the direction axis."""
    return np.reshape(partials, (len(partials), *(1,) * (ndim + 1 - partials.ndim), *partials.shape[1:]))


@implements(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    conditions = [primal(c) for c in condlist]
    return move(np.select, lambda choices, other: np.select(conditions, choices, other), list(choicelist), default)


@implements(np.choose)
def _choose(a: Any, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
    a = plain_option(np.choose, a)
    return move(np.choose, lambda options: np.choose(a, options, mode=mode), list(choices))


# ---- padding --------------------------------------------------------------------------------------------------------

EXTREMES: dict[str, Function] = {"maximum": np.max, "minimum": np.min, "median": np.median}


@composed(np.pad)
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    if callable(mode):
        raise dropped("np.pad with a function as its mode", "Fill an array made by np.zeros_like(x, shape=...).")
    constant = options.get("constant_values", 0)
    if mode == "constant" and next(duals_in(constant), None) is not None:
        return move(np.pad, lambda a, c: np.pad(a, pad_width, constant_values=c), array, constant)
    width = np.broadcast_to(_pairs(plain_option(np.pad, pad_width), array.ndim), (array.ndim, 2))
    if mode in EXTREMES:
        lengths = np.broadcast_to(np.asarray(options.get("stat_length"), dtype=object), (array.ndim, 2))
        for axis in range(array.ndim):
            array = _pad_by_extreme(array, width[axis], EXTREMES[mode], axis, lengths[axis])
        return array
    plain_option(np.pad, options)
    rest = {k: v for k, v in options.items() if k not in ("constant_values", "end_values")}
    if rest.get("stat_length") is not None:
        rest["stat_length"] = ((1, 1), *np.broadcast_to(rest["stat_length"], (array.ndim, 2)).tolist())
    partials = np.pad(array.partials, ((0, 0), *width.tolist()), mode, **rest)
    return make(np.zeros(partials.shape[1:]), partials, array.tag)


def _pairs(pad_width: Any, ndim: int) -> Any:
    if isinstance(pad_width, dict):
        widths = np.zeros((ndim, 2), int)
        for axis, width in pad_width.items():
            widths[axis] = width
        return widths
    return pad_width


def _pad_by_extreme(a: Any, width: Any, reduce: Function, axis: int, lengths: Any) -> Any:
    """Put the extreme (or the median) of the elements at each end of an axis before and behind it."""
    n = a.shape[axis]
    before = (slice(None),) * axis
    low = n if lengths[0] is None else min(lengths[0], n)
    high = n if lengths[1] is None else min(lengths[1], n)
    front = reduce(a[(*before, slice(None, low))], axis=axis, keepdims=True)
    behind = reduce(a[(*before, slice(n - high, None))], axis=axis, keepdims=True)
    return np.concatenate([np.repeat(front, width[0], axis), a, np.repeat(behind, width[1], axis)], axis)


# ---- assignment -----------------------------------------------------------------------------------------------------


def assign(func: Function, target: Any, values: Any, call: Function) -> None:
    """Run ``call(target, values)``, which writes values into places of the target, on value and partials."""
    if not isinstance(target, Dual):
        raise dropped(f"writing a dual number into a plain array by {name_of(func)}", KEEP_ARRAYS)
    tag = level_of(func, target, values)
    if tag is not target.tag:
        raise dropped(
            f"storing a value of the {tag.name} in an array of the {target.tag.name}",
            "Make the array from all the variables, e.g. np.empty_like(x * a), or use np.stack([...]).",
        )
    numbering = Numbering(tag)
    numbers = numbering.number(target)
    call(numbers, numbering.number(values))
    gathered = numbering.gather(numbers)
    call(target.value, lower(values, tag))
    target.partials[...] = match(gathered, target.value)


@implements(np.copyto)
def _copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    assign(np.copyto, dst, src, lambda a, v: np.copyto(a, v, casting, strip(where)))


@implements(np.fill_diagonal)
def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    assign(np.fill_diagonal, a, val, lambda a, v: np.fill_diagonal(a, v, wrap))


@implements(np.put)
def _put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    ind = plain_option(np.put, ind)
    assign(np.put, a, v, lambda a, v: np.put(a, ind, v, mode))


@implements(np.put_along_axis)
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    indices = plain_option(np.put_along_axis, indices)
    assign(np.put_along_axis, arr, values, lambda a, v: np.put_along_axis(a, indices, v, axis))


@implements(np.place)
def _place(arr: Any, mask: Any, vals: Any) -> None:
    assign(np.place, arr, vals, lambda a, v: np.place(a, strip(mask), v))


@implements(np.putmask)
def _putmask(a: Any, mask: Any, values: Any) -> None:
    assign(np.putmask, a, values, lambda a, v: np.putmask(a, strip(mask), v))
