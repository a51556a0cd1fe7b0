"""SciPy's linear algebra for plain arrays and duals alike.

SciPy's own functions turn their arguments into plain arrays, which would drop the derivative. These take the same
arguments, return bitwise the same values, and carry derivatives, second ones too. For NumPy's functions nothing is
needed: ``np.linalg`` takes duals as it is.

Conventions, of ``np.linalg`` too:

- A derivative of single eigenvalues, singular values and their vectors needs distinct ones. Where some coincide (up to
  rounding), a direction that moves them apart is refused by a `NotDifferentiableError`; others are differentiated.
- Eigenvectors of Hermitian matrices: ``v_i^H dv_i = 0``. Those of general matrices: as LAPACK makes them, of length 1
  and with a real component of largest magnitude. Singular vectors: ``u_i^H du_i + v_i^H dv_i = 0``, and
  ``u_i^H du_j = 0`` for the vectors that complete a basis. Functions that do not depend on phases do not see this.
- QR: the diagonal of R stays real, with LAPACK's signs; the further columns of ``mode="complete"`` move as LAPACK's
  reflectors do.
- ``det`` has its true derivative everywhere; ``inv`` and ``solve`` of singular matrices raise NumPy's error.
- ``pinv`` and ``lstsq`` are differentiated at constant rank, also where a cutoff drops large singular values.
- Norms have the slope 0 at zero; elements, sums or singular values that share an extreme share the derivative equally;
  a singular value that is zero has the derivative 0.
- Of a Hermitian matrix one triangle is read, as by NumPy: the derivative in the entries of the other one is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualdiff.backends.numpy.linalg.matrix_functions import expm, logm, solve_sylvester, sqrtm
from dualdiff.backends.numpy.linalg.scipy_spectra import cholesky, eig, eigh, eigvals, eigvalsh, qr, svd, svdvals
from dualdiff.backends.numpy.linalg.scipy_systems import det, inv, lstsq, norm, pinv, solve
from dualdiff.backends.numpy.linalg.sparse_systems import spsolve
from dualdiff.backends.numpy.linalg.triangular import (
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
