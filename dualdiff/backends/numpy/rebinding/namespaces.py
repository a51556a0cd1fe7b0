"""The modules that rebound code sees in place of ``numpy``, ``math`` and ``cmath``.

A name that is not stated here is that of the module itself. NumPy's universal functions are the
same objects; its other functions also take lists in which dual numbers stand. Floating-point
arrays that are made become buffers.
"""

from __future__ import annotations

import cmath
import functools
import math
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from dualdiff.backends.numpy.buffers import Buffer, fresh, operand
from dualdiff.backends.numpy.dual import Dual, Settling, is_scalar, lay_out, make, primal
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.nested_sequences import check_floating, gather, has_dual, settle, transform
from dualdiff.backends.numpy.rebinding.scalar_math import functions_of
from dualdiff.backends.numpy.rebinding.vectorizing import Vectorize

DISPATCHER: Any = type(np.sum)
CREATING = """
    zeros empty ones eye identity tri frombuffer fromstring fromfile loadtxt genfromtxt fromfunction from_dlpack indices
    blackman bartlett hanning hamming kaiser load
"""
# functions of a sequence of arrays: a list in it is one array
SEQUENCES = """
    concatenate concat stack hstack vstack dstack column_stack row_stack block select choose meshgrid multi_dot einsum
    broadcast_arrays lexsort
"""


class ActiveModule(ModuleType):
    """A module with some names replaced; all others are those of the module itself."""

    def __init__(self, module: ModuleType, replaced: dict[str, Any]) -> None:
        super().__init__(module.__name__, module.__doc__)
        self.__dict__.update(replaced)
        self.__dict__["_module"] = module

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.__dict__["_module"], name)
        if type(found) is DISPATCHER:
            found = taking_lists(found)
        self.__dict__[name] = found
        return found

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["_module"])


@functools.cache
def taking_lists(func: Callable[..., Any]) -> Callable[..., Any]:
    """Return one of NumPy's functions so that it takes lists of dual numbers as arrays, and returns buffers."""
    is_sequence = func.__name__ in SEQUENCES.split()

    def leaf(x: Any) -> Any:
        if type(x) not in (list, tuple):
            return x
        x = settle(x)
        if not has_dual(x) or func is np.block:  # its lists say how the blocks lie
            return x
        if not is_sequence:
            return gather(x)
        # a tuple: np.lexsort looks for duals in no other sequence
        return tuple([gather(item) if has_dual(item) and type(item) is not Dual else item for item in x])

    @functools.wraps(func)
    def function(*args: Any, **kwargs: Any) -> Any:
        for x in args:
            if type(x) is list or type(x) is tuple:
                args = tuple([leaf(x) for x in args])
                break
        if kwargs:
            kwargs = {name: leaf(x) for name, x in kwargs.items()}
        result = func(*args, **kwargs)
        if type(result) is not np.ndarray or result.dtype.kind not in "fc":
            return result
        for x in (*args, *kwargs.values()):
            if type(x) is np.ndarray and np.may_share_memory(result, x):
                return result
        return Buffer(result)

    return function


# ---- arrays of given items ----------------------------------------------------------------------------------------


def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: Any = "K",
    subok: bool = False,
    ndmin: int = 0,
    like: Any = None,
) -> Any:
    """Return ``np.array`` of numbers and dual numbers in nested lists, or of an array or a dual."""
    options: dict[str, Any] = {"order": order, "subok": subok, "ndmin": ndmin}
    if like is not None:
        options["like"] = settle(like)
    content = operand(object)
    if not isinstance(content, Dual):
        result = np.array(content, dtype, copy=copy, **options)
        if content is not object and np.may_share_memory(result, content):
            return object if result is content else object[...] if result.shape == object.shape else result
        return fresh(result) if result is not content else result
    if has_dual(object) and not isinstance(object, Dual):  # a list
        return gather(settle(object), dtype, order, ndmin)
    check_floating(np.dtype(content.dtype if dtype is None else dtype), "np.array")
    wanted = np.array(primal(content), dtype, copy=copy, **options)  # tells whether NumPy would copy
    if np.may_share_memory(wanted, primal(content)) and not is_scalar(content):
        return object if wanted.shape == content.shape else content.reshape(wanted.shape)
    return _copied(content, wanted)


def _copied(content: Any, wanted: Any) -> Any:
    """Return a copy of a dual with the type, the shape and the order in memory of an array of its values."""
    if not isinstance(content, Dual):
        result = np.empty_like(wanted)
        result[...] = content
        return result
    value = _copied(content.value, wanted)
    partials = content.partials.astype(wanted.dtype).reshape((len(content.partials), *wanted.shape))
    return make(value, lay_out(partials.copy(), value), content.tag)


