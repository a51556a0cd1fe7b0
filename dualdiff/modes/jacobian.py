"""Jacobians and gradients by forward mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualdiff.modes.engines import make_operator

Argnums = int | tuple[int, ...]


def jacobian(
    f: Callable[..., Any], argnums: Argnums = 0, *, engine: str = "auto", chunk: int | str = "auto"
) -> Callable[..., Any]:
    return make_operator("jacobian", f, argnums, engine, chunk, False)


def value_and_jacobian(
    f: Callable[..., Any], argnums: Argnums = 0, *, engine: str = "auto", chunk: int | str = "auto"
) -> Callable[..., Any]:
    return make_operator("jacobian", f, argnums, engine, chunk, True)


def gradient(
    f: Callable[..., Any], argnums: Argnums = 0, *, engine: str = "auto", chunk: int | str = "auto"
) -> Callable[..., Any]:
    return make_operator("gradient", f, argnums, engine, chunk, False)


def value_and_gradient(
    f: Callable[..., Any], argnums: Argnums = 0, *, engine: str = "auto", chunk: int | str = "auto"
) -> Callable[..., Any]:
    return make_operator("gradient", f, argnums, engine, chunk, True)
