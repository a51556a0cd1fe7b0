"""How a pushforward of linear algebra is run: the value by the function itself, all tangents at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual, align, primal, top_tag
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.ufuncs import all_finite, finish, is_zero, reserve
from dualdiff.numbers.tags import Tag

Function = Callable[..., Any]


def separate(operands: Any) -> tuple[Tag, list[Any], list[Any]]:
    """Return the highest tag, the values without it, and the tangents: None for an operand that does not carry it."""
    tag = top_tag(operands)
    values, tangents = [], []
    for x in operands:
        is_active = isinstance(x, Dual) and x.tag is tag
        values.append(x.value if is_active else x if isinstance(x, Dual) else np.asarray(x))
        tangents.append(x.partials if is_active else None)
    return tag, values, tangents


def push(form: Function, operands: tuple[Any, ...], rule: Function, **options: Any) -> Any:
    """Return ``form(*operands, **options)`` with its derivative.

    Parameters
    ----------
    form : callable
        The function; it takes duals of lower tags too.
    operands : tuple
        Its array arguments, of which at least one is a dual.
    rule : callable
        ``rule(y, *values, *tangents, **options)`` returns the tangent of the value ``y``. A tangent has the direction
        axis in front; that of a passive operand is None. Where ``y`` is a tuple, the tangents are one too, with None
        for an output that carries no derivative.
    """
    tag, values, tangents = separate(operands)
    y = form(*values, **options)
    directions = next(len(t) for t in tangents if t is not None)
    for output in y if isinstance(y, tuple) else (y,):
        if hasattr(output, "size"):
            reserve(tag, directions, output)
    with np.errstate(all="ignore"):
        total = rule(y, *values, *tangents, **options)
        if not isinstance(y, tuple):
            return finish(y, settled(total, values, tangents), (), tag)
        items = [
            v if t is None else finish(v, settled(t, values, tangents), (), tag) for v, t in zip(y, total, strict=True)
        ]
    return type(y)(*items) if hasattr(y, "_fields") else tuple(items)


def settled(total: Any, values: Any, tangents: Any) -> Any:
    """Put zeros where a direction moves nothing of the matrix, even if the derivative is infinite or undefined."""
    if all_finite(total):
        return total
    active = [(v, t) for v, t in zip(values, tangents, strict=True) if t is not None]
    batch = max(max(v.ndim - 2, 0) for v in values)
    is_null: Any = True
    for v, t in active:
        axes = tuple(range(max(v.ndim - 2, 0) + 1, t.ndim))
        is_null = is_null & align(np.logical_and.reduce(is_zero(t), axis=axes), batch)
    return np.where(is_null.reshape(is_null.shape + (1,) * (total.ndim - is_null.ndim)), 0.0, total)


def check_conjugation(name: str, *operands: Any) -> None:
    """Refuse, in a holomorphic derivative, a function that conjugates its argument."""
    for x in operands:
        if isinstance(x, Dual) and x.tag.is_holomorphic and np.iscomplexobj(primal(x)):
            raise refused(
                f"{name} in a holomorphic derivative",
                "it is not holomorphic",
                "Leave holomorphic=True away and differentiate in the real and imaginary parts.",
            )


# ---- matrices in the last two axes -----------------------------------------------------------------------------------


def swapped(a: Any) -> Any:
    """Return the transposes of stacked matrices."""
    return np.swapaxes(a, -1, -2)


def adjoint(a: Any) -> Any:
    """Return the conjugate transposes of stacked matrices."""
    return conjugated(np.swapaxes(a, -1, -2))


def conjugated(a: Any) -> Any:
    """Return the complex conjugate; a real array itself."""
    return np.conjugate(a) if a.dtype.kind == "c" else a


def real(a: Any) -> Any:
    """Return the real part; a real array itself."""
    return np.real(a) if a.dtype.kind == "c" else a


def diagonal(a: Any) -> Any:
    """Return the diagonals of stacked matrices."""
    i = np.arange(min(a.shape[-2:]))
    return a[..., i, i]


def contracted(a: Any, t: Any) -> Any:
    """Return ``sum_ij a_ij t_ij`` over the last two axes."""
    return np.einsum("...ij,...ij->...", a, t)


def lower_part(a: Any) -> Any:
    """Return the strictly lower triangles of stacked matrices."""
    m, n = a.shape[-2:]
    return np.multiply(a, np.tri(m, n, -1, np.bool_))


def hermitian_from(t: Any, upper: bool) -> Any:
    """Return the Hermitian matrices of which a function reads one triangle only."""
    n = t.shape[-1]
    strict = np.tri(n, k=-1, dtype=np.bool_)
    strict = strict.T if upper else strict
    half = np.multiply(t, strict)
    return half + adjoint(half) + np.multiply(real(t), np.eye(n, dtype=np.bool_))


def rounding(*shape: int, dtype: Any) -> float:
    """Return the relative size below which a quantity of a matrix of the shape is a rounding error."""
    return float(max(shape) * np.finfo(dtype).eps)


def reshaped(x: Any, *shape: int) -> Any:
    """Return ``x`` in another shape, not necessarily a view: the parts of a dual may differ in memory order."""
    return (x.copy() if isinstance(x, Dual) else x).reshape(shape)


def all_directions(solve: Function, right: Any) -> Any:
    """Solve for the columns of all directions at once: ``solve`` gets ``(..., n, p * k)``, so it factors once."""
    k, p = len(right), right.shape[-1]
    columns = np.moveaxis(right, 0, -1)
    y = solve(reshaped(columns, *columns.shape[:-2], p * k))
    return np.moveaxis(reshaped(y, *y.shape[:-1], p, k), -1, 0)
