"""Eigenvalues and singular values of dual arrays, with their vectors.

A derivative of single eigenvectors or of single eigenvalues exists where the eigenvalues are distinct. Where some
coincide, it exists in those directions that do not couple them; others are refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import implements
from dualdiff.backends.numpy.dual import primal
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.pushforward import (
    adjoint,
    check_conjugation,
    conjugated,
    diagonal,
    hermitian_from,
    push,
    real,
    rounding,
)
from dualdiff.backends.numpy.ufuncs import is_zero
from dualdiff.errors import NotDifferentiableError

SLACK = 8  # multiples of the rounding error below which a coupling counts as none
INVARIANT = "Use a function in which the order and the choice of the vectors do not matter, such as {}."


def _refused_gap(name: str, what: str, gap: float, way_out: str) -> NotDifferentiableError:
    return refused(
        f"{name} of a matrix with repeated {what} (smallest gap {gap:.1e})",
        f"a direction of differentiation splits them, so that single {what} and their vectors have no derivative",
        INVARIANT.format(way_out),
    )


def _check_coupling(name: str, what: str, is_close: Any, gaps: Any, coupling: Any, size: Any, way_out: str) -> None:
    """Refuse a direction that couples close values by more than rounding errors of the tangent's ``size``."""
    if not np.any(is_close):
        return
    x = np.abs(primal(coupling))
    limit = SLACK * rounding(*x.shape[-2:], dtype=x.dtype) * primal(size)
    is_split = is_close & (x > limit)
    if np.any(is_split):
        shown = np.broadcast_to(np.abs(gaps), x.shape)[is_split]
        raise _refused_gap(name, what, float(shown.min()), way_out)


def _size(t: Any) -> Any:
    """Return the Frobenius norm of each matrix, for comparison with its rounding errors."""
    return np.sqrt(np.sum(np.abs(primal(t)) ** 2, axis=(-2, -1), keepdims=True))


def _off_diagonal(n: int) -> Any:
    return ~np.eye(n, dtype=bool)


# ---- Hermitian matrices ----------------------------------------------------------------------------------------------


def _gaps(w: Any) -> tuple[Any, Any]:
    """Return ``w_j - w_i``, with 1 on the diagonal and at coinciding values, and where the latter are."""
    n = w.shape[-1]
    plain = primal(w)
    scale = np.max(np.abs(plain), axis=-1, initial=0.0)[..., None, None]
    differences = plain[..., None, :] - plain[..., :, None]
    is_close = (np.abs(differences) <= rounding(n, dtype=plain.dtype) * scale) & _off_diagonal(n)
    gaps = np.where(is_close | np.eye(n, dtype=bool), 1.0, w[..., None, :] - w[..., :, None])
    return gaps, is_close


def check_spectrum(name: str, w: Any, x: Any, t: Any) -> Any:
    """Return ``1 / (w_j - w_i)``, 0 on the diagonal and at coinciding eigenvalues, which ``x`` must not split."""
    gaps, is_close = _gaps(w)
    if np.any(is_close):
        plain, rate = primal(w), diagonal(primal(x)).real
        distance = plain[..., None, :] - plain[..., :, None]
        for coupling in (x, rate[..., None, :] - rate[..., :, None]):  # moving apart, their order is a kink
            _check_coupling(name, "eigenvalues", is_close, distance, coupling, _size(t), INVARIANTS)
    return np.where(is_close | np.eye(w.shape[-1], dtype=bool), 0.0, 1.0 / gaps)


INVARIANTS = "np.trace, np.linalg.det or a projector"


def eigh_tangent(y: Any, a: Any, t: Any, UPLO: Any = "L", name: str = "np.linalg.eigh") -> Any:
    """Return ``dw_i = (v^H da v)_ii`` and ``dv = v c`` with ``c_ij = (v^H da v)_ij / (w_j - w_i)``, see Giles (2008).

    Gauge: ``v_i^H dv_i = 0``. It fixes the phase of complex vectors, which LAPACK leaves open.
    """
    w, v = y
    t = hermitian_from(t, upper=UPLO.upper() == "U")
    x = np.matmul(adjoint(v), np.matmul(t, v))
    return real(diagonal(x)), np.matmul(v, np.multiply(check_spectrum(name, w, x, t), x))


@implements(np.linalg.eigh)
def eigh(a: Any, UPLO: Any = "L") -> Any:
    """Return eigenvalues and eigenvectors of the Hermitian matrix in the lower (or upper) triangle."""
    check_conjugation("np.linalg.eigh", a)
    return push(np.linalg.eigh, (a,), eigh_tangent, UPLO=UPLO)


