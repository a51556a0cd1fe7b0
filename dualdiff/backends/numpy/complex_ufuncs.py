"""The ufuncs of complex dual arrays that are no holomorphic functions: absolute value, sign and conjugate.

Their derivatives are those of the real and the imaginary part. A holomorphic derivative of them does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.algebra import TangentAlgebra
from dualdiff.backends.numpy.dispatch import refuse_conjugation
from dualdiff.backends.numpy.dual import Dual, make, primal
from dualdiff.backends.numpy.propagation import apply, finish
from dualdiff.backends.numpy.quiet import restore, silence
from dualdiff.backends.numpy.ufuncs import METHODS, RULED, flat, refuse_options


def _unit(z: Any, length: Any) -> Any:
    """Return ``z / |z|``, and 0 at 0."""
    is_null = np.equal(primal(length), 0.0)
    return np.where(is_null, 0.0, z / np.where(is_null, 1.0, length))


def _along(unit: Any, t: Any) -> Any:
    """Return the component of ``t`` in the direction of a number."""
    return TangentAlgebra.scale(np.real(unit), np.real(t)) + TangentAlgebra.scale(np.imag(unit), np.imag(t))


def _absolute(z: Dual, value: Any) -> Dual:
    return finish(value, _along(_unit(z.value, value), z.partials), (), z.tag)


def _sign(z: Dual, value: Any) -> Dual:
    turned = z.partials - value * _along(value, z.partials)
    length = np.absolute(z.value)
    return finish(value, TangentAlgebra.scale(1.0 / length, turned), (), z.tag)


def _conjugate(z: Dual, value: Any) -> Dual:
    return make(value, np.conjugate(z.partials), z.tag)


def _on_complex(ufunc: np.ufunc, form: Callable[[Dual, Any], Dual], on_real: Callable[[Dual], Any]) -> None:
    def function(z: Any, **options: Any) -> Any:
        refuse_options(f"np.{ufunc.__name__}", options)
        if z.dtype.kind != "c":
            return on_real(z)
        refuse_conjugation(ufunc, z.tag, z)
        value = ufunc(z.value)
        token = silence()
        try:
            return form(z, value)
        finally:
            restore(token)

    METHODS[ufunc, "__call__"] = function


_on_complex(np.absolute, _absolute, lambda x: apply(np.absolute, RULED[np.absolute], (x,)))
_on_complex(np.sign, _sign, lambda x: flat(np.sign, (x,)))
_on_complex(np.conjugate, _conjugate, lambda x: apply(np.conjugate, RULED[np.positive], (x,)))
