"""The Numba engine: dual numbers as a compiled type, Jacobians assembled in compiled code."""

from dualdiff.backends.numba.compiled import compile_operator, compiled_jvp

__all__ = ["compile_operator", "compiled_jvp"]