def eigvalsh_tangent(y: Any, a: Any, t: Any, UPLO: Any = "L", name: str = "np.linalg.eigvalsh") -> Any:
    """Return ``dw_i = (v^H da v)_ii``."""
    return eigh_tangent(np.linalg.eigh(a, UPLO), a, t, UPLO, name)[0]


@implements(np.linalg.eigvalsh)
def _eigvalsh(a: Any, UPLO: Any = "L") -> Any:
    check_conjugation("np.linalg.eigvalsh", a)
    return push(np.linalg.eigvalsh, (a,), eigvalsh_tangent, UPLO=UPLO)


# ---- general matrices ------------------------------------------------------------------------------------------------


def eig_tangent(y: Any, a: Any, t: Any, name: str = "np.linalg.eig") -> Any:
    """Return ``dw_i = (v^-1 da v)_ii`` and ``dv = v c`` with ``c_ij = (v^-1 da v)_ij / (w_j - w_i)``.

    Gauge: as LAPACK's, vectors keep the length 1 and the component of largest magnitude stays real.
    """
    w, v = y
    n = w.shape[-1]
    if np.all(is_zero(t)):
        return np.zeros((len(t), *w.shape), w.dtype), np.zeros((len(t), *v.shape), v.dtype)
    plain_w, plain_v = primal(w), primal(v)
    # a double eigenvalue without two vectors shows up as two close ones with nearly parallel vectors
    try:
        inverse = np.linalg.inv(v)
    except np.linalg.LinAlgError:
        raise _refused_gap(name, "eigenvalues", 0.0, "np.trace, np.linalg.det or np.linalg.matrix_power") from None
    sensitivity = np.sqrt(np.sum(np.abs(primal(inverse)) ** 2, axis=-1))
    blur = np.maximum(sensitivity[..., None, :], sensitivity[..., :, None])
    scale = np.sqrt(np.sum(np.abs(primal(a)) ** 2, axis=(-2, -1), keepdims=True))
    differences = plain_w[..., None, :] - plain_w[..., :, None]
    is_close = (np.abs(differences) <= rounding(n, dtype=plain_w.dtype) * scale * blur) & _off_diagonal(n)
    x = np.matmul(inverse, np.matmul(t, v))
    way_out = "np.trace, np.linalg.det or np.linalg.matrix_power"
    size = _size(t) * np.max(blur, axis=(-2, -1), keepdims=True, initial=0.0)
    _check_coupling(name, "eigenvalues", is_close, differences, x, size, way_out)
    moved = diagonal(primal(x))
    split = moved[..., None, :] - moved[..., :, None]
    _check_coupling(name, "eigenvalues", is_close, differences, split, size, way_out)
    keeps = is_close | np.eye(n, dtype=bool)
    gaps = np.where(keeps, 1.0, w[..., None, :] - w[..., :, None])
    dv = np.matmul(v, np.multiply(np.where(keeps, 0.0, 1.0 / gaps), x))
    if plain_v.dtype.kind == "c":
        # LAPACK has made the largest component exactly real
        weight = np.where(plain_v.imag == 0, np.abs(plain_v), -1.0)
        index = np.argmax(weight, axis=-2)[..., None, :]
        rows = np.arange(n)[:, None] == index
        pivot = np.sum(np.where(rows, v, 0.0), axis=-2, keepdims=True)
        turn = np.imag(np.sum(np.where(rows, dv, 0.0), axis=-2, keepdims=True) / pivot)
        length = np.real(np.sum(np.multiply(conjugated(v), dv), axis=-2, keepdims=True))
        shift = length + 1j * turn
    else:
        shift = np.sum(np.multiply(v, dv), axis=-2, keepdims=True)
    return diagonal(x), dv - np.multiply(v, shift)


@implements(np.linalg.eig)
def eig(a: Any) -> Any:
    """Return eigenvalues and right eigenvectors."""
    check_conjugation("np.linalg.eig", a)
    return push(np.linalg.eig, (a,), eig_tangent)


