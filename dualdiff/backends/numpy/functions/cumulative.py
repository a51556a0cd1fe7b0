"""Running sums and products of dual arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import check_dtype, finish, given, implements, scale, shifted
from dualdiff.backends.numpy.dual import primal
from dualdiff.backends.numpy.ufuncs import METHODS

Function = Callable[..., Any]


def _running_sum(a: Any, t: Any, dtype: Any) -> Any:
    return np.cumsum(t, axis=-1, dtype=dtype)


def _running_product(a: Any, t: Any, dtype: Any) -> Any:
    """Return the partials of the running products, in ``log2(n)`` steps and without a division.

    After each step every element holds the product of twice as many factors up to it: Hillis & Steele (1986).
    """
    reach = 1
    while reach < a.shape[-1]:
        before, here = a[..., :-reach], a[..., reach:]
        moved = scale(here, t[..., :-reach]) + scale(before, t[..., reach:])
        t = np.concatenate([t[..., :reach], moved], axis=-1)
        a = np.concatenate([a[..., :reach], before * here], axis=-1)
        reach *= 2
    return t


def _running(func: Function | None, run: Function, neutral: float | None = None) -> Any:
    """Register a running sum or product; ``neutral`` stands in for undefined entries, where these are left out."""
    if func is None:
        return None

    @implements(func)
    def handler(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, *, include_initial: bool = False) -> Any:
        check_dtype(func, dtype)
        options = given(dtype=dtype, include_initial=include_initial or None)
        value = func(a.value, axis=axis, **options)
        t = a.partials
        if axis is None:
            a, t, axis = a.reshape(-1), np.reshape(t, (len(t), -1)), 0
        place = shifted(axis, a.ndim)[0]
        values, t = np.moveaxis(a.value, place - 1, -1), np.moveaxis(t, place, -1)
        if neutral is not None:
            is_undefined = np.isnan(primal(values))
            values, t = np.where(is_undefined, neutral, values), np.where(is_undefined, 0.0, t)
        with np.errstate(all="ignore"):
            total = run(values, t, dtype)
        if include_initial:
            total = np.concatenate([np.zeros((*t.shape[:-1], 1), t.dtype), total], axis=-1)
        return finish(value, np.moveaxis(total, -1, place), (t,), a.tag)

    return handler


_cumsum, _cumprod = _running(np.cumsum, _running_sum), _running(np.cumprod, _running_product)
_running(np.nancumsum, _running_sum, 0.0)
_running(np.nancumprod, _running_product, 1.0)


def _of_array_api(func: Function | None, handler: Function) -> None:
    @implements(func)
    def cumulative(x: Any, /, *, axis: Any = None, include_initial: bool = False, **options: Any) -> Any:
        if axis is None and x.ndim != 1:
            raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
        return handler(x, 0 if axis is None else axis, include_initial=include_initial, **options)


for _name, _run in (
    ("cumulative_sum", _running_sum),
    ("cumulative_prod", _running_product),
):
    _func = getattr(np, _name, None)  # they came with NumPy 2.1
    _handler = _running(_func, _run)
    if _func is not None:
        _of_array_api(_func, _handler)


METHODS[np.add, "accumulate"] = lambda a, axis=0, **options: _cumsum(a, axis, **options)
METHODS[np.multiply, "accumulate"] = lambda a, axis=0, **options: _cumprod(a, axis, **options)
