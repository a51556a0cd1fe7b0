"""The array methods of `Dual`: each is NumPy's function of the same name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual, check_open, is_scalar, make, primal
from dualdiff.backends.numpy.messages import dropped, refused

NAMES = (
    "all any argmax argmin argpartition argsort choose conj conjugate cumprod cumsum diagonal dot max mean min"
    " nonzero prod put ravel repeat round searchsorted squeeze std sum swapaxes take trace var"
)
# sorted in place
IN_PLACE = "sort partition"
# what the memory of the value tells
FACTS = "flags strides base device"


def _method(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Dual, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"Return ``np.{name}`` of the array."
    return method


def _in_place(name: str) -> Callable[..., None]:
    function = getattr(np, name)

    def method(self: Dual, *args: Any, **kwargs: Any) -> None:
        self[...] = function(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"Put ``np.{name}`` of the array in its place."
    return method


def _fact(name: str) -> property:
    return property(lambda self: getattr(primal(self), name), doc=f"The attribute ``{name}`` of the value.")


def compress(self: Dual, condition: Any, axis: Any = None, out: Any = None) -> Any:
    """Return the elements, or slices, where a condition holds."""
    return np.compress(condition, self, axis, out)


def reshape(self: Dual, *shape: Any, order: Any = "C", copy: bool | None = None) -> Any:
    """Return a view of another shape."""
    options = {} if copy is None else {"copy": copy}
    return np.reshape(self, shape[0] if len(shape) == 1 else shape, order=order, **options)


def transpose(self: Dual, *axes: Any) -> Any:
    """Return a view with permuted axes."""
    return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)


def flatten(self: Dual, order: Any = "C") -> Any:
    """Return a copy with one axis."""
    flat: Any = np.ravel(self, order)
    shares = np.may_share_memory(primal(flat), primal(self))
    return flat.copy() if shares or is_scalar(self.value) else flat


def clip(self: Dual, min: Any = None, max: Any = None, out: Any = None, **options: Any) -> Any:
    """Return the array with its elements limited to an interval."""
    return np.clip(self, min, max, out, **options)


def fill(self: Dual, value: Any) -> None:
    """Set every element."""
    self[...] = value


def astype(
    self: Dual, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: bool = True, copy: Any = True
) -> Any:
    """Return a copy of another floating-point or complex type."""
    check_open(self.tag)
    dtype = np.dtype(dtype)
    if dtype.kind not in "fc":
        raise dropped(f"astype({dtype}) of a dual number", "Cast to a float type; round by np.floor or np.trunc.")
    if not copy and dtype == self.dtype:
        return self
    options = {"casting": casting, "copy": copy}
    return make(self.value.astype(dtype, order, **options), self.partials.astype(dtype, order, **options), self.tag)


def view(self: Dual, dtype: Any = None, type: Any = None) -> Any:
    """Return another dual on the same memory."""
    if dtype not in (None, self.dtype, np.ndarray) or type not in (None, np.ndarray):
        raise refused(
            "view() of a dual number as another type", "bits carry no derivative", "Use x.astype(...) or x.view()."
        )
    return self[...]


def _flat(self: Dual) -> Any:
    flat: Any = np.reshape(self, -1)
    if not np.may_share_memory(primal(flat), primal(self)):
        raise refused(
            ".flat of a dual number that is not contiguous", "it could not write", "Use x.ravel() or x[i, j]."
        )
    return flat


def _set_flat(self: Dual, items: Any) -> None:
    _flat(self)[...] = items


for _name in NAMES.split():
    setattr(Dual, _name, _method(_name))
for _name in IN_PLACE.split():
    setattr(Dual, _name, _in_place(_name))
for _name in FACTS.split():
    setattr(Dual, _name, _fact(_name))
for _function in (astype, clip, compress, fill, flatten, reshape, transpose, view):
    setattr(Dual, _function.__name__, _function)
Dual.T = property(np.transpose, doc="A view with the axes reversed.")
Dual.mT = property(np.matrix_transpose, doc="A view with the last two axes exchanged.")
Dual.flat = property(_flat, _set_flat, doc="A view with one axis; only of a contiguous array.")  # type: ignore[attr-defined]
