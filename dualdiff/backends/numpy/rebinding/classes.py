"""Classes and objects of the user as rebound code sees them: their methods are rebound when they are called.

The twin of a class is a subclass whose methods are looked up in the class itself at the moment
they are called, and mapped. The twin of an object is an instance of that subclass which shares
the object's ``__dict__``: what is assigned to the one is seen in the other. In the order of
resolution of a twin every base has its own twin before it, so that ``super()`` finds those too.
"""

from __future__ import annotations

import functools
from abc import ABC, ABCMeta
from types import FunctionType, MethodType
from typing import Any, Generic

from dualdiff.backends.numpy.rebinding.proxies import Mapping

BASES = (object, ABC, Generic)
# they make an object, or find its attributes
UNSUITABLE = {"__new__", "__getattribute__"}
WRAPPERS = (staticmethod, classmethod, functools.cached_property)


class Quiet:
    """Stands before a class in the order of its twin, whose making the class must not notice."""

    __slots__ = ()

    def __init_subclass__(cls, **options: Any) -> None:
        pass


class TwinType(type):
    """The class of twins of classes."""

    _raw: type
    _bases: tuple[type, ...]

    def mro(cls) -> list[type]:
        """Return the order of resolution: every class of the user after its twin."""
        bases = cls.__dict__["_bases"]
        return [cls, *bases]

    def __setattr__(cls, name: str, item: Any) -> None:
        if name in ("_abc_impl", "__abstractmethods__"):  # set while the twin is made
            super().__setattr__(name, item)
        else:
            setattr(cls._raw, name, item)

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, cls._raw)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, cls._raw)


class AbstractTwinType(TwinType, ABCMeta):
    """The class of twins of abstract classes."""

    __instancecheck__ = TwinType.__instancecheck__
    __subclasscheck__ = TwinType.__subclasscheck__


class Live:
    """A method of a class, which is mapped when it is called."""

    def __init__(self, name: str, raw: type, mapping: Mapping) -> None:
        self.name = name
        self.raw = raw
        self.mapping = mapping

    def __get__(self, x: Any, owner: Any = None) -> Any:
        found = self.raw.__dict__[self.name]
        if isinstance(found, FunctionType):
            function = self.mapping.activate(found)
            return function if x is None else MethodType(function, x)
        if isinstance(found, staticmethod):
            return self.mapping.activate(found.__func__)
        if isinstance(found, classmethod):
            return MethodType(self.mapping.activate(found.__func__), owner)
        if isinstance(found, functools.cached_property) and x is not None:
            result = x.__dict__[self.name] = self.mapping.activate(found.func)(x)
            return result
        return found.__get__(x, owner) if hasattr(found, "__get__") else found


class LiveProperty(Live):
    """A property of a class, which is mapped when it is read or assigned."""

    def __get__(self, x: Any, owner: Any = None) -> Any:
        found = self.raw.__dict__[self.name]
        return found if x is None else self.mapping.activate(found.fget)(x)

    def __set__(self, x: Any, item: Any) -> None:
        self._part("fset")(x, item)

    def __delete__(self, x: Any) -> None:
        self._part("fdel")(x)

    def _part(self, part: str) -> Any:
        function = getattr(self.raw.__dict__[self.name], part)
        if function is None:
            raise AttributeError(f"property {self.name!r} of {self.raw.__name__!r} object cannot be assigned")
        return self.mapping.activate(function)


def has_twin(raw: type, is_users: Any) -> bool:
    """Whether a class is one of the user's that is made of plain Python methods only."""
    if raw in BASES or type(raw) not in (type, ABCMeta):
        return False
    for kind in raw.__mro__:
        if kind in BASES:
            continue
        if not is_users(kind.__module__) or not UNSUITABLE.isdisjoint(kind.__dict__):
            return False
    return True


def twin_of_class(raw: type, mapping: Any) -> Any:
    """Return the subclass whose methods are rebound."""
    names: dict[str, Any] = {}
    for name, found in raw.__dict__.items():
        if isinstance(found, (FunctionType, *WRAPPERS)):
            names[name] = Live(name, raw, mapping)
        elif isinstance(found, property):
            names[name] = LiveProperty(name, raw, mapping)
    for name in ("__module__", "__qualname__", "__doc__"):
        names[name] = getattr(raw, name)
    bases = [Quiet, raw]
    for kind in raw.__mro__[1:]:
        bases += [kind] if kind in BASES else [mapping.activate(kind), kind]
    names.update(__slots__=(), _raw=raw, _bases=tuple(bases))

    def read(self: Any, name: str) -> Any:
        found = object.__getattribute__(self, name)
        if type(found) is MethodType and found.__self__ is self:
            return found
        return mapping.activate(found) if name[:2] != "__" else found

    def assign(self: Any, name: str, item: Any) -> None:
        super(twin, self).__setattr__(name, mapping.unmapped(item))

    names.update(__getattribute__=read, __setattr__=assign)
    kind = TwinType if type(raw) is type else AbstractTwinType
    twin: Any = kind(raw.__name__, (raw,), names)
    return twin


def twin_of_object(x: Any, twin: Any) -> Any:
    """Return an instance of a twin that shares the attributes of an object."""
    other = object.__new__(twin)
    object.__setattr__(other, "__dict__", x.__dict__)
    return other


def has_slots(raw: type) -> bool:
    """Whether objects of a class hold more than their ``__dict__``."""
    return any(kind.__dict__.get("__slots__") for kind in raw.__mro__)


def can_be_shared(x: Any) -> bool:
    """Whether all that an object holds is in its ``__dict__``, and nothing happens when it dies."""
    kinds = type(x).__mro__
    return hasattr(x, "__dict__") and not has_slots(type(x)) and not any("__del__" in kind.__dict__ for kind in kinds)


def released(result: Any) -> Any:
    """Return a result in which the objects that rebound code has made have the user's own classes."""
    if isinstance(type(result), TwinType):
        object.__setattr__(result, "__class__", type(result)._raw)
    elif isinstance(result, (tuple, list)):
        for item in result:
            released(item)
    elif isinstance(result, dict):
        for item in result.values():
            released(item)
    return result
