"""Spherical Bessel functions and harmonics: in SciPy they are Python functions, which convert their arguments.

Each form here takes what SciPy's takes, and duals in its continuous arguments; the value is SciPy's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.propagation import apply
from dualdiff.backends.numpy.special import plain
from dualdiff.rules.declare import Unknown, binary, several

ORDER = Unknown("its derivative in the order or the degree has no closed form")


def _bessel(name: str, lower: float, higher: float) -> Callable[..., Any]:
    """Return a form of the function with ``(2 n + 1) f' = lower n f[n-1] + higher (n + 1) f[n+1]``.

    The derivatives of f satisfy the same recurrence (DLMF 10.51.2, 10.51.5), which divides by no ``z``.
    """

    def form(n: Any, z: Any, derivative: bool = False) -> Any:
        if not isinstance(n, Dual) and not isinstance(z, Dual):
            return plain(name)(n, z, derivative)

        def slope(m: Any, n: Any, z: Any, y: Any) -> Any:
            n = np.asarray(n, dtype=int)
            above = higher * (n + 1.0) * form(n + 1, z, derivative)
            below = lower * n * form(np.maximum(n - 1, 0), z, derivative)
            # the higher order dominates where both are infinite
            return m.where(m.isinf(above), above, below + above) / (2.0 * n + 1.0)

        rule = binary(name, (ORDER, slope), arguments=("n", "z"), module="scipy.special")
        return apply(plain(name), rule, (n, z), lambda n, z: form(n, z, derivative))

    form.__name__ = form.__qualname__ = name
    return form


spherical_jn = _bessel("spherical_jn", 1.0, -1.0)
spherical_yn = _bessel("spherical_yn", 1.0, -1.0)
spherical_in = _bessel("spherical_in", 1.0, 1.0)
spherical_kn = _bessel("spherical_kn", -1.0, -1.0)
for _form in (spherical_jn, spherical_yn, spherical_in, spherical_kn):
    _form.__doc__ = f"""Return a spherical Bessel function or its derivative, as `scipy.special.{_form.__name__}`.

    Parameters
    ----------
    n : int or array_like of int
        The order, at least 0.
    z : float or array_like
        The argument; it may carry derivatives.
    derivative : bool
        Whether the derivative is wanted instead of the function.

    Examples
    --------
    >>> import dualdiff as dd
    >>> from dualdiff.backends.numpy.special.spherical import {_form.__name__} as f
    >>> slope = dd.derivative(lambda z: f(1, z))(2.0)
    >>> bool(abs(slope - f(1, 2.0, derivative=True)) < 1e-15)
    True
    """


def _theta_slope(m: Any, n: Any, order: Any, theta: Any, phi: Any, y: Any) -> Any:
    """Return the derivative in the polar angle by the ladder operators: no division by ``sin(theta)``."""
    n, order = np.asarray(n, dtype=int), np.asarray(order, dtype=int)

    def step(by: int) -> Any:
        weight = np.sqrt(np.maximum((n - by * order) * (n + by * order + 1.0), 0.0))
        inside = np.where(weight == 0.0, order, order + by)  # of no neighbour where the weight is 0
        return weight * sph_harm_y(n, inside, theta, phi) * m.exp(-1j * by * phi)

    return 0.5 * (step(1) - step(-1))


def _phi_slope(m: Any, n: Any, order: Any, theta: Any, phi: Any, y: Any) -> Any:
    return 1j * order * y


def sph_harm_y(n: Any, m: Any, theta: Any, phi: Any, *, diff_n: int = 0) -> Any:
    """Return a spherical harmonic, as `scipy.special.sph_harm_y`; differentiable in both angles.

    Parameters
    ----------
    n, m : int or array_like of int
        Degree and order.
    theta, phi : float or array_like
        The polar and the azimuthal angle; they may carry derivatives.
    diff_n : int
        As in SciPy; 0 for angles that carry derivatives.

    Examples
    --------
    >>> import numpy as np, dualdiff as dd
    >>> from dualdiff.backends.numpy.special.spherical import sph_harm_y
    >>> import scipy.special
    >>> def height(t):
    ...     return sph_harm_y(1, 0, t, 0.0).real
    >>> is_there = hasattr(scipy.special, "sph_harm_y")  # since SciPy 1.15
    >>> not is_there or float(dd.derivative(height)(np.pi / 2).round(6)) == -0.488603
    True
    """
    operands = (n, m, theta, phi)
    if not any(isinstance(x, Dual) for x in operands):
        return plain("sph_harm_y")(*operands, diff_n=diff_n)
    if diff_n:
        raise refused(
            "scipy.special.sph_harm_y with diff_n= of dual angles",
            "it returns several derivatives at once",
            "Leave diff_n away and differentiate the function itself, twice for second derivatives.",
        )
    rule = several(
        "sph_harm_y",
        (ORDER, ORDER, _theta_slope, _phi_slope),
        arguments=("n", "m", "theta", "phi"),
        module="scipy.special",
    )
    return apply(plain("sph_harm_y"), rule, operands, sph_harm_y)


def replacements() -> dict[Any, Callable[..., Any]]:
    """Return the form that stands for each function of SciPy, for those that the installed SciPy has."""
    from scipy import special

    forms = (spherical_jn, spherical_yn, spherical_in, spherical_kn, sph_harm_y)
    return {getattr(special, form.__name__): form for form in forms if hasattr(special, form.__name__)}
