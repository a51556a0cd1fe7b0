"""The dual number: how a first derivative travels through a function."""

from collections.abc import Sequence
from typing import Any


def tangent(m: Any, partials: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return ``sum_i partials[i] * tangents[i]``, the first-order chain rule.

    ``m`` knows the arithmetic of tangents: ``m.scale(d, t)`` is ``d * t`` and
    ``m.add_scaled(total, d, t)`` is ``total + d * t``, both with ``d * 0 = 0`` even for
    an infinite or undefined ``d``: a direction that does not move the argument stays zero.
    The NumPy engine gives arrays, the Numba engine the vectors of its code generator.
    """
    total = m.scale(partials[0], tangents[0])
    if len(partials) > 1:
        for i in range(1, len(partials)):
            total = m.add_scaled(total, partials[i], tangents[i])
    return total
