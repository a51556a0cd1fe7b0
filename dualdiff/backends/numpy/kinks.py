"""Kinks and branches at equality that were met on the way, reported where the user asks for it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from dualdiff.backends.numpy.messages import user_line
from dualdiff.errors import KinkError, KinkWarning
from dualdiff.numbers.tags import Tag

SHOWN = 5


def report_kinks(tag: Tag, what: str, is_kink: Any) -> None:
    """Warn of a kink, or raise, with the function, the flat indices of its argument and the user's line."""
    if not np.any(is_kink):
        return
    places = np.flatnonzero(is_kink)
    shown = ", ".join(map(str, places[:SHOWN])) + (", ..." if len(places) > SHOWN else "")
    where = f"flat index {shown}" if len(places) == 1 else f"flat indices {shown}"
    message = f"{tag.name}: {what} has a kink at this point ({where}): the derivative jumps there.{user_line()}"
    if tag.kinks == "raise":
        raise KinkError(message)
    warnings.warn(message, KinkWarning, stacklevel=2)


SIGNS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}


def report_equality(tag: Tag, name: str, a: Any, b: Any) -> None:
    """Report a comparison at its switch point: the branch taken may have another derivative than the other one."""
    report_kinks(tag, f"the comparison {SIGNS[name]} of equal numbers", np.equal(a, b))
