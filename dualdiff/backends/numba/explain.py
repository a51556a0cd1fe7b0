"""What Numba's errors mean to the user: the source line, the culprit, the way out."""

import linecache
import re
from pathlib import Path
from typing import Any

from dualdiff.errors import CompilationError, DualdiffError, OutputError, ShapeError

INTERNAL = re.compile(r"(^|[/\\\\])(numba|numpy|llvmlite|dualdiff[/\\\\]backends)[/\\\\]")
"""Files of Numba and of the engine: never what the user has to change."""

REASONS = (
    (ShapeError, r"(?P<what>gradient: the function .+)"),
    (OutputError, r"(?P<what>the function returns .+)"),
    (OutputError, r"(?P<what>the rule of \S+ returned .+ wanted a pair.+)"),
    (ShapeError, r"(?P<what>the rule of \S+ returned .+)"),
    (ShapeError, r"(?P<what>out is .+|the in-place form .+)"),
    (CompilationError, r"(?P<what>nested derivative: .+|a dual number .+|an array among .+|np\.array of nested .+)"),
    (CompilationError, r"(?P<what>Use of unsupported NumPy function '.+?')"),
    (
        CompilationError,  # of the user's code, not of what custom.py puts around a function
        r"No implementation of function Function\((?!<function _\w+_dispatcher)(?P<function>.+?)\) found for signature",
    ),
    (CompilationError, r"(?P<what>Unknown attribute '.+?' of type .+)"),
    (CompilationError, r"(?P<what>Untyped global name '.+?': .+)"),
    (CompilationError, r"(?P<what>(?:Cannot|cannot|Can't|can't|No conversion|Invalid use).+)"),
)
"""What Numba's message may hold, the telling first, and the error that it means."""


def explained(title: str, function: Any, error: Exception) -> DualdiffError:
    """Return the error that tells the user what Numba's error means."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    kind, reason = _reason(text)
    if kind is not CompilationError:
        return kind(f"{title}: {reason}.")
    return CompilationError(
        f"{title}: Numba cannot compile {function.__name__} for dual numbers{_place(text, function)}: {reason}. "
        "Ways out: use functions that dualdiff supports in compiled code (see the README), "
        "or pass engine='numpy' where the function is NumPy code."
    )


def _place(text: str, function: Any) -> str:
    """Return the innermost line of the user's own code that Numba names, with its text."""
    own = function.__code__.co_filename
    for name, line in re.findall(r'File "(.+?)", line (\d+)', text):
        path = own if name == own else _existing(name)
        if path and (path == own or not INTERNAL.search(path)):
            source = linecache.getline(path, int(line)).strip()
            return f" ({path}:{line})" + (f", at `{source}`" if source else "")
    return f" ({own}:{function.__code__.co_firstlineno})"


def _existing(name: str) -> str | None:
    """Return the full path of a file that Numba names relative to the working folder."""
    path = Path(name).resolve()
    return str(path) if path.is_file() else None


def _reason(text: str) -> tuple[type[DualdiffError], str]:
    for kind, pattern in REASONS:
        match = re.search(pattern, text)
        if match is None:
            continue
        found = match.groupdict()
        if "function" in found:
            name = re.sub(r"<(?:built-in function|function|ufunc|intrinsic) '?([\w.]+)'?.*>", r"\1", found["function"])
            return kind, f"{name} is not supported for dual numbers of these types"
        return kind, found["what"].strip().rstrip(".")
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith(("Failed in", "During:", "raised from"))]
    return CompilationError, lines[0].rstrip(".") if lines else "no reason given"
