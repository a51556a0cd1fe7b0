"""Who carries the numbers: NumPy protocols, and types of the Numba compiler."""
