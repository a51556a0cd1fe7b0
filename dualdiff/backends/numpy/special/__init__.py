"""SciPy's special functions that are Python functions, of duals: ufuncs need no form of their own."""
