"""Cross products, convolutions and correlations of dual arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import implements
from dualdiff.backends.numpy.dual import align
from dualdiff.backends.numpy.functions.products import product
from dualdiff.backends.numpy.pushforward import (
    check_conjugation,
    conjugated,
    reshaped,
)
from dualdiff.backends.numpy.ufuncs import TangentAlgebra

scale = TangentAlgebra.scale

NEXT, AFTER = [1, 2, 0], [2, 0, 1]
SHIFTS = 32  # length up to which a convolution is a sum of shifted arrays
TABLE = 2**22  # elements up to which it may be a product with a Toeplitz matrix


def _padded(x: Any) -> Any:
    """Return vectors of three components: the third is zero where there are two."""
    return x if x.shape[-1] == 3 else np.concatenate([x, np.zeros_like(x[..., :1])], axis=-1)


def _cross_of_last(t: Any, p: Any) -> Any:
    """Return the cross product of vectors in the last axis; a number for two components each."""
    if t.shape[-1] == 2 and p.shape[-1] == 2:
        return scale(p[..., 1], t[..., 0]) - scale(p[..., 0], t[..., 1])
    t, p = _padded(t), _padded(p)
    return scale(p[..., AFTER], t[..., NEXT]) - scale(p[..., NEXT], t[..., AFTER])


@implements(np.cross)
def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis

    def value(x: Any, y: Any) -> Any:
        return np.cross(x, y, axisa=axisa, axisb=axisb, axisc=axisc)

    ndims = np.ndim(a), np.ndim(b)
    ndim = max(ndims)
    place_a, place_b = (i % n for i, n in zip((axisa, axisb), ndims, strict=True))

    def rule(sign: int, of_t: int, of_p: int) -> Callable[[Any, Any], Any]:
        def moved(t: Any, p: Any) -> Any:
            t = align(np.moveaxis(t, of_t + 1, -1), ndim)
            y = _cross_of_last(t, np.moveaxis(p, of_p, -1))
            has_vectors = 3 in (t.shape[-1], p.shape[of_p])
            y = np.moveaxis(y, -1, axisc % ndim + 1) if has_vectors else y
            return y if sign > 0 else np.negative(y)

        return moved

    return product(value, rule(1, place_a, place_b), rule(-1, place_b, place_a), a, b, has_sums=False)


@implements(np.linalg.cross)
def _cross_of_vectors(a: Any, b: Any, *, axis: int = -1) -> Any:
    return _cross(a, b, axis=axis)


def _full_convolution(t: Any, p: Any) -> Any:
    """Return all elements of the convolution of the last axis of ``t`` with the vector ``p``."""
    k, n = t.shape
    m = p.shape[0]
    out = n + m - 1
    if min(n, m) > SHIFTS and n * out <= TABLE:
        table = np.concatenate([p, np.zeros_like(p[:1])])
        places = np.arange(out) - np.arange(n)[:, None]
        return np.matmul(t, table[np.where((places >= 0) & (places < m), places, m)])
    if m <= n:
        rim = np.zeros((k, m - 1), t.dtype)
        wide = np.concatenate([rim, t, rim], axis=1)
        shifts = [wide[:, m - 1 - j : m - 1 - j + out] for j in range(m)]
        return sum((scale(p[j], shifts[j]) for j in range(1, m)), scale(p[0], shifts[0]))
    rim = np.zeros(n - 1, p.dtype)
    wide = np.concatenate([rim, p, rim])
    shifts = [wide[n - 1 - i : n - 1 - i + out] for i in range(n)]
    return sum((scale(shifts[i], t[:, i : i + 1]) for i in range(1, n)), scale(shifts[0], t[:, :1]))


def _selected(full: Any, mode: str, m: int, n: int, is_reversed: bool) -> Any:
    """Return the part of a full convolution that a mode keeps; one of swapped operands is centred the other way."""
    short, long = sorted((m, n))
    start, length = {
        "full": (0, m + n - 1),
        "same": (short // 2 if is_reversed else (short - 1) // 2, long),
        "valid": (short - 1, long - short + 1),
    }[mode]
    return full[:, start : start + length]


@implements(np.convolve)
def _convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    m, n = np.size(a), np.size(v)

    def moved(t: Any, p: Any) -> Any:
        return _selected(_full_convolution(reshaped(t, len(t), -1), reshaped(p, -1)), mode, m, n, False)

    return product(lambda x, y: np.convolve(x, y, mode), moved, moved, a, v)


@implements(np.correlate)
def _correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    check_conjugation("np.correlate", v)
    m, n = np.size(a), np.size(v)

    def selected(full: Any) -> Any:
        return _selected(full, mode, m, n, m < n)

    def left(t: Any, p: Any) -> Any:
        return selected(_full_convolution(t, conjugated(p)[::-1]))

    def right(t: Any, p: Any) -> Any:
        return selected(_full_convolution(conjugated(t)[:, ::-1], p))

    return product(lambda x, y: np.correlate(x, y, mode), left, right, a, v)
