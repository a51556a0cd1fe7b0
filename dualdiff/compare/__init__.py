"""Is the derivative right, and is it fast? Judges that share nothing with the code they judge."""

from dualdiff.compare.check import check_derivative
from dualdiff.compare.clock import interleaved_medians
from dualdiff.compare.differences import (
    central_difference_jacobian,
    complex_step_jacobian,
    largest_relative_difference,
)
from dualdiff.compare.verdict import DerivativeCheck

__all__ = [
    "DerivativeCheck",
    "central_difference_jacobian",
    "check_derivative",
    "complex_step_jacobian",
    "interleaved_medians",
    "largest_relative_difference",
]
