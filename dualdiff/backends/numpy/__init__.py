"""The NumPy engine: dual arrays that travel through unmodified NumPy code."""

from dualdiff.backends.numpy import (  # noqa: F401  (they complete Dual)
    buffer_methods,
    calculus,
    calling,
    complex_parts,
    creation,
    cumulative,
    flat,
    fourier,
    linalg,
    methods,
    moving,
    polynomials,
    python_operators,
    quantiles,
    reductions,
    sorting,
    statistics,
    structural,
)
from dualdiff.backends.numpy.dual import Dual
from dualdiff.backends.numpy.operators import NumpyOperator, numpy_jvp

__all__ = ["Dual", "NumpyOperator", "numpy_jvp"]
