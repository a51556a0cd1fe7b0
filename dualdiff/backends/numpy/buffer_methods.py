"""The operators, methods and attributes of `Buffer`: those of the array or the dual that it stands for."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dualdiff.backends.numpy.buffers import Buffer, call, fresh, operand, wrap
from dualdiff.backends.numpy.dual import Dual
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.nested_sequences import settle

BINARY = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift"
COMPARISONS = "lt le gt ge eq ne"
UNARY = "neg pos abs invert"
# what the memory tells whether or not there are derivatives
FACTS = "shape ndim size dtype itemsize nbytes strides flags base device"
# pointers, which only code that knows no duals follows
POINTERS = "ctypes data"
VIEWS = "T mT real imag"
WRITING = "fill put itemset"
REORDERING = "sort partition"


def _binary(name: str) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    operate = getattr(operator, f"__{name}__")
    update = getattr(operator, f"__i{name}__")

    def forward(self: Buffer, other: Any) -> Any:
        return fresh(operate(self.settle(), operand(other)))

    def reflected(self: Buffer, other: Any) -> Any:
        return fresh(operate(operand(other), self.settle()))

    def in_place(self: Buffer, other: Any) -> Any:
        other = operand(other)
        target = self.target_of(other)
        result = update(target, other)
        if result is not target:
            target[...] = result
        return self

    return forward, reflected, in_place


def _comparison(name: str) -> Callable[..., Any]:
    compare = getattr(operator, name)
    return lambda self, other: compare(self.settle(), operand(other))


def _unary(name: str) -> Callable[..., Any]:
    operate = getattr(operator, f"__{name}__")
    return lambda self: fresh(operate(self.settle()))


def _divmod(self: Buffer, other: Any) -> Any:
    return fresh(divmod(self.settle(), operand(other)))


def _reflected_divmod(self: Buffer, other: Any) -> Any:
    return fresh(divmod(operand(other), self.settle()))


def _method(name: str) -> Callable[..., Any]:
    """Return the method of that name of what the buffer stands for."""

    def method(self: Buffer, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("out") is not None:
            return call(getattr(np, name), (self, *args), kwargs)
        args, kwargs = settle(args), settle(kwargs)
        result = getattr(self.settle(), name)(*args, **kwargs)
        return wrap(result, (self,), lambda _, content: getattr(content, name)(*args, **kwargs))

    return _documented(method, name)


def _writing(name: str) -> Callable[..., Any]:
    """Return a method that stores its arguments in the buffer."""

    def method(self: Buffer, *args: Any, **kwargs: Any) -> None:
        args = tuple(operand(x) for x in args)
        target = self.settle()
        for x in (*args, *kwargs.values()):
            if isinstance(x, Dual):
                target = self.target_of(x)
        if name == "put" and isinstance(target, Dual):
            np.put(target, *args, **kwargs)  # type: ignore[arg-type]
        else:
            getattr(target, name)(*args, **kwargs)

    return _documented(method, name)


def _reordering(name: str) -> Callable[..., Any]:
    """Return a method that puts the elements of the buffer in another order."""

    def method(self: Buffer, *args: Any, **kwargs: Any) -> None:
        target = self.target_of(None)
        if isinstance(target, Dual):
            target[...] = getattr(np, name)(target, *args, **kwargs)
        else:
            getattr(target, name)(*args, **kwargs)

    return _documented(method, name)


def _documented(method: Callable[..., Any], name: str) -> Callable[..., Any]:
    method.__name__ = name
    method.__qualname__ = f"Buffer.{name}"
    method.__doc__ = f"Do what ``ndarray.{name}`` does."
    return method


def _fact(name: str) -> property:
    return property(lambda self: getattr(self._plain, name), doc=f"``ndarray.{name}``.")


def _pointer(name: str) -> property:
    return property(lambda self: getattr(self.export(), name), doc=f"``ndarray.{name}``.")


def _view(name: str) -> property:
    def get(self: Buffer) -> Any:
        return wrap(getattr(self.settle(), name), (self,), lambda _, content: getattr(content, name))

    def store(self: Buffer, item: Any) -> None:
        get(self)[...] = item

    return property(get, store, doc=f"``ndarray.{name}``.")


def view(self: Buffer, *args: Any, **kwargs: Any) -> Any:
    """Return a view of the same memory; of another type than a floating one it is a plain array."""
    plain = self._plain.view(*args, **kwargs)
    if type(plain) is np.ndarray and plain.dtype.kind in "fc":
        return wrap(plain, (self,), lambda _, content: content.view(*args, **kwargs))
    return self.export().view(*args, **kwargs)


def resize(self: Buffer, *shape: Any, **options: Any) -> None:
    """Refuse: the views of the buffer would keep the old memory."""
    raise refused("the array method .resize", "it moves the memory", "Write y = np.resize(y, shape).")


def set_shape(self: Buffer, shape: Any) -> None:
    """Change the shape without moving the memory, as NumPy does."""
    plain = self._plain.view()
    plain.shape = shape
    reshaped = self._view(plain, lambda content: content.reshape(plain.shape))
    self._plain, self._path, self._settled = reshaped._plain, reshaped._path, (None, None)


class Flat:
    """The elements of a buffer as one row, for ``y.flat``."""

    def __init__(self, buffer: Any) -> None:
        self.base = buffer

    def _places(self, index: Any) -> Any:
        return np.unravel_index(np.arange(self.base.size)[settle(index)], self.base.shape)

    def __getitem__(self, index: Any) -> Any:
        return self.base[self._places(index)]

    def __setitem__(self, index: Any, item: Any) -> None:
        places, item = self._places(index), operand(item)
        wanted = np.shape(places[0]) if places else ()
        if wanted and np.shape(item) != () and np.shape(item) != wanted:  # NumPy repeats or cuts the items
            item = (
                np.resize(item, wanted) if not isinstance(item, Dual) else item[np.resize(np.arange(item.size), wanted)]
            )
        self.base[places] = item

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(self.base.size))

    def __len__(self) -> int:
        return int(self.base.size)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.base, dtype=dtype).reshape(-1)

    def copy(self) -> Any:
        """Return the elements as an array of one axis."""
        return self.base.flatten()


def _flat_of(self: Buffer) -> Flat:
    return Flat(self)


def _set_flat(self: Buffer, items: Any) -> None:
    self.flat[:] = items  # type: ignore[attr-defined]


def _numba_type(self: Buffer) -> Any:
    raise refused(
        "an @njit function was called with an array made inside a differentiated function",
        "compiled code cannot carry its derivatives",
        "Give it np.array(y) of plain arrays, or differentiate with engine='numba'.",
    )


def install() -> None:
    """Give `Buffer` the operators, methods and attributes of an array."""
    for name in BINARY.split():
        for prefix, method in zip(("", "r", "i"), _binary(name), strict=True):
            setattr(Buffer, f"__{prefix}{name}__", method)
    for name in COMPARISONS.split():
        setattr(Buffer, f"__{name}__", _comparison(name))
    for name in UNARY.split():
        setattr(Buffer, f"__{name}__", _unary(name))
    for name, function in {"divmod": _divmod, "rdivmod": _reflected_divmod}.items():
        setattr(Buffer, f"__{name}__", function)
    for name in FACTS.split():
        setattr(Buffer, name, _fact(name))
    for name in POINTERS.split():
        setattr(Buffer, name, _pointer(name))
    for name in VIEWS.split():
        setattr(Buffer, name, _view(name))
    for name in dir(np.ndarray):
        if not name.startswith("_") and not hasattr(Buffer, name) and callable(getattr(np.ndarray, name)):
            setattr(Buffer, name, _method(name))
    for names, make in ((WRITING, _writing), (REORDERING, _reordering)):
        for name in names.split():
            if hasattr(np.ndarray, name):
                setattr(Buffer, name, make(name))
    for function in (view, resize):
        setattr(Buffer, function.__name__, function)
    Buffer.shape = property(Buffer.shape.fget, set_shape)  # type: ignore[attr-defined]
    Buffer.flat = property(_flat_of, _set_flat)  # type: ignore[attr-defined]
    Buffer._numba_type_ = property(_numba_type)  # type: ignore[attr-defined]


install()
