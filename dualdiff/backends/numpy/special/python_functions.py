"""SciPy's special functions that are Python functions, of duals: ufuncs need no form of their own.

Plain arguments go to SciPy untouched. For duals the value is SciPy's, and the tangent is that of an expression of
functions that take duals, so that derivatives nest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import as_operand, duals_in, level_of, lower, plain_option, with_partials
from dualdiff.backends.numpy.dual import Dual, primal
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.propagation import apply
from dualdiff.backends.numpy.special import plain
from dualdiff.rules.declare import Unknown, binary

Function = Callable[..., Any]
ORDER = Unknown("its derivative in the order has no closed form")


def _form(body: Function) -> Function:
    """Make the form of SciPy's function of the same name; ``body`` computes it with the tangent, on duals."""

    def form(*args: Any, **kwargs: Any) -> Any:
        function = plain(body.__name__)
        if next(duals_in((args, kwargs)), None) is None:
            return function(*args, **kwargs)
        tag = level_of(function, args, kwargs)
        with np.errstate(all="ignore"):
            moved = body(*args, **kwargs)
        value = form(*lower(args, tag), **lower(kwargs, tag))
        return with_partials(np.float64(value) if type(value) in (int, float) else value, moved, tag)

    form.__name__ = form.__qualname__ = body.__name__
    form.__doc__ = body.__doc__
    form.__module__ = body.__module__
    form.__wrapped__ = body  # type: ignore[attr-defined]
    return form


# ---- sums of exponentials ------------------------------------------------------------------------------------------


def _shift(x: Any, axis: Any) -> Any:
    """Return ``x`` less its maximum, tangents included: what is left of the maximum is exactly zero, the rest small."""
    plain = primal(x)
    largest = np.max(plain, axis=axis, keepdims=True)
    is_largest = plain == largest
    chosen = np.sum(np.where(is_largest, x, 0.0), axis=axis, keepdims=True)
    return x - chosen / np.sum(is_largest, axis=axis, keepdims=True)


@_form
def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """Return ``log(sum(b exp(a)))``, as `scipy.special.logsumexp`.

    Parameters
    ----------
    a : array_like or Dual
        The exponents.
    axis : int or tuple of int, optional
        The axes of the sum; all of them by default.
    b : array_like or Dual, optional
        The weights, which may be negative.
    keepdims : bool
        Whether the axes stay, with length 1.
    return_sign : bool
        Whether to return the logarithm of the absolute value, and the sign.

    Returns
    -------
    ndarray, scalar or Dual; with ``return_sign`` a pair
        The logarithm of the sum.

    Notes
    -----
    An entry of minus infinity has the weight zero, also where all are minus infinity. Entries of plus infinity share
    the derivative equally.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import gradient
    >>> from dualdiff.special import logsumexp
    >>> gradient(logsumexp)(np.array([0.0, 0.0, -np.inf]))
    array([0.5, 0.5, 0. ])
    """
    a = as_operand(a)
    b = None if b is None else as_operand(b)
    plain = primal(a)
    if return_sign and (plain.dtype.kind == "c" or (b is not None and primal(b).dtype.kind == "c")):
        raise refused(
            "scipy.special.logsumexp with return_sign= of complex numbers",
            "the phase of the sum has a derivative of its own",
            "Leave return_sign away: the imaginary part of the result is the phase.",
        )
    if b is not None:
        shape = np.broadcast_shapes(a.shape, b.shape)
        a, b = np.broadcast_to(a, shape), np.broadcast_to(b, shape)
        is_out = primal(b) == 0.0  # as in SciPy, whatever the entry is
        plain = np.where(is_out, -np.inf, primal(a))
        if not isinstance(b, Dual):
            a = np.where(is_out, -np.inf, a)
    real = np.real(plain)
    largest = np.max(real, axis=axis, keepdims=True, initial=-np.inf)
    shifted = a - np.where(np.isfinite(largest), largest, 0.0)
    terms = np.exp(shifted)
    total = np.sum(terms if b is None else b * terms, axis=axis, keepdims=True)
    size = np.sum(primal(terms) * (1.0 if b is None else abs(primal(b))), axis=axis, keepdims=True)
    total = np.where(size == 0.0, 1.0, total)  # all weights are zero: no entry moves the sum
    moved = np.log(total if plain.dtype.kind == "c" else np.abs(total))
    infinite = real == np.inf
    if infinite.any():
        count = np.sum(infinite, axis=axis, keepdims=True)
        moved = np.where(count > 0, np.sum(np.where(infinite, a, 0.0), axis=axis, keepdims=True) / count, moved)
    moved = moved.reshape(np.sum(plain, axis=axis, keepdims=keepdims).shape)
    return (moved, 0.0) if return_sign else moved


@_form
def softmax(x: Any, axis: Any = None) -> Any:
    """Return ``exp(x) / sum(exp(x))``, as `scipy.special.softmax`.

    Parameters
    ----------
    x : array_like or Dual
        The exponents.
    axis : int or tuple of int, optional
        The axes of the sum; all of them by default.

    Returns
    -------
    ndarray or Dual
        An array of the shape of ``x`` with the sum 1.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import jacobian
    >>> from dualdiff.special import softmax
    >>> jacobian(softmax)(np.zeros(2))
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    terms = np.exp(_shift(as_operand(x), axis))
    return terms / np.sum(terms, axis=axis, keepdims=True)


@_form
def log_softmax(x: Any, axis: Any = None) -> Any:
    """Return the logarithm of `softmax`, as `scipy.special.log_softmax`.

    Parameters
    ----------
    x : array_like or Dual
        The exponents.
    axis : int or tuple of int, optional
        The axes of the sum; all of them by default.

    Returns
    -------
    ndarray or Dual
        An array of the shape of ``x``.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import jacobian
    >>> from dualdiff.special import log_softmax
    >>> jacobian(log_softmax)(np.zeros(2))
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    shifted = _shift(as_operand(x), axis)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


