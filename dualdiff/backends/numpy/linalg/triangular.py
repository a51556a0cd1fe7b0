"""Systems with triangular, factorized and banded matrices of duals, with SciPy's functions and arguments."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual
from dualdiff.backends.numpy.linalg.factorizations import cholesky_tangent
from dualdiff.backends.numpy.linalg.matrix_functions import has_dual
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.pushforward import (
    Function,
    adjoint,
    all_directions,
    check_conjugation,
    lower_part,
    push,
    separate,
    swapped,
)
from dualdiff.backends.numpy.ufuncs import finish

TRANSPOSITIONS = {0: 0, 1: 1, 2: 2, "N": 0, "T": 1, "C": 2}


def kept(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options without those that let SciPy overwrite its arguments."""
    return {name: x for name, x in options.items() if not name.startswith("overwrite_")}


def with_value_of(form: Function, operands: tuple[Any, ...], moved: Any) -> Any:
    """Return the value of ``form`` at the operands with the partials of ``moved``."""
    tag, values, _ = separate(operands)
    return finish(form(*values), moved.partials, (), tag)


# ---- triangular matrices ---------------------------------------------------------------------------------------------


def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, **options: Any
) -> Any:
    """Return the solution of ``a x = b`` for a triangular matrix, as `scipy.linalg.solve_triangular`.

    Parameters
    ----------
    a : (..., n, n) array_like or Dual
        The matrix, of which one triangle is read.
    b : (n,) or (..., n, p) array_like or Dual
        The right-hand side.
    trans : {0, 1, 2, 'N', 'T', 'C'}
        Whether to solve with the matrix, its transpose or its conjugate transpose.
    lower : bool
        Which triangle is read.
    unit_diagonal : bool
        Whether the diagonal is taken as 1 and not read.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    ndarray or Dual
        The solution, of the shape of ``b``.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import solve_triangular
    >>> derivative(lambda t: solve_triangular(t * np.eye(2), np.ones(2)))(2.0)
    array([-0.25, -0.25])
    """
    arguments = {"trans": trans, "lower": lower, "unit_diagonal": unit_diagonal}
    if not has_dual(a, b):
        from scipy import linalg

        return linalg.solve_triangular(a, b, **arguments, **options)
    kind = TRANSPOSITIONS[trans]
    if kind == 2:
        check_conjugation("scipy.linalg.solve_triangular", a)
    rule = partial(_triangular_tangent, kind=kind, lower=lower, unit_diagonal=unit_diagonal)
    return push(lambda x, y: solve_triangular(x, y, **arguments, **kept(options)), (a, b), lambda *v: rule(*v))


def triangle(a: Any, lower: bool, unit_diagonal: bool = False) -> Any:
    """Return the triangle of stacked matrices, with zeros on the diagonal where that is not read."""
    index = np.arange(a.shape[-1])
    below = index[:, None] - index if lower else index - index[:, None]
    return np.multiply(a, below >= (1 if unit_diagonal else 0))


def _triangular_tangent(y: Any, a: Any, b: Any, ta: Any, tb: Any, kind: int, lower: bool, unit_diagonal: bool) -> Any:
    """Return ``dx = a^-1 (db - da x)`` with the triangle that is read, transposed where asked for."""

    def turned(x: Any) -> Any:
        return (lambda m: m, swapped, adjoint)[kind](triangle(x, lower, unit_diagonal))

    is_vector = b.ndim == 1
    columns = y[..., None] if is_vector else y
    right: Any = 0.0 if tb is None else tb[..., None] if is_vector else tb
    if ta is not None:
        right = right - np.matmul(turned(ta), columns)
    matrix = turned(a) + np.eye(a.shape[-1]) if unit_diagonal else turned(a)
    if a.ndim == 2 and right.ndim == 3:
        total = all_directions(lambda c: solve_triangular(matrix, c, lower=lower != (kind > 0)), right)
    else:
        total = all_directions(partial(np.linalg.solve, matrix), right)
    return total[..., 0] if is_vector else total


# ---- Cholesky --------------------------------------------------------------------------------------------------------


