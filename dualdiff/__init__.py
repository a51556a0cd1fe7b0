"""Forward-mode automatic differentiation for NumPy and Numba."""

from dualdiff.backends.numpy import Dual, zeros
from dualdiff.compare.check import check_derivative
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
    "value_and_derivative",
    "value_and_gradient",
    "value_and_jacobian",
    "zeros",
]
