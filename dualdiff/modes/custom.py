"""Rules of the user's: the derivative of a function that cannot be differentiated, or not well."""

from __future__ import annotations

import inspect
from threading import Lock
from types import MethodType
from typing import Any

import numpy as np

from dualdiff.backends.arguments import describe, name_of
from dualdiff.backends.custom import UFUNC_RULES, CustomFunction, ElementwiseFunction, Function, signature_of
from dualdiff.backends.numpy.custom import call_custom
from dualdiff.backends.numpy.custom_rules import call_elementwise, has_rule, register_ufunc
from dualdiff.errors import InputError
from dualdiff.rules.declare import Expression, Rule, Unknown, zero

_definitions = Lock()


class CustomJvp(CustomFunction):
    """A function whose derivative is stated by `defjvp`; made by `custom_jvp`."""

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function; dual numbers pass through its rule."""
        return call_custom(self, args, kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    @property
    def _numba_type_(self) -> Any:
        from dualdiff.backends.numba.custom import numba_type

        return numba_type(self)  # type: ignore[no-untyped-call]

    def defjvp(self, rule: Function | None = None, /, *, vectorized: bool = False) -> Any:
        """State the derivative; to be used as a decorator.

        Parameters
        ----------
        rule : callable
            ``rule(primals, tangents)`` returns ``(value, tangent)``. ``primals`` are the arguments in the order of
            the parameters, with defaults filled in; arguments that can be given by name only come as such.
            ``tangents`` has the same nesting: for each number or array its direction, of its shape, zeros where
            it does not move; None for what is no number. The tangent of the value has the value's nesting and shapes,
            with None for what carries no derivative. It must be linear in the tangents.
        vectorized : bool
            Whether the tangents come for all directions at once, with the direction axis in front of the shape of
            each, and the rule returns its tangent so. Faster on the NumPy engine; compiled code does not use it.

        Returns
        -------
        callable
            The rule.
        """
        if rule is None:
            return lambda rule: self.defjvp(rule, vectorized=vectorized)
        _check_callable(rule, f"{self.label}.defjvp")
        with _definitions:
            self.rule, self.is_vectorized = rule, bool(vectorized)
        return rule


class Elementwise(ElementwiseFunction):
    """An elementwise function with a rule; made by `define_rule`."""

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function; dual numbers pass through its rule."""
        return call_elementwise(self, args, kwargs)

    @property
    def _numba_type_(self) -> Any:
        from dualdiff.backends.numba.custom import numba_type

        return numba_type(self)  # type: ignore[no-untyped-call]


def custom_jvp(function: Function) -> CustomJvp:
    """Let the user state the derivative of a function: of a C library, an iterative solver, a table.

    Parameters
    ----------
    function : callable
        The function, of scalars, arrays and containers of them. It is called with plain numbers only, and
        computes every value: differentiating never changes it. It must not write into its arguments.

    Returns
    -------
    CustomJvp
        To be called in place of the function; its method ``defjvp`` takes the rule.

    Raises
    ------
    NotDifferentiableError
        When called on dual numbers while no rule is stated.
    ShapeError, OutputError
        The rule returned something other than ``(value, tangent)`` with a tangent of the value's nesting and shapes.
    DroppedDerivativeError
        The function wrote into one of its arguments.

    Notes
    -----
    On the NumPy engine the rule is called once for each direction; for functions of real scalars once for each
    scalar that moves. Within the rule a call of the function at the same point costs nothing: the value is known.
    Derivatives of derivatives go through the rule itself, which must then be made of differentiable operations.

    Compiled code may call the object, too, where Numba can compile the function and the rule. There
    arguments with a derivative are scalars and arrays, results scalars, arrays and tuples of them.

    `check_derivative` tells in one line whether the rule is right.

    Examples
    --------
    The eccentric anomaly of an orbit, by Newton's method; its derivative follows from Kepler's equation itself.

    >>> import numpy as np
    >>> import dualdiff as dd
    >>> @dd.custom_jvp
    ... def anomaly(M, e):
    ...     E = M
    ...     for _ in range(50):
    ...         E = E - (E - e * np.sin(E) - M) / (1 - e * np.cos(E))
    ...     return E
    >>> @anomaly.defjvp
    ... def rule(primals, tangents):
    ...     (M, e), (dM, de) = primals, tangents
    ...     E = anomaly(M, e)
    ...     return E, (dM + np.sin(E) * de) / (1 - e * np.cos(E))
    >>> print(dd.derivative(anomaly)(1.0, 0.5).round(6))
    1.037362
    >>> bool(dd.check_derivative(anomaly, 1.0, 0.5))
    True
    """
    _check_callable(function, "custom_jvp")
    return CustomJvp(function)


