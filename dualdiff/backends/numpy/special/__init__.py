"""SciPy's special functions that are Python functions, of duals: ufuncs need no form of their own."""

from typing import Any


def plain(name: str) -> Any:
    """Return a function of `scipy.special`."""
    from scipy import special

    return getattr(special, name)
