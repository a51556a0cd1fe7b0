"""NumPy's linear algebra on dual arrays: importing this file registers all of it."""

from dualdiff.backends.numpy import (  # noqa: F401
    convolution,
    einsum,
    factorizations,
    least_squares,
    norms,
    products,
    spectra,
    systems,
)
