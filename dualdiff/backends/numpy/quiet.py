"""Silence for the floating-point warnings of tangents: plain code would not have given them.

``np.errstate`` does the same in 0.7 µs; an operation on a small dual array takes 2 µs in all.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

restore: Callable[[Any], None]

try:
    from numpy._core.umath import _extobj_contextvar, _make_extobj
except ImportError:  # private to NumPy: without it the public way

    def silence() -> Any:
        """Ignore floating-point errors from now on; `restore` ends it."""
        state = np.errstate(all="ignore")
        state.__enter__()
        return state

    def _leave(state: Any) -> None:
        state.__exit__()

    restore = _leave
else:
    _IGNORE = _make_extobj(all="ignore")
    _set, restore = _extobj_contextvar.set, _extobj_contextvar.reset

    def silence() -> Any:
        """Ignore floating-point errors from now on; `restore` ends it."""
        return _set(_IGNORE)
