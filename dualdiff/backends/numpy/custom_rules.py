"""Calls of elementwise functions and ufuncs with a rule of expressions, on dual numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualdiff.backends.custom import ElementwiseFunction
from dualdiff.backends.numpy.custom import SIMPLE, as_value, plain_content, refuse_names
from dualdiff.backends.numpy.dual import Dual, primal
from dualdiff.backends.numpy.propagation import apply
from dualdiff.backends.numpy.ufuncs import FLAT, METHODS, RULED, find_rule, refuse_options, register
from dualdiff.errors import ShapeError


def call_elementwise(custom: ElementwiseFunction, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call an elementwise function that has a rule."""
    if all(type(x) in SIMPLE for x in args) and not kwargs:
        return custom.function(*args)
    emitting = next((x for x in args if hasattr(x, "emit_call")), None)
    if emitting is not None:  # within a rule that is being compiled
        return emitting.emit_call(custom, args)
    settled = tuple(plain_content(x) for x in args)
    named = {name: plain_content(x) for name, x in kwargs.items()}
    if not any(isinstance(x, Dual) for x in (*settled, *named.values())):
        return custom.function(*settled, **named)
    inputs, options = custom.positional(settled, named)
    refuse_names(custom, options)

    def plain(*primals: Any) -> Any:
        found = custom(*primals, **options)
        value = as_value(found)
        value = np.asarray(found) if value is None else value
        shapes = [np.shape(primal(p)) for p in primals]
        wanted = np.broadcast_shapes(*shapes)
        if value.shape != wanted:
            raise ShapeError(
                f"{custom.label} of arguments of the shapes {', '.join(map(str, shapes))} returned one of "
                f"{value.shape}; an elementwise function returns {wanted}. "
                "State the rule of a function of whole arrays by dualdiff.custom_jvp."
            )
        return value

    return apply(custom, custom.rule, inputs, plain)


def has_rule(ufunc: np.ufunc) -> bool:
    """Whether dual numbers pass through a ufunc already."""
    return find_rule(ufunc) is not None or ufunc in FLAT or (ufunc, "__call__") in METHODS


def register_ufunc(ufunc: np.ufunc, custom: ElementwiseFunction) -> None:
    """Let dual numbers pass through a ufunc by a rule of the user's."""
    rule, function = custom.rule, custom.function

    def call_around(*inputs: Any, **options: Any) -> Any:
        """Call what the ufunc stands in: it compiles the loops that the ufunc has not yet."""
        refuse_options(custom.label, options)
        return function(*map(primal, inputs)) if rule.is_flat else apply(function, rule, inputs)

    met: Any
    for met in {function, ufunc}:
        FLAT.discard(met)
        RULED.pop(met, None)
        register(met, rule)
        if met is not function:
            METHODS[met, "__call__"] = call_around
