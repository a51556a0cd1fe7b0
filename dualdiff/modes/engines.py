"""The choice of the engine: compiled functions go to Numba, all others to NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualdiff.backends.arguments import (
    check_argnums,
    check_chunk,
    check_engine,
    check_function,
    is_compiled,
    plain_function,
)

Argnums = int | tuple[int, ...]
Chunk = int | str
Engine = str


def make_operator(kind: str, f: Any, argnums: Any, engine: str, chunk: Any, with_value: bool) -> Callable[..., Any]:
    """Check the options and return the operator object of the chosen engine."""
    name = f"value_and_{kind}" if with_value else kind
    check_function(f, name)
    check_engine(engine, name)
    numbers = check_argnums(argnums, name)
    width = check_chunk(chunk, name)
    positions = numbers if isinstance(argnums, tuple) else numbers[0]
    from dualdiff.backends.numpy import NumpyOperator

    on_numpy = NumpyOperator(kind, plain_function(f), positions, width, with_value)
    if engine == "numba" or (engine == "auto" and is_compiled(f)):
        from dualdiff.backends.numba import compile_operator

        operator: Any = compile_operator(  # type: ignore[no-untyped-call]
            kind, f, positions, "auto" if width is None else width, with_value
        )
        operator.on_numpy = on_numpy
        return operator  # type: ignore[no-any-return]
    return on_numpy


def is_dual(x: Any) -> bool:
    """Whether ``x`` is a dual number of an outer derivative."""
    from dualdiff.backends.numpy import Dual

    return isinstance(x, Dual)
