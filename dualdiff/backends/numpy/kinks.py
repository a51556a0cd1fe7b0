"""Kinks and branches at equality that were met on the way, reported where the user asks for it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from dualdiff.backends.numpy.algebra import M
from dualdiff.backends.numpy.messages import user_line
from dualdiff.backends.numpy.quiet import restore, silence
from dualdiff.errors import KinkError, KinkWarning
from dualdiff.numbers.tags import Tag

SHOWN = 5
SIGNS = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "==", "not_equal": "!="}


def report_kinks(tag: Tag, what: str, kink: Any, *primals: Any) -> None:
    """Warn of a kink, or raise, with the function, the flat indices of its argument and the user's line."""
    token = silence()
    try:
        places = np.flatnonzero(kink(M, *primals))
    finally:
        restore(token)
    if not len(places):
        return
    shown = ", ".join(map(str, places[:SHOWN])) + (", ..." if len(places) > SHOWN else "")
    where = f"flat index {shown}" if len(places) == 1 else f"flat indices {shown}"
    message = f"{tag.name}: {what} has a kink at this point ({where}): the derivative jumps there.{user_line()}"
    if tag.kinks == "raise":
        raise KinkError(message)
    warnings.warn(message, KinkWarning, stacklevel=2)


def report_equality(tag: Tag, name: str, a: Any, b: Any) -> None:
    """Report a comparison at its switch point: the branch taken may have another derivative than the other one."""
    report_kinks(tag, f"the comparison {SIGNS[name]} of equal numbers", lambda m, a, b: m.equal(a, b), a, b)
