"""SciPy's linear algebra for plain arrays and duals alike.

SciPy's own functions turn their arguments into plain arrays, which would drop the derivative. These take the same
arguments, return bitwise the same values, and carry derivatives, second ones too. For NumPy's functions nothing is
needed: ``np.linalg`` takes duals as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualdiff.backends.numpy.matrix_functions import expm, logm, solve_sylvester, sqrtm
from dualdiff.backends.numpy.scipy_linalg import (
    cholesky,
    det,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    inv,
    lstsq,
    norm,
    pinv,
    qr,
    solve,
    svd,
    svdvals,
)
from dualdiff.backends.numpy.sparse_systems import spsolve
from dualdiff.backends.numpy.triangular import (
    cho_factor,
    cho_solve,
    lu_factor,
    lu_solve,
    solve_banded,
    solve_triangular,
)

__all__ = [
    "cho_factor",
    "cho_solve",
    "cholesky",
    "det",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "expm",
    "inv",
    "logm",
    "lstsq",
    "lu_factor",
    "lu_solve",
    "norm",
    "pinv",
    "qr",
    "replacements",
    "solve",
    "solve_banded",
    "solve_sylvester",
    "solve_triangular",
    "spsolve",
    "sqrtm",
    "svd",
    "svdvals",
]


def replacements() -> dict[Callable[..., Any], Callable[..., Any]]:
    """Return SciPy's functions, each with the form of this module that takes its place.

    Examples
    --------
    >>> import scipy.linalg
    >>> from dualdiff.linalg import expm, replacements
    >>> replacements()[scipy.linalg.expm] is expm
    True
    """
    import scipy.linalg
    import scipy.sparse.linalg

    functions = {getattr(scipy.linalg, name): globals()[name] for name in __all__ if hasattr(scipy.linalg, name)}
    return {**functions, scipy.sparse.linalg.spsolve: spsolve}
