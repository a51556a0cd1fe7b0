"""SciPy's forms of NumPy's linear algebra: the value by SciPy's function, the tangent by the same rule.

They take plain arrays and duals; plain ones go to SciPy untouched.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import primal
from dualdiff.backends.numpy.factorizations import cholesky_tangent, qr_tangent
from dualdiff.backends.numpy.least_squares import lstsq_tangent, pinv_tangent
from dualdiff.backends.numpy.matrix_functions import has_dual
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.norms import norm_by
from dualdiff.backends.numpy.pushforward import (
    adjoint,
    check_conjugation,
    diagonal,
    hermitian_from,
    push,
    real,
    swapped,
)
from dualdiff.backends.numpy.spectra import (
    check_spectrum,
    eig_tangent,
    eigvals_tangent,
    singular_value_tangent,
    svd_tangent,
)
from dualdiff.backends.numpy.systems import det_tangent, inv_tangent, solve_tangent
from dualdiff.backends.numpy.triangular import kept, triangle

TRIANGULAR = {"upper triangular": False, "lower triangular": True}
HERMITIAN = ("her", "hermitian", "pos", "positive definite")


def _plain(name: str) -> Any:
    from scipy import linalg

    return getattr(linalg, name)


def _read(a: Any, assume_a: Any, lower: bool) -> Any:
    """Return the matrix, or the tangent, that SciPy makes of the part it reads under an assumption."""
    if assume_a in HERMITIAN:
        return hermitian_from(a, upper=not lower)
    if assume_a in ("sym", "symmetric"):
        part = triangle(a, lower)
        return part + swapped(triangle(a, lower, unit_diagonal=True))
    if assume_a in TRIANGULAR:
        return triangle(a, TRIANGULAR[assume_a])
    if assume_a in ("diagonal", "tridiagonal"):
        return np.multiply(a, np.abs(np.subtract.outer(*[np.arange(a.shape[-1])] * 2)) <= (assume_a == "tridiagonal"))
    return a


def solve(a: Any, b: Any, lower: bool = False, **options: Any) -> Any:
    """Return the solution of ``a x = b``, as `scipy.linalg.solve`.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import solve
    >>> derivative(lambda t: solve(t * np.eye(2), np.ones(2), assume_a="pos"))(2.0)
    array([-0.25, -0.25])
    """
    if not has_dual(a, b):
        return _plain("solve")(a, b, lower=lower, **options)
    options = kept(options)
    assume_a = options.get("assume_a")

    def rule(y: Any, a: Any, b: Any, ta: Any, tb: Any) -> Any:
        a, ta = _read(a, assume_a, lower), None if ta is None else _read(ta, assume_a, lower)
        if options.get("transposed"):
            a, ta = swapped(a), None if ta is None else swapped(ta)
        return solve_tangent(y, a, b, ta, tb)

    return push(lambda x, y: solve(x, y, lower, **options), (a, b), rule)


def inv(a: Any, **options: Any) -> Any:
    """Return the inverse, as `scipy.linalg.inv`."""
    if not has_dual(a):
        return _plain("inv")(a, **options)
    options = kept(options)
    assume_a, lower = options.get("assume_a"), options.get("lower", False)
    return push(lambda x: inv(x, **options), (a,), lambda y, a, t: inv_tangent(y, a, _read(t, assume_a, lower)))


def det(a: Any, **options: Any) -> Any:
    """Return the determinant, as `scipy.linalg.det`; that of a singular matrix has its true derivative."""
    if not has_dual(a):
        return _scalar(_plain("det")(a, **options))
    return push(lambda x: det(x, **kept(options)), (a,), det_tangent)


def _scalar(y: Any) -> Any:
    return np.asarray(y)[()]


def cholesky(a: Any, lower: bool = False, **options: Any) -> Any:
    """Return the triangular factor of a Hermitian matrix, as `scipy.linalg.cholesky`."""
    if not has_dual(a):
        return _plain("cholesky")(a, lower=lower, **options)
    check_conjugation("scipy.linalg.cholesky", a)
    return push(
        lambda x: cholesky(x, lower, **kept(options)), (a,), lambda y, a, t: cholesky_tangent(y, a, t, not lower)
    )


def qr(a: Any, **options: Any) -> Any:
    """Return the QR factors, as `scipy.linalg.qr`, also with ``pivoting=True``; not with ``mode="raw"``."""
    if not has_dual(a):
        return _plain("qr")(a, **options)
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
    """Return the singular value decomposition, as `scipy.linalg.svd`; the gauge is that of `numpy.linalg.svd` here."""
    if not has_dual(a):
        return _plain("svd")(a, full_matrices=full_matrices, compute_uv=compute_uv, **options)
    check_conjugation("scipy.linalg.svd", a)

    def rule(y: Any, a: Any, t: Any) -> Any:
        name = "scipy.linalg.svd"
        return svd_tangent(y, a, t, full_matrices, name) if compute_uv else singular_value_tangent(y, a, t, name)

    return push(lambda x: svd(x, full_matrices, compute_uv, **kept(options)), (a,), rule)


def svdvals(a: Any, **options: Any) -> Any:
    """Return the singular values, as `scipy.linalg.svdvals`."""
    if not has_dual(a):
        return _plain("svdvals")(a, **options)
    check_conjugation("scipy.linalg.svdvals", a)
    return push(
        lambda x: svdvals(x, **kept(options)),
        (a,),
        lambda y, a, t: singular_value_tangent(y, a, t, "scipy.linalg.svdvals"),
    )


def eigh(a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, **options: Any) -> Any:
    """Return the eigenvalues and vectors of ``a v = w b v``, as `scipy.linalg.eigh`, of type 1 and all of them.

    Gauge: ``v_i^H b dv_i`` is real. It fixes the phase of complex vectors, which LAPACK leaves open.

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
        return _plain("eigh")(a, b, **arguments, **options)
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
    """Return the eigenvalues of ``a v = w b v``, as `scipy.linalg.eigvalsh`."""
    return eigh(a, b, eigvals_only=True, **options) if has_dual(a, b) else _plain("eigvalsh")(a, b, **options)


