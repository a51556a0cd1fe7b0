"""Checks of what the user gives an operator; both engines use them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualdiff.errors import InputError

ENGINES = ("auto", "numpy", "numba")


def name_of(f: Any) -> str:
    """Return the name of a function for messages."""
    inner = getattr(f, "func", f)  # functools.partial
    return getattr(inner, "__name__", None) or type(f).__name__


def is_compiled(f: Any) -> bool:
    """Whether ``f`` is a Numba dispatcher; does not import Numba."""
    dispatcher = sys.modules.get("numba.core.dispatcher")
    return dispatcher is not None and isinstance(f, dispatcher.Dispatcher)


def plain_function(f: Any) -> Callable[..., Any]:
    """Return the Python function of a Numba dispatcher, and any other function as it is."""
    return f.py_func if is_compiled(f) else f  # type: ignore[no-any-return]


def check_function(f: Any, operator: str) -> None:
    """Refuse a thing that cannot be called."""
    if not callable(f):
        raise InputError(
            f"{operator}: the first argument is {describe(f)}, not a function. "
            f"Write {operator}(f)(x), not {operator}(f(x))."
        )


def check_argnums(argnums: Any, operator: str) -> tuple[int, ...]:
    """Return the positions of the differentiation variables as a tuple."""
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    is_good = all(isinstance(i, (int, np.integer)) and not isinstance(i, bool) and i >= 0 for i in numbers)
    if not numbers or not is_good or len(set(numbers)) != len(numbers):
        raise InputError(
            f"{operator}: argnums is {argnums!r}. "
            "Pass the position of the differentiation variable (0, 1, ...) or a tuple of distinct positions."
        )
    return tuple(int(i) for i in numbers)


def check_chunk(chunk: Any, operator: str) -> int | None:
    """Return the number of directions per pass; None means automatic."""
    if isinstance(chunk, str) and chunk == "auto":
        return None
    if isinstance(chunk, (int, np.integer)) and not isinstance(chunk, bool) and chunk >= 1:
        return int(chunk)
    raise InputError(f"{operator}: chunk is {chunk!r}. Pass 'auto' or a number of directions, at least 1.")


def check_engine(engine: Any, operator: str) -> None:
    """Refuse an unknown engine."""
    if engine not in ENGINES:
        raise InputError(f"{operator}: engine is {engine!r}. Pass 'auto', 'numpy' or 'numba'.")


def check_variable(x: Any, operator: str, name: str) -> Any:
    """Return a differentiation variable as a float array, a NumPy float scalar or a dual; refuse anything else."""
    if type(x) is np.ndarray or isinstance(x, np.generic):
        if x.dtype.kind == "f":
            return x
        raise _refused_dtype(x, operator, name)
    if type(x) is float:
        return np.float64(x)
    if hasattr(x, "partials") and hasattr(x, "tag"):  # a dual of an outer derivative
        return x
    wanted, write = "a float or a float array", ""
    if isinstance(x, (bool, int)):
        write = f"Pass float({name})."
    elif isinstance(x, float):
        return np.float64(x)
    elif isinstance(x, complex):
        write = "Complex variables are not supported yet: pass real and imaginary part as two real variables."
    elif isinstance(x, (list, tuple)):
        write = f"Pass np.array({name}, float)."
    elif isinstance(x, dict):
        write = "Pass one array, e.g. np.array(list(d.values()), float), or several with argnums=(0, 1, ...)."
    elif isinstance(x, np.ndarray):
        write = f"Pass np.asarray({name}), after dealing with masked values."
    else:
        write = "To differentiate in another argument give its position by argnums."
    raise InputError(f"{operator}: the differentiation variable {name} is {describe(x)}, wanted {wanted}. {write}")


def _refused_dtype(x: Any, operator: str, name: str) -> InputError:
    """Make the error for an array that is not of floats."""
    what = _with_article(f"{x.dtype} {'array' if isinstance(x, np.ndarray) else 'scalar'}")
    if x.dtype.kind in "iub":
        write = f"Pass {name}.astype(float)."
    elif x.dtype.kind == "c":
        write = "Complex variables are not supported yet: pass real and imaginary part as two real variables."
    else:
        write = f"Pass np.array({name}, float)."
    return InputError(f"{operator}: the differentiation variable {name} is {what}, wanted a float array. {write}")


def locate(
    f: Callable[..., Any], argnums: tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any], operator: str
) -> list[int | str]:
    """Return for each variable its position in ``args``, or its name in ``kwargs``."""
    if max(argnums) < len(args):
        return list(argnums)
    names = parameter_names(f)
    places: list[int | str] = []
    for i in argnums:
        if i < len(args):
            places.append(i)
        elif i < len(names) and names[i] in kwargs:
            places.append(names[i])
        else:
            got = f"{len(args)} positional argument{'s' * (len(args) != 1)}"
            got += f" and {', '.join(kwargs)}" if kwargs else ""
            which = f" ({names[i]!r})" if i < len(names) else ""
            raise InputError(
                f"{operator}: argnums asks for argument {i}{which} of {name_of(f)}, which was called with {got}. "
                "Pass the differentiation variable, or change argnums."
            )
    return places


def parameter_names(f: Callable[..., Any]) -> list[str]:
    """Return the names of the parameters that can be given by position; none if they are unknown."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD or p.kind is p.POSITIONAL_ONLY]


def pick(
    f: Callable[..., Any], places: Sequence[int | str], args: tuple[Any, ...], kwargs: dict[str, Any], operator: str
) -> list[Any]:
    """Return the checked differentiation variables."""
    variables = []
    for place in places:
        x = args[place] if isinstance(place, int) else kwargs[place]
        if type(x) is not np.ndarray or x.dtype.kind != "f":
            x = check_variable(x, operator, _name_at(f, place))
        variables.append(x)
    return variables


def _name_at(f: Callable[..., Any], place: int | str) -> str:
    """Return the name of the parameter at a place, ``x`` if it is unknown."""
    if isinstance(place, str):
        return place
    names = parameter_names(f)
    return names[place] if place < len(names) else "x"


def describe(x: Any) -> str:
    """Return ``None``, or the type of a thing with its article."""
    return "None" if x is None else _with_article(type(x).__name__)


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiouAEIO' and not name.startswith('uint') else 'a'} {name}"
