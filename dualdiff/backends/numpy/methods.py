"""The array methods of `Dual`: each is NumPy's function of the same name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual, check_open, make
from dualdiff.backends.numpy.messages import dropped

NAMES = (
    "all any argmax argmin argsort conj conjugate cumsum diagonal dot max mean min nonzero prod ravel repeat"
    " round searchsorted squeeze std sum swapaxes take trace var"
)


def _method(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Dual, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"Return ``np.{name}`` of the array."
    return method


def reshape(self: Dual, *shape: Any, order: Any = "C") -> Any:
    """Return a view of another shape."""
    return np.reshape(self, shape[0] if len(shape) == 1 else shape, order=order)


def transpose(self: Dual, *axes: Any) -> Any:
    """Return a view with permuted axes."""
    return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)


def flatten(self: Dual, order: Any = "C") -> Any:
    """Return a copy with one axis."""
    return np.reshape(self, -1, order=order).copy()


def clip(self: Dual, min: Any = None, max: Any = None) -> Any:
    """Return the array with its elements limited to an interval."""
    return np.clip(self, min, max)


def fill(self: Dual, value: Any) -> None:
    """Set every element."""
    self[...] = value


def astype(self: Dual, dtype: Any, **options: Any) -> Any:
    """Return a copy of another floating-point type."""
    check_open(self.tag)
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise dropped(f"astype({dtype}) of a dual number", "Cast to a float type; round by np.floor or np.trunc.")
    return make(self.value.astype(dtype, **options), self.partials.astype(dtype, **options), self.tag)


for _name in NAMES.split():
    setattr(Dual, _name, _method(_name))
for _function in (reshape, transpose, flatten, clip, fill, astype):
    setattr(Dual, _function.__name__, _function)
Dual.T = property(np.transpose, doc="A view with the axes reversed.")
Dual.mT = property(np.matrix_transpose, doc="A view with the last two axes exchanged.")
