"""Real and imaginary parts of dual arrays, and functions that NumPy defines on both kinds of number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import (
    HANDLERS,
    as_operand,
    composed,
    finish,
    implements,
    refuse_conjugation,
    scale,
)
from dualdiff.backends.numpy.dual import KEEP_ARRAYS, Dual, is_scalar, make, primal
from dualdiff.backends.numpy.messages import dropped

Function = Callable[..., Any]


# ---- parts of a complex number --------------------------------------------------------------------------------------


def _part(func: Function, val: Dual) -> Dual:
    refuse_conjugation(func, val.tag, val)
    partials = func(val.partials)
    return make(func(val.value), partials.copy() if is_scalar(val.value) else partials, val.tag)


@implements(np.real)
def _real(val: Any) -> Any:
    return _part(np.real, val) if val.dtype.kind == "c" else val


@implements(np.imag)
def _imag(val: Any) -> Any:
    return _part(np.imag, val) if val.dtype.kind == "c" else np.zeros(val.shape, val.dtype)[()]


@implements(np.angle)
def _angle(z: Any, deg: bool = False) -> Any:
    if z.dtype.kind != "c":  # 0 or pi
        return np.angle(primal(z), deg)
    refuse_conjugation(np.angle, z.tag, z)
    x, y = np.real(z.value), np.imag(z.value)
    length = np.hypot(x, y)
    unit = 180.0 / np.pi if deg else 1.0
    with np.errstate(all="ignore"):
        across = scale(x / length, np.imag(z.partials)) - scale(y / length, np.real(z.partials))
        total = scale(unit / length, across)
    return finish(np.angle(z.value, deg), total, (), z.tag)


@implements(np.real_if_close)
def _real_if_close(a: Any, tol: float = 100) -> Any:
    value = np.real_if_close(a.value, tol)
    if value.dtype.kind == "c":
        return a
    if a.dtype.kind == "c" and np.any(primal(np.imag(a.partials))):
        raise dropped(
            "np.real_if_close of a dual number whose imaginary part has a derivative",
            "Use np.real(x), if the imaginary part shall not count.",
        )
    return make(value, np.real(a.partials), a.tag)


@implements(np.sort_complex)
def _sort_complex(a: Any) -> Any:
    return np.sort(a).astype(np.sort_complex(primal(a)).dtype)


# ---- undefined numbers ----------------------------------------------------------------------------------------------


@composed(np.nan_to_num)
def _replaced(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    if np.iscomplexobj(primal(x)):
        parts = [_replaced(part, True, nan, posinf, neginf) for part in (np.real(x), np.imag(x))]
        return parts[0] + 1j * parts[1]
    plain = primal(x)
    x = np.where(np.isnan(plain), nan, x)
    x = np.where(np.isposinf(plain), 0.0 if posinf is None else posinf, x)
    return np.where(np.isneginf(plain), 0.0 if neginf is None else neginf, x)


_replacing = HANDLERS[np.nan_to_num]


@implements(np.nan_to_num)
def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    result = _replacing(x, True, nan, posinf, neginf)
    if copy:
        return result
    if not isinstance(x, Dual):
        raise dropped("writing dual numbers into a plain array by np.nan_to_num", KEEP_ARRAYS)
    x[...] = result
    return x


# ---- functions of one number that are not ufuncs --------------------------------------------------------------------


@implements(np.i0)
def _i0(x: Any) -> Any:
    from scipy.special import i1

    value = np.i0(x.value)
    with np.errstate(all="ignore"):
        return finish(value, scale(i1(x.value), x.partials), (), x.tag)


@implements(np.sinc)
def _sinc(x: Any) -> Any:
    value = np.sinc(x.value)
    with np.errstate(all="ignore"):
        return finish(value, scale(np.pi * _slope_of_sinc(np.pi * x.value), x.partials), (), x.tag)


TERMS = 14


def _slope_of_sinc(y: Any) -> Any:
    """Return the derivative of ``sin(y) / y``, DLMF 10.49.3; near zero its Taylor series, as the terms cancel."""
    plain = primal(y)
    is_small = np.abs(plain) < 2.0
    near = np.where(is_small, y, 0.0)
    far = np.where(is_small, 3.0, y)
    return np.where(is_small, near * _polynomial(near * near), (np.cos(far) - np.sin(far) / far) / far)


def _polynomial(squared: Any) -> Any:
    """Return the sum of ``(-1)**n 2n / (2n+1)! squared**(n-1)`` from n = 1 on."""
    total: Any = 0.0
    coefficients = []
    factorial = 1.0
    for n in range(1, TERMS + 1):
        factorial *= 2 * n * (2 * n + 1)
        coefficients.append((-1) ** n * 2 * n / factorial)
    for coefficient in reversed(coefficients):
        total = total * squared + coefficient
    return total


# ---- functions that turn complex where the real ones are undefined --------------------------------------------------


def _is_negative(x: Any) -> Any:
    return np.any(np.isreal(primal(x)) & (np.real(primal(x)) < 0))


def _is_beyond_one(x: Any) -> Any:
    return np.any(np.isreal(primal(x)) & (np.abs(primal(x)) > 1))


def _extended(function: Function, ufunc: np.ufunc, is_outside: Function) -> None:
    @composed(function)
    def body(x: Any) -> Any:
        return ufunc(x.astype(complex) if is_outside(x) else x)


for _name in ("sqrt", "log", "log2", "log10"):
    _extended(getattr(np.emath, _name), getattr(np, _name), _is_negative)
for _name in ("arccos", "arcsin", "arctanh"):
    _extended(getattr(np.emath, _name), getattr(np, _name), _is_beyond_one)


@composed(np.emath.logn)
def _logn(n: Any, x: Any) -> Any:
    return np.emath.log(x) / np.emath.log(n)


@composed(np.emath.power)
def _power(x: Any, p: Any) -> Any:
    x = as_operand(x)
    return np.power(x.astype(complex) if _is_negative(x) else x, p)
