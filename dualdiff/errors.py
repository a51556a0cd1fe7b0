"""The errors of dualdiff: each names the culprit and says what to write instead."""


class DualdiffError(Exception):
    """Base class of every error that dualdiff raises on purpose."""


class InputError(DualdiffError, TypeError):
    """A differentiation variable, or an option, is of a kind that cannot be used."""


class ShapeError(DualdiffError, ValueError):
    """A shape does not fit: a tangent, an output array, a non-scalar result."""


class OutputError(DualdiffError, TypeError):
    """The function returned something that has no derivative, such as a string."""


class NotDifferentiableError(DualdiffError, TypeError):
    """The function met an operation that has no derivative rule."""


class DroppedDerivativeError(DualdiffError, TypeError):
    """An operation would have thrown the derivative away in silence."""


class LeakedDualError(DualdiffError, RuntimeError):
    """A dual number outlived the call of the operator that made it."""


class CompilationError(DualdiffError):
    """Numba cannot compile the function for dual numbers."""


class KinkError(DualdiffError, ArithmeticError):
    """The function met a kink, and ``kinks="raise"`` was asked for."""


class WrongDerivativeError(DualdiffError, AssertionError):
    """A derivative was checked and is wrong."""


class KinkWarning(UserWarning):
    """The function met a kink, where its derivative jumps."""
