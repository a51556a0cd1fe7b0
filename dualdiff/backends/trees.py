"""Nested containers: tuples, lists, named tuples, dicts, dataclasses, and what the user registered with optree."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

NAMESPACE = "dualdiff"  # of optree; what is registered globally is found too


class Structure:
    """How a nested container is put together; without children it stands for one leaf.

    ``rebuild`` makes the container of a list of children; ``paths`` are their places as the user
    writes them: ``[0]``, ``['a']``, ``.name``.
    """

    __slots__ = ("children", "kind", "paths", "rebuild")

    def __init__(
        self,
        kind: type | None = None,
        children: list[Structure] | None = None,
        paths: list[str] | None = None,
        rebuild: Callable[[list[Any]], Any] | None = None,
    ) -> None:
        self.kind = kind
        self.children = children or []
        self.paths = paths or []
        self.rebuild = rebuild

    @property
    def is_leaf(self) -> bool:
        """Whether it stands for a single leaf."""
        return self.rebuild is None

    def restore(self, leaves: Iterable[Any]) -> Any:
        """Put leaves in the places of those that were taken out."""
        remaining = iter(leaves)
        return next(remaining) if self.rebuild is None else self._build(remaining)

    def _build(self, leaves: Iterator[Any]) -> Any:
        if self.rebuild is None:
            return next(leaves)
        return self.rebuild([child._build(leaves) for child in self.children])

    def names(self, root: str) -> Iterator[str]:
        """Yield the name of every leaf, such as ``x['a'][0]``."""
        if self.rebuild is None:
            yield root
        for path, child in zip(self.paths, self.children, strict=True):
            yield from child.names(root + path)


LEAF = Structure()


def flatten(x: Any, leaves: list[Any]) -> Structure:
    """Append the leaves of a nested container to a list and return its structure."""
    taken = take_apart(x)
    if taken is None:
        leaves.append(x.settle() if hasattr(x, "settle") else x)  # a buffer of the NumPy engine
        return LEAF
    items, paths, rebuild = taken
    return Structure(type(x), [flatten(item, leaves) for item in items], paths, rebuild)


def take_apart(x: Any) -> tuple[list[Any], list[str], Callable[[list[Any]], Any]] | None:
    """Return the children of a container, their places, and what makes the container of them; None for a leaf."""
    kind = type(x)
    if isinstance(x, (tuple, list)):
        if hasattr(kind, "_fields"):
            return list(x), [f".{name}" for name in kind._fields], lambda items: kind(*items)
        return list(x), [f"[{i}]" for i in range(len(x))], kind
    if isinstance(x, dict):
        keys = list(x)
        return list(x.values()), [f"[{key!r}]" for key in keys], lambda items: _like_dict(x, keys, items)
    if x is None:
        return [], [], lambda items: None
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        names = [field.name for field in dataclasses.fields(x)]
        return [getattr(x, n) for n in names], [f".{n}" for n in names], lambda items: _like_dataclass(x, names, items)
    optree = sys.modules.get("optree")  # whoever registered a container has imported it
    if optree is not None and not optree.tree_is_leaf(x, namespace=NAMESPACE):
        children, metadata, entries, unflatten = optree.tree_flatten_one_level(x, namespace=NAMESPACE)
        return list(children), [f"[{entry!r}]" for entry in entries], lambda items: unflatten(metadata, items)
    return None


def _like_dict(x: dict[Any, Any], keys: list[Any], items: list[Any]) -> Any:
    result = x.copy()  # keeps the class, and the factory of a defaultdict
    result.update(zip(keys, items, strict=True))
    return result


def _like_dataclass(x: Any, names: list[str], items: list[Any]) -> Any:
    result = object.__new__(type(x))  # not by __init__, which may compute with what are no numbers here
    for name, item in zip(names, items, strict=True):
        object.__setattr__(result, name, item)
    return result