def eigvals_tangent(y: Any, a: Any, t: Any, name: str = "np.linalg.eigvals") -> Any:
    """Return ``dw_i = (v^-1 da v)_ii``, in the order of the eigenvalues ``y``, which may not be that of the vectors."""
    w, v = np.linalg.eig(a)
    total = eig_tangent((w, v), a, t, name)[0]
    n = y.shape[-1]
    distance = np.abs(primal(y)[..., :, None] - primal(w)[..., None, :])
    order = np.empty(y.shape, int)
    for i in range(n):
        order[..., i] = np.argmin(distance[..., i, :], axis=-1)
        np.put_along_axis(distance, order[..., i][..., None, None], np.inf, axis=-1)
    picks = (order[..., :, None] == np.arange(n)).astype(total.dtype)
    return np.matmul(picks, total[..., None])[..., 0]


@implements(np.linalg.eigvals)
def _eigvals(a: Any) -> Any:
    return push(np.linalg.eigvals, (a,), eigvals_tangent)


# ---- singular values -------------------------------------------------------------------------------------------------


def _core(u: Any, t: Any, vh: Any) -> Any:
    """Return ``u^H da v``."""
    return np.matmul(np.matmul(adjoint(u), t), adjoint(vh))


def _close_singular_values(s: Any, shape: Any) -> tuple[Any, Any]:
    """Return where singular values coincide, and which are zero, up to rounding errors."""
    limit = rounding(*shape, dtype=s.dtype) * np.max(s, axis=-1, initial=0.0)[..., None]
    is_null = s <= limit
    is_close = np.abs(s[..., None, :] - s[..., :, None]) <= limit[..., None]
    return is_close & _off_diagonal(s.shape[-1]), is_null


def singular_value_tangent(s: Any, a: Any, t: Any, name: str | None) -> Any:
    """Return ``ds_i = Re(u^H da v)_ii``, and 0 for a singular value that is zero, as for the absolute value at 0.

    Coinciding singular values that are split are refused; without a ``name`` their tangent is NaN.
    """
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    x = _core(u, t, vh)
    is_close, is_null = _close_singular_values(primal(s), a.shape[-2:])
    moved = real(diagonal(x))
    total = np.where(is_null, 0.0, moved)
    is_close = is_close & ~is_null[..., None, :] & ~is_null[..., :, None]
    if not np.any(is_close):
        return total
    plain = primal(x)
    coupling = (np.abs(plain + adjoint(plain)) / 2) * is_close
    rate = primal(moved)
    coupling = coupling + np.abs(rate[..., None, :] - rate[..., :, None]) * is_close
    if name is not None:
        gaps = primal(s)[..., None, :] - primal(s)[..., :, None]
        _check_coupling(name, "singular values", is_close, gaps, coupling, _size(t), NORMS)
        return total
    is_split = coupling > SLACK * rounding(*a.shape[-2:], dtype=plain.dtype) * _size(t)
    return np.where(np.any(is_split, axis=-1), np.nan, total)


NORMS = "np.linalg.norm(a, 'nuc') or np.linalg.norm(a, 2)"


def svd_tangent(y: Any, a: Any, t: Any, full_matrices: bool = True, name: str = "np.linalg.svd", **options: Any) -> Any:
    """Return the tangents of ``u``, ``s`` and ``vh``: Townsend (2016), Differentiating the SVD.

    With ``x = u^H da v`` they are ``du = u p`` and ``dv = v q`` for skew-Hermitian ``p`` and ``q`` with
    ``x = p s + ds - s q``, and what leads out of the ranges of ``u`` and ``v``.

    Gauge: ``u_i^H du_i + v_i^H dv_i = 0``, which fixes the common phase of complex vectors, and ``u_i^H du_j = 0`` for
    vectors ``i, j`` beyond the singular values (``full_matrices``), as for ``v``. A singular value that is zero moves
    on its smooth branch, with the sign of its vectors.
    """
    u, s, vh = y
    m, n = a.shape[-2:]
    k = s.shape[-1]
    u1, vh1 = u[..., :, :k], vh[..., :k, :]
    x = _core(u1, t, vh1)
    xh = adjoint(x)
    plain = primal(s)
    is_close, is_null = _close_singular_values(plain, (m, n))
    si, sj = s[..., :, None], s[..., None, :]
    up, uq = np.multiply(x, sj) + np.multiply(si, xh), np.multiply(si, x) + np.multiply(xh, sj)
    if np.any(is_close):
        gaps = plain[..., None, :] - plain[..., :, None]
        size = _size(t)
        both_null = is_null[..., None, :] & is_null[..., :, None]
        rate = diagonal(primal(x)).real
        for coupling in (primal(x), rate[..., None, :] - rate[..., :, None]):
            _check_coupling(name, "singular values", is_close & ~both_null, gaps, coupling, size, NORMS)
        _check_coupling(name, "singular values", is_close & both_null, gaps, primal(x), size, NORMS)
    keeps = is_close | np.eye(k, dtype=bool)
    squares = np.where(keeps, 1.0, np.multiply(sj - si, sj + si))
    factor = np.where(keeps, 0.0, 1.0 / squares)
    p, q = np.multiply(factor, up), np.multiply(factor, uq)
    inverse = np.where(is_null, 0.0, 1.0 / np.where(is_null, 1.0, s))
    if x.dtype.kind == "c":
        phase = np.multiply(1j * np.imag(diagonal(x)), inverse / 2)[..., None] * np.eye(k)
        p, q = p + phase, q - phase
    du, dv = np.matmul(u1, p), np.matmul(adjoint(vh1), q)
    if m > k:
        du = du + _outwards(u1, np.matmul(t, adjoint(vh1)), inverse, is_null, t, name)
    if n > k:
        dv = dv + _outwards(adjoint(vh1), np.matmul(adjoint(t), u1), inverse, is_null, t, name)
    dvh = adjoint(dv)
    if full_matrices and m > k:
        u2 = u[..., :, k:]
        du = np.concatenate([du, np.negative(np.matmul(u1, np.matmul(adjoint(du), u2)))], axis=-1)
    if full_matrices and n > k:
        v2 = adjoint(vh)[..., :, k:]
        dvh = np.concatenate([dvh, np.negative(np.matmul(np.matmul(adjoint(v2), dv), vh1))], axis=-2)
    return du, real(diagonal(x)), dvh


