"""Rebinding: a copy of a function whose globals hold an active ``numpy`` and ``math``.

The copy shares the code object, so that tracebacks show the user's lines. Its globals look every
name up in the function's real globals at the moment it is used, and map what they find: nothing
is changed in any module, an edited helper or global is seen at once, and threads do not meet.
"""

from __future__ import annotations

import functools
import weakref
from abc import ABCMeta
from collections.abc import Callable
from itertools import islice
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from dualdiff.backends.numpy.buffers import Buffer, fresh
from dualdiff.backends.numpy.dual import Dual, primal
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.nested_sequences import settle
from dualdiff.backends.numpy.rebinding.bytecode import content_of, is_empty, live_code, written_cells
from dualdiff.backends.numpy.rebinding.classes import (
    TwinType,
    can_be_shared,
    has_twin,
    released,
    twin_of_class,
    twin_of_object,
)
from dualdiff.backends.numpy.rebinding.namespaces import DISPATCHER, MODULES, REPLACED, taking_lists
from dualdiff.backends.numpy.rebinding.proxies import ActiveGlobals, LiveDict, LiveList, LiveModule
from dualdiff.backends.numpy.rebinding.third_party import Compiled, is_users, replacement
from dualdiff.backends.numpy.rebinding.vectorizing import Vectorize

MADE_OUTSIDE = "an array that was made outside of the function"
LOOKED_AT = (32, 2)  # items of a container, and of one in it, that tell whether it holds what must be mapped


class Copy:
    """The copy of a function, and what it was made from: where that has changed, a new copy is due."""

    __slots__ = ("cells", "code", "copy", "defaults", "named", "raw")

    def __init__(self, raw: FunctionType, copy: Any, forget: Callable[[Any], Any]) -> None:
        self.raw = weakref.ref(raw, forget)
        self.copy = copy
        self.code = raw.__code__
        self.defaults = raw.__defaults__
        self.named = raw.__kwdefaults__
        self.cells: list[tuple[CellType, Any]] = []

    def is_of(self, raw: FunctionType) -> bool:
        """Whether this is a copy of the function as it is now."""
        if self.raw() is not raw or raw.__code__ is not self.code or raw.__defaults__ is not self.defaults:
            return False
        if raw.__kwdefaults__ is not self.named:
            return False
        return not self.cells or all(content_of(cell) is content for cell, content in self.cells)


