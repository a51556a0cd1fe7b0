"""The errors of the NumPy engine: what happened, on which line of the user's code, and the way out."""

import linecache
import sys
from itertools import chain
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