def _outwards(u: Any, moved: Any, inverse: Any, is_null: Any, t: Any, name: str) -> Any:
    """Return ``(1 - u u^H) moved / s``; at a singular value that is zero no vector may leave the range."""
    outside = moved - np.matmul(u, np.matmul(adjoint(u), moved))
    if np.any(is_null):
        limit = SLACK * rounding(*t.shape[-2:], dtype=u.dtype) * _size(t)
        if np.any(is_null[..., None, :] & (np.abs(primal(outside)) > limit)):
            raise refused(
                f"{name} of a matrix of lower rank",
                "a direction of differentiation moves a singular value away from zero, so that its vectors jump",
                INVARIANT.format(NORMS),
            )
    return np.multiply(outside, inverse[..., None, :])


@implements(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Return the singular value decomposition, or the singular values."""
    check_conjugation("np.linalg.svd", a)
    if not hermitian:
        if not compute_uv:
            return push(lambda x: np.linalg.svd(x, compute_uv=False), (a,), _svdvals_of_svd)
        return push(np.linalg.svd, (a,), svd_tangent, full_matrices=full_matrices)
    return push(np.linalg.svd, (a,), _hermitian_svd_tangent, compute_uv=compute_uv, hermitian=True)


def _svdvals_of_svd(y: Any, a: Any, t: Any) -> Any:
    return singular_value_tangent(y, a, t, "np.linalg.svd")


def _hermitian_svd_tangent(y: Any, a: Any, t: Any, compute_uv: bool, hermitian: bool) -> Any:
    """Return the tangents of the decomposition that NumPy makes from the eigenvalues, by their magnitudes."""
    name = "np.linalg.svd"
    w, v = np.linalg.eigh(a)
    dw, dv = eigh_tangent((w, v), a, t, name=name)
    plain = primal(w)
    sign = np.copysign(1.0, plain)
    order = np.argsort(np.abs(plain), axis=-1)[..., ::-1]
    picks = (np.arange(w.shape[-1])[:, None] == order[..., None, :]).astype(sign.dtype)
    ds = np.matmul(np.multiply(sign, dw)[..., None, :], picks)[..., 0, :]
    s = np.take_along_axis(np.abs(plain), order, axis=-1)
    is_close, is_null = _close_singular_values(s, a.shape[-2:])
    rate = primal(ds)
    gaps = s[..., None, :] - s[..., :, None]
    rates = rate[..., None, :] - rate[..., :, None]
    _check_coupling(name, "singular values", is_close, gaps, rates, _size(t), NORMS)
    if not compute_uv:
        return np.where(is_null, 0.0, ds)
    dvh = adjoint(np.matmul(np.multiply(dv, sign[..., None, :]), picks))
    return np.matmul(dv, picks), ds, dvh


@implements(np.linalg.svdvals)
def _svdvals(x: Any) -> Any:
    check_conjugation("np.linalg.svdvals", x)
    return push(np.linalg.svdvals, (x,), lambda y, a, t: singular_value_tangent(y, a, t, "np.linalg.svdvals"))
