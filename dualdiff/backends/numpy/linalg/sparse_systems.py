"""Linear systems with a sparse matrix and duals."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import on_parts
from dualdiff.backends.numpy.linalg.matrix_functions import has_dual
from dualdiff.backends.numpy.pushforward import push, reshaped
from dualdiff.errors import InputError, ShapeError


def spsolve(A: Any, b: Any, permc_spec: Any = None, use_umfpack: bool = True, *, data: Any = None) -> Any:
    """Return the solution of ``A x = b`` for a sparse matrix, as `scipy.sparse.linalg.spsolve`.

    Parameters
    ----------
    A : (n, n) sparse array or matrix
        The matrix. It cannot hold duals.
    b : (n,) or (n, p) array_like or Dual
        The right-hand side.
    permc_spec, use_umfpack
        As in SciPy.
    data : (nnz,) array_like or Dual, optional
        The stored entries, in place of ``A.data`` and in its order: so they can be differentiated. ``A`` must then have
        the format csr, csc or coo.

    Returns
    -------
    ndarray or Dual
        The solution.

    Notes
    -----
    ``dx`` solves ``A dx = db - dA x``; one factorization serves all directions.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> from dualdiff import jacobian
    >>> from dualdiff.linalg import spsolve
    >>> A = csr_array(np.diag([1.0, 2.0]))
    >>> jacobian(lambda d: spsolve(A, np.ones(2), data=d))(A.data)
    array([[-1.  ,  0.  ],
           [ 0.  , -0.25]])
    """
    from scipy.sparse import linalg

    if not has_dual(b, data):
        return linalg.spsolve(A if data is None else with_data(A, data), b, permc_spec, use_umfpack)
    if data is None and A.format not in ("csr", "csc", "coo"):
        A = A.tocsc()
    rows, columns = entries(A)
    data = np.array(A.data) if data is None else data

    def rule(x: Any, d: Any, b: Any, td: Any, tb: Any) -> Any:
        n, k = b.shape[0], len(tb if td is None else td)
        right: Any = 0.0 if tb is None else reshaped(tb, k, n, -1)
        if td is not None:
            right = right - summed(rows, n, np.multiply(td[:, :, None], reshaped(x, n, -1)[columns]))
        flat = reshaped(np.moveaxis(right, 0, -1), n, -1)
        total = reshaped(spsolve(A, flat, permc_spec, use_umfpack, data=d), n, -1, k)
        return reshaped(np.moveaxis(total, -1, 0), k, *x.shape)

    return push(lambda d, y: spsolve(A, y, permc_spec, use_umfpack, data=d), (data, b), rule)


def with_data(A: Any, data: Any) -> Any:
    """Return a copy of a sparse matrix with other entries."""
    entries(A)
    copy = A.copy()
    data = np.asarray(data)
    if data.shape != A.data.shape:
        raise ShapeError(f"spsolve: data has shape {data.shape}, the entries of A {A.data.shape}. Pass one for each.")
    copy.data = data.copy()
    return copy


def entries(A: Any) -> tuple[Any, Any]:
    """Return the rows and the columns of the stored entries, in their order."""
    if A.format == "coo":
        return A.row.copy(), A.col.copy()
    if A.format not in ("csr", "csc"):
        raise InputError(f"spsolve: A has the format {A.format}, wanted csr, csc or coo. Pass A.tocsr() and its data.")
    major = np.repeat(np.arange(len(A.indptr) - 1), np.diff(A.indptr))
    minor = A.indices.copy()
    return (major, minor) if A.format == "csr" else (minor, major)


def summed(rows: Any, n: int, terms: Any) -> Any:
    """Return the sums of the terms, in the axis before the last, that belong to each of ``n`` rows."""
    from scipy.sparse import csr_array

    picks = csr_array((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(n, len(rows)))

    def added(x: Any) -> Any:
        flat = np.moveaxis(x, -2, 0)
        return np.moveaxis((picks @ flat.reshape(len(rows), -1)).reshape(n, *flat.shape[1:]), 0, -2)

    return on_parts(added, terms)
