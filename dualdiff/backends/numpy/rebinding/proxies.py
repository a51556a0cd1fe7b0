"""Globals, modules, dicts and lists through which rebound code sees those of the user."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, MutableMapping, MutableSequence
from types import ModuleType
from typing import Any, Protocol

# read by the interpreter itself, past any override
COPIED = ("__name__", "__package__", "__spec__", "__file__", "__path__")


class Mapping(Protocol):
    """What tells how rebound code sees an object, and the way back."""

    def activate(self, raw: Any) -> Any:
        """Return what stands for an object."""

    def unmapped(self, item: Any) -> Any:
        """Return the object of the user for which an active one stands."""

    def is_instance(self, x: Any, kinds: Any) -> bool:
        """Return ``isinstance`` of what a dual, a buffer or an active object stands for."""


class ActiveGlobals(dict[str, Any]):
    """The globals of rebound functions: a proxy of the real ones, through which objects come mapped.

    CPython reads globals that are not exactly a dict by ``PyObject_GetItem``, and so calls
    ``__missing__`` (``LOAD_GLOBAL`` in ceval.c of 3.11, ``_LOAD_GLOBAL`` in bytecodes.c since 3.12).
    """

    __slots__ = ("builtins", "mapping", "real")

    def __init__(self, real: dict[str, Any], mapping: Mapping) -> None:
        found = real.get("__builtins__", builtins)
        self.builtins = vars(found) if isinstance(found, ModuleType) else found
        self.real = real
        self.mapping = mapping
        super().__init__({name: real[name] for name in COPIED if name in real})
        super().__setitem__("__builtins__", active_builtins(self.builtins))

    def __missing__(self, name: str) -> Any:
        try:
            raw = self.real[name]
        except KeyError:
            return self.mapping.is_instance if name == "isinstance" else self.builtins[name]
        return self.mapping.activate(raw)

    def __setitem__(self, name: str, item: Any) -> None:
        self.real[name] = self.mapping.unmapped(item)

    def __delitem__(self, name: str) -> None:
        del self.real[name]


_builtins: dict[int, tuple[Any, dict[str, Any]]] = {}


def active_builtins(real: dict[str, Any]) -> dict[str, Any]:
    """Return builtins whose ``import`` gives the active modules."""
    if id(real) not in _builtins:
        _builtins[id(real)] = real, {**real, "__import__": _import}
    return _builtins[id(real)][1]


def _import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
    if type(globals) is not ActiveGlobals:
        return builtins.__import__(name, globals, locals, fromlist, level)
    module = globals.builtins["__import__"](name, globals.real, locals, fromlist, level)
    return globals.mapping.activate(module)


class LiveModule(ModuleType):
    """A module of the user as rebound code sees it: a proxy, like `ActiveGlobals`."""

    def __init__(self, module: ModuleType, mapping: Mapping) -> None:
        self.__dict__.clear()
        self.__dict__.update(_module=module, _mapping=mapping)

    def __getattr__(self, name: str) -> Any:
        return self.__dict__["_mapping"].activate(getattr(self.__dict__["_module"], name))

    def __setattr__(self, name: str, item: Any) -> None:
        setattr(self.__dict__["_module"], name, self.__dict__["_mapping"].unmapped(item))

    def __delattr__(self, name: str) -> None:
        delattr(self.__dict__["_module"], name)

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["_module"])

    def __repr__(self) -> str:
        return repr(self.__dict__["_module"])


class LiveDict(MutableMapping[Any, Any]):
    """A dict of the user in which functions or arrays stand."""

    def __init__(self, real: dict[Any, Any], mapping: Mapping) -> None:
        self.real = real
        self.mapping = mapping

    def __getitem__(self, key: Any) -> Any:
        return self.mapping.activate(self.real[self.mapping.unmapped(key)])

    def __setitem__(self, key: Any, item: Any) -> None:
        self.real[self.mapping.unmapped(key)] = self.mapping.unmapped(item)

    def __delitem__(self, key: Any) -> None:
        del self.real[self.mapping.unmapped(key)]

    def __iter__(self) -> Iterator[Any]:
        return (self.mapping.activate(key) for key in self.real)

    def __len__(self) -> int:
        return len(self.real)

    def __or__(self, other: Any) -> Any:
        return dict(self) | dict(other)

    def __ror__(self, other: Any) -> Any:
        return dict(other) | dict(self)

    def __repr__(self) -> str:
        return repr(self.real)

    def copy(self) -> dict[Any, Any]:
        """Return a dict of the same items."""
        return dict(self)


class LiveList(MutableSequence[Any]):
    """A list of the user in which functions or objects stand."""

    def __init__(self, real: list[Any], mapping: Mapping) -> None:
        self.real = real
        self.mapping = mapping

    def __getitem__(self, index: Any) -> Any:
        found = self.real[index]
        if isinstance(index, slice):
            return [self.mapping.activate(x) for x in found]
        return self.mapping.activate(found)

    def __setitem__(self, index: Any, item: Any) -> None:
        is_slice = isinstance(index, slice)
        self.real[index] = [self.mapping.unmapped(x) for x in item] if is_slice else self.mapping.unmapped(item)

    def __delitem__(self, index: Any) -> None:
        del self.real[index]

    def __len__(self) -> int:
        return len(self.real)

    def __add__(self, other: Any) -> Any:
        return list(self) + list(other)

    def __radd__(self, other: Any) -> Any:
        return list(other) + list(self)

    def __mul__(self, count: Any) -> Any:
        return list(self) * count

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (list, LiveList)) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.real)

    def insert(self, index: int, item: Any) -> None:
        """Insert an item."""
        self.real.insert(index, self.mapping.unmapped(item))

    def sort(self, *, key: Any = None, reverse: bool = False) -> None:
        """Sort the items in place."""
        self.real.sort(key=key, reverse=reverse)

    def copy(self) -> list[Any]:
        """Return a list of the same items."""
        return list(self)
