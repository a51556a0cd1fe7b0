"""NumPy's functions on dual arrays: importing this package registers all of them but the linear algebra."""

from dualdiff.backends.numpy.functions import (  # noqa: F401
    calculus,
    complex_parts,
    convolution,
    creation,
    cumulative,
    einsum,
    flat,
    fourier,
    higher_order,
    manipulation,
    polynomials,
    products,
    quantiles,
    reductions,
    sorting,
    statistics,
    views,
)
