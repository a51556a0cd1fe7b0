"""The errors of the NumPy engine: what happened, on which line of the user's code, and the way out."""

import linecache
import sys
from itertools import chain, takewhile
from traceback import walk_stack, walk_tb
from types import TracebackType

from dualdiff.errors import DroppedDerivativeError, LeakedDualError, NotDifferentiableError
from dualdiff.numbers.tags import Tag

_LIBRARIES = ("dualdiff.backends.", "dualdiff.modes.", "numpy.", "scipy.", "numba.", "functools.")


def user_line(raised: TracebackType | None = None) -> str:
    """Return the file, the number and the text of the line of the innermost frame outside the libraries.

    ``raised`` is the traceback of an error that has left its frames already.
    """
    frames = chain(reversed(list(walk_tb(raised))), walk_stack(sys._getframe(1)))
    for frame, number in frames:
        if not f"{frame.f_globals.get('__name__', '')}.".startswith(_LIBRARIES):
            filename = frame.f_code.co_filename
            text = linecache.getline(filename, number).strip()
            return f"\n  at {filename}:{number}" + (f": {text}" if text else "")
    return ""


def library_function() -> str:
    """Return the public name of the function of NumPy or SciPy that the user's line called, or ""."""
    found = ""
    for frame, _ in walk_stack(sys._getframe(1)):
        module = f"{frame.f_globals.get('__name__', '')}."
        if not module.startswith(_LIBRARIES):
            break
        if module.startswith(("numpy.", "scipy.")):
            parts = module.split(".")
            public = ".".join(takewhile(lambda part: part and not part.startswith("_"), parts))
            public = "numpy" if parts[0] == "numpy" else public
            code, caller = frame.f_code, frame.f_locals.get("self")
            name = code.co_qualname.partition(".")[0] if caller is None else type(caller).__name__
            if hasattr(sys.modules.get(public), name) and "._lib." not in module:
                found = f"{public}.{name}"
            elif parts[0] == "scipy":
                found = found or "a function of SciPy"
    return found.replace("numpy.", "np.", 1)


def converted(what: str, way_out: str) -> DroppedDerivativeError:
    """Make the error for a dual number that is turned into a plain one, as a rule by a compiled library."""
    name = library_function()
    if not name:
        return dropped(what, way_out)
    return dropped(
        f"{name} works on plain numbers: of a dual number it",
        "Write it with functions that have a rule, or put the call into a function of yours and state the rule of "
        "that by dualdiff.custom_jvp.",
    )


def dropped(what: str, way_out: str, raised: TracebackType | None = None) -> DroppedDerivativeError:
    """Make the error for an operation that would throw the derivative away."""
    return DroppedDerivativeError(f"{what} would drop its derivative.{user_line(raised)}\n  {way_out}")


def refused(what: str, why: str, way_out: str) -> NotDifferentiableError:
    """Make the error for an operation without a rule."""
    return NotDifferentiableError(f"{what}: {why}.{user_line()}\n  {way_out}")


def leaked(tag: Tag) -> LeakedDualError:
    """Make the error for a dual number whose operator has returned."""
    return LeakedDualError(
        f"a dual number made by the {tag.name} is used after that call has ended.{user_line()}\n"
        "  It was probably kept in a global, a cache or an attribute; return it from the function instead."
    )
