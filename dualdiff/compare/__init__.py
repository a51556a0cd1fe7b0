"""Is the derivative right, and is it fast? Judges that share nothing with the code they judge."""

from dualdiff.compare.clock import interleaved_medians
from dualdiff.compare.differences import (
    central_difference_jacobian,
    complex_step_jacobian,
    largest_relative_difference,
)

__all__ = [
    "central_difference_jacobian",
    "complex_step_jacobian",
    "interleaved_medians",
    "largest_relative_difference",
]
