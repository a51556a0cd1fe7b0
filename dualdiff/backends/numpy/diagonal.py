"""Partials with one entry in each direction: what elementwise functions make of the seeds.

Each element of a seeded variable has a direction of its own, and keeps it through elementwise functions.
Such partials are kept as one number per element; the array of partials is made when something else asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

import numpy as np

from dualdiff.backends.numpy.dual import Dual, check_open, lay_out, make
from dualdiff.backends.numpy.quiet import restore, silence
from dualdiff.numbers.tags import Tag

SMALLEST = 4096  # partials below which the array is made at once: it costs less than the detour


class DiagonalDual(Dual):
    """A dual whose element ``start + i``, counted in C order, moves in direction ``i`` alone, by its weight.

    ``weights`` has the value's shape, and is None once the partials have been made.
    """

    __slots__ = ("count", "start", "weights")

    weights: Any
    start: int
    count: int

    def __init__(self, value: Any, weights: Any, start: int, count: int, tag: Tag) -> None:
        self.value = value
        self.weights = weights
        self.start = start
        self.count = count
        self.tag = tag

    def __getattr__(self, name: str) -> Any:
        if name != "partials":  # which have not been made yet
            return super().__getattr__(name)
        partials = np.zeros((self.count, *self.value.shape), self.value.dtype)
        entries, columns = self.entries_of(partials)
        entries[...] = self.weights.reshape(-1)[columns]
        self.partials = lay_out(partials, self.value)
        self.weights = None
        return self.partials

    def elements(self) -> slice:
        """Return the elements, counted in C order, that have a direction of their own."""
        low = max(self.start, 0)
        return slice(low, max(low, min(self.start + self.count, self.value.size)))

    def directions(self) -> slice:
        """Return the directions of these elements."""
        columns = self.elements()
        return slice(columns.start - self.start, columns.stop - self.start)

    def entries_of(self, partials: Any) -> tuple[Any, slice]:
        """Return a view of the entries, in a C-contiguous array, that the elements move, and these elements."""
        columns, rows, size = self.elements(), self.directions(), self.value.size
        if columns.start == columns.stop:
            return partials.reshape(-1)[:0], columns
        first, last = rows.start * size + columns.start, (rows.stop - 1) * size + columns.stop
        return partials.reshape(-1)[first : last : size + 1], columns


def diagonal_seed(value: np.ndarray[Any, Any], start: int, stop: int, tag: Tag) -> DiagonalDual:
    """Return a variable with the directions ``start`` to ``stop`` of its elements."""
    return DiagonalDual(value, np.ones_like(value), start, stop - start, tag)


def is_diagonal(x: Any) -> TypeGuard[DiagonalDual]:
    """Whether the partials of a dual have not been made yet."""
    return type(x) is DiagonalDual and x.weights is not None


def elementwise(value: Any, duals: list[Any], combine: Callable[[list[Any]], Any]) -> Dual | None:
    """Return the result of an elementwise function of diagonal duals; None where their partials are needed.

    ``combine`` applies the chain rule to the weights in place of tangents.
    """
    first = duals[0]
    if type(value) is not np.ndarray:
        return None
    for x in duals:
        if not is_diagonal(x) or (x.start, x.count) != (first.start, first.count) or x.value.shape != value.shape:
            return None
    weights = combine([x.weights for x in duals])
    if weights.shape != value.shape or weights.dtype != value.dtype:
        weights = np.broadcast_to(weights, value.shape).astype(value.dtype)
    return DiagonalDual(value, weights, first.start, first.count, first.tag)


def added(total: Any, x: DiagonalDual, d: Any) -> Any:
    """Return ``total + d * t`` for the tangents ``t`` of a diagonal dual; ``total`` is overwritten."""
    moved = np.broadcast_to(d * x.weights, x.value.shape).reshape(-1)
    if total.flags.c_contiguous:
        entries, columns = x.entries_of(total)
        entries += moved[columns]
    else:
        rows, columns = np.r_[x.directions()], np.r_[x.elements()]
        total[rows, *np.unravel_index(columns, x.value.shape)] += moved[columns]
    return total


def summed(x: DiagonalDual, value: Any) -> Dual:
    """Return the sum of all elements."""
    partials = np.zeros(x.count, x.value.dtype)
    partials[x.directions()] = x.weights.reshape(-1)[x.elements()]
    return make(value, partials, x.tag)


def multiplied(x: DiagonalDual, value: Any, matrix: Any, is_left: bool) -> Dual:
    """Return the product of a vector with a plain matrix, or vector, from its right or its left."""
    check_open(x.tag)
    columns = x.elements()
    weights = x.weights[columns]
    token = silence()
    try:
        if is_left:
            table = matrix[columns]
            moved = table * (weights if table.ndim == 1 else weights[:, None])
        else:
            moved = np.ascontiguousarray((matrix[..., columns] * weights).T)
    finally:
        restore(token)
    if len(moved) == x.count and moved.dtype == value.dtype:
        return make(value, moved, x.tag)
    partials = np.zeros((x.count, *value.shape), value.dtype)
    partials[x.directions()] = moved
    return make(value, partials, x.tag)
