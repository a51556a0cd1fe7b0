"""What a differentiated function returned, taken apart into values and partials."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.arguments import name_of
from dualdiff.backends.numpy.dual import Dual
from dualdiff.backends.numpy.messages import leaked
from dualdiff.backends.numpy.quiet import restore, silence
from dualdiff.backends.trees import LEAF, Structure, flatten
from dualdiff.errors import OutputError, ShapeError
from dualdiff.numbers.tags import Tag


class Leaf:
    """One array or scalar that ``f`` returned; its partials are None where it does not depend on the variables."""

    __slots__ = ("partials", "value")

    def __init__(self, value: Any, partials: Any) -> None:
        self.value = value
        self.partials = partials


class Output:
    """The leaves that ``f`` returned and how they are put together."""

    __slots__ = ("leaves", "structure")

    def __init__(self, y: Any, f: Callable[..., Any], tag: Tag) -> None:
        if type(y) is Dual and y.tag is tag:
            self.structure: Structure = LEAF
            self.leaves = [Leaf(y.value, y.partials)]
            return
        if y is None:
            raise OutputError(_bad_output(y, "", name_of(f)))
        found: list[Any] = []
        self.structure = flatten(y, found)
        self.leaves = [_leaf(x, f, tag) for x in found]

    @property
    def value(self) -> Any:
        """What ``f`` itself would have returned."""
        if self.structure.is_leaf:
            return self.leaves[0].value
        return self.structure.restore(leaf.value for leaf in self.leaves)

    @property
    def has_nan(self) -> bool:
        """Whether some partial is not a number, on any level of nesting."""
        leaves = self.leaves
        if len(leaves) == 1:  # a generator would cost more than the test
            return leaves[0].partials is not None and has_nan(leaves[0].partials)
        return any(leaf.partials is not None and has_nan(leaf.partials) for leaf in leaves)

    def check_scalar(self, operator: str, f: Callable[..., Any]) -> None:
        """Refuse anything but one scalar."""
        if self.structure.is_leaf:
            value = self.leaves[0].value
            if (value.shape if hasattr(value, "shape") else np.shape(value)) == ():
                return
        kind = self.structure.kind
        got = f"a {kind.__name__}" if kind else f"an array of shape {np.shape(self.leaves[0].value)}"
        raise ShapeError(f"{operator}: {name_of(f)} returned {got}, wanted a scalar. Use jacobian({name_of(f)}).")


def has_nan(partials: Any) -> bool:
    """Whether some element is not a number, on any level of nesting."""
    if isinstance(partials, Dual):
        return has_nan(partials.value) or has_nan(partials.partials)
    if partials.dtype.kind == "c" or partials.size > 1000:
        return bool(np.logical_or.reduce(np.isnan(partials), axis=None))
    flat = partials.reshape(-1)
    token = silence()
    try:
        return math.isnan(flat.dot(flat))  # the sum of squares: for few numbers faster than to look at each
    finally:
        restore(token)


def _leaf(y: Any, f: Any, tag: Tag) -> Leaf:
    """Return the leaf of an array or number; refuse what has no derivative."""
    if isinstance(y, Dual):
        if y.tag is tag:
            return Leaf(y.value, y.partials)
        if not y.tag.is_open or y.tag.level > tag.level:
            raise leaked(y.tag)
        return Leaf(y, None)
    kind = y.dtype.kind if isinstance(y, (np.ndarray, np.generic)) else ""
    if kind in tuple("fiubc") or (not kind and isinstance(y, (int, float, complex))):
        return Leaf(y, None)
    raise OutputError(_bad_output(y, kind, name_of(f)))


def _bad_output(y: Any, kind: str, name: str) -> str:
    """Say what is wrong with an output."""
    if y is None:
        return f"{name} returned None. Has it a return statement? Return a float, an array, or a tuple of them."
    if kind == "O":
        return f"{name} returned an object array, which carries no derivative. Use np.stack([...]) or np.empty_like(x)."
    what = f"an array of {y.dtype}" if kind else f"{type(y).__name__} {y!r:.40}"
    return f"{name} returned {what}. Return a float, an array, or a tuple, list, dict or dataclass of them."


def dtype_of(value: Any, variables: list[Any]) -> Any:
    """Return the dtype of the Jacobian of a leaf."""
    dtype = getattr(value, "dtype", None)
    if dtype is not None and dtype.kind in "fc":
        return dtype
    return np.result_type(*(x.dtype for x in variables), *([np.complex64] if isinstance(value, complex) else []))
