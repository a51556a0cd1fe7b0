"""Compiled helpers in another module, as user code has them."""

import numba
import numpy as np


@numba.njit
def square_into(out, x):
    """Fill a buffer of the caller."""
    for i in range(x.size):
        out[i] = x[i] * x[i]


@numba.njit
def nested_into(out, x):
    """Fill a buffer of the caller's caller, and a view of it."""
    square_into(out, x)
    square_into(out[x.size :], x)


@numba.njit
def power(x, n):
    """Recur."""
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


@numba.njit
def table(n):
    """Return what no derivative touches."""
    t = np.zeros(n)
    for i in range(n):
        t[i] = i * i
    return t


@numba.njit
def own_buffer(x):
    """Return a fresh buffer and a number."""
    y = np.zeros(2)
    y[1] = x[0] * x[1]
    return y, x[1], 3


@numba.njit
def read(t, i):
    """Read a table."""
    return t[i]
