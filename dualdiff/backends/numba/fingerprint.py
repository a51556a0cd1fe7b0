"""A key of everything that a function's compiled code depends on.

Numba freezes globals and closure values when it compiles. A derivative that was compiled
before a helper or a global changed is stale, so the key covers all that is reached.
"""

import types
from collections.abc import Hashable, Iterable, Iterator
from typing import Any

import numpy as np

from dualdiff.backends.custom import CustomFunction, stand_in

FIXED_MODULES = {"builtins", "cmath", "math", "numba", "numpy", "operator"}
PLAIN = (bool, int, float, complex, str, bytes, type(None))


def fingerprint(function: Any) -> Hashable:
    """Return a key of the code, globals and closure values of a function and of the functions it reaches."""
    return tuple(_values([function], [], set()))


def _parts(function: Any, seen: set[int]) -> Iterator[Hashable]:
    if id(function) in seen:
        return
    seen.add(id(function))
    yield function.__code__
    names = list(_names(function.__code__))
    reached = [function.__globals__[name] for name in names if name in function.__globals__]
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    yield from _values((*(function.__defaults__ or ()), *cells, *reached), names, seen)


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _values(values: Iterable[Any], names: list[str], seen: set[int]) -> Iterator[Hashable]:
    """Yield a key of each value; of a module, of what the code may take from it by one of the names."""
    for value in values:
        value = stand_in(getattr(value, "py_func", value))
        if isinstance(value, types.FunctionType):
            yield from _parts(value, seen)
        elif isinstance(value, CustomFunction):
            yield id(value)
            if id(value) not in seen:
                seen.add(id(value))
                yield from _values(value.reached, names, seen)
        elif isinstance(value, types.ModuleType):
            yield id(value)
            if value.__name__.split(".")[0] not in FIXED_MODULES and id(value) not in seen:
                seen.add(id(value))
                found = (getattr(value, name) for name in names if hasattr(value, name))
                yield from _values(found, names, seen)
                seen.discard(id(value))
        elif isinstance(value, np.ndarray | np.generic):
            yield value.shape, value.dtype.str, value.tobytes()
        elif isinstance(value, tuple):
            yield len(value)
            yield from _values(value, names, seen)
        elif isinstance(value, PLAIN):
            yield type(value), repr(value)  # repr: NaN equals itself, and -0.0 differs from 0.0
        else:
            yield id(value)