def _converting(name: str, **settings: Any) -> Callable[..., Any]:
    """Return ``np.asarray`` or one of its kin."""
    plain = getattr(np, name)

    @functools.wraps(plain)
    def function(a: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
        if type(a) is np.ndarray:
            return plain(a, dtype, *args, **kwargs)
        options = {**settings, **dict(zip(("order",), args, strict=False)), **kwargs}
        options.pop("device", None)
        return array(a, dtype, **{"copy": None, **options})

    return function


def asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> Any:
    """Return ``np.asarray_chkfinite``."""
    np.asarray_chkfinite(transform(settle(a), primal), dtype, order)
    return array(a, dtype, copy=None, order=order or "K")


def fromiter(iter: Any, dtype: Any, count: int = -1, *, like: Any = None) -> Any:
    """Return ``np.fromiter`` of numbers and dual numbers."""
    items = settle(list(iter) if count < 0 else [item for item, _ in zip(iter, range(count), strict=False)])
    if not has_dual(items):
        return fresh(np.fromiter(items, dtype, count))
    check_floating(np.dtype(dtype), "np.fromiter")
    return gather(items, dtype)


def full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", **options: Any) -> Any:
    """Return ``np.full`` of a number or a dual number."""
    filling = operand(fill_value)
    result = fresh(np.full(shape, primal(filling), dtype, order, **options))
    if isinstance(filling, Dual):
        check_floating(result.dtype, "np.full")
        result[...] = filling
    return result


def arange(*args: Any, **kwargs: Any) -> Any:
    """Return ``np.arange`` with plain or dual ends and step."""
    args, kwargs = settle(args), settle(kwargs)
    duals = [x for x in (*args, *kwargs.values()) if isinstance(x, Dual)]
    if not duals:
        return fresh(np.arange(*args, **kwargs))
    given = dict(zip(("start", "stop", "step"), args if len(args) != 1 else (0, *args), strict=False))
    given.update({name: kwargs.pop(name) for name in ("start", "stop", "step") if name in kwargs})
    start, step = given.get("start", 0), given.get("step", 1)
    plain = {name: primal(x) for name, x in given.items()}
    value = np.arange(plain.get("start", 0), plain["stop"], plain.get("step", 1), **kwargs)
    check_floating(value.dtype, "np.arange")
    moved = start + np.arange(len(value), dtype=value.dtype) * step
    if not isinstance(moved, Dual):  # only the stop is a dual
        return fresh(value)
    moved[...] = moved - primal(moved) + value
    return moved


# ---- the rest -------------------------------------------------------------------------------------------------------


def isscalar(element: Any) -> bool:
    """Return ``np.isscalar`` of a number or a dual number."""
    return is_scalar(element) if isinstance(element, Dual) else np.isscalar(element)


def ndenumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Yield the positions and items of an array or a dual."""
    arr = operand(arr)
    if not isinstance(arr, Dual):
        arr = np.asarray(arr)
    return ((index, arr[index]) for index in np.ndindex(arr.shape))


class ArrayType(type(np.ndarray)):  # type: ignore[misc]
    """The type of ``ActiveArray``: duals and buffers are instances of an array."""

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, (np.ndarray, Settling)) or (isinstance(x, Dual) and not is_scalar(x))

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, (np.ndarray, Settling, Dual))

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make an array."""
        return fresh(np.ndarray(*args, **kwargs))


class ActiveArray(np.ndarray, metaclass=ArrayType):
    """``np.ndarray`` as rebound code sees it."""


class Joining:
    """``np.r_`` and ``np.c_`` of numbers, arrays, slices and duals."""

    def __init__(self, plain: Any, is_column: bool) -> None:
        self.plain = plain
        self.is_column = is_column

    def __getitem__(self, key: Any) -> Any:
        key = tuple(operand(item) for item in key) if type(key) is tuple else (operand(key),)
        if not any(isinstance(item, Dual) for item in key):
            return fresh(self.plain[key])
        if any(isinstance(item, str) for item in key):
            raise refused("np.r_ of dual numbers with a string", "it is not supported", "Use np.concatenate.")
        wanted = self.plain[tuple(primal(item) for item in key)]
        parts = [np.atleast_1d(np.r_[item] if isinstance(item, slice) else item) for item in key]
        if self.is_column:
            parts = [part[:, None] if part.ndim == 1 else part for part in parts]
        joined = np.concatenate(parts, axis=-1 if self.is_column else 0)
        return joined if joined.dtype == wanted.dtype else joined.astype(wanted.dtype)

    def __len__(self) -> int:
        return 0


def _creating(name: str) -> Callable[..., Any]:
    plain = getattr(np, name)

    @functools.wraps(plain)
    def function(*args: Any, **kwargs: Any) -> Any:
        return fresh(plain(*args, **kwargs))

    return function


def _active_numpy() -> dict[str, Any]:
    names: dict[str, Any] = {name: _creating(name) for name in CREATING.split() if hasattr(np, name)}
    names["array"] = array
    names["asarray"] = _converting("asarray")
    names["asanyarray"] = _converting("asanyarray", subok=True)
    names["ascontiguousarray"] = _converting("ascontiguousarray", order="C", ndmin=1)
    names["asfortranarray"] = _converting("asfortranarray", order="F", ndmin=1)
    for function in (asarray_chkfinite, fromiter, full, arange, isscalar, ndenumerate):
        names[function.__name__] = function
    names.update(ndarray=ActiveArray, vectorize=Vectorize, r_=Joining(np.r_, False), c_=Joining(np.c_, True))
    names["linalg"] = ActiveModule(np.linalg, {})
    names["fft"] = ActiveModule(np.fft, {})
    return names


NUMPY = ActiveModule(np, _active_numpy())
MATH = ActiveModule(math, functions_of(math))
CMATH = ActiveModule(cmath, functions_of(cmath))
ACTIVE = (NUMPY, MATH, CMATH, NUMPY.linalg, NUMPY.fft)
MODULES: dict[int, ModuleType] = {id(module.__dict__["_module"]): module for module in ACTIVE}
# what stands for a function or class that was imported by its name
REPLACED: dict[Any, Any] = {
    getattr(module.__dict__["_module"], name): found
    for module in (NUMPY, MATH, CMATH)
    for name, found in vars(module).items()
    if callable(found) or isinstance(found, Joining)
    if name not in ("_module",) and not name.startswith("__")
}
