"""Functions whose derivative the user states: what they are, before any engine runs them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from dualdiff.backends.arguments import name_of, plain_function
from dualdiff.rules.declare import Rule

Function = Callable[..., Any]


class CustomFunction:
    """A function and the rule of its derivative; the engines read both.

    Attributes
    ----------
    function : callable
        The function itself: it computes every value.
    rule : object
        How it is differentiated; None where that is not stated yet.
    is_vectorized : bool
        Whether the rule takes the tangents of all directions at once.
    """

    rule: Any = None
    is_vectorized = False
    kind = "custom_jvp"

    def __init__(self, function: Function) -> None:
        self.label = self.__name__ = name_of(function)
        wrapper: Any = self
        functools.update_wrapper(wrapper, function, updated=())
        self.function = function
        self.signature = signature_of(function)
        self.compiled: dict[Any, Any] = {}  # what the Numba engine has made of it

    @property
    def reached(self) -> tuple[Any, ...]:
        """All that decides the derivative; compiled code is stale where one of them has changed."""
        return self.function, self.rule

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function; the public classes let dual numbers pass through its rule."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{self.kind} {self.label}>"

    def __reduce__(self) -> str:
        return getattr(self, "__qualname__", self.label)  # by its name, like any function

    def positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments in the order of the parameters, defaults included, and those that have only a name."""
        if self.signature is None:
            return args, kwargs
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.args, bound.kwargs

    def parameter(self, i: int) -> str:
        """Return the name of a parameter, or its number where it has none."""
        names = list(self.signature.parameters) if self.signature is not None else []
        return names[i] if i < len(names) else str(i)


class ElementwiseFunction(CustomFunction):
    """An elementwise function whose rule is stated by expressions, like those of the table."""

    kind = "define_rule"
    rule: Rule

    def __init__(self, function: Function, rule: Rule) -> None:
        super().__init__(function)
        self.rule = rule

    @property
    def reached(self) -> tuple[Any, ...]:
        """All that decides the derivative."""
        return self.function, *self.rule.first


def signature_of(function: Function) -> inspect.Signature | None:
    """Return the signature of a function; None where it does not tell."""
    try:
        return inspect.signature(plain_function(function))
    except (TypeError, ValueError):
        return None


UFUNC_RULES: dict[Any, ElementwiseFunction] = {}
"""The ufuncs to which users have given a rule."""


def stand_in(value: Any) -> Any:
    """Return what carries the derivative of a value found in the user's code: the ruled form of a ufunc, or itself."""
    try:
        return UFUNC_RULES.get(value, value)
    except TypeError:  # not hashable
        return value
