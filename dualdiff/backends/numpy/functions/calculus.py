"""Differences, gradients, integrals and interpolation of samples in dual arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import (
    NO,
    as_operand,
    composed,
    finish,
    implements,
    level_of,
    not_an_operand,
    plain_option,
    report,
    shifted,
)
from dualdiff.backends.numpy.dual import Dual, primal

# ---- differences ----------------------------------------------------------------------------------------------------


@composed(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = NO, append: Any = NO) -> Any:
    a = as_operand(a)
    axis = shifted(axis, a.ndim)[0] - 1
    one = [1 if i == axis else m for i, m in enumerate(a.shape)]
    ends = [None if x is NO else as_operand(x) for x in (prepend, append)]
    ends = [x if x is None or x.ndim else np.broadcast_to(x, one) for x in ends]
    parts = [x for x in (ends[0], a, ends[1]) if x is not None]
    a = a if len(parts) == 1 else np.concatenate(parts, axis)
    before = (slice(None),) * axis
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


@composed(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    ary = np.reshape(as_operand(ary), -1)
    parts = [ary[1:] - ary[:-1]]
    if to_begin is not None:
        parts.insert(0, np.reshape(as_operand(to_begin), -1))
    if to_end is not None:
        parts.append(np.reshape(as_operand(to_end), -1))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


@composed(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = as_operand(f)
    axes = [i - 1 for i in shifted(axis, f.ndim)]
    spacings = [as_operand(v) for v in (varargs or (1.0,))]
    if len(spacings) == 1 and spacings[0].ndim == 0:
        spacings = spacings * len(axes)
    results = []
    for i, spacing in zip(axes, spacings, strict=True):
        g = np.moveaxis(f, i, -1)
        intervals = (g.shape[-1] - 1,)
        h = np.diff(spacing) if spacing.ndim else np.broadcast_to(np.reshape(spacing, (1,)), intervals)
        results.append(np.moveaxis(_slopes(g, h, edge_order), -1, i))
    return results[0] if len(results) == 1 else results


def _slopes(f: Any, h: Any, edge_order: int) -> Any:
    """Return the slopes at all samples, ``h`` apart: second order inside, of ``edge_order`` at the ends."""
    left, right = h[:-1], h[1:]
    inside = (
        -right / (left * (left + right)) * f[..., :-2]
        + (right - left) / (left * right) * f[..., 1:-1]
        + left / (right * (left + right)) * f[..., 2:]
    )
    if edge_order == 1:
        first = (f[..., 1:2] - f[..., :1]) / h[:1]
        last = (f[..., -1:] - f[..., -2:-1]) / h[-1:]
        return np.concatenate([first, inside, last], axis=-1)
    a, b = h[:1], h[1:2]
    first = (
        -(2.0 * a + b) / (a * (a + b)) * f[..., :1] + (a + b) / (a * b) * f[..., 1:2] - a / (b * (a + b)) * f[..., 2:3]
    )
    a, b = h[-2:-1], h[-1:]
    last = (
        b / (a * (a + b)) * f[..., -3:-2]
        - (a + b) / (a * b) * f[..., -2:-1]
        + (2.0 * b + a) / (b * (a + b)) * f[..., -1:]
    )
    return np.concatenate([first, inside, last], axis=-1)


# ---- integrals ------------------------------------------------------------------------------------------------------


@composed(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = as_operand(y)
    axis = shifted(axis, y.ndim)[0] - 1
    d = dx
    if x is not None:
        x = as_operand(x)
        if x.ndim == 1:
            d = np.reshape(np.diff(x), [-1 if i == axis else 1 for i in range(y.ndim)])
        else:
            d = np.diff(x, axis=axis)
    before = (slice(None),) * axis
    return np.sum(d * (y[(*before, slice(1, None))] + y[(*before, slice(None, -1))]) / 2.0, axis=axis)


# ---- interpolation --------------------------------------------------------------------------------------------------


@composed(np.interp)
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    plain_option(np.interp, period)
    x, xp, fp = as_operand(x), as_operand(xp), as_operand(fp)
    if period is not None:
        period = abs(period)
        x, xp = np.remainder(x, period), np.remainder(xp, period)
        order = np.argsort(primal(xp))
        xp, fp = xp[order], fp[order]
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
        left = right = None
    place, knots = primal(x), primal(xp)
    below = fp[0] if left is None else as_operand(left)
    above = fp[-1] if right is None else as_operand(right)
    report(level_of(np.interp, x, xp, fp), np.interp, np.isin(place, knots))
    if len(knots) == 1:
        return np.where(place < knots[0], below, np.where(place > knots[0], above, fp[0]))
    # at a knot the mean of both sides: the same value, and the mean of both slopes
    last = len(knots) - 2
    sides = [np.clip(np.searchsorted(knots, place, side=side) - 1, 0, last) for side in ("left", "right")]
    slopes = (fp[1:] - fp[:-1]) / (xp[1:] - xp[:-1])
    first, second = (fp[i] + (x - xp[i]) * slopes[i] for i in sides)
    first = first if left is not None else np.where(place <= knots[0], below, first)
    second = second if right is not None else np.where(place >= knots[-1], above, second)
    return np.where(place < knots[0], below, np.where(place > knots[-1], above, (first + second) / 2.0))


# ---- angles ---------------------------------------------------------------------------------------------------------


@implements(np.unwrap)
def _unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi) -> Any:
    plain_option(np.unwrap, (discont, period))
    if not isinstance(p, Dual):
        raise not_an_operand(np.unwrap)
    value = np.unwrap(p.value, discont, axis, period=period)
    return finish(value, p.partials, (p.partials,), p.tag)  # multiples of the period are added
