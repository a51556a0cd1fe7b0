"""Jacobians put together from the partials of one pass after another."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualdiff.backends.arguments import describe, name_of
from dualdiff.backends.numpy.dual import Dual
from dualdiff.backends.numpy.outputs import Leaf, dtype_of
from dualdiff.errors import InputError, ShapeError


class Columns:
    """The Jacobian of one leaf of the output, filled chunk by chunk."""

    __slots__ = ("dtype", "f", "nested", "operator", "shape", "table", "total", "variables")

    def __init__(self, leaf: Leaf, variables: list[Any], total: int, operator: str, f: Any) -> None:
        value = leaf.value
        self.shape = value.shape if hasattr(value, "shape") else np.shape(value)
        self.variables = variables
        self.operator = operator
        self.f = f
        self.dtype = dtype_of(value, variables)
        self.total = total
        self.table: Any = None
        self.nested: list[Any] = []

    def add(self, leaf: Leaf, start: int, stop: int) -> None:
        """Store the partials of one pass."""
        partials = leaf.partials
        if self.table is not None and np.shape(leaf.value) != self.shape:
            raise changed(self.operator, self.f, f"shape {self.shape}", f"{np.shape(leaf.value)}")
        if isinstance(partials, Dual):
            self.nested.append(np.moveaxis(leaf.partials, 0, -1))
            return
        if self.table is None:
            if partials is not None and stop - start == self.total:
                self.table = partials
                if partials.ndim > 1:
                    self.table = np.ascontiguousarray(partials.transpose((*range(1, partials.ndim), 0)))
                return
            self.table = np.zeros((*self.shape, self.total), self.dtype)
        if partials is not None:
            self.table[..., start:stop] = partials.transpose((*range(1, partials.ndim), 0))

    def split(self) -> list[Any]:
        """Return the Jacobian for each variable, of shape ``value.shape + x.shape``."""
        table = self.table
        if self.nested:
            table = self.nested[0] if len(self.nested) == 1 else np.concatenate(self.nested, axis=-1)
        if len(self.variables) == 1:
            shape = self.shape + self.variables[0].shape
            return [table if shape and table.shape == shape else table.reshape(shape)[()]]
        results, offset = [], 0
        for x in self.variables:
            part = table[..., offset : offset + x.size].copy()
            results.append(part.reshape(self.shape + x.shape)[()])
            offset += x.size
        return results


def changed(operator: str, f: Any, first: str, later: str) -> ShapeError:
    """Make the error for a function that returns something else in a later pass."""
    return ShapeError(
        f"{operator}: {name_of(f)} returned {first} in the first pass and {later} in a later one. "
        "Make it return the same shape every time."
    )


def fill(out: Any, result: Any, operator: str) -> None:
    """Copy a result into the arrays the user gave."""
    if isinstance(result, (tuple, list)):
        if not isinstance(out, (tuple, list)) or len(out) != len(result):
            raise ShapeError(
                f"{operator}.into: the result is a {type(result).__name__} of {len(result)}. "
                "Pass as out a tuple of as many arrays."
            )
        for part, piece in zip(out, result, strict=True):
            fill(part, piece, operator)
        return
    if not hasattr(result, "dtype"):
        raise ShapeError(f"{operator}.into: the result is {describe(result)}. Call the operator without .into.")
    shape, dtype = np.shape(result), result.dtype
    wanted = f"the result a {dtype} array of shape {shape}. Pass np.empty({shape}, {str(dtype)!r})."
    if not isinstance(out, np.ndarray):
        raise InputError(f"{operator}.into: out is {describe(out)}, {wanted}")
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise InputError(f"{operator}.into: out holds {out.dtype}, {wanted}")
    if out.shape != shape:
        raise ShapeError(f"{operator}.into: out is a {out.dtype} array of shape {out.shape}, {wanted}")
    if not out.flags.writeable:
        raise InputError(f"{operator}.into: out is read-only, {wanted}")
    np.copyto(out, result, casting="same_kind")
