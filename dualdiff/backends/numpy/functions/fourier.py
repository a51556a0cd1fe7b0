"""The functions of ``numpy.fft``: each is linear, so the partials are transformed along the same axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import finish, implements, plain_option, refuse_conjugation, shifted
from dualdiff.backends.numpy.dual import Dual, make
from dualdiff.backends.numpy.propagation import reserve

Function = Callable[..., Any]
# linear over the real numbers only: they take the conjugate, or throw an imaginary part away
REAL = ("rfft", "irfft", "hfft", "ihfft", "rfft2", "irfft2", "rfftn", "irfftn")


def _transform(func: Function, a: Dual, axes: Any, call: Function) -> Any:
    if func.__name__ in REAL:
        refuse_conjugation(func, a.tag, a)
    value = call(a.value, axes if isinstance(axes, int) else tuple(i - 1 for i in axes))
    reserve(a.tag, len(a.partials), value)
    places = shifted(axes, a.ndim)[0] if isinstance(axes, int) else axes
    return finish(value, call(a.partials, places), (), a.tag)


def _one_axis(func: Function) -> None:
    @implements(func)
    def handler(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
        n = plain_option(func, n)
        return _transform(func, a, int(axis), lambda x, place: func(x, n, place, norm))


def _several_axes(func: Function, default: Any) -> None:
    @implements(func)
    def handler(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: Any = None) -> Any:
        s = plain_option(func, s)
        if axes is None:
            axes = range(a.ndim) if s is None else range(-len(s), 0)
        # repeated axes are allowed: the transform is taken as often
        places = tuple(np.lib.array_utils.normalize_axis_index(int(i), a.ndim) + 1 for i in axes)
        return _transform(func, a, places, lambda x, where: func(x, s, where, norm))


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    _one_axis(getattr(np.fft, _name))
for _name in ("fft", "ifft", "rfft", "irfft"):
    _several_axes(getattr(np.fft, _name + "2"), (-2, -1))
    _several_axes(getattr(np.fft, _name + "n"), None)


def _rolling(func: Function) -> None:
    @implements(func)
    def handler(x: Any, axes: Any = None) -> Any:
        return make(func(x.value, axes), func(x.partials, shifted(axes, x.ndim)), x.tag)


_rolling(np.fft.fftshift)
_rolling(np.fft.ifftshift)
