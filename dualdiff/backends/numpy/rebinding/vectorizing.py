"""``np.vectorize`` for rebound code: a loop whose results may be dual numbers."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.buffers import fresh, operand
from dualdiff.backends.numpy.dual import Dual, primal
from dualdiff.backends.numpy.nested_sequences import gather, has_dual, settle, transform


class Vectorize:
    """A function of numbers made one of arrays, as by ``np.vectorize``; dual numbers may come in and go out."""

    def __init__(
        self,
        pyfunc: Any = np._NoValue,
        otypes: Any = None,
        doc: Any = None,
        excluded: Any = None,
        cache: bool = False,
        signature: Any = None,
    ) -> None:
        self.plain: Any = np.vectorize(pyfunc, otypes, doc, excluded, cache, signature)
        if pyfunc is not np._NoValue:
            functools.update_wrapper(self, pyfunc)

    def __getattr__(self, name: str) -> Any:
        if name == "plain":
            raise AttributeError(name)
        return getattr(self.plain, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the array of the function's results, or the decorated function."""
        if self.plain.pyfunc is np._NoValue:
            plain = self.plain
            return Vectorize(args[0], plain.otypes, plain._doc, plain.excluded, plain.cache, plain.signature)
        excluded = self.plain.excluded
        places: list[Any] = [i for i in range(len(args)) if i not in excluded]
        places += [name for name in kwargs if name not in excluded]
        given: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
        arrays = {place: as_array(given[place]) for place in places}
        cores, results = parse(self.plain.signature, len(places))
        shapes = [
            x.shape[: x.ndim - count] if count is not None else x.shape
            for x, count in zip(arrays.values(), cores, strict=True)
        ]
        shape = np.broadcast_shapes(*shapes) if shapes else ()
        if 0 in shape:
            args = tuple(transform(settle(x), primal) for x in args)
            return self.plain(*args, **{name: transform(settle(x), primal) for name, x in kwargs.items()})
        items = {place: _items(x, shape, count) for (place, x), count in zip(arrays.items(), cores, strict=True)}

        def evaluate(index: tuple[int, ...]) -> Any:
            row = {**given, **{place: take(index) for place, take in items.items()}}
            return self.plain.pyfunc(*(row[i] for i in range(len(args))), **{name: row[name] for name in kwargs})

        rows = [settle(evaluate(index)) for index in np.ndindex(shape)]
        if not isinstance(rows[0], tuple) or results == 1:
            return self._joined(rows, shape, 0)
        return tuple(self._joined([row[k] for row in rows], shape, k) for k in range(len(rows[0])))

    def _joined(self, rows: list[Any], shape: tuple[int, ...], k: int) -> Any:
        """Return the array of one result; without ``otypes`` the first one decides the type, as in NumPy."""
        otypes = self.plain.otypes
        dtype = np.dtype(otypes[k]) if otypes is not None else np.asarray(transform(rows[0], primal)).dtype
        if has_dual(rows):
            joined: Any = gather(rows, dtype, name="np.vectorize")
            return joined.reshape(shape + joined.shape[1:])
        plain = np.array(rows, dtype=dtype)
        return fresh(plain.reshape(shape + plain.shape[1:]))


def as_array(x: Any) -> Any:
    """Return an argument as an array or a dual."""
    x = operand(x)
    return x if isinstance(x, Dual) else np.asarray(x)


def _items(x: Any, shape: tuple[int, ...], count: int | None) -> Callable[[tuple[int, ...]], Any]:
    """Return what gives an argument's item at each index; the items of plain arrays are Python's numbers."""
    if count is None:
        spread = np.broadcast_to(x if isinstance(x, Dual) else x.astype(object), shape)
    else:
        spread = np.broadcast_to(x, shape + x.shape[x.ndim - count :])
    return lambda index: spread[index]


def parse(signature: str | None, count: int) -> tuple[list[int | None], int | None]:
    """Return the number of core axes of each argument, None without a signature, and the number of results."""
    if signature is None:
        return [None] * count, None
    inputs, outputs = signature.replace(" ", "").split("->")
    cores: list[int | None] = [
        len([name for name in group.split(",") if name]) for group in re.findall(r"\(([^()]*)\)", inputs)
    ]
    return cores, len(re.findall(r"\(", outputs))
