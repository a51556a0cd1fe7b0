"""Nested lists and tuples in which duals stand: finding them, and making one dual array of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual, Settling, lay_out, make, match, top_tag
from dualdiff.backends.numpy.messages import dropped, refused
from dualdiff.numbers.tags import Tag

PLACES = (tuple, list)


def settle(tree: Any) -> Any:
    """Return ``tree`` with plain arrays or duals in place of the buffers in its tuples, lists and dicts.

    What holds no buffer comes back as it is, not as a copy.

    Examples
    --------
    >>> from dualdiff.backends.numpy.buffers import zeros
    >>> settle((zeros(2), {"rate": 3.0}))
    (array([0., 0.]), {'rate': 3.0})
    """
    kind = type(tree)
    if kind in (np.ndarray, Dual, float, int, str, bool):
        return tree
    if isinstance(tree, Settling):
        return tree.settle()
    if isinstance(tree, PLACES):
        items = [settle(item) for item in tree]
        if all(new is old for new, old in zip(items, tree, strict=True)):
            return tree
        return rebuilt(tree, items)
    if kind is dict:
        pairs = {key: settle(item) for key, item in tree.items()}
        return tree if all(pairs[key] is item for key, item in tree.items()) else pairs
    return tree


def rebuilt(tree: Any, items: list[Any]) -> Any:
    """Return a tuple, a named tuple or a list of the same kind with other items."""
    return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)


def transform(tree: Any, leaf: Callable[[Any], Any]) -> Any:
    """Return a copy of nested tuples, lists and dicts with ``leaf`` applied to what they hold."""
    if isinstance(tree, PLACES):
        return rebuilt(tree, [transform(item, leaf) for item in tree])
    if type(tree) is dict:
        return {key: transform(item, leaf) for key, item in tree.items()}
    return leaf(tree)


def duals_at(tree: Any, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Dual]]:
    """Yield the duals in nested tuples and lists, each with its position."""
    if isinstance(tree, Dual):
        yield path, tree
    elif isinstance(tree, PLACES):
        for i, item in enumerate(tree):
            yield from duals_at(item, (*path, i))


def has_dual(tree: Any) -> bool:
    """Whether a dual stands anywhere in nested tuples and lists."""
    if isinstance(tree, PLACES):
        return any(has_dual(item) for item in tree)
    return isinstance(tree, Dual)


def gather(tree: Any, dtype: Any = None, order: Any = "K", ndmin: int = 0, name: str = "np.array") -> Dual:
    """Return ``np.array(tree)`` of nested tuples and lists in which duals stand; the value is that of ``np.array``.

    Examples
    --------
    >>> from dualdiff import Dual
    >>> gather([Dual(1.0, 1.0), 3.0])
    Dual([1., 3.], partials=[[1., 0.]])
    """
    duals = list(duals_at(tree))
    tag = top_tag([d for _, d in duals])
    below = transform(tree, lambda x: x.value if isinstance(x, Dual) and x.tag is tag else x)
    if has_dual(below):
        value: Any = gather(below, dtype, order, ndmin, name)
    else:
        value = np.array(below, dtype=dtype, order=order, ndmin=ndmin)
    check_floating(value.dtype, name)
    active = [(path, d) for path, d in duals if d.tag is tag]
    total = match(np.zeros((len(active[0][1].partials), *value.shape), value.dtype), value)
    for path, d in active:
        front = (0,) * (value.ndim - len(path) - d.ndim)  # the axes that ndmin adds
        total[(slice(None), *front, *path)] = d.partials
    return make(value, lay_out(total, value), tag)


def check_floating(dtype: Any, name: str) -> None:
    """Refuse an array of duals of a type that carries no derivative."""
    if dtype.kind in "iub":
        raise dropped(
            f"{name} of dual numbers with dtype={dtype}",
            "Leave the dtype away or use dtype=float; round by np.floor or np.trunc.",
        )
    if dtype.kind not in "fc":
        raise refused(
            f"{name} of dual numbers with dtype={dtype}",
            "such an array carries no derivative",
            "Leave the dtype away, and put only numbers into the array.",
        )


def join(x: Any, template: Any) -> Any:
    """Return ``x`` with all levels of nesting that ``template`` has beside its own, with zero partials.

    The value of the result is the memory of ``x``. Unlike `match`, neither need hold the other's levels.
    """
    if not isinstance(template, Dual):
        return x
    return _with_level(join(x, template.value), template.tag, len(template.partials))


def _with_level(x: Any, tag: Tag, directions: int) -> Any:
    if isinstance(x, Dual):
        if x.tag is tag:
            return x
        if x.tag.level > tag.level:
            return make(_with_level(x.value, tag, directions), _with_level(x.partials, tag, directions), x.tag)
    zeros = np.zeros((directions, *x.shape), x.dtype)
    return make(x, match(zeros, x) if isinstance(x, Dual) else lay_out(zeros, x), tag)


def carries(x: Any, template: Any) -> bool:
    """Whether ``x`` has all levels of nesting that ``template`` has."""
    levels = set()
    while isinstance(x, Dual):
        levels.add(x.tag)
        x = x.value
    while isinstance(template, Dual):
        if template.tag not in levels:
            return False
        template = template.value
    return True