def cho_factor(a: Any, lower: bool = False, **options: Any) -> Any:
    """Return the Cholesky factor for `cho_solve`, as `scipy.linalg.cho_factor`.

    Parameters
    ----------
    a : (n, n) array_like or Dual
        The Hermitian matrix, of which one triangle is read.
    lower : bool
        Which triangle is read and holds the factor.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    c : (n, n) ndarray or Dual
        The factor in one triangle; the other holds what ``a`` has there.
    lower : bool
        Which triangle.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import cho_factor, cho_solve
    >>> derivative(lambda t: cho_solve(cho_factor(t * np.eye(2)), np.ones(2)))(2.0)
    array([-0.25, -0.25])
    """
    if not has_dual(a):
        from scipy import linalg

        return linalg.cho_factor(a, lower=lower, **options)
    check_conjugation("scipy.linalg.cho_factor", a)

    def rule(y: Any, a: Any, t: Any) -> Any:
        total = cholesky_tangent(triangle(y[0], lower), a, t, upper=not lower)
        return total + (t - triangle(t, lower)), None

    return push(lambda x: cho_factor(x, lower=lower, **kept(options)), (a,), rule)


def cho_solve(c_and_lower: Any, b: Any, **options: Any) -> Any:
    """Return the solution of ``a x = b`` from the factor of `cho_factor`, as `scipy.linalg.cho_solve`.

    Parameters
    ----------
    c_and_lower : (array_like or Dual, bool)
        What `cho_factor` returns.
    b : (n,) or (n, p) array_like or Dual
        The right-hand side.
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
    >>> from dualdiff.linalg import cho_factor, cho_solve
    >>> derivative(lambda t: cho_solve(cho_factor(np.eye(2)), t * np.ones(2)))(2.0)
    array([1., 1.])
    """
    c, lower = c_and_lower
    if not has_dual(c, b):
        from scipy import linalg

        return linalg.cho_solve(c_and_lower, b, **options)
    check_conjugation("scipy.linalg.cho_solve", c)
    first = solve_triangular(c, b, trans=0 if lower else 2, lower=lower)
    moved = solve_triangular(c, first, trans=2 if lower else 0, lower=lower)
    return with_value_of(lambda x, y: cho_solve((x, lower), y, **kept(options)), (c, b), moved)


# ---- LU --------------------------------------------------------------------------------------------------------------


def lu_factor(a: Any, **options: Any) -> Any:
    """Return the LU factors with row exchanges, as `scipy.linalg.lu_factor`.

    Parameters
    ----------
    a : (m, n) array_like or Dual
        The matrix; where a pivot is zero there is no derivative.
    **options
        Further arguments of SciPy's function.

    Returns
    -------
    lu : (m, n) ndarray or Dual
        U in the upper triangle, L without its unit diagonal below.
    piv : (k,) ndarray of int
        Row ``i`` was exchanged with row ``piv[i]``.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> from dualdiff.linalg import lu_factor, lu_solve
    >>> derivative(lambda t: lu_solve(lu_factor(t * np.eye(2)), np.ones(2)))(2.0)
    array([-0.25, -0.25])
    """
    if not has_dual(a):
        from scipy import linalg

        return linalg.lu_factor(a, **options)
    if a.ndim != 2:
        raise refused("scipy.linalg.lu_factor of stacked matrices", "it has no derivative rule", "Loop over them.")
    return push(lambda x: lu_factor(x, **kept(options)), (a,), _lu_tangent)


def _rows(piv: Any, m: int) -> Any:
    """Return the order of the rows after the exchanges."""
    rows = np.arange(m)
    for i, j in enumerate(piv):
        rows[[i, j]] = rows[[j, i]]
    return rows


def _lu_tangent(y: Any, a: Any, t: Any) -> Any:
    """Return ``dl = l tril(x)`` and ``du = triu(x) u`` with ``x = l^-1 da u^-1``, the rows of ``da`` exchanged."""
    lu, piv = y
    m, n = a.shape
    k = min(m, n)
    t = t[:, _rows(piv, m)]
    square = lu[:k, :k]
    low, up = lower_part(square) + np.eye(k), triangle(square, lower=False)
    try:
        x = swapped(all_directions(lambda c: solve_triangular(up, c, trans=1), swapped(t[:, :, :k])))
    except np.linalg.LinAlgError:
        raise refused(
            "scipy.linalg.lu_factor of a matrix with a zero pivot", "the factors have no derivative", "Use solve."
        ) from None

    def divided(right: Any) -> Any:
        return all_directions(lambda c: solve_triangular(low, c, lower=True, unit_diagonal=True), right)

    core = divided(x[:, :k])
    below, above = lower_part(core), core - lower_part(core)
    d_low, d_up = np.matmul(low, below), np.matmul(above, up)
    total = lower_part(d_low) + triangle(d_up, lower=False)
    if m > n:
        rest = x[:, k:] - np.matmul(lu[k:], above)
        return np.concatenate([total, rest], axis=1), None
    if n > m:
        rest = divided(t[:, :, k:] - np.matmul(d_low, lu[:, k:]))
        return np.concatenate([total, rest], axis=2), None
    return total, None