class Rebinding:
    """A function and the copies of all functions that it reaches, made when they are first met.

    Examples
    --------
    >>> import numpy as np
    >>> import dualdiff as dd
    >>> def f(x):
    ...     y = np.zeros(2)
    ...     y[0] = x[0] * x[1]
    ...     return y
    >>> Rebinding(f)(dd.Dual([2.0, 3.0], [1.0, 0.0]))
    Dual([6., 0.], partials=[[3., 0.]])
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.copies: dict[int, Copy] = {}
        self.proxies: dict[int, ActiveGlobals] = {}
        self.kept: dict[int, tuple[Any, Any]] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the copy; the result holds plain arrays and duals."""
        result = self.activate(self.f)(*args, **kwargs)
        copy = self.copies.get(id(self.f))
        if copy is not None and copy.cells and not copy.is_of(self.f):  # type: ignore[arg-type]
            raise refused(
                f"{self.f.__name__}: a variable of its closure was assigned during the call",
                "the call may have used the earlier one",
                "Pass it to the function as an argument.",
            )
        return result if type(result) is Dual else released(settle(result))

    def argument(self, x: Any) -> Any:
        """Return a copy of a plain argument as rebound code takes it."""
        if type(x) is Buffer:
            x = x.settle()
        if type(x) is np.ndarray:
            return fresh(x.copy("K"))
        return self.activate(x)

    def activate(self, raw: Any) -> Any:
        """Return what stands for ``raw`` in rebound code: mostly ``raw`` itself."""
        mapper = MAPPERS.get(type(raw), Rebinding._other)
        return raw if mapper is None else mapper(self, raw)

    def unmapped(self, item: Any) -> Any:
        """Return the user's own object for which an active one stands."""
        kind = type(item)
        if kind is FunctionType:
            for copy in self.copies.values():
                if copy.copy is item:
                    return copy.raw() or item
            return item
        if kind is LiveDict or kind is LiveList:
            return item.real
        if isinstance(item, ModuleType):
            return item.__dict__.get("_module", item)
        return item

    def is_instance(self, x: Any, kinds: Any) -> bool:
        """Return ``isinstance`` of what a dual, a buffer or an active object stands for."""
        if isinstance(x, kinds):
            return True
        if isinstance(x, Dual):
            return isinstance(primal(x), kinds)
        if isinstance(x, Buffer):
            return isinstance(np.empty(0), kinds)
        return isinstance(x, (LiveDict, LiveList)) and isinstance(x.real, kinds)

    # ---- functions --------------------------------------------------------------------------------------------------

    def _function(self, raw: Any) -> Any:
        copy = self.copies.get(id(raw))
        if copy is not None and copy.is_of(raw):
            return copy.copy
        real = raw.__globals__
        if type(real) is ActiveGlobals:
            return raw
        if not is_users(real.get("__name__")) and not raw.__code__.co_filename.startswith("<doctest"):
            return REPLACED.get(raw) or replacement(raw)
        code = live_code(raw.__code__)
        if code is None:
            return raw
        return self._copy(raw, code)

    def _copy(self, raw: Any, code: Any) -> Any:
        cells: list[tuple[CellType, Any]] = []
        closure: list[CellType] | None = None
        if raw.__closure__ is not None:
            shared = written_cells(raw)
            closure = []
            for name, cell in zip(raw.__code__.co_freevars, raw.__closure__, strict=True):
                content = content_of(cell)
                # __class__ is what super() starts from
                if id(cell) in shared or name == "__class__" or is_empty(content) or not self._is_mapped(content):
                    closure.append(cell)
                else:
                    cells.append((cell, content))
                    closure.append(CellType())
        proxy = self.proxy(raw.__globals__)
        function = FunctionType(code, proxy, raw.__name__, None, None if closure is None else tuple(closure))
        for name in ("__qualname__", "__module__", "__doc__", "__dict__"):
            setattr(function, name, getattr(raw, name))
        annotations = "__annotate__" if hasattr(raw, "__annotate__") else "__annotations__"
        setattr(function, annotations, getattr(raw, annotations))
        number = id(raw)
        copy = self.copies[number] = Copy(raw, function, lambda _: self.copies.pop(number, None))
        copy.cells = cells
        # only now, since a function may hold itself in its closure
        own = iter(cells)
        for mine, cell in zip(function.__closure__ or (), raw.__closure__ or (), strict=True):
            if mine is not cell:
                mine.cell_contents = self.activate(next(own)[1])
        if raw.__defaults__ is not None:
            function.__defaults__ = tuple([self.activate(x) for x in raw.__defaults__])
        if raw.__kwdefaults__ is not None:
            function.__kwdefaults__ = {name: self.activate(x) for name, x in raw.__kwdefaults__.items()}
        return function

    def proxy(self, real: dict[str, Any]) -> ActiveGlobals:
        """Return the globals of copies for real globals."""
        proxy = self.proxies.get(id(real))
        if proxy is None:
            proxy = self.proxies[id(real)] = ActiveGlobals(real, self)
        return proxy

    def _builtin(self, raw: Any) -> Any:
        module = getattr(raw, "__module__", None)
        if module is None or raw in REPLACED:
            return REPLACED.get(raw, raw)
        return self._once(raw, Compiled) if is_users(module) else raw

    def _dispatcher(self, raw: Any) -> Any:
        return REPLACED.get(raw) or taking_lists(raw)

    def _partial(self, raw: Any) -> Any:
        keywords = {name: self.activate(x) for name, x in raw.keywords.items()}
        return functools.partial(self.activate(raw.func), *(self.activate(x) for x in raw.args), **keywords)

    def _method(self, raw: Any) -> Any:
        owner = self.activate(raw.__self__)
        if owner is not raw.__self__ and getattr(type(raw.__self__), raw.__name__, None) is raw.__func__:
            return getattr(owner, raw.__name__)
        function = self.activate(raw.__func__)
        return raw if function is raw.__func__ and owner is raw.__self__ else MethodType(function, owner)

    def _vectorize(self, raw: Any) -> Any:
        def make(raw: Any) -> Vectorize:
            pyfunc = self.activate(raw.pyfunc)
            return Vectorize(pyfunc, raw.otypes, raw.__doc__, raw.excluded, raw.cache, raw.signature)

        return self._once(raw, make)

    # ---- modules, arrays, containers, classes and objects ----------------------------------------------------------

    def _once(self, raw: Any, make: Callable[[Any], Any]) -> Any:
        """Return what was made for an object when it was first met."""
        number = id(raw)
        kept = self.kept.get(number)
        if kept is None or kept[0]() is not raw:
            kept = weakref.ref(raw, lambda _: self.kept.pop(number, None)), make(raw)
            self.kept[number] = kept
        return kept[1]

    def _module(self, raw: ModuleType) -> Any:
        found = MODULES.get(id(raw))
        if found is not None:
            return found
        name = raw.__name__
        if is_users(name) or name.partition(".")[0] == "scipy":
            return self._once(raw, lambda raw: LiveModule(raw, self))
        return raw

    def _array(self, raw: Any) -> Any:
        return Buffer(raw, MADE_OUTSIDE) if raw.dtype.kind in "fc" else raw

    def _tuple(self, raw: Any) -> Any:
        return tuple([self.activate(x) for x in raw]) if self._holds_mapped(raw) else raw

    def _list(self, raw: Any) -> Any:
        return LiveList(raw, self) if self._holds_mapped(raw, arrays=False) else raw

    def _dict(self, raw: Any) -> Any:
        return LiveDict(raw, self) if self._holds_mapped(raw.values()) or self._holds_mapped(raw) else raw

    def _holds_mapped(self, items: Any, arrays: bool = True, depth: int = 0) -> bool:
        for x in islice(items, LOOKED_AT[depth]):
            kind = type(x)
            if MAPPERS.get(kind, EMPTY) is None or (kind is np.ndarray and not arrays):
                continue
            if self._is_mapped(x, depth + 1):
                return True
        return False

    def _is_mapped(self, raw: Any, depth: int = 0) -> bool:
        """Whether something else stands for an object in rebound code."""
        kind = type(raw)
        if kind in CONTAINERS:
            items = raw.values() if kind is dict else raw
            return depth < len(LOOKED_AT) and self._holds_mapped(items, kind is not list, depth)
        return kind is FunctionType or self.activate(raw) is not raw

    def _class(self, raw: Any) -> Any:
        found = REPLACED.get(raw)
        if found is not None or not has_twin(raw, is_users):
            return found or raw
        return self._once(raw, lambda raw: twin_of_class(raw, self))

    def _other(self, raw: Any) -> Any:
        """Map an object of a kind that is not in the table: most are left alone."""
        kind = type(raw)
        if kind.__name__ == "cython_function_or_method" or (
            callable(raw) and kind.__module__.startswith(("numba.", "dualdiff.backends.numba."))
        ):
            return self._once(raw, Compiled)
        if kind.__module__.startswith("numpy."):
            try:
                return REPLACED.get(raw, raw)
            except TypeError:
                return raw
        if isinstance(kind, TwinType) or not has_twin(kind, is_users) or not can_be_shared(raw):
            return raw
        return self._once(raw, lambda raw: twin_of_object(raw, self._class(kind)))


EMPTY: Any = object()
CONTAINERS = (tuple, list, dict)
PLAIN = (int, float, complex, bool, str, bytes, set, frozenset, slice, range, type(None), type(...))
MAPPERS: dict[type, Callable[[Rebinding, Any], Any] | None] = {
    **dict.fromkeys((*PLAIN, Dual, Buffer, LiveDict, LiveList, np.float64, np.ufunc, type(NotImplemented)), None),
    FunctionType: Rebinding._function,
    ModuleType: Rebinding._module,
    np.ndarray: Rebinding._array,
    BuiltinFunctionType: Rebinding._builtin,
    DISPATCHER: Rebinding._dispatcher,
    type: Rebinding._class,
    ABCMeta: Rebinding._class,
    functools.partial: Rebinding._partial,
    MethodType: Rebinding._method,
    np.vectorize: Rebinding._vectorize,
    tuple: Rebinding._tuple,
    list: Rebinding._list,
    dict: Rebinding._dict,
}
