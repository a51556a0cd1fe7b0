"""The NumPy engine: dual arrays that travel through unmodified NumPy code."""

from dualdiff.backends.numpy import (  # noqa: F401  (they complete Dual)
    buffer_methods,
    calculus,
    calling,
    complex_parts,
    complex_ufuncs,
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
    ufunc_methods,
)
from dualdiff.backends.numpy.buffers import Buffer, zeros
from dualdiff.backends.numpy.dual import Dual
from dualdiff.backends.numpy.foreign import replace_functions
from dualdiff.backends.numpy.gathering import settle
from dualdiff.backends.numpy.operators import NumpyOperator, numpy_jvp
from dualdiff.backends.numpy.rebinding import Rebinding

__all__ = ["Buffer", "Dual", "NumpyOperator", "Rebinding", "numpy_jvp", "replace_functions", "settle", "zeros"]
