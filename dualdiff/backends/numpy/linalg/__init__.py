"""Linear algebra on dual arrays: importing this package registers all of ``numpy.linalg``."""

from dualdiff.backends.numpy.linalg import (  # noqa: F401
    factorizations,
    least_squares,
    norms,
    spectra,
    systems,
)
