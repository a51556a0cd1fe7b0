"""NumPy's hook for functions: every one that meets a dual comes here; and what their forms for duals share."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from dualdiff.backends.numpy.algebra import TangentAlgebra
from dualdiff.backends.numpy.dual import COUNT, Dual, Settling, check_open, make, primal, top_tag
from dualdiff.backends.numpy.kinks import report_kinks
from dualdiff.backends.numpy.messages import dropped, refused
from dualdiff.backends.numpy.propagation import finish as finish_one
from dualdiff.backends.numpy.refusals import refusal
from dualdiff.backends.numpy.ufuncs import store
from dualdiff.numbers.tags import Tag

Function = Callable[..., Any]
HANDLERS: dict[Function, Function] = {}
# functions that make an array; they take the dual given by like= before their own arguments
CREATORS: dict[Function, Function] = {}
NO = np._NoValue
CHOOSE = "Write it with the functions that have a rule, see dualdiff/functions.md."


def array_function(self: Dual, func: Function, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """NumPy's hook: every function that meets a dual comes here."""
    check_open(self.tag)
    if len(types) > 1:
        for kind in types:
            if issubclass(kind, Settling):
                return NotImplemented
    handler = HANDLERS.get(func)
    if handler is None:
        creator = CREATORS.get(func)
        if creator is not None:
            return creator(self, *args, **kwargs)
        reason, way_out = refusal(name_of(func))
        raise refused(f"{name_of(func)} of a dual number", reason, way_out)
    place = _place_of_out(func) if len(args) > 2 else None
    out = kwargs.get("out")
    if out is None and place is not None and place < len(args):
        out = args[place]
        args = (*args[:place], None, *args[place + 1 :])
    if out is None:
        return handler(*args, **kwargs)
    kwargs = {name: x for name, x in kwargs.items() if name != "out"}
    return deliver(name_of(func), out, func(*args, **kwargs))


def deliver(name: str, out: Any, result: Any) -> Any:
    """Write a result into the array given by ``out=``, which must have its shape and type as NumPy would compute it."""
    if np.shape(out) != np.shape(result):
        raise ValueError(f"{name}: out has shape {np.shape(out)}, the result {np.shape(result)}")
    if out.dtype != result.dtype:
        raise refused(
            f"{name} with an out of type {out.dtype} for a result of type {result.dtype}",
            "NumPy might compute in the type of out",
            f"Make out an array of {result.dtype}, or write y[...] = {name}(...).",
        )
    return store(name, out, result)


