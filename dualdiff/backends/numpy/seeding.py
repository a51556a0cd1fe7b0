"""Seeds: the variables as dual arrays, each element with its own direction or all along one tangent."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from dualdiff.backends.numpy import diagonal
from dualdiff.backends.numpy.dual import Dual, lay_out, make, match
from dualdiff.numbers.tags import Tag


@functools.cache
def keep_freed_memory() -> None:
    """Let the C library keep the memory of freed arrays for the next ones, instead of handing it back each time.

    The C library of Linux does so up to twice the largest block that it has seen freed. Nothing is written to
    this one, so it costs nothing; with it a Jacobian of 200 by 200 takes half the time.
    """
    np.empty(2**24, np.uint8)


def seed(x: Any, partials: Any, tag: Tag) -> Dual:
    """Make the dual of a copy of ``x``; value and partials get the same levels of nesting."""
    value = copy_of(x)
    if isinstance(partials, Dual):
        value = match(value, partials)
    elif partials.dtype != x.dtype:
        partials = partials.astype(x.dtype)
    if isinstance(value, Dual):
        partials = match(partials, value)
    elif partials.ndim > 2:
        partials = lay_out(partials, value)
    return make(value, partials, tag)


def copy_of(x: Any) -> Any:
    """Copy a variable with its strides: NumPy may round differently on other ones."""
    if not isinstance(x, np.ndarray) or x.flags.forc or 0 in x.strides or x.size == 0:
        return x.copy("K")
    low, high = np.lib.array_utils.byte_bounds(x)
    if high - low > 8 * x.nbytes:  # a thin view of a large array
        return x.copy("K")
    buffer = np.empty(high - low, np.uint8)
    copy = np.ndarray(x.shape, x.dtype, buffer, x.ctypes.data - low, x.strides)
    copy[...] = x
    return copy


def one_hot(x: Any, start: int, stop: int, tag: Tag) -> Dual:
    """Seed the directions ``start`` to ``stop``, counted from the first element of ``x``."""
    size = x.size
    if type(x) is np.ndarray and (stop - start) * size >= diagonal.SMALLEST:
        keep_freed_memory()
        return diagonal.diagonal_seed(copy_of(x), start, stop, tag)
    partials = np.zeros((stop - start, size), x.dtype)
    low, high = max(start, 0), min(stop, size)
    if low < high:  # one step down and one to the right for each direction
        partials.reshape(-1)[(low - start) * size + low : (high - start) * size : size + 1] = 1.0
    return seed(x, partials if x.ndim == 1 else partials.reshape((stop - start, *x.shape)), tag)
