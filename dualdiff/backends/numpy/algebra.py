"""The arithmetic of partials arrays, and the namespace in which rules are evaluated on arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual


class Namespace:
    """The namespace ``m`` of the rules: the functions of NumPy and of ``scipy.special``."""

    where = staticmethod(np.where)

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name, None)
        if not isinstance(function, np.ufunc):  # np.i0 and np.sinc are functions of another kind
            import scipy.special

            function = getattr(scipy.special, name)
        setattr(self, name, function)
        return function


M = Namespace()


class TangentAlgebra:
    """Arithmetic of partials arrays in which a tangent that is exactly zero stays zero."""

    @staticmethod
    def scale(d: Any, t: Any) -> Any:
        """Return ``d * t``, and 0 where ``t`` is 0 even if ``d`` is infinite or undefined."""
        product = FastAlgebra.scale(d, t)
        return product if all_finite(d) else np.where(is_zero(t), 0.0, product)

    @staticmethod
    def add_scaled(total: Any, d: Any, t: Any) -> Any:
        """Return ``total + d * t``."""
        return total + TangentAlgebra.scale(d, t)


class FastAlgebra:
    """Arithmetic of partials arrays that leaves a NaN where an infinite derivative meets a zero tangent."""

    @staticmethod
    def scale(d: Any, t: Any) -> Any:
        """Return ``d * t``."""
        if type(d) is float:
            if d == 1.0:
                return t
            if d == -1.0:
                return np.negative(t)
            if d == 0.0:
                return np.zeros_like(t)
        return d * t

    @staticmethod
    def add_scaled(total: Any, d: Any, t: Any) -> Any:
        """Return ``total + d * t``."""
        if type(d) is float:
            if d == 1.0:
                return total + t
            if d == -1.0:
                return total - t
        return total + d * t


def all_finite(d: Any) -> bool:
    """Whether no element, on no level of nesting, is infinite or undefined."""
    if isinstance(d, float):  # np.float64 too
        return math.isfinite(d)
    if isinstance(d, np.ndarray):
        return bool(np.logical_and.reduce(np.isfinite(d), axis=None))
    if isinstance(d, Dual):
        return all_finite(d.value) and all_finite(d.partials)
    return bool(np.isfinite(d))


def is_zero(t: Any) -> Any:
    """Where a tangent is exactly zero on all levels of nesting."""
    if isinstance(t, Dual):
        return is_zero(t.value) & np.logical_and.reduce(is_zero(t.partials), axis=0)
    return t == 0.0
