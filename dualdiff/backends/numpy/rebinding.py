"""Rebinding: a copy of a function whose globals hold an active ``numpy`` and ``math``.

The copy shares the code object, so that tracebacks show the user's lines. Its globals look every
name up in the function's real globals at the moment it is used, and map what they find: nothing
is changed in any module, an edited helper or global is seen at once, and threads do not meet.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from dualdiff.backends.numpy.buffers import Buffer, fresh
from dualdiff.backends.numpy.code import is_bound_to_globals, live_code, written_names
from dualdiff.backends.numpy.dual import Dual
from dualdiff.backends.numpy.gathering import settle, transform
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.namespaces import DISPATCHER, MODULES, REPLACED, taking_lists
from dualdiff.backends.numpy.vectorizing import Vectorize
from dualdiff.backends.numpy.windows import ActiveGlobals, LiveModule

# packages whose functions are left as they are: they carry no buffers of the user
ARRAY_LIBRARIES = """
    numpy scipy numba llvmlite dualdiff jax jaxlib torch tensorflow autograd casadi sympy mpmath pandas matplotlib
    xarray dask cupy sklearn numexpr pythran cython Cython pytest _pytest hypothesis IPython ipykernel
"""
FOREIGN = sys.stdlib_module_names | set(ARRAY_LIBRARIES.split())
PROBLEMS = "dualdiff.problems"
OWN_ARRAY = "a global, closure or default array"

_providers: list[Callable[[], dict[Any, Any]]] = []


def replace_functions(provider: Callable[[], dict[Any, Any]]) -> None:
    """Register what gives, when a function of SciPy is first met, the functions that stand for SciPy's."""
    _providers.append(provider)
    _replacements.cache_clear()


@functools.cache
def _replacements() -> dict[Any, Any]:
    return {plain: ours for provider in _providers for plain, ours in provider().items()}


def is_users(module: Any) -> bool:
    """Whether a module of that name holds the user's code."""
    if not isinstance(module, str):
        return True
    return module.partition(".")[0] not in FOREIGN or f"{module}.".startswith(PROBLEMS + ".")


