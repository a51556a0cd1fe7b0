"""The NumPy engine: dual arrays that travel through unmodified NumPy code."""

from dualdiff.backends.numpy import (  # noqa: F401  (they complete Dual)
    buffer_methods,
    complex_ufuncs,
    functions,
    linalg,
    methods,
    python_operators,
    ufunc_methods,
)
from dualdiff.backends.numpy.buffers import Buffer, zeros
from dualdiff.backends.numpy.dual import Dual
from dualdiff.backends.numpy.nested_sequences import settle
from dualdiff.backends.numpy.operators import NumpyOperator, numpy_jvp
from dualdiff.backends.numpy.rebinding.functions import Rebinding
from dualdiff.backends.numpy.rebinding.third_party import replace_functions

__all__ = ["Buffer", "Dual", "NumpyOperator", "Rebinding", "numpy_jvp", "replace_functions", "settle", "zeros"]
