"""Forward mode: derivative of a function of a scalar, and Jacobian-vector products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.arguments import check_engine, check_function, checked_leaves, describe, plain_function
from dualdiff.backends.trees import flatten
from dualdiff.errors import InputError, ShapeError
from dualdiff.modes.engines import Argnums, Engine, Kinks, is_dual, make_operator, make_options, uses_numba


def derivative(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    engine: Engine = "auto",
    kinks: Kinks = "ignore",
    holomorphic: bool = False,
    has_aux: bool = False,
    rebind: bool = True,
) -> Callable[..., Any]:
    """Return a function that computes the derivative of ``f`` in a scalar variable.

    Parameters
    ----------
    f : callable
        A function of a float that returns a float, an array, or a tuple, list, dict or dataclass of them.
        It may be compiled by Numba's ``@njit``.
    argnums : int or tuple of int
        Position of the scalar variable, or of a container of scalars; a tuple gives a tuple of derivatives.
        All other arguments pass through untouched.
    engine : {"auto", "numpy", "numba"}
        Who carries the derivatives; "auto" takes the Numba engine for compiled functions, else NumPy.
    kinks, holomorphic, has_aux, rebind
        As for `jacobian`.

    Returns
    -------
    callable
        At ``x`` it returns the derivative, of the shape and dtype of ``f(x)``.

    Raises
    ------
    ShapeError
        The variable is not a scalar.
    InputError, OutputError, NotDifferentiableError, DroppedDerivativeError, LeakedDualError
        As for `jacobian`.

    Notes
    -----
    Costs one pass of ``f``, about twice its arithmetic. Nested calls give higher derivatives.
    Source: Griewank & Walther (2008), *Evaluating Derivatives*, section 3.1.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import derivative
    >>> float(derivative(np.exp)(0.0))
    1.0
    >>> float(derivative(derivative(lambda x: x**3))(2.0))
    12.0
    """
    return make_operator(
        "derivative",
        f,
        argnums,
        False,
        engine=engine,
        kinks=kinks,
        holomorphic=holomorphic,
        has_aux=has_aux,
        rebind=rebind,
    )


def value_and_derivative(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    engine: Engine = "auto",
    kinks: Kinks = "ignore",
    holomorphic: bool = False,
    has_aux: bool = False,
    rebind: bool = True,
) -> Callable[..., Any]:
    """Return a function that computes ``(f(x), f'(x))`` for a scalar variable.

    The value is bitwise that of ``f``. Parameters, cost and errors as for `derivative`.

    Examples
    --------
    >>> from dualdiff import value_and_derivative
    >>> value, slope = value_and_derivative(lambda x: x * x)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)
    """
    return make_operator(
        "derivative",
        f,
        argnums,
        True,
        engine=engine,
        kinks=kinks,
        holomorphic=holomorphic,
        has_aux=has_aux,
        rebind=rebind,
    )


def jvp(
    f: Callable[..., Any],
    primals: Any,
    tangents: Any,
    *,
    engine: Engine = "auto",
    kinks: Kinks = "ignore",
    holomorphic: bool = False,
    has_aux: bool = False,
    rebind: bool = True,
) -> tuple[Any, Any]:
    """Return ``(f(*primals), dy)``: the value, and the derivative in one direction.

    Parameters
    ----------
    f : callable
        A function that returns a float, an array, or a tuple, list, dict or dataclass of them.
    primals : tuple of float scalars or arrays, or of containers of them
        The arguments of ``f``, all of them differentiation variables. A single one may be given bare.
    tangents : tuple of scalars or arrays, or of containers of them
        The direction: one tangent for each primal, of its nesting and shape. Cast to the primal's dtype.
    engine : {"auto", "numpy", "numba"}
        Who carries the derivatives; "auto" takes the Numba engine for compiled functions, else NumPy.
    kinks, holomorphic, has_aux, rebind
        As for `jacobian`; with ``has_aux`` the result is ``((y, aux), dy)``.

    Returns
    -------
    (y, dy)
        ``y`` is bitwise ``f(*primals)``; ``dy``, the Jacobian times the tangents, has the structure of ``y``.

    Raises
    ------
    ShapeError
        A tangent is not of its primal's shape.
    InputError, OutputError, NotDifferentiableError, DroppedDerivativeError, LeakedDualError
        As for `jacobian`.

    Notes
    -----
    Costs one pass of ``f``, about twice its arithmetic, whatever the number of variables.
    Source: Griewank & Walther (2008), *Evaluating Derivatives*, section 3.1.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import jvp
    >>> y, dy = jvp(lambda a, b: a * b, (np.array([1.0, 2.0]), 3.0), (np.array([1.0, 0.0]), 1.0))
    >>> dy
    array([4., 2.])
    """
    check_function(f, "jvp")
    check_engine(engine, "jvp")
    if isinstance(primals, (tuple, list)) != isinstance(tangents, (tuple, list)):
        raise InputError("jvp: give primals and tangents alike, both as a tuple or both as one array.")
    if not isinstance(primals, (tuple, list)):
        primals, tangents = (primals,), (tangents,)
    if len(primals) != len(tangents):
        raise InputError(f"jvp: got {len(primals)} primals and {len(tangents)} tangents. Pass one tangent per primal.")
    options = make_options("jvp", None, kinks, holomorphic, has_aux, rebind)
    points, directions = [], []
    for i, (x, t) in enumerate(zip(primals, tangents, strict=True)):
        structure, leaves = checked_leaves(x, "jvp", f"primals[{i}]", options.holomorphic)
        if t is None:
            raise InputError(f"jvp: tangents[{i}] is None. Pass zeros for a variable that stays.")
        along: list[Any] = []
        other = flatten(t, along)
        names = list(structure.names(f"tangents[{i}]"))
        if list(other.names(f"tangents[{i}]")) != names:
            raise ShapeError(
                f"jvp: tangents[{i}] is {describe(t)} of {len(along)}, primals[{i}] {describe(x)} of {len(leaves)}. "
                "Pass tangents with the nesting of the primals."
            )
        points.append((structure, leaves))
        directions.append((structure, [_check_tangent(*pair) for pair in zip(along, leaves, names, strict=True)]))
    parts = [leaf for _, leaves in (*points, *directions) for leaf in leaves]
    is_nested = any(map(is_dual, parts))
    if is_nested and engine == "numba":
        raise InputError(
            "jvp: compiled code cannot carry the dual numbers of an outer derivative. Pass engine='numpy' or 'auto'."
        )
    if uses_numba(f, engine, options, "jvp") and not is_nested:
        from dualdiff.backends.numba import compiled_jvp

        if not all(structure.is_leaf for structure, _ in points):
            raise InputError("jvp: compiled functions take scalars and arrays. Pass engine='numpy' for containers.")
        result: tuple[Any, Any] = compiled_jvp(  # type: ignore[no-untyped-call]
            f, *(tuple(leaves[0] for _, leaves in trees) for trees in (points, directions))
        )
        return result
    from dualdiff.backends.numpy import numpy_jvp

    return numpy_jvp(plain_function(f), points, directions, options)


def _check_tangent(t: Any, x: Any, name: str) -> Any:
    """Return a tangent of its primal's shape and dtype."""
    if not is_dual(t):
        t = np.asarray(t)
        if t.dtype.kind not in ("fiubc" if x.dtype.kind == "c" else "fiub"):
            raise InputError(f"jvp: {name} is of {t.dtype}. Pass real numbers.")
        t = t.astype(x.dtype)
    if t.shape != x.shape:
        raise ShapeError(
            f"jvp: the tangent has shape {t.shape}, the primal {x.shape}. "
            "Pass one tangent of the primal's shape; for all directions at once use jacobian(f)(x)."
        )
    return t
