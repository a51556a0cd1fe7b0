"""Python's operators of dual arrays: a loop over the rule table."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual, is_scalar, primal
from dualdiff.backends.numpy.kinks import report_equality
from dualdiff.backends.numpy.propagation import apply
from dualdiff.backends.numpy.ufuncs import FLAT, METHODS, RULED
from dualdiff.rules import RULES

PLAIN = (int, float, complex, np.generic, np.ndarray, list, tuple)
OPERANDS = (Dual, *PLAIN)
SYMBOLS = {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal}
SYMBOLS.update(eq=np.equal, ne=np.not_equal)


def _unary(ufunc: np.ufunc, plain: Callable[..., Any]) -> Callable[[Dual], Any]:
    rule = RULED[ufunc]

    def operate(self: Dual) -> Any:
        special = METHODS.get((ufunc, "__call__"))
        return apply(ufunc, rule, (self,), plain) if special is None else special(self)

    return operate


def _combination(ufunc: np.ufunc, plain: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Return the operator on two operands; its value is that of Python's operator, not always that of the ufunc."""
    if ufunc in FLAT:
        return lambda a, b: plain(primal(a), primal(b))
    rule = RULED[ufunc]
    if ufunc is not np.power:
        return lambda a, b: apply(ufunc, rule, (a, b), plain)

    def power(a: Any, b: Any) -> Any:
        if type(b) in (int, float) and b == 2:
            return apply(np.square, RULED[np.square], (a,), lambda a: a**b)
        return apply(ufunc, rule, (a, b), plain)

    return power


def _binary(combine: Callable[[Any, Any], Any]) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    def forward(self: Dual, other: Any) -> Any:
        return combine(self, other) if isinstance(other, OPERANDS) else NotImplemented

    def reflected(self: Dual, other: Any) -> Any:
        return combine(other, self) if isinstance(other, OPERANDS) else NotImplemented

    def in_place(self: Dual, other: Any) -> Any:
        result = forward(self, other)
        if result is NotImplemented or is_scalar(self.value):
            return result
        self[...] = result
        return self

    return forward, reflected, in_place


def _comparison(name: str) -> Callable[..., Any]:
    ufunc = SYMBOLS[name]

    def compare(self: Dual, other: Any) -> Any:
        if not isinstance(other, OPERANDS):
            return NotImplemented
        if self.tag.kinks is not None:
            report_equality(self.tag, name, primal(self), primal(other))
        return ufunc(primal(self), primal(other))

    return compare


def _divmod(self: Dual, other: Any) -> Any:
    return self // other, self % other


def _reflected_divmod(self: Dual, other: Any) -> Any:
    return other // self, other % self


def install() -> None:
    """Give `Dual` the operators that the rules name, and the comparisons."""
    for rule in RULES.values():
        if rule.operator is None:
            continue
        ufunc, plain = rule.ufunc, getattr(operator, rule.operator)
        if rule.arity == 1:
            setattr(Dual, f"__{rule.operator}__", _unary(ufunc, plain))
            continue
        for prefix, method in zip(("", "r", "i"), _binary(_combination(ufunc, plain)), strict=True):
            setattr(Dual, f"__{prefix}{rule.operator}__", method)
    for name in SYMBOLS:
        setattr(Dual, f"__{name}__", _comparison(name))
    for name, function in {"divmod": _divmod, "rdivmod": _reflected_divmod}.items():
        setattr(Dual, f"__{name}__", function)


install()
