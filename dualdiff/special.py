"""SciPy's special functions that are Python functions, for plain arrays and duals alike.

SciPy's own turn their arguments into plain arrays, which would drop the derivative. These take the same arguments,
return bitwise the same values, and carry derivatives, second ones too. For the ufuncs of ``scipy.special`` nothing is
needed: ``scipy.special.erf`` and the others take duals as they are, and so do ``zeta``, ``lambertw`` and ``softplus``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualdiff.backends.numpy.special import spherical
from dualdiff.backends.numpy.special.python_functions import (
    comb,
    diric,
    factorial,
    log_softmax,
    logsumexp,
    multigammaln,
    perm,
    polygamma,
    softmax,
)
from dualdiff.backends.numpy.special.spherical import sph_harm_y, spherical_in, spherical_jn, spherical_kn, spherical_yn

__all__ = [
    "comb",
    "diric",
    "factorial",
    "log_softmax",
    "logsumexp",
    "multigammaln",
    "perm",
    "polygamma",
    "replacements",
    "softmax",
    "sph_harm_y",
    "spherical_in",
    "spherical_jn",
    "spherical_kn",
    "spherical_yn",
]


def replacements() -> dict[Callable[..., Any], Callable[..., Any]]:
    """Return SciPy's functions, each with the form of this module that takes its place.

    Examples
    --------
    >>> import scipy.special
    >>> from dualdiff.special import logsumexp, replacements
    >>> replacements()[scipy.special.logsumexp] is logsumexp
    True
    """
    import scipy.special

    names = [name for name in __all__ if name != "replacements" and hasattr(scipy.special, name)]
    return {getattr(scipy.special, name): globals()[name] for name in names} | spherical.replacements()