def lu_solve(lu_and_piv: Any, b: Any, trans: int = 0, **options: Any) -> Any:
    """Return the solution of ``a x = b`` from the factors of `lu_factor`, as `scipy.linalg.lu_solve`.

    Parameters
    ----------
    lu_and_piv : (array_like or Dual, ndarray of int)
        What `lu_factor` returns.
    b : (n,) or (n, p) array_like or Dual
        The right-hand side.
    trans : {0, 1, 2}
        Whether to solve with the matrix, its transpose or its conjugate transpose.
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
    >>> from dualdiff.linalg import lu_factor, lu_solve
    >>> derivative(lambda t: lu_solve(lu_factor(np.eye(2)), t * np.ones(2)))(2.0)
    array([1., 1.])
    """
    lu, piv = lu_and_piv
    if not has_dual(lu, b):
        from scipy import linalg

        return linalg.lu_solve(lu_and_piv, b, trans=trans, **options)
    if trans == 2:
        check_conjugation("scipy.linalg.lu_solve", lu)
    b = b if isinstance(b, Dual) else np.asarray(b)
    rows = _rows(piv, lu.shape[0])
    low = partial(solve_triangular, lu, trans=trans, lower=True, unit_diagonal=True)
    up = partial(solve_triangular, lu, trans=trans)
    moved = up(low(b[rows])) if trans == 0 else low(up(b))[np.argsort(rows)]
    return with_value_of(lambda x, y: lu_solve((x, piv), y, trans, **kept(options)), (lu, b), moved)


# ---- banded matrices -------------------------------------------------------------------------------------------------


def solve_banded(l_and_u: Any, ab: Any, b: Any, **options: Any) -> Any:
    """Return the solution of ``a x = b`` for a banded matrix, as `scipy.linalg.solve_banded`.

    Parameters
    ----------
    l_and_u : (int, int)
        Numbers of diagonals below and above the main one.
    ab : (l + u + 1, n) array_like or Dual
        The diagonals: ``ab[u + i - j, j] = a[i, j]``.
    b : (n,) or (n, p) array_like or Dual
        The right-hand side.
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
    >>> from dualdiff.linalg import solve_banded
    >>> derivative(lambda t: solve_banded((0, 0), t * np.ones((1, 2)), np.ones(2)))(2.0)
    array([-0.25, -0.25])
    """
    if not has_dual(ab, b):
        from scipy import linalg

        return linalg.solve_banded(l_and_u, ab, b, **options)

    def rule(y: Any, ab: Any, b: Any, t: Any, tb: Any) -> Any:
        is_vector = b.ndim == 1
        columns = y[:, None] if is_vector else y
        right: Any = 0.0 if tb is None else tb[..., None] if is_vector else tb
        if t is not None:
            right = right - _banded_product(l_and_u[1], t, columns)
        total = all_directions(lambda c: solve_banded(l_and_u, ab, c), right)
        return total[..., 0] if is_vector else total

    return push(lambda x, y: solve_banded(l_and_u, x, y, **kept(options)), (ab, b), rule)


def _banded_product(above: int, t: Any, x: Any) -> Any:
    """Return the products of banded matrices, the first axis of which is the direction, with a plain one."""
    bands, n = t.shape[-2:]
    band = np.arange(bands)[:, None]
    column = np.arange(n) + above - band
    inside = (column >= 0) & (column < n)
    column = np.clip(column, 0, n - 1)
    entries = np.where(inside, t[:, np.broadcast_to(band, column.shape), column], 0.0)
    return np.einsum("kri,rip->kip", entries, x[column])
