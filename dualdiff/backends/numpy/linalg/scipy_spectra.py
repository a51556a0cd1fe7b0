"""SciPy's factorizations and eigenproblems: the value by SciPy's function, the tangent by the same rule.

They take plain arrays and duals; plain ones go to SciPy untouched.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualdiff.backends.numpy.linalg.factorizations import cholesky_tangent, qr_tangent
from dualdiff.backends.numpy.linalg.matrix_functions import has_dual
from dualdiff.backends.numpy.linalg.scipy_systems import plain
from dualdiff.backends.numpy.linalg.spectra import (
    check_spectrum,
    eig_tangent,
    eigvals_tangent,
    singular_value_tangent,
    svd_tangent,
)
from dualdiff.backends.numpy.linalg.triangular import kept
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.pushforward import (
    adjoint,
    check_conjugation,
    diagonal,
    hermitian_from,
    push,
    real,
)


def cholesky(a: Any, lower: bool = False, **options: Any) -> Any:
    """Return the triangular factor of a Hermitian matrix, as `scipy.linalg.cholesky`.

    Parameters
    ----------
    a : (..., n, n) array_like or Dual
        The matrix, of which one triangle is read.
    lower : bool
        Which triangle is read and returned.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    (..., n, n) ndarray or Dual
        The factor.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import cholesky
    >>> derivative(lambda t: cholesky(t * np.eye(1)))(4.0)
    array([[0.25]])
    """
    if not has_dual(a):
        return plain("cholesky")(a, lower=lower, **options)
    check_conjugation("scipy.linalg.cholesky", a)
    return push(
        lambda x: cholesky(x, lower, **kept(options)), (a,), lambda y, a, t: cholesky_tangent(y, a, t, not lower)
    )


def qr(a: Any, **options: Any) -> Any:
    """Return the QR factors, as `scipy.linalg.qr`.

    Parameters
    ----------
    a : (..., m, n) array_like or Dual
        The matrix, of independent columns.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    tuple of ndarray or Dual
        As SciPy returns them, also with ``pivoting=True``; ``mode="raw"`` is refused.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import qr
    >>> derivative(lambda t: qr(t * np.eye(1), mode="r")[0])(2.0)
    array([[1.]])
    """
    if not has_dual(a):
        return plain("qr")(a, **options)
    check_conjugation("scipy.linalg.qr", a)
    options = kept(options)
    mode, pivoting = options.get("mode", "full"), options.get("pivoting", False)
    if mode == "raw":
        raise refused("scipy.linalg.qr with mode='raw'", "it has no derivative rule", "Use np.linalg.qr(a, 'raw').")

    def rule(y: Any, a: Any, t: Any) -> Any:
        order = y[-1] if pivoting else slice(None)
        kind = {"full": "complete", "economic": "reduced", "r": "r"}[mode]
        moved = qr_tangent(y[:2], a[..., order], t[..., order], kind, "scipy.linalg.qr")
        if mode == "r":
            moved = np.concatenate([moved, np.zeros((len(t), *y[0].shape), moved.dtype)[:, moved.shape[1] :]], axis=1)
            moved = (moved,)
        return (*moved, None) if pivoting else tuple(moved)

    return push(lambda x: qr(x, **options), (a,), rule)


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, **options: Any) -> Any:
    """Return the singular value decomposition, as `scipy.linalg.svd`.

    Parameters
    ----------
    a : (..., m, n) array_like or Dual
        The matrix.
    full_matrices : bool
        Whether the vectors are completed to square matrices.
    compute_uv : bool
        Whether to return the vectors.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    tuple of ndarray or Dual, or ndarray or Dual
        The vectors and values, or the values.

    Notes
    -----
    Gauge: ``u_i^H du_i + v_i^H dv_i = 0``, and ``u_i^H du_j = 0`` for the vectors that complete the matrices.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import svd
    >>> derivative(lambda t: svd(t * np.eye(1), compute_uv=False))(2.0)
    array([1.])
    """
    if not has_dual(a):
        return plain("svd")(a, full_matrices=full_matrices, compute_uv=compute_uv, **options)
    check_conjugation("scipy.linalg.svd", a)

    def rule(y: Any, a: Any, t: Any) -> Any:
        name = "scipy.linalg.svd"
        return svd_tangent(y, a, t, full_matrices, name) if compute_uv else singular_value_tangent(y, a, t, name)

    return push(lambda x: svd(x, full_matrices, compute_uv, **kept(options)), (a,), rule)


def svdvals(a: Any, **options: Any) -> Any:
    """Return the singular values, as `scipy.linalg.svdvals`.

    Parameters
    ----------
    a : (..., m, n) array_like or Dual
        The matrix.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    (..., k) ndarray or Dual
        The values; one that is zero has the derivative 0.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import svdvals
    >>> derivative(lambda t: svdvals(np.diag([3.0, 1.0]) * t))(2.0)
    array([3., 1.])
    """
    if not has_dual(a):
        return plain("svdvals")(a, **options)
    check_conjugation("scipy.linalg.svdvals", a)
    return push(
        lambda x: svdvals(x, **kept(options)),
        (a,),
        lambda y, a, t: singular_value_tangent(y, a, t, "scipy.linalg.svdvals"),
    )


def eigh(a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, **options: Any) -> Any:
    """Return eigenvalues and vectors of ``a v = w b v``, as `scipy.linalg.eigh`.

    Parameters
    ----------
    a : (..., n, n) array_like or Dual
        The Hermitian matrix, of which one triangle is read.
    b : (..., n, n) array_like or Dual, optional
        The positive definite matrix.
    lower : bool
        Which triangles are read.
    eigvals_only : bool
        Whether to return the eigenvalues only.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    ndarray or Dual, or tuple of them
        The eigenvalues, and the vectors in columns. Subsets and other types than 1 are refused.

    Notes
    -----
    Gauge: ``v_i^H b dv_i`` is real, which fixes the phase of complex vectors; LAPACK leaves it open.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import eigh
    >>> derivative(lambda t: eigh(np.diag([1.0, 2.0]), t * np.eye(2), eigvals_only=True))(2.0)
    array([-0.25, -0.5 ])
    """
    arguments = {"lower": lower, "eigvals_only": eigvals_only}
    if not has_dual(a, b):
        return plain("eigh")(a, b, **arguments, **options)
    options = kept(options)
    if options.get("type", 1) != 1 or any(options.get(s) is not None for s in ("subset_by_index", "subset_by_value")):
        raise refused(
            "scipy.linalg.eigh with type= or a subset", "only the whole problem of type 1 has a rule", "Slice."
        )
    check_conjugation("scipy.linalg.eigh", a, b)
    upper = not lower

    def rule(y: Any, a: Any, b: Any, ta: Any, tb: Any) -> Any:
        w, v = eigh(a, b, lower=lower) if eigvals_only else y
        x: Any = 0.0 if ta is None else np.matmul(adjoint(v), np.matmul(hermitian_from(ta, upper), v))
        metric: Any = 0.0
        if tb is not None:
            metric = np.matmul(adjoint(v), np.matmul(hermitian_from(tb, upper), v))
            x = x - np.multiply(metric, w)
        factor = check_spectrum("scipy.linalg.eigh", w, x, ta if tb is None else tb if ta is None else ta + tb)
        moved = np.multiply(factor, x)
        if tb is not None:
            moved = moved - np.multiply(metric, np.eye(len(w)) / 2)
        dw = real(diagonal(x))
        return dw if eigvals_only else (dw, np.matmul(v, moved))

    if b is None:
        form = lambda x: eigh(x, **arguments, **options)  # noqa: E731
        return push(form, (a,), lambda y, a, t: rule(y, a, None, t, None))
    return push(lambda x, z: eigh(x, z, **arguments, **options), (a, b), rule)


def eigvalsh(a: Any, b: Any = None, **options: Any) -> Any:
    """Return the eigenvalues of ``a v = w b v``, as `scipy.linalg.eigvalsh`.

    Parameters
    ----------
    a : (..., n, n) array_like or Dual
        The Hermitian matrix.
    b : (..., n, n) array_like or Dual, optional
        The positive definite matrix.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    (..., n) ndarray or Dual
        The eigenvalues.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import eigvalsh
    >>> derivative(lambda t: eigvalsh(np.diag([1.0, 2.0]) * t))(2.0)
    array([1., 2.])
    """
    return eigh(a, b, eigvals_only=True, **options) if has_dual(a, b) else plain("eigvalsh")(a, b, **options)


def eig(a: Any, b: Any = None, left: bool = False, right: bool = True, **options: Any) -> Any:
    """Return eigenvalues and right eigenvectors, as `scipy.linalg.eig`.

    Parameters
    ----------
    a : (..., n, n) array_like or Dual
        The matrix.
    b, left, right
        As in SciPy; pencils and left vectors are not differentiated.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    ndarray or Dual, or tuple of them
        The eigenvalues, and the vectors in columns.

    Notes
    -----
    Gauge: LAPACK's; vectors have the length 1 and their component of largest magnitude is real.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import eig
    >>> derivative(lambda t: eig(np.diag([1.0, 2.0]) * t)[0].real)(2.0)
    array([1., 2.])
    """
    if not has_dual(a, b):
        return plain("eig")(a, b, left, right, **options)
    if b is not None or left or options.get("homogeneous_eigvals"):
        raise refused(
            "scipy.linalg.eig with b=, left= or homogeneous_eigvals=",
            "only eigenvalues and right eigenvectors of one matrix have a rule",
            "Use eig(solve(b, a)), or eig(a.conj().T) for left vectors.",
        )
    if not right:
        return eigvals(a, **options)
    check_conjugation("scipy.linalg.eig", a)

    def rule(y: Any, a: Any, t: Any) -> Any:
        dw, dv = eig_tangent(y, a, t, "scipy.linalg.eig")
        return dw, dv if y[1].dtype.kind == "c" else real(dv)

    return push(lambda x: eig(x, **kept(options)), (a,), rule)


def eigvals(a: Any, b: Any = None, **options: Any) -> Any:
    """Return the eigenvalues, as `scipy.linalg.eigvals`.

    Parameters
    ----------
    a : (..., n, n) array_like or Dual
        The matrix.
    b : None
        Pencils are not differentiated.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    (..., n) ndarray or Dual
        The eigenvalues.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import eigvals
    >>> derivative(lambda t: eigvals(np.diag([1.0, 2.0]) * t).real)(2.0)
    array([1., 2.])
    """
    if not has_dual(a, b):
        return plain("eigvals")(a, b, **options)
    if b is not None:
        raise refused("scipy.linalg.eigvals with b=", "it has no derivative rule", "Use eigvals(solve(b, a)).")
    return push(
        lambda x: eigvals(x, **kept(options)), (a,), lambda y, a, t: eigvals_tangent(y, a, t, "scipy.linalg.eigvals")
    )
