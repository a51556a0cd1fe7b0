"""Forward-mode automatic differentiation for NumPy and Numba."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dualdiff.backends.numpy import Dual, zeros
from dualdiff.errors import (
    CompilationError,
    DroppedDerivativeError,
    DualdiffError,
    InputError,
    KinkError,
    KinkWarning,
    LeakedDualError,
    NotDifferentiableError,
    OutputError,
    ShapeError,
    WrongDerivativeError,
)
from dualdiff.modes.custom import custom_jvp, define_rule
from dualdiff.modes.forward import derivative, jvp, value_and_derivative
from dualdiff.modes.jacobian import gradient, jacobian, value_and_gradient, value_and_jacobian

if TYPE_CHECKING:
    from dualdiff import linalg, special
    from dualdiff.compare.check import check_derivative

__version__ = "0.1.0"

__all__ = [
    "CompilationError",
    "DroppedDerivativeError",
    "Dual",
    "DualdiffError",
    "InputError",
    "KinkError",
    "KinkWarning",
    "LeakedDualError",
    "NotDifferentiableError",
    "OutputError",
    "ShapeError",
    "WrongDerivativeError",
    "__version__",
    "check_derivative",
    "custom_jvp",
    "define_rule",
    "derivative",
    "gradient",
    "jacobian",
    "jvp",
    "linalg",
    "special",
    "value_and_derivative",
    "value_and_gradient",
    "value_and_jacobian",
    "zeros",
]


def __getattr__(name: str) -> Any:
    """Load what a program may never ask for when it does."""
    if name == "check_derivative":
        return import_module("dualdiff.compare.check").check_derivative
    if name == "linalg":
        return import_module("dualdiff.linalg")
    if name == "special":
        return import_module("dualdiff.special")
    raise AttributeError(f"module 'dualdiff' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
