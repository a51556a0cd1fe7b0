"""Where each unmodified function is differentiated."""

import numpy as np

CASES = {}


def at(*x):
    """Register the function, unchanged, with the point at which it is differentiated."""

    def register(f):
        CASES[f.__name__] = (f, np.array(x))
        return f

    return register
