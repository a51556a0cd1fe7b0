"""Globals and modules through which rebound code sees those of the user."""

from __future__ import annotations

import builtins
from types import ModuleType
from typing import Any, Protocol

# read by the interpreter itself, past any override
COPIED = ("__name__", "__package__", "__spec__", "__file__", "__path__")


class Mapping(Protocol):
    """What tells how rebound code sees an object."""

    def activate(self, raw: Any) -> Any:
        """Return what stands for an object."""


class ActiveGlobals(dict[str, Any]):
    """The globals of rebound functions: a window on the real ones, through which objects come mapped.

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
            return self.builtins[name]
        return self.mapping.activate(raw)

    def __setitem__(self, name: str, item: Any) -> None:
        self.real[name] = unmapped(item, self.mapping)

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
    """A module of the user as rebound code sees it: a window, like `ActiveGlobals`."""

    def __init__(self, module: ModuleType, mapping: Mapping) -> None:
        self.__dict__.clear()
        self.__dict__.update(_module=module, _mapping=mapping)

    def __getattr__(self, name: str) -> Any:
        return self.__dict__["_mapping"].activate(getattr(self.__dict__["_module"], name))

    def __setattr__(self, name: str, item: Any) -> None:
        setattr(self.__dict__["_module"], name, unmapped(item, self.__dict__["_mapping"]))

    def __delattr__(self, name: str) -> None:
        delattr(self.__dict__["_module"], name)

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["_module"])

    def __repr__(self) -> str:
        return repr(self.__dict__["_module"])


def unmapped(item: Any, mapping: Any) -> Any:
    """Return the object of the user for which an active one stands."""
    if isinstance(item, ModuleType):
        return item.__dict__.get("_module", item)
    for copy in mapping.copies.values() if callable(item) else ():
        if copy.copy is item:
            return copy.raw
    return item
