"""Jacobians and gradients by forward mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualdiff.modes.engines import Argnums, Chunk, Engine, Kinks, make_operator


def jacobian(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    engine: Engine = "auto",
    chunk: Chunk = "auto",
    kinks: Kinks = "ignore",
    holomorphic: bool = False,
    has_aux: bool = False,
    rebind: bool = True,
) -> Callable[..., Any]:
    """Return a function that computes the Jacobian of ``f`` by forward mode.

    Parameters
    ----------
    f : callable
        A function of NumPy arrays and scalars that returns a float, an array, or a tuple, list, dict or
        dataclass of them. It may be compiled by Numba's ``@njit``.
    argnums : int or tuple of int
        Position of the differentiation variable: a float scalar, a float array of any shape, or a nested
        tuple, list, dict or dataclass of them (for compiled functions scalars and arrays only).
        A tuple of positions gives a tuple of Jacobians. All other arguments pass through untouched.
    engine : {"auto", "numpy", "numba"}
        Who carries the derivatives; "auto" takes the Numba engine for compiled functions, else NumPy.
    chunk : int or "auto"
        Directions per pass of ``f``. The result depends on it in its rounding only (2 ulp, more where LAPACK
        solves for another number of columns); memory does: in one pass each intermediate array is held with
        ``chunk`` partials. On the NumPy engine "auto" takes as many directions as keep the partials of the
        variables, and of each intermediate array, within bounded memory (8 MiB each).
    kinks : {"ignore", "warn", "raise"}
        What to do where ``f`` meets a kink, or a comparison of equal numbers, of which the derivative depends
        on the side: follow the documented convention, and also warn (`KinkWarning`), or raise `KinkError`.
        Both name the function, the flat index in its argument and the line.
    holomorphic : bool
        Whether ``f`` is a holomorphic function of complex variables: then ``J`` is complex, with
        ``J[i, j] = d f_i / d z_j``. Without it variables are real; results may be complex.
    has_aux : bool
        Whether ``f`` returns ``(y, aux)``: ``y`` is differentiated, ``aux`` comes back as it is.
    rebind : bool
        Whether plain Python code runs as a copy whose ``np`` and ``math`` know dual numbers, so that
        ``np.zeros(n)``, ``np.array([...])`` and ``math.sin(x)`` keep derivatives. NumPy itself is untouched.

    The last four options are those of the NumPy engine, which takes compiled functions in their plain form.

    Returns
    -------
    callable
        At ``x`` it returns an array of shape ``f(x).shape + x.shape`` and the dtype of ``f(x)``, with
        ``J[i, j] = d f_i / d x_j``. Where ``f`` returns a container, or the variable is one, it is a container of
        such blocks, with the nesting of the output outside and that of the variable inside.
        With ``has_aux`` it is ``(J, aux)``. Its form ``.into(out, *args)`` fills the given array.

    Raises
    ------
    InputError
        The variable is not of floats, an option is wrong, or ``.into`` got something that cannot be filled.
    ShapeError
        ``.into`` got an array of another shape, or ``f`` returned another shape in a later pass.
    OutputError
        ``f`` returned something that has no derivative.
    NotDifferentiableError
        ``f`` met a function that has no rule.
    DroppedDerivativeError
        ``f`` would have lost the derivative, for instance by ``float(x)`` or ``np.array([x[0]])``.
    LeakedDualError
        ``f`` used a number it had kept from an earlier call.
    KinkError
        ``f`` met a kink, and ``kinks="raise"``.

    Notes
    -----
    Anything else that ``f`` raises passes through unchanged.

    Costs ``ceil(n / chunk)`` passes of ``f`` for ``n`` elements of the variables, each of about ``1 + chunk``
    times the arithmetic of ``f``. On the NumPy engine one more pass is made where an infinite derivative met a
    direction that does not move its argument, as in ``sqrt`` at 0.
    Source: Griewank & Walther (2008), *Evaluating Derivatives*, section 3.1.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import jacobian
    >>> jacobian(lambda x: x**2)(np.array([1.0, 3.0]))
    array([[2., 0.],
           [0., 6.]])
    """
    return make_operator(
        "jacobian",
        f,
        argnums,
        False,
        engine=engine,
        chunk=chunk,
        kinks=kinks,
        holomorphic=holomorphic,
        has_aux=has_aux,
        rebind=rebind,
    )


def value_and_jacobian(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    engine: Engine = "auto",
    chunk: Chunk = "auto",
    kinks: Kinks = "ignore",
    holomorphic: bool = False,
    has_aux: bool = False,
    rebind: bool = True,
) -> Callable[..., Any]:
    """Return a function that computes ``(f(x), J)``, the value and the Jacobian together.

    The value is bitwise that of ``f``; only where BLAS multiplies matrices, whose rounding depends on the
    alignment of memory, can it differ in the last places. Parameters, cost, errors and source as for `jacobian`.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import value_and_jacobian
    >>> value, jac = value_and_jacobian(np.square)(np.array([1.0, 3.0]))
    >>> value
    array([1., 9.])
    """
    return make_operator(
        "jacobian",
        f,
        argnums,
        True,
        engine=engine,
        chunk=chunk,
        kinks=kinks,
        holomorphic=holomorphic,
        has_aux=has_aux,
        rebind=rebind,
    )


def gradient(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    engine: Engine = "auto",
    chunk: Chunk = "auto",
    kinks: Kinks = "ignore",
    holomorphic: bool = False,
    has_aux: bool = False,
    rebind: bool = True,
) -> Callable[..., Any]:
    """Return a function that computes the gradient of a scalar-valued ``f`` by forward mode.

    The result at ``x`` has the shape of ``x``. Parameters, cost (``ceil(n / chunk)`` passes of ``f``), other
    errors and source as for `jacobian`.

    Raises
    ------
    ShapeError
        ``f`` returned something other than a scalar.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import gradient
    >>> gradient(lambda x: np.sum(x**2))(np.array([1.0, 3.0]))
    array([2., 6.])
    """
    return make_operator(
        "gradient",
        f,
        argnums,
        False,
        engine=engine,
        chunk=chunk,
        kinks=kinks,
        holomorphic=holomorphic,
        has_aux=has_aux,
        rebind=rebind,
    )


def value_and_gradient(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    engine: Engine = "auto",
    chunk: Chunk = "auto",
    kinks: Kinks = "ignore",
    holomorphic: bool = False,
    has_aux: bool = False,
    rebind: bool = True,
) -> Callable[..., Any]:
    """Return a function that computes ``(f(x), g)``, the value and the gradient together.

    The value is bitwise that of ``f``. Parameters, cost and errors as for `gradient`. Goes into
    ``scipy.optimize.minimize(..., jac=True)``.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import value_and_gradient
    >>> value, slope = value_and_gradient(lambda x: x[0] * x[1])(np.array([2.0, 3.0]))
    >>> float(value), slope
    (6.0, array([3., 2.]))
    """
    return make_operator(
        "gradient",
        f,
        argnums,
        True,
        engine=engine,
        chunk=chunk,
        kinks=kinks,
        holomorphic=holomorphic,
        has_aux=has_aux,
        rebind=rebind,
    )
