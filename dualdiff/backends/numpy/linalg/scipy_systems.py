"""SciPy's systems, inverses, determinants and norms: the value by SciPy's function, the tangent by the same rule.

They take plain arrays and duals; plain ones go to SciPy untouched.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import primal
from dualdiff.backends.numpy.linalg.least_squares import lstsq_tangent, pinv_tangent
from dualdiff.backends.numpy.linalg.matrix_functions import has_dual
from dualdiff.backends.numpy.linalg.norms import norm_by
from dualdiff.backends.numpy.linalg.systems import det_tangent, inv_tangent, solve_tangent
from dualdiff.backends.numpy.linalg.triangular import kept, triangle
from dualdiff.backends.numpy.pushforward import (
    check_conjugation,
    hermitian_from,
    push,
    swapped,
)

TRIANGULAR = {"upper triangular": False, "lower triangular": True}
HERMITIAN = ("her", "hermitian", "pos", "positive definite")


def plain(name: str) -> Any:
    """Return a function of `scipy.linalg`."""
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

    Parameters
    ----------
    a : (..., n, n) array_like or Dual
        The matrix.
    b : (n,) or (..., n, p) array_like or Dual
        The right-hand side.
    lower : bool
        Which triangle is read where ``assume_a`` says that one is.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    ndarray or Dual
        The solution.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import solve
    >>> derivative(lambda t: solve(t * np.eye(2), np.ones(2), assume_a="pos"))(2.0)
    array([-0.25, -0.25])
    """
    if not has_dual(a, b):
        return plain("solve")(a, b, lower=lower, **options)
    options = kept(options)
    assume_a = options.get("assume_a")

    def rule(y: Any, a: Any, b: Any, ta: Any, tb: Any) -> Any:
        a, ta = _read(a, assume_a, lower), None if ta is None else _read(ta, assume_a, lower)
        if options.get("transposed"):
            a, ta = swapped(a), None if ta is None else swapped(ta)
        return solve_tangent(y, a, b, ta, tb)

    return push(lambda x, y: solve(x, y, lower, **options), (a, b), rule)


def inv(a: Any, **options: Any) -> Any:
    """Return the inverse, as `scipy.linalg.inv`.

    Parameters
    ----------
    a : (..., n, n) array_like or Dual
        The matrix.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    (..., n, n) ndarray or Dual
        The inverse.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import inv
    >>> derivative(lambda t: inv(t * np.eye(1)))(2.0)
    array([[-0.25]])
    """
    if not has_dual(a):
        return plain("inv")(a, **options)
    options = kept(options)
    assume_a, lower = options.get("assume_a"), options.get("lower", False)
    return push(lambda x: inv(x, **options), (a,), lambda y, a, t: inv_tangent(y, a, _read(t, assume_a, lower)))


def det(a: Any, **options: Any) -> Any:
    """Return the determinant, as `scipy.linalg.det`.

    Parameters
    ----------
    a : (..., n, n) array_like or Dual
        The matrix; that of a singular one has its true derivative, the adjugate.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    (...) ndarray or Dual
        The determinant.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import det
    >>> float(derivative(lambda t: det(t * np.eye(3)))(2.0))
    12.0
    """
    if not has_dual(a):
        return _scalar(plain("det")(a, **options))
    return push(lambda x: det(x, **kept(options)), (a,), det_tangent)


def _scalar(y: Any) -> Any:
    return np.asarray(y)[()]


def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, **options: Any) -> Any:
    """Return a vector or matrix norm, as `scipy.linalg.norm`.

    Parameters
    ----------
    a : array_like or Dual
        The array.
    ord, axis, keepdims
        As in SciPy; every order is differentiated.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    ndarray or Dual
        The norm; its slope at zero is zero.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import norm
    >>> float(derivative(lambda t: norm(t * np.array([3.0, 4.0])))(2.0))
    5.0
    """
    if not has_dual(a):
        return _scalar(plain("norm")(a, ord=ord, axis=axis, keepdims=keepdims, **options))
    return norm_by(lambda x, **known: norm(x, **known, **options), "scipy.linalg.norm", a, ord, axis, keepdims)


def pinv(a: Any, *, return_rank: bool = False, **options: Any) -> Any:
    """Return the pseudoinverse, as `scipy.linalg.pinv`.

    Parameters
    ----------
    a : (..., m, n) array_like or Dual
        The matrix.
    return_rank : bool
        Whether to return the rank too.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    ndarray or Dual, or tuple of it and the rank
        The pseudoinverse; its derivative is that at constant rank.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import pinv
    >>> derivative(lambda t: pinv(t * np.ones((1, 2))))(1.0)
    array([[-0.5],
           [-0.5]])
    """
    if not has_dual(a):
        return plain("pinv")(a, return_rank=return_rank, **options)
    check_conjugation("scipy.linalg.pinv", a)

    def rule(y: Any, a: Any, t: Any) -> Any:
        return (pinv_tangent(y[0], a, t), None) if return_rank else pinv_tangent(y, a, t)

    return push(lambda x: pinv(x, return_rank=return_rank, **kept(options)), (a,), rule)


def lstsq(a: Any, b: Any, cond: Any = None, **options: Any) -> Any:
    """Return the least-squares solution, as `scipy.linalg.lstsq`.

    Parameters
    ----------
    a : (m, n) array_like or Dual
        The matrix.
    b : (m,) or (m, p) array_like or Dual
        The right-hand side.
    cond : float, optional
        The cutoff of singular values.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    tuple
        Solution, residuals, rank and singular values; the derivative is that at constant rank. Singular values
        that coincide and are split have the derivative NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import lstsq
    >>> derivative(lambda t: lstsq(np.ones((2, 1)), t * np.array([1.0, 0.0]))[0])(2.0)
    array([0.5])
    """
    if not has_dual(a, b):
        return plain("lstsq")(a, b, cond, **options)
    check_conjugation("scipy.linalg.lstsq", a, b)
    cutoff = np.finfo(np.result_type(primal(a), primal(b), np.float32)).eps if cond is None else cond
    rule = partial(lstsq_tangent, rcond=cutoff)
    return push(lambda x, y: lstsq(x, y, cond, **kept(options)), (a, b), rule)