# ---- the gamma function's relatives --------------------------------------------------------------------------------


@_form
def multigammaln(a: Any, d: Any) -> Any:
    """Return the logarithm of the multivariate gamma function, as `scipy.special.multigammaln`.

    Parameters
    ----------
    a : array_like or Dual
        The argument, above ``(d - 1) / 2``.
    d : int
        The dimension.

    Returns
    -------
    ndarray, scalar or Dual
        The logarithm.

    Examples
    --------
    >>> from dualdiff import derivative
    >>> from dualdiff.special import multigammaln
    >>> float(derivative(lambda a: multigammaln(a, 1))(1.0).round(6))
    -0.577216
    """
    gammaln = plain("gammaln")
    a = as_operand(a)
    return sum(gammaln(a - 0.5 * j) for j in range(int(plain_option(plain("multigammaln"), d))))


def polygamma(n: Any, x: Any) -> Any:
    """Return the ``n``-th derivative of the digamma function, as `scipy.special.polygamma`.

    Parameters
    ----------
    n : int or array_like of int
        The order, at least 0.
    x : array_like or Dual
        The argument.

    Returns
    -------
    ndarray or Dual
        The derivative.

    Examples
    --------
    >>> from dualdiff import derivative
    >>> from dualdiff.special import polygamma
    >>> bool(derivative(lambda x: polygamma(1, x))(2.0) == polygamma(2, 2.0))
    True
    """
    if next(duals_in((n, x)), None) is None:
        return plain("polygamma")(n, x)
    n = as_operand(n)
    rule = binary(
        "polygamma",
        (ORDER, lambda m, n, x, y: polygamma(n + 1, x)),
        arguments=("n", "x"),
        module="scipy.special",
    )
    return apply(plain("polygamma"), rule, (n, as_operand(x)), polygamma)


@_form
def factorial(n: Any, exact: bool = False, **options: Any) -> Any:
    """Return the factorial, as `scipy.special.factorial`: of duals the gamma function of ``n + 1``.

    Parameters
    ----------
    n : array_like or Dual
        The argument.
    exact : bool
        Whether to compute with integers; False for duals.

    Returns
    -------
    ndarray, scalar or Dual
        The factorial.

    Examples
    --------
    >>> from dualdiff import derivative
    >>> from dualdiff.special import factorial
    >>> float(derivative(factorial)(0.0).round(6))
    -0.577216
    """
    n = as_operand(n)
    inside = primal(n) >= 0 if options.get("extend", "zero") == "zero" else True
    return np.where(inside, plain("gamma")(n + 1.0), 0.0)


@_form
def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """Return the number of combinations, as `scipy.special.comb`: of duals the binomial coefficient.

    Parameters
    ----------
    N, k : array_like or Dual
        The number of things, and of those taken.
    exact : bool
        Whether to compute with integers; False for duals.
    repetition : bool
        Whether things may be taken again.

    Returns
    -------
    ndarray, scalar or Dual
        The number of combinations, zero outside of ``0 <= k <= N``.

    Examples
    --------
    >>> from dualdiff import derivative
    >>> from dualdiff.special import comb
    >>> float(derivative(lambda n: comb(n, 2))(5.0).round(12))
    4.5
    """
    N, k = as_operand(N), as_operand(k)
    inside = (primal(k) <= primal(N)) & (primal(N) >= 0) & (primal(k) >= 0)
    if repetition:
        N, inside = N + k - 1.0, (primal(N) >= 0) & (primal(k) >= 0) & (primal(N) + primal(k) - 1 >= primal(k))
    return np.where(inside, plain("binom")(N, k), 0.0)


@_form
def perm(N: Any, k: Any, exact: bool = False) -> Any:
    """Return the number of permutations, as `scipy.special.perm`: of duals Pochhammer's symbol.

    Parameters
    ----------
    N, k : array_like or Dual
        The number of things, and of those taken.
    exact : bool
        Whether to compute with integers; False for duals.

    Returns
    -------
    ndarray, scalar or Dual
        The number of permutations, zero outside of ``0 <= k <= N``.

    Examples
    --------
    >>> from dualdiff import derivative
    >>> from dualdiff.special import perm
    >>> float(derivative(lambda n: perm(n, 2))(5.0).round(12))
    9.0
    """
    N, k = as_operand(N), as_operand(k)
    inside = (primal(k) <= primal(N)) & (primal(N) >= 0) & (primal(k) >= 0)
    return np.where(inside, plain("poch")(N - k + 1.0, k), 0.0)


@_form
def diric(x: Any, n: Any) -> Any:
    """Return Dirichlet's kernel ``sin(n x / 2) / (n sin(x / 2))``, as `scipy.special.diric`.

    Parameters
    ----------
    x : array_like or Dual
        The argument.
    n : int or array_like of int
        The number of terms.

    Returns
    -------
    ndarray or Dual
        The kernel.

    Examples
    --------
    >>> from dualdiff import derivative
    >>> from dualdiff.special import diric
    >>> float(derivative(derivative(lambda x: diric(x, 3)))(0.0).round(12))
    -0.666666666667
    """
    n = plain_option(plain("diric"), n)
    terms = plain("eval_chebyu")(np.asarray(n) - 1, np.cos(0.5 * as_operand(x)))
    return terms / n
