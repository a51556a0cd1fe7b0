"""What Numba's errors mean to the user: the source line, the culprit, the way out."""

import linecache
import re
from typing import Any

from dualdiff.errors import CompilationError

INTERNAL = ("/numba/", "/numpy/", "/dualdiff/backends/", "\\numba\\", "\\numpy\\", "\\dualdiff\\backends\\")
REASONS = (
    re.compile(r"No implementation of function Function\((?P<what>.+?)\) found for signature"),
    re.compile(r"(?P<what>Use of unsupported NumPy function '.+?')"),
    re.compile(r"(?P<what>Unknown attribute '.+?' of type .+)"),
    re.compile(r"(?P<what>Untyped global name '.+?': .+)"),
    re.compile(r"(?P<what>(?:Cannot|cannot|Can't|can't|No conversion|Invalid use|a dual number|the function returns).+)"),
    re.compile(r"(?P<what>(?:gradient|derivative|out is|the in-place|the differentiation|nested|<).+)"),
)


def compilation_error(title: str, function: Any, error: Exception) -> CompilationError:
    """Return the error that tells the user what Numba's error means."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    return CompilationError(
        f"{title}: Numba cannot compile {function.__name__} for dual numbers{_place(text, function)}: {_reason(text)}. "
        "Ways out: use functions that dualdiff supports for compiled code, or pass engine='numpy'."
    )


def _place(text: str, function: Any) -> str:
    places = re.findall(r'File "(.+?)", line (\d+)', text)
    places = [p for p in places if not any(part in p[0].replace("\\\\", "\\") for part in INTERNAL)]
    if places:
        path, line = places[-1]
        found = [p for p in _files(function) if p.endswith(path.lstrip("."))]
        path = found[0] if found else path
    else:
        code = function.__code__
        path, line = code.co_filename, str(code.co_firstlineno)
    source = linecache.getline(path, int(line)).strip()
    return f" ({path}:{line})" + (f", at `{source}`" if source else "")


def _files(function: Any) -> list[str]:
    """Return the files of a function and of the functions among its globals."""
    reached = [function, *function.__globals__.values()]
    codes = [getattr(getattr(g, "py_func", g), "__code__", None) for g in reached]
    return [code.co_filename for code in codes if code is not None]


def _reason(text: str) -> str:
    for pattern in REASONS:
        matches = [m["what"].strip() for m in pattern.finditer(text)]
        if matches:
            what = matches[0]
            known = pattern is REASONS[0]
            return f"{what} has no rule for dual numbers of these types" if known else what.rstrip(".")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else "no reason given"
