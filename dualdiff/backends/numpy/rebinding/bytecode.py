"""What a code object does with globals and variables of closures, read from its bytecode."""

from __future__ import annotations

import dis
import functools
import inspect
from collections.abc import Iterator
from types import CellType, CodeType, FunctionType
from typing import Any

# functions that look at the globals or at the frame themselves
INTROSPECTION = frozenset({"eval", "exec", "globals"})
# CPython writes globals by PyDict_SetItem, past any override, but locals by PyObject_SetItem;
# and the locals of a function without the flag CO_OPTIMIZED are its globals
THROUGH_LOCALS = {
    dis.opmap["STORE_GLOBAL"]: dis.opmap["STORE_NAME"],
    dis.opmap["DELETE_GLOBAL"]: dis.opmap["DELETE_NAME"],
}
UNKNOWN = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def nested(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and those of the functions and classes that it defines."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested(constant)


def _operations(code: CodeType) -> bytes:
    return code.co_code[::2]


def live_code(code: CodeType) -> CodeType | None:
    """Return the code for a copy whose globals are a proxy; None if it cannot have one.

    It is the code itself, unless that assigns globals: then these operations are replaced. Code
    that defines classes (their bodies read globals past any override), or asks for its globals, is
    left alone.
    """
    kind = _kind(code)
    return code if kind == "same" else _through_locals(code) if kind == "writes" else None


@functools.lru_cache(maxsize=4096)
def _kind(code: CodeType) -> str:
    writes = False
    for part in nested(code):
        if not part.co_flags & inspect.CO_OPTIMIZED:
            return "left"
        if not INTROSPECTION.isdisjoint(part.co_names):
            names = {i.argval for i in dis.get_instructions(part) if i.opname == "LOAD_GLOBAL"}
            if not INTROSPECTION.isdisjoint(names):
                return "left"
        operations = _operations(part)
        if any(operation in operations for operation in THROUGH_LOCALS):
            if part.co_flags & UNKNOWN or "locals" in part.co_names:
                return "left"
            writes = True
    return "writes" if writes else "same"


def _through_locals(code: CodeType) -> CodeType:
    constants = tuple(_through_locals(c) if isinstance(c, CodeType) else c for c in code.co_consts)
    changed = bytearray(code.co_code)
    changed[::2] = bytes(THROUGH_LOCALS.get(operation, operation) for operation in changed[::2])
    if changed == code.co_code:
        return code.replace(co_consts=constants)
    flags = code.co_flags & ~inspect.CO_OPTIMIZED
    return code.replace(co_consts=constants, co_code=bytes(changed), co_flags=flags)


@functools.lru_cache(maxsize=4096)
def written_names(code: CodeType) -> frozenset[str]:
    """Return the variables of the closure that the code, or a function that it defines, assigns or deletes."""
    free = set(code.co_freevars)
    found: set[str] = set()
    for part in nested(code):
        operations = _operations(part)
        if any(dis.opmap[name] in operations for name in ("STORE_DEREF", "DELETE_DEREF")):
            found.update(i.argval for i in dis.get_instructions(part) if i.opname in ("STORE_DEREF", "DELETE_DEREF"))
    return frozenset(found & free)


# ---- closures -------------------------------------------------------------------------------------------------------

EMPTY = object()


def content_of(cell: CellType) -> Any:
    """Return what a variable of a closure holds."""
    try:
        return cell.cell_contents
    except ValueError:
        return EMPTY


def is_empty(content: Any) -> bool:
    """Whether a variable of a closure holds nothing yet."""
    return content is EMPTY


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
