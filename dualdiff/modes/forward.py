"""Forward mode: derivative of a function of a scalar, and Jacobian-vector products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.arguments import check_engine, check_function, check_variable, is_compiled, name_of
from dualdiff.errors import InputError, ShapeError
from dualdiff.modes.engines import is_dual, make_operator


def derivative(
    f: Callable[..., Any], argnums: int | tuple[int, ...] = 0, *, engine: str = "auto"
) -> Callable[..., Any]:
    return make_operator("derivative", f, argnums, engine, "auto", False)


def value_and_derivative(
    f: Callable[..., Any], argnums: int | tuple[int, ...] = 0, *, engine: str = "auto"
) -> Callable[..., Any]:
    return make_operator("derivative", f, argnums, engine, "auto", True)


def jvp(f: Callable[..., Any], primals: Any, tangents: Any, *, engine: str = "auto") -> tuple[Any, Any]:
    check_function(f, "jvp")
    check_engine(engine, "jvp")
    if isinstance(primals, (tuple, list)) != isinstance(tangents, (tuple, list)):
        raise InputError("jvp: give primals and tangents alike, both as a tuple or both as one array.")
    if not isinstance(primals, (tuple, list)):
        primals, tangents = (primals,), (tangents,)
    if len(primals) != len(tangents):
        raise InputError(f"jvp: got {len(primals)} primals and {len(tangents)} tangents. Pass one tangent per primal.")
    points, directions = [], []
    for i, (x, t) in enumerate(zip(primals, tangents, strict=True)):
        point = check_variable(x, "jvp", f"primals[{i}]")
        points.append(point)
        directions.append(_check_tangent(t, point, i))
    use_numpy = engine == "numpy" or any(is_dual(z) for z in (*points, *directions))
    if is_compiled(f) and not use_numpy or engine == "numba":
        from dualdiff.backends.numba import compiled_jvp

        return compiled_jvp(f, tuple(points), tuple(directions))
    from dualdiff.backends.numpy import numpy_jvp

    return numpy_jvp(f.py_func if is_compiled(f) else f, points, directions)


def _check_tangent(t: Any, x: Any, i: int) -> Any:
    """Return a tangent of its primal's shape and dtype."""
    if not is_dual(t):
        t = np.asarray(t)
        if t.dtype.kind not in "fiub":
            raise InputError(f"jvp: tangents[{i}] is of {t.dtype}. Pass real numbers.")
        t = t.astype(x.dtype)
    if t.shape != x.shape:
        raise ShapeError(
            f"jvp: the tangent has shape {t.shape}, the primal {x.shape}. "
            "Pass one tangent of the primal's shape; for all directions at once use jacobian(f)(x)."
        )
    return t
