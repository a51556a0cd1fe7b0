"""Is a derivative right? One line to ask, for a rule of one's own, a function, or a derivative by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.arguments import check_argnums, check_engine, describe, name_of
from dualdiff.backends.trees import flatten
from dualdiff.compare.subject import Subject
from dualdiff.compare.verdict import DerivativeCheck, judged
from dualdiff.errors import InputError

Function = Callable[..., Any]


def check_derivative(
    f: Function,
    *args: Any,
    claimed: Function | None = None,
    argnums: int | tuple[int, ...] | None = None,
    engine: str = "auto",
    points: int = 3,
    directions: int = 12,
    seed: int = 0,
) -> DerivativeCheck:
    """Check the derivative of ``f`` against values of ``f`` alone.

    Parameters
    ----------
    f : callable
        The function: of any kind that `jacobian` takes, one with a rule by `custom_jvp` or `define_rule` among them.
    *args : object
        Its arguments: the point.
    claimed : callable, optional
        ``claimed(*args)`` returns the Jacobian to be checked, of shape ``f(x).shape + x.shape`` (a tuple of them
        for a tuple of ``argnums``). Without it that of `jacobian` is checked. May also be given as the
        second argument: ``check_derivative(f, claimed, x)``.
    argnums : int or tuple of int, optional
        The variables. By default all arguments that are floats, float arrays or containers of
        them; the first one where a claimed derivative is checked.
    engine : {"auto", "numpy", "numba"}
        Who differentiates ``f``.
    points : int
        How many points: the given one, and random ones within a tenth of it. There ``f`` may be undefined;
        such a point is passed over.
    directions : int
        Where there are more than 24 variables: how many random directions are checked at each point.
    seed : int
        Of the random numbers.

    Returns
    -------
    DerivativeCheck
        True where the derivative is right. Its text names the worst entry; ``raise_if_wrong()`` is for tests.

    Raises
    ------
    InputError
        There is no variable, or no derivative could be judged: ``f`` is not finite around the point.
    ShapeError
        The claimed derivative has a wrong shape.

    Notes
    -----
    The judges share nothing with the derivative: central differences with Richardson extrapolation, steps chosen by
    the measured noise of ``f`` and with a bound of their own error; and the complex step, where it agrees with them.
    Only a difference above that bound counts as wrong, so a right derivative raises no alarm; what is
    smaller goes unnoticed, and ``resolution`` says how much that is: about 1e-9 for smooth functions in double
    precision, an error by a factor of ``1 + 1e-4`` is well above it. At a kink any derivative between those of both
    sides is right. Costs about 30 evaluations of ``f`` for each direction and point.

    Sources: C. J. F. Ridders (1982), Adv. Eng. Software 4; J. J. Moré, S. M. Wild (2011), SIAM J. Sci. Comput. 33.

    Examples
    --------
    >>> import numpy as np
    >>> import dualdiff as dd
    >>> x = np.array([1.0, 2.0])
    >>> bool(dd.check_derivative(lambda x: x * np.sin(x), x))
    True
    >>> check = dd.check_derivative(lambda x: np.sum(x**3), lambda x: 3 * x, x)
    >>> bool(check), check.worst.variable, check.worst.got
    (False, 'x[1]', 6.0)
    """
    if claimed is None and args and callable(args[0]) and (argnums is None or 0 in np.atleast_1d(argnums)):
        claimed, args = args[0], args[1:]  # no variable can be called
    for function, name in ((f, "the first argument"), (claimed, "claimed")):
        if not callable(function) and function is not None:
            raise InputError(f"check_derivative: {name} is {describe(function)}. Pass a function.")
    check_engine(engine, "check_derivative")
    if argnums is None:
        argnums = 0 if claimed is not None else tuple(i for i, x in enumerate(args) if _is_variable(x))
    numbers = check_argnums(argnums, "check_derivative") if argnums != () else ()
    if not numbers or max(numbers) >= len(args) or not all(_is_variable(args[i]) for i in numbers):
        given = ", ".join(map(describe, args)) or "nothing"
        raise InputError(
            f"check_derivative: there is no variable to check {name_of(f)} in: got {given}, argnums {argnums}. "
            "Pass floats, float arrays, or containers of them."
        )
    subject = Subject(f, claimed, engine, numbers, isinstance(argnums, tuple), args)
    return judged(subject, points, directions, np.random.default_rng(seed))


def _is_variable(x: Any) -> bool:
    """Whether an argument is made of plain floats."""
    leaves: list[Any] = []
    flatten(x, leaves)
    return bool(leaves) and all(
        isinstance(leaf, float) or (isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind == "f")
        for leaf in leaves
    )
