"""The operators of the NumPy engine: seed a chunk of directions, run the function, collect the partials."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dualdiff.backends.arguments import describe, locate, name_of, pick
from dualdiff.backends.numpy.dual import KEEP_ARRAYS, Dual, lay_out, make, match
from dualdiff.backends.numpy.messages import dropped, leaked
from dualdiff.backends.numpy.propagation import ChunkTooLargeError
from dualdiff.backends.numpy.structural import moveaxis
from dualdiff.errors import DualdiffError, InputError, OutputError, ShapeError
from dualdiff.numbers.tags import Tag

# with chunk="auto": bounds on the seeded partials of one pass, and on those of one array met on the way
CHUNK_BYTES = 2**23
INTERMEDIATE_BYTES = 2**25


class NumpyOperator:
    """A function that computes a derivative of ``f`` by the NumPy engine.

    Parameters
    ----------
    kind : {"derivative", "gradient", "jacobian"}
        What is computed.
    f : callable
        The function.
    argnums : tuple of int, or int
        Positions of the differentiation variables; a tuple gives a tuple of results.
    chunk : int or None
        Directions per pass; None chooses by memory.
    with_value : bool
        Whether to return ``(value, derivative)``.
    """

    def __init__(
        self, kind: str, f: Callable[..., Any], argnums: int | tuple[int, ...], chunk: int | None, with_value: bool
    ) -> None:
        functools.update_wrapper(self, f)
        self.kind = kind
        self.f = f
        self.argnums = argnums
        self.chunk = chunk
        self.with_value = with_value
        self.name = f"value_and_{kind}" if with_value else kind
        self.__name__ = f"{self.name}({name_of(f)})"

    def __repr__(self) -> str:
        return f"<{self.name.replace('_', ' ')} of {name_of(self.f)}, NumPy engine, argnums {self.argnums}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the derivative at the arguments, or ``(value, derivative)``."""
        value, result = self._evaluate(args, kwargs)
        return (value, result) if self.with_value else result

    def into(self, out: Any, *args: Any, **kwargs: Any) -> Any:
        """Fill ``out`` with the derivative; return it, or ``(value, out)``.

        ``out`` is an array of the shape of the derivative; a tuple or list of arrays where that is one.
        """
        value, result = self._evaluate(args, kwargs)
        _fill(out, result, self)
        return (value, out) if self.with_value else out

    def _evaluate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        argnums = self.argnums if isinstance(self.argnums, tuple) else (self.argnums,)
        places = locate(self.f, argnums, args, kwargs, self.name)
        variables = pick(self.f, places, args, kwargs, self.name)
        if self.kind == "derivative":
            for x in variables:
                if x.ndim:
                    raise ShapeError(
                        f"{self.name}: the variable has shape {x.shape}, wanted a scalar. "
                        "Use gradient(f) for a scalar function of an array, jacobian(f) for an array function."
                    )
        total = sum(x.size for x in variables)
        chunk = self.chunk or max(1, CHUNK_BYTES // max(1, sum(x.nbytes for x in variables)))
        jacobians: list[_Columns] = []
        value: Any = None
        start = stop = 0
        while start < total or not jacobians:
            stop = min(start + chunk, total)
            try:
                output, leaves = self._pass(places, variables, start, stop, args, kwargs)
            except ChunkTooLargeError as error:
                chunk = error.args[0]
                continue
            if not jacobians:
                value = output.restore(leaf.value for leaf in leaves)
                if self.kind == "gradient":
                    self._check_scalar(output, leaves)
                jacobians = [_Columns(leaf.value, variables, total, self) for leaf in leaves]
            if len(leaves) != len(jacobians):
                raise self._changed(f"{len(jacobians)} outputs", f"{len(leaves)}")
            for columns, leaf in zip(jacobians, leaves, strict=True):
                columns.add(leaf, start, stop)
            if not leaves:
                break
            start = stop
        tables = [columns.split() for columns in jacobians]
        if isinstance(self.argnums, tuple):
            return value, tuple(output.restore(table[i] for table in tables) for i in range(len(variables)))
        return value, output.restore(table[0] for table in tables)

    def _pass(
        self,
        places: list[int | str],
        variables: list[Any],
        start: int,
        stop: int,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> tuple[_Structure, list[_Leaf]]:
        """Run ``f`` once, with the directions ``start`` to ``stop`` of all variables together."""
        positional, named = list(args), dict(kwargs)
        with Tag(f"{self.name} of {name_of(self.f)}") as tag:
            if self.chunk is None:
                tag.max_partials = INTERMEDIATE_BYTES // variables[0].dtype.itemsize
            offset = 0
            for place, x in zip(places, variables, strict=True):
                seeded = x.copy() if start == stop else _one_hot(x, start - offset, stop - offset, tag)
                offset += x.size
                if isinstance(place, int):
                    positional[place] = seeded
                else:
                    named[place] = seeded
            return _run(self.f, positional, named, tag)

    def _changed(self, first: str, later: str) -> ShapeError:
        return ShapeError(
            f"{self.name}: {name_of(self.f)} returned {first} in the first pass and {later} in a later one. "
            "Make it return the same shape every time."
        )

    def _check_scalar(self, output: _Structure, leaves: list[_Leaf]) -> None:
        if output.kind is not None or np.shape(leaves[0].value) != ():
            got = (
                f"an array of shape {np.shape(leaves[0].value)}" if output.kind is None else f"a {output.kind.__name__}"
            )
            raise ShapeError(
                f"{self.name}: {name_of(self.f)} returned {got}, wanted a scalar. Use jacobian({name_of(self.f)})."
            )


def numpy_jvp(f: Callable[..., Any], primals: list[Any], tangents: list[Any]) -> tuple[Any, Any]:
    """Return ``(f(*primals), J @ tangents)`` of checked primals and tangents, in one pass of ``f``."""
    with Tag(f"jvp of {name_of(f)}") as tag:
        seeded = [_seed(x, t[None], tag) for x, t in zip(primals, tangents, strict=True)]
        output, leaves = _run(f, seeded, {}, tag)
    moved = []
    for leaf in leaves:
        if leaf.partials is None:
            moved.append(np.zeros(np.shape(leaf.value), _dtype(leaf.value, primals))[()])
        else:
            moved.append(leaf.partials[0])
    return output.restore(leaf.value for leaf in leaves), output.restore(moved)


class _Leaf:
    """One array or scalar that ``f`` returned; its partials are None where it does not depend on the variables."""

    __slots__ = ("partials", "value")

    def __init__(self, value: Any, partials: Any) -> None:
        self.value = value
        self.partials = partials


class _Structure:
    """How the output is put together: a tuple or list of structures, or a leaf."""

    __slots__ = ("children", "kind")

    def __init__(self, kind: type | None, children: list[_Structure]) -> None:
        self.kind = kind
        self.children = children

    def restore(self, leaves: Any) -> Any:
        """Put leaves in place of those of the output."""
        return self._build(iter(leaves))

    def _build(self, leaves: Iterator[Any]) -> Any:
        if self.kind is None:
            return next(leaves)
        items = [child._build(leaves) for child in self.children]
        if hasattr(self.kind, "_fields"):
            return self.kind(*items)
        return self.kind(items)


class _Columns:
    """The Jacobian of one leaf, filled chunk by chunk."""

    def __init__(self, value: Any, variables: list[Any], total: int, operator: NumpyOperator) -> None:
        self.shape = np.shape(value)
        self.variables = variables
        self.operator = operator
        self.dtype = _dtype(value, variables)
        self.total = total
        self.table: Any = None
        self.nested: list[Any] = []

    def add(self, leaf: _Leaf, start: int, stop: int) -> None:
        """Store the partials of one pass."""
        if np.shape(leaf.value) != self.shape:
            raise self.operator._changed(f"shape {self.shape}", f"{np.shape(leaf.value)}")
        if isinstance(leaf.partials, Dual):
            self.nested.append(moveaxis(leaf.partials, 0, -1))
            return
        if self.table is None:
            self.table = np.zeros((*self.shape, self.total), self.dtype)
        if leaf.partials is not None:
            self.table[..., start:stop] = np.moveaxis(leaf.partials, 0, -1)

    def split(self) -> list[Any]:
        """Return the Jacobian for each variable, of shape ``value.shape + x.shape``."""
        table = self.table
        if self.nested:
            table = self.nested[0] if len(self.nested) == 1 else np.concatenate(self.nested, axis=-1)
        results, offset = [], 0
        for x in self.variables:
            part = table if x.size == self.total else table[..., offset : offset + x.size].copy()
            results.append(part.reshape(self.shape + x.shape)[()])
            offset += x.size
        return results


def _seed(x: Any, partials: Any, tag: Tag) -> Dual:
    """Make the dual of a copy of ``x``; value and partials get the same levels of nesting."""
    value = _copy(x)
    if isinstance(partials, Dual):
        value = match(value, partials)
    elif partials.dtype != x.dtype:
        partials = partials.astype(x.dtype)
    return make(value, lay_out(match(partials, value), value), tag)


def _copy(x: Any) -> Any:
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


def _one_hot(x: Any, start: int, stop: int, tag: Tag) -> Dual:
    """Seed the directions ``start`` to ``stop``, counted from the first element of ``x``."""
    partials = np.zeros((stop - start, x.size), x.dtype)
    low, high = max(start, 0), min(stop, x.size)
    columns = np.arange(low, high)
    partials[columns - start, columns] = 1.0
    return _seed(x, partials.reshape((stop - start, *x.shape)), tag)


def _run(f: Callable[..., Any], args: list[Any], kwargs: dict[str, Any], tag: Tag) -> tuple[_Structure, list[_Leaf]]:
    """Call ``f`` and take its output apart.

    Plain arrays are given as copies: what ``f`` writes into them must reach neither the caller nor the next pass.
    """
    args = [a.copy(order="K") if type(a) is np.ndarray else a for a in args]
    kwargs = {k: a.copy(order="K") if type(a) is np.ndarray else a for k, a in kwargs.items()}
    try:
        y = f(*args, **kwargs)
    except (TypeError, ValueError, SystemError) as error:
        ours = _ours(error)
        if ours is error:
            raise
        raise ours from None
    leaves: list[_Leaf] = []
    return _flatten(y, f, tag, leaves), leaves


def _ours(error: BaseException) -> BaseException:
    """Return our own error where compiled code has wrapped it, or put another in its place."""
    if str(error) == "Error setting single item of array.":  # NumPy has thrown away the error that it met
        ours = dropped("storing a dual number by .flat[...] in a plain array", KEEP_ARRAYS, error.__traceback__)
        return ours.with_traceback(error.__traceback__)
    # "setting an array element with a sequence" by NumPy, "returned a result with an exception set" by Python
    if isinstance(error, DualdiffError) or not (
        isinstance(error, SystemError) or str(error).startswith("setting an array element")
    ):
        return error
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, DualdiffError):
            return inner.with_traceback(error.__traceback__)
        inner = inner.__cause__ or inner.__context__
    return error


def _flatten(y: Any, f: Any, tag: Tag, leaves: list[_Leaf]) -> _Structure:
    """Collect the leaves of an output and return its structure."""
    if isinstance(y, Dual):
        if y.tag is tag:
            leaves.append(_Leaf(y.value, y.partials))
        elif not y.tag.is_open or y.tag.level > tag.level:
            raise leaked(y.tag)
        else:
            leaves.append(_Leaf(y, None))
        return _Structure(None, [])
    if isinstance(y, (tuple, list)):
        return _Structure(type(y), [_flatten(item, f, tag, leaves) for item in y])
    kind = y.dtype.kind if isinstance(y, (np.ndarray, np.generic)) else ""
    if kind in tuple("fiub") or (not kind and isinstance(y, (int, float))):
        leaves.append(_Leaf(y, None))
        return _Structure(None, [])
    raise OutputError(_bad_output(y, kind, name_of(f)))


def _bad_output(y: Any, kind: str, name: str) -> str:
    """Say what is wrong with an output."""
    if y is None:
        return f"{name} returned None. Has it a return statement? Return a float, an array, or a tuple of them."
    if kind == "c" or isinstance(y, complex):
        return f"{name} returned complex values, which are not supported yet. Return real and imaginary part apart."
    if kind == "O":
        return f"{name} returned an object array, which carries no derivative. Use np.stack([...]) or np.empty_like(x)."
    if isinstance(y, dict):
        return f"{name} returned a dict. Return a tuple of its values instead."
    what = f"an array of {y.dtype}" if kind else f"{type(y).__name__} {y!r:.40}"
    return f"{name} returned {what}. Return a float, an array, or a tuple or list of them."


def _dtype(value: Any, variables: list[Any]) -> Any:
    """Return the dtype of the Jacobian of a leaf."""
    dtype = getattr(value, "dtype", None)
    if dtype is not None and dtype.kind == "f":
        return dtype
    return np.result_type(*(x.dtype for x in variables))


def _fill(out: Any, result: Any, operator: NumpyOperator) -> None:
    """Copy a result into the arrays the user gave."""
    if isinstance(result, (tuple, list)):
        if not isinstance(out, (tuple, list)) or len(out) != len(result):
            raise ShapeError(
                f"{operator.name}.into: the result is a {type(result).__name__} of {len(result)}. "
                "Pass as out a tuple of as many arrays."
            )
        for part, piece in zip(out, result, strict=True):
            _fill(part, piece, operator)
        return
    shape, dtype = np.shape(result), result.dtype
    wanted = f"the result a {dtype} array of shape {shape}. Pass np.empty({shape}, {str(dtype)!r})."
    if not isinstance(out, np.ndarray):
        raise InputError(f"{operator.name}.into: out is {describe(out)}, {wanted}")
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise InputError(f"{operator.name}.into: out holds {out.dtype}, {wanted}")
    if out.shape != shape:
        raise ShapeError(f"{operator.name}.into: out is a {out.dtype} array of shape {out.shape}, {wanted}")
    if not out.flags.writeable:
        raise InputError(f"{operator.name}.into: out is read-only, {wanted}")
    np.copyto(out, result, casting="same_kind")