@cache
def _place_of_out(func: Function) -> int | None:
    """Return the position of the parameter ``out``, None where there is none."""
    if func in (np.concatenate, np.dot):  # written in C: older versions of NumPy do not tell their signatures
        return 2
    try:
        parameters = inspect.signature(func).parameters
    except ValueError:
        return None
    names = [name for name, p in parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return names.index("out") if "out" in names else None


def name_of(func: Any) -> str:
    """Return the name of a NumPy function as the user writes it, such as ``np.linalg.inv``."""
    module = getattr(func, "__module__", None) or "numpy"
    module = re.sub(r"\._(\w+)_impl$", r".\1", module)  # where NumPy 2.0 keeps np.emath
    return f"{module}.{func.__name__}".replace("numpy.", "np.", 1)


def implements(*functions: Function | None) -> Callable[[Function], Function]:
    """Register the form for duals of NumPy's functions; None stands for one that this version does not have."""

    def register(handler: Function) -> Function:
        HANDLERS.update({function: handler for function in functions if function is not None})
        return handler

    return register


def composed(*functions: Function | None) -> Callable[[Function], Function]:
    """Register a form that computes the function of duals by others that have rules.

    Only its partials are used. The value is that of NumPy's function itself.
    """

    def register(body: Function) -> Function:
        for function in functions:
            if function is not None:
                HANDLERS[function] = _composition(function, body)
        return body

    return register


def _composition(function: Function, body: Function) -> Function:
    def handler(*args: Any, **kwargs: Any) -> Any:
        tag = level_of(function, args, kwargs)
        value = function(*lower(args, tag), **lower(kwargs, tag))
        with np.errstate(all="ignore"):
            moved = body(*args, **kwargs)
        return with_partials(value, moved, tag)

    handler.__signature__ = inspect.signature(body)  # type: ignore[attr-defined]
    return handler


def with_partials(value: Any, moved: Any, tag: Tag) -> Any:
    """Return the value with the partials that ``moved`` has; either may be a tuple or a list."""
    if isinstance(value, (tuple, list)):
        items = [with_partials(v, m, tag) for v, m in zip(value, moved, strict=True)]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if not is_active(moved, tag):
        return value
    total = moved.partials
    if total.dtype.kind == "c" and value.dtype.kind != "c":
        total = np.real(total)
    return finish(value, total, (moved.partials,), tag)


# ---- levels of nesting ----------------------------------------------------------------------------------------------


def duals_in(x: Any) -> Iterator[Dual]:
    """Yield the duals in nested tuples, lists and dicts."""
    if isinstance(x, Dual):
        yield x
    elif isinstance(x, (tuple, list)):
        for item in x:
            yield from duals_in(item)
    elif isinstance(x, dict):
        yield from duals_in(tuple(x.values()))


def level_of(func: Any, *arguments: Any) -> Tag:
    """Return the highest tag of the duals in the arguments of a function."""
    duals = list(duals_in(arguments))
    if not duals:
        raise not_an_operand(func)
    return top_tag(duals)


def not_an_operand(func: Any, x: Any = None) -> Exception:
    """Make the error for a dual in an argument, ``x`` if known, that only selects, counts or sets an option."""
    name = _argument_name(func, x)
    place = f"argument {name}" if name else "an index, a count or an option"
    return dropped(f"a dual number as {place} of {name_of(func)}", COUNT)


def _argument_name(func: Any, x: Any) -> str:
    """Return the name by which the function that is being called knows ``x``, or ""."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code is not array_function.__code__:
        frame = frame.f_back
    try:
        bound = inspect.signature(func).bind(*frame.f_locals["args"], **frame.f_locals["kwargs"])
    except (KeyError, TypeError, ValueError):  # called otherwise, or the function has no signature
        return ""
    return next((name for name, argument in reversed(bound.arguments.items()) if argument is x), "")


def plain_option(func: Any, x: Any) -> Any:
    """Return an index, a count or an option as it is; refuse a dual in it."""
    if next(duals_in(x), None) is not None:
        raise not_an_operand(func, x)
    return x


def is_active(x: Any, tag: Tag) -> bool:
    """Whether ``x`` is a dual of the level."""
    return isinstance(x, Dual) and x.tag is tag


def lower(x: Any, tag: Tag) -> Any:
    """Return ``x`` with the values of the duals of the level in their place."""
    if isinstance(x, Dual):
        return x.value if x.tag is tag else x
    if isinstance(x, dict):
        return {name: lower(item, tag) for name, item in x.items()}
    if type(x) in (tuple, list) and next(duals_in(x), None) is not None:
        return type(x)(lower(item, tag) for item in x)
    return x


def strip(x: Any) -> Any:
    """Return ``x`` with the plain values of its duals in their place."""
    if type(x) in (tuple, list):
        return type(x)(strip(item) for item in x)
    return primal(x)


def directions(tag: Tag, *arguments: Any) -> int:
    """Return the number of directions of a level."""
    return next(len(x.partials) for x in duals_in(arguments) if x.tag is tag)


def as_operand(x: Any) -> Any:
    """Return an array or a dual; a list with duals in it is stacked."""
    if isinstance(x, Dual):
        return x
    if isinstance(x, (tuple, list)) and next(duals_in(x), None) is not None:
        return np.stack([as_operand(item) for item in x])
    return np.asarray(x)


def finish(value: Any, total: Any, tangents: Any, tag: Tag) -> Dual:
    """Make the result: partials of full shape, type and order in memory, on all levels of nesting."""
    result = finish_one(value, total, tangents, tag)
    if isinstance(value, Dual) and result.ndim > 1:
        result.partials = _arranged(result.partials, primal(value))
    return result


def _arranged(partials: Any, plain: Any) -> Any:
    """Give the trailing axes of all parts the order in memory of the plain value."""
    axes = np.argsort([-abs(stride) for stride in plain.strides], kind="stable")
    back = np.argsort(axes)

    def arrange(part: Any) -> Any:
        front = part.ndim - plain.ndim
        ordered = np.ascontiguousarray(part.transpose(*range(front), *(axes + front)))
        return ordered.transpose(*range(front), *(back + front))

    return on_parts(arrange, partials)


def on_parts(linear: Function, x: Any) -> Any:
    """Apply a linear map of the trailing axes to all parts of nested partials."""
    if isinstance(x, Dual):
        return make(on_parts(linear, x.value), on_parts(linear, x.partials), x.tag)
    return linear(x)


# ---- arguments ------------------------------------------------------------------------------------------------------


def operand_first(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return the first argument, which must be the only one with duals, and the others."""
    if args:
        a, args = args[0], args[1:]
    else:
        name = next(iter(inspect.signature(func).parameters))
        a, kwargs = kwargs[name], {k: x for k, x in kwargs.items() if k != name}
    return a, plain_option(func, args), plain_option(func, kwargs)


def only_first(func: Function, a: Any, others: Any) -> None:
    """Refuse a dual in an argument in which a function is not linear, or not differentiable."""
    if not isinstance(a, Dual) or next(duals_in(others), None) is not None:
        raise refused(
            f"{name_of(func)} with a dual number in an argument other than the first",
            "it is differentiated in its first argument only",
            CHOOSE,
        )


def shifted(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return the axes of a value as those of its partials; None means all."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    if type(axis) is int and -ndim <= axis < ndim:
        return (axis % ndim + 1,)
    axes = np.lib.array_utils.normalize_axis_tuple(axis, ndim)
    return tuple(i + 1 for i in axes)


def given(**options: Any) -> dict[str, Any]:
    """Return the options that are not left at their defaults."""
    return {name: x for name, x in options.items() if x is not None and x is not NO}


def check_dtype(func: Any, dtype: Any) -> None:
    """Refuse a type of result that carries no derivative."""
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        raise dropped(
            f"{name_of(func)} with dtype={np.dtype(dtype)} of a dual number",
            "Use a float type, and np.floor or np.trunc for whole numbers.",
        )


def report(tag: Tag, func: Any, is_kink: Any) -> None:
    """Report where a function has a kink, if the user asks for it."""
    if tag.kinks is not None:
        report_kinks(tag, name_of(func), lambda m: is_kink)


def refuse_conjugation(func: Any, tag: Tag, *operands: Any) -> None:
    """Refuse, in a holomorphic derivative, a function that is not holomorphic."""
    if tag.is_holomorphic and any(np.iscomplexobj(primal(x)) for x in operands):
        raise refused(
            f"{name_of(func)} in a holomorphic derivative",
            "it is not holomorphic",
            "Leave holomorphic=True away and differentiate in the real and imaginary parts.",
        )


scale = TangentAlgebra.scale

Dual.__array_function__ = array_function
