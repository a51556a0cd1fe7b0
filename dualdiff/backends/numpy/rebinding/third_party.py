"""Third-party code: which it is, what of it is replaced, and how compiled code is called."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from dualdiff.backends.numpy.buffers import Buffer, fresh, operand
from dualdiff.backends.numpy.dual import Dual
from dualdiff.backends.numpy.nested_sequences import transform

# packages whose functions are left as they are: they carry no buffers of the user
ARRAY_LIBRARIES = """
    numpy scipy numba llvmlite dualdiff jax jaxlib torch tensorflow autograd casadi sympy mpmath pandas matplotlib
    xarray dask cupy sklearn numexpr pythran cython Cython pytest _pytest hypothesis IPython ipykernel optree
"""
FOREIGN = sys.stdlib_module_names | set(ARRAY_LIBRARIES.split())
PROBLEMS = "dualdiff.problems"
# functions that take a factorization, a tuple of an array and of what else describes it, in place of an array
OF_FACTORIZATIONS = ("cho_solve", "lu_solve")

_providers: list[Callable[[], dict[Any, Any]]] = []


def is_users(module: Any) -> bool:
    """Whether a module of that name holds the user's code."""
    if not isinstance(module, str):
        return True
    return module.partition(".")[0] not in FOREIGN or f"{module}.".startswith(PROBLEMS + ".")


def replace_functions(provider: Callable[[], dict[Any, Any]]) -> None:
    """Register what gives, when a function of SciPy is first met, the functions that stand for SciPy's."""
    _providers.append(provider)
    _replacements.cache_clear()


@functools.cache
def _replacements() -> dict[Any, Any]:
    return {plain: _of_operands(ours) for provider in _providers for plain, ours in provider().items()}


def _of_operands(ours: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of ours so that it takes buffers, and lists of dual numbers as arrays."""
    takes_tuples = getattr(ours, "__name__", None) in OF_FACTORIZATIONS

    def given(x: Any) -> Any:
        return tuple(map(operand, x)) if takes_tuples and isinstance(x, tuple) else operand(x)

    @functools.wraps(ours)
    def function(*args: Any, **kwargs: Any) -> Any:
        return fresh(ours(*map(given, args), **{name: given(x) for name, x in kwargs.items()}))

    return function


def replacement(raw: Any) -> Any:
    """Return the function that stands for one of a library, or that function itself."""
    if raw.__module__.partition(".")[0] != "scipy" or not _providers:
        return raw
    return _replacements().get(raw, raw)


class Compiled:
    """Compiled code, which is given the plain arrays of buffers; in all else it passes for what it stands for."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    @property
    def __class__(self) -> Any:
        return type(self._raw)

    @__class__.setter
    def __class__(self, kind: Any) -> None:
        raise TypeError("compiled code cannot change its class")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def __repr__(self) -> str:
        return repr(self._raw)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the compiled code."""
        return self._raw(*transform(args, _exported), **transform(kwargs, _exported))


def _exported(x: Any) -> Any:
    if not isinstance(x, Buffer):
        return x
    content = x.settle()
    return content if isinstance(content, Dual) else x.export()
