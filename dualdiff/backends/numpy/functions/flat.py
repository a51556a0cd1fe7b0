"""NumPy's functions whose derivative is zero wherever it is defined: they are given the values alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import implements, strip
from dualdiff.backends.numpy.messages import dropped

FLAT_NAMES = """
    all allclose any argmax argmin argpartition argsort argwhere around array2string array_equal array_equiv
    array_repr array_str can_cast common_type count_nonzero diag_indices_from digitize einsum_path fix flatnonzero
    in1d isclose iscomplex iscomplexobj isin isneginf isposinf isreal isrealobj lexsort may_share_memory
    min_scalar_type nanargmax nanargmin ndim nonzero result_type round searchsorted shape shares_memory size
    tril_indices_from triu_indices_from linalg.matrix_rank
"""
SHOWN = ("array2string", "array_repr", "array_str")


def find(name: str) -> Any:
    """Return the function of NumPy of a dotted name, None where this version has none."""
    place: Any = np
    for part in name.split("."):
        place = getattr(place, part, None)
    return place


def _flat(func: Callable[..., Any]) -> None:
    @implements(func)
    def handler(*args: Any, **kwargs: Any) -> Any:
        return func(*strip(args), **{name: strip(x) for name, x in kwargs.items()})


def _shown(func: Callable[..., Any]) -> None:
    @implements(func)
    def handler(a: Any, *args: Any, **kwargs: Any) -> str:
        if args or kwargs:
            raise dropped("formatting a dual number", "To show it, write print(x), or format its value: d.value.")
        return repr(a)


for _name in FLAT_NAMES.split():
    _func = find(_name)
    if _func is not None:
        (_shown if _name in SHOWN else _flat)(_func)
