"""NumPy's functions of polynomials whose coefficients, arguments or roots are dual arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import (
    as_operand,
    composed,
    finish,
    implements,
    is_active,
    level_of,
    lower,
    name_of,
    plain_option,
    scale,
    with_partials,
)
from dualdiff.backends.numpy.dual import Dual, primal
from dualdiff.backends.numpy.messages import refused


def coefficients(func: Any, p: Any) -> Any:
    """Return coefficients as an array of one axis; objects of the class `numpy.poly1d` are refused."""
    if isinstance(p, np.poly1d):
        raise refused(f"{name_of(func)} of a poly1d", "it holds plain numbers only", "Pass the array p.coeffs.")
    return np.atleast_1d(as_operand(p))


def _check_dropped(func: Any, x: Any) -> None:
    """Refuse leading coefficients that are zero, and so left out by NumPy, but have a derivative."""
    if isinstance(x, Dual) and np.any(primal(x.partials)):
        raise refused(
            f"{name_of(func)} of a polynomial whose leading coefficient is zero and has a derivative",
            "NumPy leaves the coefficient out",
            "Use np.convolve(a, b), or cut the coefficients off before.",
        )


def _cut(func: Any, p: Any) -> Any:
    """Return coefficients without those leading ones that are zero."""
    nonzero = np.flatnonzero(primal(p))
    first = nonzero[0] if len(nonzero) else max(len(p) - 1, 0)
    _check_dropped(func, p[:first])
    return p[first:]


# ---- values and arithmetic ------------------------------------------------------------------------------------------


@composed(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    p, x = coefficients(np.polyval, p), as_operand(x)
    y: Any = 0.0
    for i in range(len(p)):
        y = y * x + p[i]
    return y


def _padded(p: Any, size: int) -> Any:
    return p if len(p) == size else np.concatenate([np.zeros(size - len(p), p.dtype), p])


@composed(np.polyadd)
def _polyadd(a1: Any, a2: Any) -> Any:
    a, b = coefficients(np.polyadd, a1), coefficients(np.polyadd, a2)
    size = max(len(a), len(b))
    return _padded(a, size) + _padded(b, size)


@composed(np.polysub)
def _polysub(a1: Any, a2: Any) -> Any:
    a, b = coefficients(np.polysub, a1), coefficients(np.polysub, a2)
    size = max(len(a), len(b))
    return _padded(a, size) - _padded(b, size)


@composed(np.polymul)
def _polymul(a1: Any, a2: Any) -> Any:
    a, b = (_cut(np.polymul, coefficients(np.polymul, a)) for a in (a1, a2))
    return np.convolve(a, b)


@implements(np.polydiv)
def _polydiv(u: Any, v: Any) -> Any:
    tag = level_of(np.polydiv, u, v)
    u, v = coefficients(np.polydiv, u) + 0.0, coefficients(np.polydiv, v) + 0.0
    value = np.polydiv(lower(u, tag), lower(v, tag))
    quotient, rest = [], u
    with np.errstate(all="ignore"):
        for _ in range(len(u) - len(v) + 1):
            factor = rest[0] / v[0]
            quotient.append(factor)
            rest = np.concatenate([rest[1 : len(v)] - factor * v[1:], rest[len(v) :]])
    # NumPy's rest begins with coefficients that vanish identically; it leaves out those that round to zero
    rest = np.concatenate([np.zeros(len(u) - len(rest), rest.dtype), rest])
    _check_dropped(np.polydiv, rest[: len(rest) - len(value[1])])
    moved = np.stack(quotient) if quotient else np.zeros(1, rest.dtype)
    return with_partials(value, (moved, rest[len(rest) - len(value[1]) :]), tag)


@composed(np.polyder)
def _polyder(p: Any, m: int = 1) -> Any:
    p = coefficients(np.polyder, p)
    for _ in range(plain_option(np.polyder, m)):
        p = p[:-1] * np.arange(len(p) - 1.0, 0.0, -1.0)
    return p


@composed(np.polyint)
def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    p = coefficients(np.polyint, p)
    constants = np.zeros(m) if k is None else np.atleast_1d(as_operand(k))
    constants = np.broadcast_to(constants, (m,)) if len(constants) == 1 else constants
    for i in range(plain_option(np.polyint, m)):
        p = np.concatenate([p / np.arange(float(len(p)), 0.0, -1.0), constants[i : i + 1]])
    return p


# ---- roots and fits -------------------------------------------------------------------------------------------------


@composed(np.poly)
def _poly(seq_of_zeros: Any) -> Any:
    zeros = coefficients(np.poly, seq_of_zeros)
    if zeros.ndim == 2:
        zeros = np.linalg.eigvals(zeros)
    p = np.ones(1, zeros.dtype)
    for i in range(len(zeros)):
        p = np.concatenate([p, np.zeros(1, p.dtype)]) - np.concatenate([np.zeros(1, p.dtype), p * zeros[i]])
    return p


@implements(np.roots)
def _roots(p: Any) -> Any:
    tag = level_of(np.roots, p)
    p = _cut(np.roots, coefficients(np.roots, p))
    value = np.roots(p.value)
    slope = np.polyval(np.polyder(p.value), value)
    if np.any(np.equal(primal(slope), 0.0)):
        raise refused("np.roots at a multiple root", "its derivative is infinite there", "Use simple roots.")
    total = np.zeros((len(p.partials), len(value)), np.result_type(p.dtype, value.dtype))
    for i in range(len(p)):  # the polynomial of the partials at the roots, by Horner's rule
        total = total * value + p.partials[:, i : i + 1]
    return finish(value, scale(-1.0 / slope, total), (), tag)


@implements(np.vander)
def _vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    powers = len(x) if N is None else N
    value = np.vander(x.value, powers, increasing=increasing)
    lower_powers = np.vander(x.value, max(powers - 1, 0), increasing=True)
    slopes = lower_powers * np.arange(1.0, powers)
    slopes = np.concatenate([np.zeros((len(x), min(powers, 1)), slopes.dtype), slopes], axis=1)
    slopes = slopes if increasing else slopes[:, ::-1]
    with np.errstate(all="ignore"):
        return finish(value, scale(slopes, x.partials[..., None]), (), x.tag)


@implements(np.polyfit)
def _polyfit(x: Any, y: Any, deg: Any, rcond: Any = None, full: Any = False, w: Any = None, cov: Any = False) -> Any:
    tag = level_of(np.polyfit, x, y, w)
    result: Any = np.polyfit(lower(x, tag), lower(y, tag), deg, rcond, full, lower(w, tag), cov)
    if np.ndim(deg):
        raise refused("np.polyfit of chosen powers", "only a degree is supported", "Pass the degree as an integer.")
    matrix, right = np.vander(as_operand(x) + 0.0, int(deg) + 1), as_operand(y) + 0.0
    if w is not None:
        weights = as_operand(w) + 0.0
        matrix = matrix * weights[:, None]
        right = right * (weights[:, None] if right.ndim == 2 else weights)
    # columns of length 1, for accuracy; the lengths cancel, so they count as constants
    lengths = np.sqrt(np.sum(np.square(primal(matrix)), axis=0))
    columns = right if right.ndim == 2 else right[:, None]
    c = _least_squares(matrix / lengths, columns) / lengths[:, None]
    if full:
        return (with_value(result[0], c, tag), *map(primal, result[1:]))
    if not cov:
        return with_value(result, c, tag)
    raise refused("np.polyfit with cov", "the covariance is not differentiated", "Leave cov away.")


def _least_squares(a: Any, b: Any) -> Any:
    """Return the least-squares solution by the normal equations and one step of refinement."""
    gram, transposed = np.matmul(np.swapaxes(a, 0, 1), a), np.swapaxes(a, 0, 1)
    c = np.linalg.solve(gram, np.matmul(transposed, b))
    return c + np.linalg.solve(gram, np.matmul(transposed, b - np.matmul(a, c)))


def with_value(value: Any, c: Any, tag: Any) -> Any:
    """Return coefficients with the partials of others."""
    if not is_active(c, tag):
        return value
    return finish(value, np.reshape(c.partials, (len(c.partials), *value.shape)), (), tag)
