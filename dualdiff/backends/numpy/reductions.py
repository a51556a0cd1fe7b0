"""Sums, products, extremes and other functions of dual arrays along axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import make
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.structural import implements, name_of, only_first, shifted
from dualdiff.backends.numpy.ufuncs import METHODS, WAY_OUT, TangentAlgebra, finish, refuse_options

Function = Callable[..., Any]

# ---- sums, products, extremes --------------------------------------------------------------------------------------


@implements(np.sum)
def _sum_of(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any) -> Any:
    refuse_options("np.sum", {"dtype": dtype, "out": out, **options})
    keepdims = keepdims is True
    value = np.sum(a.value, axis=axis, keepdims=keepdims)
    return finish(value, np.sum(a.partials, axis=shifted(axis, a.ndim), keepdims=keepdims), (), a.tag)


@implements(np.mean)
def _mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any) -> Any:
    refuse_options("np.mean", {"dtype": dtype, "out": out, **options})
    keepdims = keepdims is True
    value = np.mean(a.value, axis=axis, keepdims=keepdims)
    return finish(value, np.mean(a.partials, axis=shifted(axis, a.ndim), keepdims=keepdims), (), a.tag)


METHODS[np.add, "reduce"] = lambda a, axis=0, **options: _sum_of(a, axis, **options)


def _along_one_axis(func: Function) -> None:
    @implements(func)
    def handler(a: Any, axis: Any = None, **options: Any) -> Any:
        refuse_options(name_of(func), options)
        if axis is None:
            a, axis = a.reshape(-1), 0
        value = func(a.value, axis=axis)
        return finish(value, func(a.partials, axis=shifted(axis, a.ndim)[0]), (), a.tag)


_along_one_axis(np.cumsum)


@implements(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return _roll(a.reshape(-1), shift, 0).reshape(a.shape)
    return finish(np.roll(a.value, shift, axis), np.roll(a.partials, shift, shifted(axis, a.ndim)), (), a.tag)


@implements(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, **options: Any) -> Any:
    refuse_options("np.diff", options)
    before = (slice(None),) * (shifted(axis, a.ndim)[0] - 1)
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


def _extreme(func: Function, *aliases: Function) -> Function:
    @implements(func, *aliases)
    def handler(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **options: Any) -> Any:
        refuse_options(name_of(func), {"out": out, **options})
        axes = tuple(i - 1 for i in shifted(axis, a.ndim))
        value = func(a.value, axis=axes, keepdims=True)
        is_tied = np.equal(a.value, value)
        with np.errstate(all="ignore"):
            share = (is_tied / np.sum(is_tied, axis=axes, keepdims=True)).astype(a.dtype)
            moved = TangentAlgebra.scale(share, a.partials)
        total = np.sum(moved, axis=tuple(i + 1 for i in axes), keepdims=keepdims is True)
        return finish(func(a.value, axis=axis, keepdims=keepdims is True), total, (), a.tag)

    return handler


_max, _min = _extreme(np.max), _extreme(np.min)
METHODS[np.maximum, "reduce"] = lambda a, axis=0, **options: _max(a, axis, **options)
METHODS[np.minimum, "reduce"] = lambda a, axis=0, **options: _min(a, axis, **options)


@implements(np.prod)
def _prod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any) -> Any:
    refuse_options("np.prod", {"dtype": dtype, "out": out, **options})
    if isinstance(axis, tuple):
        raise refused(
            "np.prod over several axes", "it is not supported for dual numbers", "Take one axis after another."
        )
    value = np.prod(a.value, axis=axis, keepdims=keepdims is True)
    factors = a.value.reshape(-1) if axis is None else np.moveaxis(a.value, axis, -1)
    tangents = (
        a.partials.reshape(len(a.partials), -1) if axis is None else np.moveaxis(a.partials, axis % a.ndim + 1, -1)
    )
    n = factors.shape[-1]
    ones = np.ones_like(factors[..., :1])
    # the product of the others, without dividing by a factor that may be zero
    before, after = [ones], [ones]
    for i in range(n - 1):
        before.append(before[-1] * factors[..., i : i + 1])
        after.append(after[-1] * factors[..., n - 1 - i : n - i])
    others = np.concatenate(before[:n], -1) * np.concatenate(after[:n][::-1], -1) if n else factors
    total = np.sum(TangentAlgebra.scale(others, tangents), axis=-1)
    return finish(value, np.reshape(total, (len(a.partials), *value.shape)), (), a.tag)


METHODS[np.multiply, "reduce"] = lambda a, axis=0, **options: _prod(a, axis, **options)


def _variance(a: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    centred = a - np.mean(a, axis=axis, keepdims=True)
    total = np.sum(centred * centred, axis=axis, keepdims=keepdims)
    return total / (a.size / max(total.size, 1) - ddof)


@implements(np.var)
def _var(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: Any = False, **options: Any) -> Any:
    refuse_options("np.var", options)
    keepdims = keepdims is True
    value = np.var(a.value, axis=axis, ddof=ddof, keepdims=keepdims)
    return make(value, _variance(a, axis, ddof, keepdims).partials, a.tag)


@implements(np.std)
def _std(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: Any = False, **options: Any) -> Any:
    refuse_options("np.std", options)
    keepdims = keepdims is True
    value = np.std(a.value, axis=axis, ddof=ddof, keepdims=keepdims)
    return make(value, np.sqrt(_variance(a, axis, ddof, keepdims)).partials, a.tag)


# ---- other functions that are linear in their first argument: one call per direction ------------------------------


def _linear(func: Function) -> None:
    @implements(func)
    def handler(a: Any, *args: Any, **kwargs: Any) -> Any:
        only_first(func, a, (*args, *kwargs.values()))
        value = func(a.value, *args, **kwargs)
        if not hasattr(value, "dtype"):
            raise refused(f"{name_of(func)} with several results", "it is not supported for dual numbers", WAY_OUT)
        return finish(value, np.stack([func(t, *args, **kwargs) for t in a.partials]), (), a.tag)


LINEAR_NAMES = "average delete diag diagonal ediff1d gradient repeat rot90 tile trace trapezoid tril triu"
for _name in LINEAR_NAMES.split():
    _linear(getattr(np, _name))
