"""The modules ``math`` and ``cmath`` for rebound code: the same functions, which take dual numbers too."""

from __future__ import annotations

import cmath
import functools
import math
import operator
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual, Settling, make, primal
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.propagation import apply
from dualdiff.backends.numpy.ufuncs import special_rules
from dualdiff.rules import RULES
from dualdiff.rules.declare import Expression, Rule, several

FLAT = "floor ceil trunc isnan isinf isfinite isclose"
# where the name in the table is another one, or the rule does not state the name in math
NAMES = {"lgamma": "gammaln"}
SAME_NAME = "copysign degrees radians erf erfc gamma ldexp modf frexp"
NAMES.update({name: name for name in SAME_NAME.split()})
WAY_OUT = "Write it with functions of math or NumPy that have a rule, see dualdiff.rules."
INTEGERS = "It takes integers: pass the integer to the function as an argument of its own."
WAYS_OUT = {
    "factorial": "Write scipy.special.gamma(n + 1).",
    "comb": "Write dualdiff.special.comb(n, k).",
    "perm": "Write dualdiff.special.perm(n, k).",
    **dict.fromkeys(("gcd", "lcm", "isqrt"), INTEGERS),
}


def _quotient(m: Any, a: Any, y: Any) -> Any:
    """Return ``a / y`` for a norm ``y``, and 0 where that is 0."""
    is_zero = y == 0.0
    return m.where(is_zero, 0.0, a / m.where(is_zero, 1.0, y))


def _log_to_base(count: int) -> tuple[Expression, ...]:
    return (
        lambda m, x, base, y: 1.0 / (x * m.log(base)),
        lambda m, x, base, y: -y / (base * m.log(base)),
    )


def _distance(count: int) -> tuple[Expression, ...]:
    half = count // 2

    def partial(i: int) -> Expression:
        j, sign = (i, 1.0) if i < half else (i - half, -1.0)
        return lambda m, *x: sign * _quotient(m, x[j] - x[j + half], x[-1])

    return tuple(partial(i) for i in range(count))


def _product(count: int) -> tuple[Expression, ...]:
    def partial(i: int) -> Expression:
        return lambda m, *x: functools.reduce(operator.mul, [x[j] for j in range(count) if j != i], 1.0)

    return tuple(partial(i) for i in range(count))


# the derivatives of functions that are not in the table, given the number of arguments
OWN: dict[str, Callable[[int], tuple[Expression, ...]]] = {
    "log": _log_to_base,
    "hypot": lambda count: tuple(lambda m, *x, i=i: _quotient(m, x[i], x[-1]) for i in range(count)),
    "dist": _distance,
    "fsum": lambda count: (lambda m, *x: 1.0,) * count,
    "prod": _product,
    "sumprod": lambda count: tuple(lambda m, *x, i=i: x[(i + count // 2) % count] for i in range(count)),
    "remainder": lambda count: (lambda m, a, b, y: 1.0, lambda m, a, b, y: -m.rint((a - y) / b)),
    "fma": lambda count: (lambda m, a, b, c, y: b, lambda m, a, b, c, y: a, lambda m, a, b, c, y: 1.0),
}
# how many sequences a function takes
SEQUENCES = {"fsum": 1, "prod": 1, "dist": 2, "sumprod": 2}


def active(module: Any, name: str) -> Callable[..., Any]:
    """Return the function of ``math`` or ``cmath`` that takes dual numbers too."""
    plain = getattr(module, name)
    count = SEQUENCES.get(name, 0)

    @functools.wraps(plain)
    def function(*args: Any, **kwargs: Any) -> Any:
        if count:
            args = tuple(list(a) for a in args[:count]) + args[count:]
            numbers = [scalar(x) for a in args[:count] for x in a]
            if any(isinstance(x, Dual) for x in numbers):
                return of_sequences(plain, name, numbers, args, kwargs)
            return plain(*args, **kwargs)
        for x in args:
            if isinstance(x, (Dual, Settling)):
                break
        else:
            return plain(*args, **kwargs)
        args = tuple(scalar(x) for x in args)
        if not any(isinstance(x, Dual) for x in args):
            return plain(*args, **kwargs)
        if name in FLAT.split():
            return plain(*(primal(x) for x in args), **kwargs)
        if module is cmath:
            args = tuple(as_complex(x) for x in args)
        rule = find_rule(name, len(args))
        if rule is None:
            raise refused(
                f"{module.__name__}.{name} of a dual number", "it has no derivative rule", WAYS_OUT.get(name, WAY_OUT)
            )
        return apply(named(plain, module), rule, args, lambda *primals: boxed(function(*primals, **kwargs)))

    return function


def of_sequences(plain: Any, name: str, numbers: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the dual of a function of sequences, whose items are ``numbers``."""
    count = SEQUENCES[name]
    if name == "prod" and (len(args) > 1 or "start" in kwargs):
        numbers = [scalar(kwargs.get("start", args[-1])), *numbers]
    length = len(numbers) // count

    def value(*primals: Any) -> Any:
        if any(isinstance(x, Dual) for x in primals):
            return of_sequences(plain, name, list(primals), args[:count], {})
        return boxed(plain(*(primals[i * length : (i + 1) * length] for i in range(count))))

    return apply(named(plain, math), several(name, OWN[name](len(numbers))), tuple(numbers), value)


def find_rule(name: str, count: int) -> Rule | None:
    """Return the rule of a function of ``math`` for a number of arguments."""
    rule = _table().get(name)
    if rule is None and name in NAMES:
        rule = RULES.get(name) or special_rules().get(NAMES[name])
    if rule is not None and rule.arity == count:
        return rule
    return several(name, OWN[name](count)) if name in OWN else None


@functools.cache
def _table() -> dict[str, Rule]:
    return {rule.math: rule for rule in RULES.values() if rule.math is not None}


def scalar(x: Any) -> Any:
    """Return a number; of an array only if it has one element."""
    if isinstance(x, Settling):
        x = x.settle()
    if isinstance(x, Dual) and x.ndim:
        if x.size != 1:
            raise TypeError("only length-1 arrays can be converted to Python scalars")
        x = x.reshape(())[()]
    return x


def as_complex(x: Any) -> Any:
    """Return a complex number; the sign of a zero decides the side of a branch cut."""
    if isinstance(x, Dual):
        return make(as_complex(x.value), as_complex(x.partials), x.tag)
    return np.asarray(x).astype(complex)[()]


def boxed(result: Any) -> Any:
    """Return Python's numbers as NumPy's, which have a dtype."""
    if isinstance(result, tuple):
        return tuple(boxed(item) for item in result)
    return np.asarray(result)[()] if isinstance(result, (float, complex)) else result


@functools.cache
def named(plain: Any, module: Any) -> Any:
    """Return what stands for the function in messages."""
    return SimpleNamespace(__name__=f"{module.__name__}.{plain.__name__}")


def functions_of(module: Any) -> dict[str, Callable[..., Any]]:
    """Return the functions of ``math`` or ``cmath`` that take dual numbers too."""
    return {name: active(module, name) for name in dir(module) if callable(getattr(module, name)) and name[0] != "_"}