def define_rule(
    function: Any,
    *first: Expression | float | None,
    second: tuple[Expression | float | None, ...] = (),
    arguments: tuple[str, ...] = (),
    kink: Expression | None = None,
) -> Any:
    """State the rule of an elementwise function, as the table of dualdiff does.

    Parameters
    ----------
    function : numpy.ufunc or callable
        A ufunc, of whatever package; or a function that works element by element, compiled or not.
    *first : callable, number or None
        For each argument the partial derivative, ``first[i](m, *x, y)``, an expression in the arguments ``x`` and
        the value ``y``. ``m`` holds the functions of NumPy under their names (``m.sin``, ``m.where``, ...), for
        whatever numbers the expression is evaluated on. A number is a constant derivative; None says that there is
        none, and the function is refused where that argument carries a derivative.
    second : tuple
        The upper triangle of the second derivatives, row by row; called like ``first``.
    arguments : tuple of str
        The names of the arguments, for messages; by default those of the parameters.
    kink : callable, optional
        ``kink(m, *x)`` is true where the derivative jumps; reported with ``kinks="warn"`` or ``"raise"``.

    Returns
    -------
    callable
        For a ufunc the ufunc itself: from now on it takes dual numbers, everywhere. For another function an object
        to be used in its place.

    Raises
    ------
    InputError
        The function has a rule in the table, or the expressions do not fit it.

    Notes
    -----
    A second definition takes the place of the first; a rule of the table cannot be replaced. For another derivative
    of such a function define the rule of a function of your own that calls it.

    Expressions do not branch: they choose by ``m.where``. An exactly zero tangent stays zero even where the
    expression gives infinity. Compiled code knows the functions of NumPy that Numba has.

    Examples
    --------
    >>> import math
    >>> import dualdiff as dd
    >>> gamma_of = dd.define_rule(math.lgamma, lambda m, x, y: m.digamma(x))
    >>> print(dd.derivative(gamma_of)(2.0).round(12))
    0.422784335098
    """
    _check_callable(function, "define_rule")
    if isinstance(function, CustomFunction):
        raise InputError(f"define_rule: {function!r} has a rule. Pass the function itself.")
    ufunc: Any = function if isinstance(function, np.ufunc) else getattr(function, "ufunc", None)
    is_ufunc = isinstance(ufunc, np.ufunc)  # that of Numba's vectorize stands within
    name = name_of(function)
    if is_ufunc:
        _check_ufunc(ufunc, name)
    count = ufunc.nin if is_ufunc else _parameter_count(function, len(first))
    if len(first) != count:
        raise InputError(
            f"define_rule: {name} has {count} argument{'s' * (count != 1)} and got {len(first)} derivatives. "
            "Pass one expression for each argument, None where there is no derivative."
        )
    triangle = count * (count + 1) // 2
    if second and len(second) != triangle:
        raise InputError(
            f"define_rule: {name} of {count} arguments has {triangle} second derivatives, got {len(second)}. "
            "Pass the upper triangle row by row, or leave it away."
        )
    rule = Rule(
        name,
        lambda m, *x: function(*x),
        tuple(_expression(d, name) for d in first),
        tuple(_expression(d, name) for d in second) or (Unknown("its second derivative is not stated"),) * triangle,
        ((-10.0, 10.0),) * count,
        module="",
        arguments=tuple(arguments) or _names_of(function, count),
        kink=kink,
        outputs=ufunc.nout if is_ufunc else 1,
    )
    elementwise = Elementwise(function, rule)
    if not is_ufunc:
        return elementwise
    with _definitions:
        if ufunc not in UFUNC_RULES and has_rule(ufunc):
            raise InputError(
                f"define_rule: {name} has a rule in the table. To state another one define the rule of a function "
                f"of your own: my_{name} = define_rule(lambda *x: {name}(*x), ...)."
            )
        register_ufunc(ufunc, elementwise)
        UFUNC_RULES[function] = UFUNC_RULES[ufunc] = elementwise
    return function


def _check_callable(function: Any, name: str) -> None:
    if not callable(function):
        raise InputError(f"{name}: the first argument is {describe(function)}. Pass a function.")


def _check_ufunc(ufunc: np.ufunc, name: str) -> None:
    """Refuse what is not elementwise on floats."""
    if ufunc.signature is not None:
        raise InputError(
            f"define_rule: {name} works on whole vectors {ufunc.signature}, not element by element. "
            "State its rule by custom_jvp."
        )
    if ufunc.types and all("O" in loop for loop in ufunc.types):
        raise InputError(
            f"define_rule: {name} makes arrays of objects, as np.frompyfunc does, which carry no derivative. "
            "Define the rule of np.vectorize(f, otypes=[float]) instead."
        )


def _expression(d: Any, name: str) -> Expression:
    """Return a derivative as an expression."""
    if d is None:
        return Unknown("its rule states no derivative in it")
    if callable(d):
        return d  # type: ignore[no-any-return]
    if isinstance(d, (int, float)):
        constant = float(d)
        return zero if constant == 0.0 else lambda m, *x: constant
    raise InputError(
        f"define_rule: a derivative of {name} is {describe(d)}. Pass a function (m, *x, y), a number, or None."
    )


def _parameter_count(function: Function, count: int) -> int:
    """Return how many arguments a function takes; ``count`` where it takes any number, or does not tell."""
    parameters = _positional(function)
    if parameters is None or any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return max(count, 1)
    return max(len(parameters), 1)


def _names_of(function: Function, count: int) -> tuple[str, ...]:
    parameters = _positional(function)
    if parameters is None or len(parameters) < count or any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return ()
    return tuple(p.name for p in parameters[:count])


def _positional(function: Function) -> list[inspect.Parameter] | None:
    signature = None if isinstance(function, np.ufunc) else signature_of(function)
    if signature is None:
        return None
    return [p for p in signature.parameters.values() if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
