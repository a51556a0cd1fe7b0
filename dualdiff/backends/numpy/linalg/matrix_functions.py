"""Exponential, logarithm and square root of matrices of duals, and Sylvester's equation.

SciPy's functions do not dispatch: these take plain arrays and duals; plain ones go to SciPy untouched. The tangents are
written with functions that take duals, so that derivatives nest.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual, primal
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.pushforward import (
    Function,
    all_directions,
    push,
    reshaped,
    rounding,
)
from dualdiff.backends.numpy.ufuncs import is_zero

# coefficients of the diagonal Padé approximant of degree 13 to the exponential: Higham (2008), table 10.4
PADE = (
    *(64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0),
    *(10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0),
)
REACH = 4.74  # norm up to which it and its derivative are accurate to rounding: Al-Mohy & Higham (2009), table 6.1
NEAR_ONE = 0.25  # distance from the unit matrix within which NODES points integrate the logarithm to rounding
NODES = 8


def has_dual(*operands: Any) -> bool:
    """Whether any operand is a dual."""
    return any(isinstance(x, Dual) for x in operands)


def _each(form: Function, a: Any) -> Any:
    """Apply a function of one matrix to stacked ones."""
    matrices = reshaped(a, -1, *a.shape[-2:])
    return np.stack([form(matrices[i]) for i in range(len(matrices))]).reshape(a.shape)


def expm(A: Any) -> Any:
    """Return the matrix exponential, as `scipy.linalg.expm`.

    Parameters
    ----------
    A : (..., n, n) array_like or Dual
        The matrices.

    Returns
    -------
    (..., n, n) ndarray or Dual
        The exponentials.

    Notes
    -----
    The tangents are Fréchet derivatives by scaling and squaring, for all directions at once: Al-Mohy & Higham (2009).

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import expm
    >>> derivative(lambda t: expm(t * np.array([[0.0, 1.0], [0.0, 0.0]])))(2.0)
    array([[0., 1.],
           [0., 0.]])
    """
    if not has_dual(A):
        from scipy import linalg

        return linalg.expm(A)
    return _each(expm, A) if A.ndim > 2 else push(expm, (A,), _expm_tangent)


def _expm_tangent(y: Any, a: Any, t: Any) -> Any:
    n = a.shape[-1]
    size = np.max(np.sum(np.abs(primal(a)), axis=0), initial=0.0)
    if not np.isfinite(size):
        return np.full((len(t), n, n), np.nan, y.dtype)
    halvings = max(0, int(np.ceil(np.log2(size / REACH)))) if size > 0 else 0
    a, t = a / 2.0**halvings, t / 2.0**halvings
    b, unit = PADE, np.eye(n, dtype=a.dtype)

    def moved(left: Any, d_left: Any, right: Any, d_right: Any) -> Any:
        return np.matmul(left, d_right) + np.matmul(d_left, right)

    a2, t2 = np.matmul(a, a), moved(a, t, a, t)
    a4, t4 = np.matmul(a2, a2), moved(a2, t2, a2, t2)
    a6, t6 = np.matmul(a4, a2), moved(a4, t4, a2, t2)

    def terms(sixth: Any, fourth: Any, second: Any, odd: int) -> tuple[Any, Any]:
        high = b[12 + odd] * sixth + b[10 + odd] * fourth + b[8 + odd] * second
        return high, b[6 + odd] * sixth + b[4 + odd] * fourth + b[2 + odd] * second

    (w1, w2), (z1, z2) = terms(a6, a4, a2, 1), terms(a6, a4, a2, 0)
    (dw1, dw2), (dz1, dz2) = terms(t6, t4, t2, 1), terms(t6, t4, t2, 0)
    w = np.matmul(a6, w1) + w2 + b[1] * unit
    u, v = np.matmul(a, w), np.matmul(a6, z1) + z2 + b[0] * unit
    du = moved(a, t, w, moved(a6, t6, w1, dw1) + dw2)
    dv = moved(a6, t6, z1, dz1) + dz2
    r = np.linalg.solve(v - u, u + v)
    total = all_directions(partial(np.linalg.solve, v - u), du + dv + np.matmul(du - dv, r))
    for _ in range(halvings):
        total = moved(r, total, r, total)
        r = np.matmul(r, r)
    return total


def sylvester(a: Any, b: Any, q: Any) -> Any:
    """Return the solutions of ``a x + x b = q``; ``q`` may have leading axes, for which one factorization serves.

    Bartels & Stewart (1972) with complex Schur forms, column by column of ``x`` and for all ``q`` together.
    """
    if has_dual(a, b, q):
        return push(sylvester, (a, b, q), _sylvester_tangent)
    from scipy import linalg

    r, u = linalg.schur(a, output="complex")
    s, v = linalg.schur(b, output="complex")
    (m, n), lead = q.shape[-2:], q.shape[:-2]
    f = np.moveaxis(np.matmul(np.matmul(u.conj().T, q), v).reshape(-1, m, n), 0, -1)
    x = np.zeros(f.shape, complex)
    for j in range(n):
        right = f[:, j] - np.tensordot(x[:, :j], s[:j, j], axes=(1, 0))
        x[:, j] = linalg.solve_triangular(r + s[j, j] * np.eye(m), right, check_finite=False)
    y = np.matmul(np.matmul(u, np.moveaxis(x, -1, 0)), v.conj().T).reshape(*lead, m, n)
    return y if any(p.dtype.kind == "c" for p in (a, b, q)) else y.real


def _sylvester_tangent(y: Any, a: Any, b: Any, q: Any, ta: Any, tb: Any, tq: Any) -> Any:
    """Return ``dx`` from ``a dx + dx b = dq - da x - x db``."""
    right: Any = 0.0 if tq is None else tq
    lead = (slice(None),) + (None,) * (y.ndim - 2)
    if ta is not None:
        right = right - np.matmul(ta[lead], y)
    if tb is not None:
        right = right - np.matmul(y, tb[lead])
    return sylvester(a, b, right)


def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """Return the solution of ``a x + x b = q``, as `scipy.linalg.solve_sylvester`.

    Parameters
    ----------
    a : (m, m) array_like or Dual
        The left matrix.
    b : (n, n) array_like or Dual
        The right matrix.
    q : (m, n) array_like or Dual
        The right-hand side.

    Returns
    -------
    (m, n) ndarray or Dual
        The solution.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import solve_sylvester
    >>> derivative(lambda t: solve_sylvester(2 * np.eye(1), np.eye(1), t * t * np.eye(1)))(3.0)
    array([[2.]])
    """
    if not has_dual(a, b, q):
        from scipy import linalg

        return linalg.solve_sylvester(a, b, q)
    return push(solve_sylvester, (a, b, q), _sylvester_tangent)


def sqrtm(A: Any, **options: Any) -> Any:
    """Return the principal square root of matrices, as `scipy.linalg.sqrtm`.

    Parameters
    ----------
    A : (..., n, n) array_like or Dual
        The matrices; singular ones have no derivative.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    (..., n, n) ndarray or Dual
        The square roots.

    Raises
    ------
    NotDifferentiableError
        Where a matrix is singular up to rounding.

    Notes
    -----
    ``x dx + dx x = da``, solved for all directions with one Schur form: Higham (2008), section 6.1.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import sqrtm
    >>> float(derivative(lambda t: np.trace(sqrtm(t * np.eye(2))))(4.0))
    0.5
    """
    if not has_dual(A):
        from scipy import linalg

        return linalg.sqrtm(A, **options)
    return _each(sqrtm, A) if A.ndim > 2 else push(sqrtm, (A,), _sqrtm_tangent)


def _in_double(y: Any) -> Any:
    """Return a root in double precision: SciPy before 1.15 gives some in extended precision, which LAPACK lacks."""
    return y.astype(complex) if y.dtype == np.clongdouble else y


def _sqrtm_tangent(y: Any, a: Any, t: Any) -> Any:
    y = _in_double(y)
    if _is_singular_root(primal(y)):
        if np.all(is_zero(t)):
            return t
        raise refused(
            "scipy.linalg.sqrtm of a singular matrix",
            "the square root has no derivative where an eigenvalue is zero",
            "Keep the eigenvalues away from zero, e.g. by adding a small multiple of the unit matrix.",
        )
    return sylvester(y, y, t)


def _is_singular_root(y: Any) -> bool:
    """Whether two eigenvalues of a root sum to zero, up to rounding errors of its square."""
    w = np.linalg.eigvals(y)
    sums = np.abs(w[:, None] + w)
    largest = np.max(np.abs(w), initial=0.0)
    return bool(np.any(sums**2 <= rounding(*y.shape, dtype=y.dtype) * largest**2))


def logm(A: Any, **options: Any) -> Any:
    """Return the principal logarithm of matrices, as `scipy.linalg.logm`.

    Parameters
    ----------
    A : (..., n, n) array_like or Dual
        The matrices; singular ones have no derivative.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    (..., n, n) ndarray or Dual
        The logarithms.

    Notes
    -----
    Square roots bring the matrix near the unit matrix, there the derivative of ``int_0^1 X (1 + s X)^-1 ds`` is taken
    by Gauss' formula, which is a Padé approximant: Al-Mohy, Higham & Relton (2013).

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import logm
    >>> float(np.round(derivative(lambda t: np.trace(logm(t * np.eye(2))))(4.0), 12))
    0.5
    """
    if not has_dual(A):
        from scipy import linalg

        return linalg.logm(A, **options)
    return _each(logm, A) if A.ndim > 2 else push(logm, (A,), _logm_tangent)


def _logm_tangent(y: Any, a: Any, t: Any) -> Any:
    unit = np.eye(a.shape[-1])
    factor = 1.0
    while np.max(np.sum(np.abs(primal(a) - unit), axis=0), initial=0.0) > NEAR_ONE:
        root = _in_double(sqrtm(a))
        t, a, factor = _sqrtm_tangent(root, a, t), root, 2 * factor
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    total: Any = 0.0
    for s, w in zip((nodes + 1) / 2, weights / 2, strict=True):
        inverse = np.linalg.inv(s * a + (1 - s) * unit)
        total = total + w * np.matmul(np.matmul(inverse, t), inverse)
    # a root of a real matrix may be complex, its logarithm real
    return factor * (total if np.iscomplexobj(primal(y)) else np.real(total))
