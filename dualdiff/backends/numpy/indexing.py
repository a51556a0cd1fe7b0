"""Indices of values, turned into indices of partials with their direction axis."""

import operator
from typing import Any

import numpy as np


def normalize(index: Any) -> tuple[tuple[Any, ...], bool]:
    """Return the index as a tuple, and whether it is basic (its result a view)."""
    kind = type(index)
    if kind is int or kind is slice:
        return (index,), True
    if kind is not tuple:
        index = (index,)
    is_basic = True
    for i in index:
        kind = type(i)
        if kind is int or kind is slice or i is None or i is Ellipsis:
            continue
        if not isinstance(i, np.integer):
            is_basic = False
            if hasattr(i, "partials"):
                operator.index(i)  # a dual number says why it is no index
    return index, is_basic


def keep_last_axis(index: tuple[Any, ...]) -> tuple[Any, ...]:
    """Extend the index of a value to one of partials whose direction axis is last."""
    return (*index, slice(None)) if any(i is Ellipsis for i in index) else index
