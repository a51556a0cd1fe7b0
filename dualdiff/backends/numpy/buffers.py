"""Buffers: arrays that are plain until a dual number is stored in them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual, Settling, check_open, is_scalar, primal
from dualdiff.backends.numpy.messages import dropped
from dualdiff.backends.numpy.nested_sequences import carries, gather, has_dual, join, rebuilt, settle, transform
from dualdiff.errors import InputError

FREE = "Copy it first (y = y.copy()), or make it inside the function by np.zeros or by dualdiff.zeros."
# the functions that write into one of their arguments, with its position and name
WRITERS: dict[Any, tuple[int, str]] = {
    np.copyto: (0, "dst"),
    np.fill_diagonal: (0, "a"),
    np.put: (0, "a"),
    np.place: (0, "arr"),
    np.putmask: (0, "a"),
    np.put_along_axis: (0, "arr"),
}


class Memory:
    """What an array and all its views share: a plain array, or a dual whose value is that same array.

    ``keeper`` names who else reads the memory and would not see a derivative: then no dual may be stored.
    ``exports`` are the plain views of it that were handed out.
    """

    __slots__ = ("content", "exports", "keeper")

    def __init__(self, content: Any, keeper: str | None = None) -> None:
        self.content = content
        self.keeper = keeper
        self.exports: list[weakref.ref[Any]] = []


class Buffer(Settling):
    """An array that is plain until a dual number is stored in it.

    Made by `zeros`, and by ``np.zeros`` and its kin inside a function that is differentiated.

    Notes
    -----
    It behaves as the plain array does, which holds its values. Views of it see what is stored in
    it, and the other way round. It is no ``np.ndarray``, since compiled code would take the values
    and leave the derivatives; to that it gives its plain array (by ``__array__``), and raises
    `DroppedDerivativeError` once it holds derivatives. While a plain array that was given away is
    in use, no dual can be stored, because its holder would not see the derivative.
    """

    __slots__ = ("__weakref__", "_memory", "_path", "_plain", "_settled")
    __array_priority__ = 2000.0

    def __init__(self, plain: np.ndarray[Any, Any], keeper: str | None = None) -> None:
        self._plain = plain
        self._memory = Memory(plain, keeper)
        self._path: tuple[Callable[[Any], Any], ...] = ()
        self._settled: tuple[Any, Any] = (None, None)

    def settle(self) -> Any:
        """Return the plain array, or the dual whose value it is; both share the memory."""
        content = self._memory.content
        if type(content) is np.ndarray:
            return self._plain
        check_open(content.tag)
        seen, settled = self._settled
        if seen is not content:
            settled = content
            for step in self._path:
                settled = step(settled)
            self._settled = content, settled
        return settled

    def _view(self, plain: Any, step: Callable[[Any], Any]) -> Buffer:
        """Return the buffer of a view, which ``step`` takes of what this one settles to."""
        view = object.__new__(Buffer)
        view._plain = plain
        view._memory = self._memory
        view._path = (*self._path, step)
        view._settled = (None, None)
        return view

    def target_of(self, item: Any) -> Any:
        """Return what to store ``item`` in, so that its derivatives are not lost."""
        content = self._memory.content
        if isinstance(item, Dual) and not carries(content, item):
            self._activate(item)
        elif content is self._plain:
            return content
        elif not self._plain.flags.writeable:
            raise ValueError("assignment destination is read-only")
        return self.settle()

    def _activate(self, item: Dual) -> None:
        memory, dtype = self._memory, self._plain.dtype
        check_open(item.tag)
        if isinstance(memory.content, Dual):
            check_open(memory.content.tag)
        if not self._plain.flags.writeable:
            raise ValueError("assignment destination is read-only")
        if item.dtype.kind == "c" and dtype.kind != "c":
            raise dropped(
                f"storing complex values in an array of {dtype}",
                "Make the array complex, e.g. np.zeros(n, complex), or store x.real.",
            )
        if memory.keeper is not None:
            raise dropped(f"storing a dual number in {memory.keeper}, which others read as a plain array,", FREE)
        if any(export() is not None for export in memory.exports):
            raise dropped(
                "storing a dual number in an array of which a library, or code that is not rebound, still holds a "
                "plain view (by np.asarray)",
                "Give that code a copy, or store the dual numbers first.",
            )
        memory.content = join(memory.content, item)

    def export(self) -> Any:
        """Return the plain array for code that knows no duals; refuse if there are derivatives."""
        memory = self._memory
        if isinstance(memory.content, Dual):
            return np.asarray(self.settle())  # raises
        if memory.keeper is not None:
            return self._plain
        # the base of a view of this array is the array itself, since its own base is no array: so it lives as long
        array = np.asarray(memoryview(self._plain))  # type: ignore[arg-type]
        memory.exports = [kept for kept in memory.exports if kept() is not None]
        memory.exports.append(weakref.ref(array))
        return array

    # ---- NumPy's protocols ------------------------------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.export(), dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        settled = [operand(x) for x in inputs]
        out = kwargs.get("out")
        kwargs = {name: settle(x) for name, x in kwargs.items()}
        if out is not None:
            kwargs["out"] = tuple(_prepared(target, settled) for target in out)
        elif method == "at":
            settled[0] = _prepared(inputs[0], settled[1:])
        result = getattr(ufunc, method)(*settled, **kwargs)
        if out is not None:
            return out[0] if len(out) == 1 else tuple(r if o is None else o for o, r in zip(out, result, strict=True))
        return fresh(result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return call(func, args, kwargs)

    # ---- items ------------------------------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Any:
        index = settle(index)
        return wrap(self.settle()[index], (self,), lambda _, content: content[index])

    def __setitem__(self, index: Any, item: Any) -> None:
        item = operand(item)
        self.target_of(item)[settle(index)] = item

    def __iter__(self) -> Iterator[Any]:
        if self._plain.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self._plain)))

    def __len__(self) -> int:
        return len(self._plain)

    def __contains__(self, item: Any) -> bool:
        return bool(np.any(self.settle() == operand(item)))

    # ---- copies, and what Python asks -------------------------------------------------------------------------------

    def __copy__(self) -> Any:
        return fresh(self.settle().copy("K"))

    def __deepcopy__(self, memo: Any) -> Any:
        return fresh(self.settle().copy("K"))

    def __reduce__(self) -> Any:
        return self.settle().__reduce__()

    def __repr__(self) -> str:
        return repr(self.settle())

    def __str__(self) -> str:
        return str(self.settle())

    def __format__(self, spec: str) -> str:
        return format(self.settle(), spec)

    def __bool__(self) -> bool:
        return bool(self.settle())

    def __float__(self) -> float:
        return float(self.settle())

    def __int__(self) -> int:
        return int(self.settle())

    def __complex__(self) -> complex:
        return complex(self.settle())


def zeros(shape: Any, dtype: Any = float) -> Buffer:
    """Return an array of zeros in which dual numbers can be stored.

    Parameters
    ----------
    shape : int or tuple of int
        The shape.
    dtype : dtype
        A floating-point or complex type.

    Returns
    -------
    Buffer
        An array that is plain until a dual number is stored in it.

    Examples
    --------
    >>> import numpy as np
    >>> import dualdiff as dd
    >>> def f(x):
    ...     y = dd.zeros(2)
    ...     y[0] = x[0] * x[1]
    ...     return y
    >>> dd.jacobian(f)(np.array([2.0, 3.0]))
    array([[3., 2.],
           [0., 0.]])
    """
    plain = np.zeros(shape, dtype)
    if plain.dtype.kind not in "fc":
        raise InputError(f"zeros: an array of {plain.dtype} holds no dual numbers. Use dtype=float, or np.zeros.")
    return Buffer(plain)


# ---- results ------------------------------------------------------------------------------------------------------


def operand(x: Any) -> Any:
    """Return the plain array or the dual that an operand stands for; lists with duals in them become one dual."""
    kind = type(x)
    if kind is np.ndarray or kind is Dual or kind is float:
        return x
    if isinstance(x, Buffer):
        return x.settle()
    if kind is list or kind is tuple:
        x = settle(x)
        return gather(x) if has_dual(x) else x
    return x


def is_numeric(x: Any) -> bool:
    """Whether ``x`` is a plain array that could carry a derivative."""
    return type(x) is np.ndarray and x.dtype.kind in "fc"


def fresh(result: Any) -> Any:
    """Return a result that shares no memory with any operand; plain arrays become buffers."""
    if is_numeric(result):
        return Buffer(result)
    if type(result) is tuple:
        return tuple(fresh(item) for item in result)
    return result


def wrap(result: Any, buffers: Any, again: Callable[[Buffer, Any], Any]) -> Any:
    """Return a result; where it shares memory with a buffer, as a view of that.

    ``again(buffer, content)`` computes it again from what the buffer settles to later.
    """
    if isinstance(result, (tuple, list)):
        items = [wrap(item, buffers, partial(_item, again, i)) for i, item in enumerate(result)]
        return rebuilt(result, items)
    if is_numeric(result):
        plain = result
    elif isinstance(result, Dual) and not is_scalar(result):
        plain = primal(result)
    else:
        return result
    if plain.base is not None or any(plain is buffer._plain for buffer in buffers):
        for buffer in buffers:
            if plain is buffer._plain:
                return buffer
            if np.may_share_memory(plain, buffer._plain):
                return buffer._view(plain, partial(again, buffer))
    return result if isinstance(result, Dual) else Buffer(plain)


def _item(again: Callable[[Buffer, Any], Any], i: int, buffer: Buffer, content: Any) -> Any:
    return again(buffer, content)[i]


def call(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return ``func(*args, **kwargs)`` of what the buffers among the arguments stand for."""
    buffers: dict[Buffer, Any] = {}

    def leaf(x: Any) -> Any:
        if isinstance(x, Buffer):
            content = buffers[x] = x.settle()
            return content
        return x

    settled, options = transform(args, leaf), transform(kwargs, leaf)
    out = kwargs.get("out")
    if out is not None:
        others = [settled, [x for name, x in options.items() if name != "out"]]
        options["out"] = tuple(_prepared(o, others) for o in out) if type(out) is tuple else _prepared(out, others)
    if func in WRITERS:
        place, name = WRITERS[func]
        if len(args) > place:
            rest = [*settled[:place], *settled[place + 1 :], list(options.values())]
            settled = (*settled[:place], _prepared(args[place], rest), *settled[place + 1 :])
        else:
            rest = [settled, [x for key, x in options.items() if key != name]]
            options[name] = _prepared(kwargs[name], rest)
    result = func(*settled, **options)
    if out is not None:
        return out

    def again(buffer: Buffer, content: Any) -> Any:
        before = buffers[buffer]

        def leaf(x: Any) -> Any:
            return content if x is before else x

        return func(*transform(settled, leaf), **transform(options, leaf))

    return wrap(result, buffers, again)


def _prepared(target: Any, others: Any) -> Any:
    """Return what to write the results of operands into."""
    if not isinstance(target, Buffer):
        return target
    content = target.target_of(None)
    for item in _duals(others):
        content = target.target_of(item)
    return content


def _duals(tree: Any) -> Iterator[Dual]:
    if isinstance(tree, Dual):
        yield tree
    elif isinstance(tree, (tuple, list)):
        for item in tree:
            yield from _duals(item)