class Copy:
    """The copy of a function, and what it was made from: where that has changed, a new copy is due."""

    __slots__ = ("cells", "code", "copy", "defaults", "named", "raw")

    def __init__(self, raw: FunctionType, copy: Any) -> None:
        self.raw = raw
        self.copy = copy
        self.code = raw.__code__
        self.defaults = raw.__defaults__
        self.named = raw.__kwdefaults__
        self.cells: list[tuple[CellType, Any]] = []

    @property
    def is_valid(self) -> bool:
        """Whether the function is still what was copied."""
        raw = self.raw
        if raw.__code__ is not self.code or raw.__defaults__ is not self.defaults:
            return False
        if raw.__kwdefaults__ is not self.named:
            return False
        return all(content_of(cell) is content for cell, content in self.cells)


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
        self.windows: dict[int, ActiveGlobals] = {}
        self.kept: dict[int, tuple[Any, Any]] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the copy; the result holds plain arrays and duals."""
        result = settle(self.activate(self.f)(*args, **kwargs))
        copy = self.copies.get(id(self.f))
        if copy is not None and copy.cells and not copy.is_valid:
            raise refused(
                f"{self.f.__name__}: a variable of its closure was assigned during the call",
                "the call may have used the earlier one",
                "Pass it to the function as an argument.",
            )
        return result

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

    # ---- what is mapped ---------------------------------------------------------------------------------------------

    def _function(self, raw: Any) -> Any:
        copy = self.copies.get(id(raw))
        if copy is not None and copy.is_valid:
            return copy.copy
        real = raw.__globals__
        if type(real) is ActiveGlobals:
            return raw
        if not is_users(real.get("__name__")):
            return _replacements().get(raw, raw) if _providers else REPLACED.get(raw, raw)
        code = live_code(raw.__code__)
        if code is None:
            return raw
        return self._copy(raw, code)

    def _copy(self, raw: Any, code: Any) -> Any:
        cells: list[tuple[CellType, Any]] = []
        closure = None
        if raw.__closure__ is not None:
            shared = written_cells(raw)
            closure = []
            for cell in raw.__closure__:
                content = content_of(cell)
                is_own = id(cell) not in shared and MAPPERS.get(type(content), Rebinding._other) is not None
                if is_own and content is not EMPTY:
                    cells.append((cell, content))
                    cell = CellType()
                closure.append(cell)
        window = self.window(raw.__globals__)
        function = FunctionType(code, window, raw.__name__, None, None if closure is None else tuple(closure))
        for name in ("__qualname__", "__module__", "__doc__", "__dict__"):
            setattr(function, name, getattr(raw, name))
        annotations = "__annotate__" if hasattr(raw, "__annotate__") else "__annotations__"
        setattr(function, annotations, getattr(raw, annotations))
        copy = self.copies[id(raw)] = Copy(raw, function)
        copy.cells = cells
        # only now, since a function may hold itself in its closure
        own = iter(cells)
        for mine, cell in zip(function.__closure__ or (), raw.__closure__ or (), strict=True):
            if mine is not cell:
                mine.cell_contents = self.activate(next(own)[1])
        if raw.__defaults__ is not None:
            function.__defaults__ = tuple(self.activate(x) for x in raw.__defaults__)
        if raw.__kwdefaults__ is not None:
            function.__kwdefaults__ = {name: self.activate(x) for name, x in raw.__kwdefaults__.items()}
        return function

    def window(self, real: dict[str, Any]) -> ActiveGlobals:
        """Return the globals of copies for real globals."""
        window = self.windows.get(id(real))
        if window is None:
            window = self.windows[id(real)] = ActiveGlobals(real, self)
        return window

    def _once(self, raw: Any, make: Callable[[], Any]) -> Any:
        """Return what was made for an object when it was first met."""
        kept = self.kept.get(id(raw))
        if kept is None:
            kept = self.kept[id(raw)] = (raw, make())  # with the object itself: its id is not given again
        return kept[1]

    def _module(self, raw: ModuleType) -> Any:
        name = raw.__name__
        if name in MODULES and sys.modules.get(name) is raw:
            return MODULES[name]
        if is_users(name) or (_providers and name.partition(".")[0] == "scipy"):
            return self._once(raw, lambda: LiveModule(raw, self))
        return raw

    def _array(self, raw: Any) -> Any:
        return Buffer(raw, OWN_ARRAY) if raw.dtype.kind in "fc" else raw

    def _builtin(self, raw: Any) -> Any:
        module = getattr(raw, "__module__", None)
        if module is None or raw in REPLACED:
            return REPLACED.get(raw, raw)
        return raw if module.partition(".")[0] in FOREIGN else self._once(raw, lambda: Compiled(raw))

    def _dispatcher(self, raw: Any) -> Any:
        return REPLACED.get(raw) or taking_lists(raw)

    def _class(self, raw: Any) -> Any:
        return REPLACED.get(raw, raw)

    def _partial(self, raw: Any) -> Any:
        args = (self.activate(x) for x in raw.args)
        return functools.partial(
            self.activate(raw.func), *args, **{k: self.activate(x) for k, x in raw.keywords.items()}
        )

    def _method(self, raw: Any) -> Any:
        function, owner = self.activate(raw.__func__), self.activate(raw.__self__)
        return raw if function is raw.__func__ and owner is raw.__self__ else MethodType(function, owner)

    def _vectorize(self, raw: Any) -> Any:
        def make() -> Vectorize:
            pyfunc = self.activate(raw.pyfunc)
            return Vectorize(pyfunc, raw.otypes, raw.__doc__, raw.excluded, raw.cache, raw.signature)

        return self._once(raw, make)

    def _other(self, raw: Any) -> Any:
        """Map an object of a kind that is not in the table: most are left alone."""
        kind = type(raw)
        if kind.__name__ == "cython_function_or_method" or (
            callable(raw) and kind.__module__.startswith(("numba.", "dualdiff.backends.numba."))
        ):
            return self._once(raw, lambda: Compiled(raw))
        if kind.__module__.startswith("numpy."):
            try:
                return REPLACED.get(raw, raw)
            except TypeError:
                return raw
        return raw


PLAIN = (int, float, complex, bool, str, bytes, tuple, list, dict, set, frozenset, slice, range, type(None), type(...))
MAPPERS: dict[type, Callable[[Rebinding, Any], Any] | None] = {
    **dict.fromkeys((*PLAIN, Dual, Buffer, np.float64, np.ufunc, type(NotImplemented)), None),
    FunctionType: Rebinding._function,
    ModuleType: Rebinding._module,
    np.ndarray: Rebinding._array,
    BuiltinFunctionType: Rebinding._builtin,
    DISPATCHER: Rebinding._dispatcher,
    type: Rebinding._class,
    functools.partial: Rebinding._partial,
    MethodType: Rebinding._method,
    np.vectorize: Rebinding._vectorize,
}


# ---- closures -------------------------------------------------------------------------------------------------------

EMPTY: Any = object()


def content_of(cell: CellType) -> Any:
    """Return what a variable of a closure holds."""
    try:
        return cell.cell_contents
    except ValueError:
        return EMPTY


def written_cells(raw: Any) -> set[int]:
    """Return the variables of a closure that the function, or another one in it, assigns: they stay shared."""
    found: set[int] = set()
    waiting, seen = [raw], set()
    while waiting:
        function = waiting.pop()
        if id(function) in seen or function.__closure__ is None:
            continue
        seen.add(id(function))
        written = written_names(function.__code__)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__, strict=True):
            if name in written:
                found.add(id(cell))
            content = content_of(cell)
            if type(content) is FunctionType:
                waiting.append(content)
    return found


class Compiled:
    """Compiled code, which is given the plain arrays of buffers; in all else it passes for what it stands for."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    @property
    def __class__(self) -> Any:
        return type(self._raw)

    @__class__.setter
    def __class__(self, kind: Any) -> None:
        raise TypeError("compiled code cannot change its class")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def __repr__(self) -> str:
        return repr(self._raw)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the compiled code."""
        return self._raw(*transform(args, _exported), **transform(kwargs, _exported))


def _exported(x: Any) -> Any:
    if not isinstance(x, Buffer):
        return x
    content = x.settle()
    return content if isinstance(content, Dual) else x.export()


def rebind(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does what ``f`` does, with an active ``numpy`` and ``math`` in its globals."""
    return f if isinstance(f, Rebinding) or not is_bound_to_globals(f) else Rebinding(f)
