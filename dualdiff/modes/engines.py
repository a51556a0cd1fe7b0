"""The choice of the engine: compiled functions go to Numba, all others to NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualdiff.backends.arguments import (
    check_argnums,
    check_chunk,
    check_engine,
    check_flag,
    check_function,
    check_kinks,
    is_compiled,
    plain_function,
)
from dualdiff.backends.numpy.rebinding.third_party import replace_functions
from dualdiff.backends.options import Options
from dualdiff.errors import InputError

Argnums = int | tuple[int, ...]
Chunk = int | str
Engine = str
Kinks = str


def make_operator(
    kind: str,
    f: Any,
    argnums: Any,
    with_value: bool,
    *,
    engine: str,
    chunk: Any = "auto",
    kinks: Any = "ignore",
    holomorphic: Any = False,
    has_aux: Any = False,
    rebind: Any = True,
) -> Callable[..., Any]:
    """Check the options and return the operator object of the chosen engine."""
    name = f"value_and_{kind}" if with_value else kind
    check_function(f, name)
    check_engine(engine, name)
    numbers = check_argnums(argnums, name)
    width = check_chunk(chunk, name)
    options = make_options(name, width, kinks, holomorphic, has_aux, rebind)
    positions = numbers if isinstance(argnums, tuple) else numbers[0]
    from dualdiff.backends.numpy import NumpyOperator

    on_numpy = NumpyOperator(kind, plain_function(f), positions, options, with_value)
    if uses_numba(f, engine, options, name):
        from dualdiff.backends.numba import compile_operator

        operator: Any = compile_operator(  # type: ignore[no-untyped-call]
            kind, f, positions, "auto" if width is None else width, with_value
        )
        operator.on_numpy = on_numpy
        return operator  # type: ignore[no-any-return]
    return on_numpy


def make_options(name: str, chunk: int | None, kinks: Any, holomorphic: Any, has_aux: Any, rebind: Any) -> Options:
    """Return the checked options."""
    return Options(
        chunk,
        check_kinks(kinks, name),
        check_flag(holomorphic, "holomorphic", name),
        check_flag(rebind, "rebind", name),
        check_flag(has_aux, "has_aux", name),
    )


def uses_numba(f: Any, engine: Engine, options: Options, name: str) -> bool:
    """Whether the Numba engine is asked for: by name, or by a compiled function that needs no other engine."""
    needs_numpy = {"kinks": options.kinks, "holomorphic": options.holomorphic, "has_aux": options.has_aux}
    wanted = [option for option, setting in needs_numpy.items() if setting]
    if engine == "numba" and wanted:
        raise InputError(f"{name}: the Numba engine does not know {wanted[0]}=. Pass engine='numpy' or 'auto'.")
    return engine == "numba" or (engine == "auto" and not wanted and is_compiled(f))


def _forms_of_scipy() -> dict[Any, Callable[..., Any]]:
    """Return our forms of the functions of SciPy that dual numbers cannot enter; imports SciPy."""
    from dualdiff import linalg, special

    return linalg.replacements() | special.replacements()


replace_functions(_forms_of_scipy)


def is_dual(x: Any) -> bool:
    """Whether ``x`` is a dual number of an outer derivative."""
    from dualdiff.backends.numpy import Dual

    return isinstance(x, Dual)
