"""Python's operators of dual arrays: a loop over the rule table."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.algebra import FastAlgebra
from dualdiff.backends.numpy.dual import Dual, Settling, check_open, is_scalar
from dualdiff.backends.numpy.fusion import fuse
from dualdiff.backends.numpy.propagation import apply, propagate
from dualdiff.backends.numpy.ufuncs import FLAT, METHODS, RULED, flat
from dualdiff.rules import RULES

PLAIN = (int, float, complex, np.generic, np.ndarray, list, tuple)
OPERANDS = (Dual, *PLAIN)
FUSED = ("add", "subtract", "multiply", "divide")
SYMBOLS = {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal}
SYMBOLS.update(eq=np.equal, ne=np.not_equal)


def _unary(ufunc: np.ufunc, plain: Callable[..., Any]) -> Callable[[Dual], Any]:
    rule = RULED[ufunc]

    def operate(self: Dual) -> Any:
        special = METHODS.get((ufunc, "__call__"))
        return apply(ufunc, rule, (self,), plain) if special is None else special(self)

    return operate


def _flat(ufunc: np.ufunc, plain: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Return an operator without derivative."""
    return lambda a, b: (
        flat(ufunc, (a, b), plain) if isinstance(a, OPERANDS) and isinstance(b, OPERANDS) else NotImplemented
    )


def _smooth(ufunc: np.ufunc, plain: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Return an operator; its value is that of Python's operator, not always that of the ufunc."""
    rule = RULED[ufunc]

    def operate(a: Any, b: Any) -> Any:
        if not (isinstance(a, OPERANDS) and isinstance(b, OPERANDS)):
            return NotImplemented
        return apply(ufunc, rule, (a, b), plain)

    return operate


def _arithmetic(ufunc: np.ufunc, plain: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Return ``+ - * /``: for the commonest operands by a shortcut to what `apply` does for all."""
    rule = RULED[ufunc]
    general = _smooth(ufunc, plain)
    both = rule.first
    only_left, only_right = both[:1], both[1:]
    fused_left, fused_right, fused_both = (fuse(rule, active, FastAlgebra) for active in ((0,), (1,), (0, 1)))

    def operate(a: Any, b: Any) -> Any:
        left, right = type(a), type(b)
        try:
            if left is Dual:
                tag = a.tag
                if tag.is_open:
                    p = a.value
                    if right is float or right is int:
                        return propagate(tag, only_left, (p, b), plain(p, b), (a.partials,), fused_left)
                    if right is Dual and b.tag is tag and tag.level:
                        q = b.value
                        return propagate(tag, both, (p, q), plain(p, q), (a.partials, b.partials), fused_both)
            elif right is Dual and (left is float or left is int):
                tag = b.tag
                if tag.is_open:
                    q = b.value
                    return propagate(tag, only_right, (a, q), plain(a, q), (b.partials,), fused_right)
        except ZeroDivisionError:  # of Python's numbers in a derivative; NumPy's give inf
            pass
        return general(a, b)

    return operate


def _power(a: Any, b: Any) -> Any:
    """Return ``a**b``; NumPy squares where the exponent is 2."""
    kind = type(b)
    if (kind is int or kind is float) and b == 2:
        if type(a) is not Dual:
            return apply(np.square, SQUARE, (a,), lambda x: x**2)
        tag = a.tag
        if not tag.is_open:
            check_open(tag)
        p = a.value
        return propagate(tag, SQUARE.first, (p,), p**2, (a.partials,), FUSED_SQUARE)
    return _general_power(a, b)


_general_power = _smooth(np.power, operator.pow)


SQUARE = RULED[np.square]
FUSED_SQUARE = fuse(SQUARE, (0,), FastAlgebra)


def _binary(operate: Callable[[Any, Any], Any]) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """Return the operator, its reflected and its in-place form."""

    def reflected(self: Dual, other: Any) -> Any:
        return operate(other, self)

    def in_place(self: Dual, other: Any) -> Any:
        if isinstance(other, Settling):
            other = other.settle()
        result = operate(self, other)
        if result is NotImplemented or is_scalar(self.value):
            return result
        self[...] = result
        return self

    return operate, reflected, in_place


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
        if ufunc in FLAT:
            operate = _flat(ufunc, plain)
        elif ufunc is np.power:
            operate = _power
        else:
            operate = (_arithmetic if rule.name in FUSED else _smooth)(ufunc, plain)
        for prefix, method in zip(("", "r", "i"), _binary(operate), strict=True):
            setattr(Dual, f"__{prefix}{rule.operator}__", method)
    for name, ufunc in SYMBOLS.items():
        setattr(Dual, f"__{name}__", _flat(ufunc, ufunc))
    for name, function in {"divmod": _divmod, "rdivmod": _reflected_divmod}.items():
        setattr(Dual, f"__{name}__", function)


install()
