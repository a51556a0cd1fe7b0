"""The options that all operators share."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """How an operator runs its function.

    Attributes
    ----------
    chunk : int or None
        Directions per pass; None chooses by memory.
    kinks : {None, "warn", "raise"}
        Whether kinks that are met are reported; None ignores them.
    holomorphic : bool
        Whether the variables are complex and the function is differentiated as a holomorphic one.
    rebind : bool
        Whether a copy of the function runs whose ``np`` and ``math`` know dual numbers.
    has_aux : bool
        Whether the function returns ``(y, aux)``, of which only ``y`` is differentiated.
    """

    chunk: int | None = None
    kinks: str | None = None
    holomorphic: bool = False
    rebind: bool = True
    has_aux: bool = False
