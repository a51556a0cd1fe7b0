"""Checks of what the user gives an operator; both engines use them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualdiff.backends.trees import LEAF, Structure, flatten
from dualdiff.errors import InputError

Place = int | str  # of an argument: its position, or its name
KINKS = ("ignore", "warn", "raise")
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


def check_kinks(kinks: Any, operator: str) -> str | None:
    """Return how kinks are reported; None means not at all."""
    if kinks not in KINKS:
        raise InputError(f"{operator}: kinks is {kinks!r}. Pass 'ignore', 'warn' or 'raise'.")
    return None if kinks == "ignore" else str(kinks)


def check_flag(flag: Any, option: str, operator: str) -> bool:
    """Return a switch."""
    if not isinstance(flag, (bool, np.bool_)):
        raise InputError(f"{operator}: {option} is {flag!r}. Pass True or False.")
    return bool(flag)


def check_variable(x: Any, operator: str, name: str, holomorphic: bool = False) -> Any:
    """Return a differentiation variable as a float array, a NumPy float scalar or a dual; refuse anything else.

    A holomorphic function wants complex ones.
    """
    if holomorphic:
        return _check_complex(x, operator, name)
    if type(x) is np.ndarray or isinstance(x, np.generic):
        if x.dtype.kind == "f":
            return x
        raise _refused_dtype(x, operator, name)
    if type(x) is float:
        return np.float64(x)
    if hasattr(x, "partials") and hasattr(x, "tag"):  # a dual of an outer derivative
        return x
    if hasattr(x, "settle"):  # a buffer of the NumPy engine
        return check_variable(x.settle(), operator, name, holomorphic)
    wanted, write = "a float or a float array", ""
    if isinstance(x, (bool, int)):
        write = f"Pass float({name})."
    elif isinstance(x, float):
        return np.float64(x)
    elif isinstance(x, complex):
        write = "Pass holomorphic=True if the function is holomorphic, else real and imaginary part as two variables."
    elif isinstance(x, (list, tuple, dict)):
        write = "Compiled functions take arrays: pass np.array(...), or engine='numpy'."
    elif isinstance(x, np.ndarray):
        write = f"Pass np.asarray({name}), after dealing with masked values."
    else:
        write = "To differentiate in another argument give its position by argnums."
    raise InputError(f"{operator}: the differentiation variable {name} is {describe(x)}, wanted {wanted}. {write}")


def _check_complex(x: Any, operator: str, name: str) -> Any:
    """Return a complex differentiation variable."""
    if isinstance(x, complex):
        return x if isinstance(x, np.generic) else np.complex128(x)
    if getattr(getattr(x, "dtype", None), "kind", "") == "c":
        return x
    what = _with_article(f"{x.dtype} {type(x).__name__}") if hasattr(x, "dtype") else describe(x)
    raise InputError(
        f"{operator}: holomorphic=True wants complex variables, {name} is {what}. "
        f"Pass {name} + 0j, or leave out holomorphic=True."
    )


def _refused_dtype(x: Any, operator: str, name: str) -> InputError:
    """Make the error for an array that is not of floats."""
    what = _with_article(f"{x.dtype} {'array' if isinstance(x, np.ndarray) else 'scalar'}")
    if x.dtype.kind in "iub":
        write = f"Pass {name}.astype(float)."
    elif x.dtype.kind == "c":
        write = "Pass holomorphic=True if the function is holomorphic, else real and imaginary part as two variables."
    else:
        write = f"Pass np.array({name}, float)."
    return InputError(f"{operator}: the differentiation variable {name} is {what}, wanted a float array. {write}")


def locate(
    f: Callable[..., Any], argnums: tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any], operator: str
) -> list[Place]:
    """Return for each variable its position in ``args``, or its name in ``kwargs``."""
    if max(argnums) < len(args):
        return list(argnums)
    names = parameter_names(f)
    places: list[Place] = []
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


def variables_of(
    f: Callable[..., Any],
    places: Sequence[Place],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    operator: str,
    holomorphic: bool = False,
) -> tuple[list[Structure], list[Any]]:
    """Return the checked differentiation variables, each with its nesting: a leaf, or a container of leaves."""
    structures, variables = [], []
    for place in places:
        x = args[place] if isinstance(place, int) else kwargs[place]
        if type(x) is np.ndarray and x.dtype.kind == "f" and not holomorphic:
            structures.append(LEAF)
            variables.append(x)
            continue
        structure, leaves = checked_leaves(x, operator, _name_at(f, place), holomorphic)
        structures.append(structure)
        variables += leaves
    return structures, variables


def checked_leaves(x: Any, operator: str, name: str, holomorphic: bool = False) -> tuple[Structure, list[Any]]:
    """Return the structure and the checked leaves of a differentiation variable."""
    if x is None:
        check_variable(x, operator, name, holomorphic)
    leaves: list[Any] = []
    structure = flatten(x, leaves)
    if not leaves:
        raise InputError(f"{operator}: the differentiation variable {name} is {describe(x)} that holds no numbers.")
    names = structure.names(name)
    return structure, [check_variable(leaf, operator, n, holomorphic) for leaf, n in zip(leaves, names, strict=True)]


def pick(
    f: Callable[..., Any], places: Sequence[Place], args: tuple[Any, ...], kwargs: dict[str, Any], operator: str
) -> list[Any]:
    """Return the checked differentiation variables, each a scalar or an array."""
    variables = []
    for place in places:
        x = args[place] if isinstance(place, int) else kwargs[place]
        if type(x) is not np.ndarray or x.dtype.kind != "f":
            x = check_variable(x, operator, _name_at(f, place))
        variables.append(x)
    return variables


def _name_at(f: Callable[..., Any], place: Place) -> str:
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