def eig(a: Any, b: Any = None, left: bool = False, right: bool = True, **options: Any) -> Any:
    """Return eigenvalues and right eigenvectors, as `scipy.linalg.eig`; not left ones, and not of pencils."""
    if not has_dual(a, b):
        return _plain("eig")(a, b, left, right, **options)
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
    """Return the eigenvalues, as `scipy.linalg.eigvals`."""
    if not has_dual(a, b):
        return _plain("eigvals")(a, b, **options)
    if b is not None:
        raise refused("scipy.linalg.eigvals with b=", "it has no derivative rule", "Use eigvals(solve(b, a)).")
    return push(
        lambda x: eigvals(x, **kept(options)), (a,), lambda y, a, t: eigvals_tangent(y, a, t, "scipy.linalg.eigvals")
    )


def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, **options: Any) -> Any:
    """Return a vector or matrix norm, as `scipy.linalg.norm`; the slope at zero is zero."""
    if not has_dual(a):
        return _scalar(_plain("norm")(a, ord=ord, axis=axis, keepdims=keepdims, **options))
    return norm_by(lambda x, **known: norm(x, **known, **options), "scipy.linalg.norm", a, ord, axis, keepdims)


def pinv(a: Any, *, return_rank: bool = False, **options: Any) -> Any:
    """Return the pseudoinverse, as `scipy.linalg.pinv`; its derivative is that at constant rank."""
    if not has_dual(a):
        return _plain("pinv")(a, return_rank=return_rank, **options)
    check_conjugation("scipy.linalg.pinv", a)

    def rule(y: Any, a: Any, t: Any) -> Any:
        return (pinv_tangent(y[0], a, t), None) if return_rank else pinv_tangent(y, a, t)

    return push(lambda x: pinv(x, return_rank=return_rank, **kept(options)), (a,), rule)


def lstsq(a: Any, b: Any, cond: Any = None, **options: Any) -> Any:
    """Return solution, residuals, rank and singular values, as `scipy.linalg.lstsq`."""
    if not has_dual(a, b):
        return _plain("lstsq")(a, b, cond, **options)
    check_conjugation("scipy.linalg.lstsq", a, b)
    cutoff = np.finfo(np.result_type(primal(a), primal(b), np.float32)).eps if cond is None else cond
    rule = partial(lstsq_tangent, rcond=cutoff)
    return push(lambda x, y: lstsq(x, y, cond, **kept(options)), (a, b), rule)
