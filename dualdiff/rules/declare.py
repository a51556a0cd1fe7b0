"""How a derivative rule is declared.

A rule states a function's value and its partial derivatives as plain
expressions over an injected namespace ``m`` (``m.sin``, ``m.where``, ...), so
that the same lines run on NumPy arrays, on values of the code generator, on
nested duals, on mpmath numbers and on SymPy symbols. The names in ``m`` are
NumPy's. Expressions do not branch; they choose with ``m.where``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

Expression = Callable[..., Any]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Unknown:
    """A partial derivative without a closed form: where its argument is active, the function is refused.

    Attributes
    ----------
    reason : str
        Why there is none, as the second half of a sentence.
    """

    reason: str

    def __call__(self, m: Any, *arguments: Any) -> Any:
        """Refuse: the engines look for it first."""
        raise NotImplementedError(self.reason)


# irrational parts of a turn, so that the samples of several arguments do not line up
STRIDES = (0.381966, 0.236068, 0.145898, 0.557281)


def zero(m: Any, *arguments: Any) -> float:
    """Return 0: the derivative that vanishes identically."""
    return 0.0


@dataclass(frozen=True)
class Rule:
    """A function with its value and its first and second partial derivatives.

    Attributes
    ----------
    name : str
        The name of the ufunc.
    value : callable
        ``value(m, *x)``.
    first : tuple of callables
        ``first[i](m, *x, y)`` is the partial derivative in argument ``i``; ``y`` is the value.
        A function with several outputs takes the tuple ``y`` and returns a tuple. `Unknown` where there is none.
    second : tuple of callables
        The upper triangle, row by row: ``(xx,)`` or ``(aa, ab, bb)``, called like ``first``.
    domain : tuple of (low, high)
        For each argument the interval on which the derivatives are accurate to 4 ulp and sampled by the tests.
    points : tuple of tuples
        Further arguments to test: switch points of a formula and both their sides.
    operator, math : str or None
        The name in the modules ``operator`` and ``math``, where there is one.
    source : str
        Where the formula is stated.
    module : str
        The module that holds the ufunc: ``numpy`` or ``scipy.special``.
    arguments : tuple of str
        The names of the arguments, for messages.
    complex_first : tuple of callables or None
        The first derivatives at complex arguments, where those of ``first`` need real ones.
    kink : callable or None
        ``kink(m, *x)`` is true where the first derivative jumps.
    outputs : int
        Number of outputs.
    """

    name: str
    value: Expression
    first: tuple[Expression, ...]
    second: tuple[Expression, ...]
    domain: tuple[Interval, ...]
    points: tuple[tuple[float, ...], ...] = ()
    operator: str | None = None
    math: str | None = None
    source: str = ""
    module: str = "numpy"
    arguments: tuple[str, ...] = ()
    complex_first: tuple[Expression, ...] | None = None
    kink: Expression | None = None
    outputs: int = 1

    @property
    def ufunc(self) -> Any:
        """The ufunc itself; imports its module."""
        if self.module == "numpy":
            return getattr(import_module("numpy"), self.name)
        special = import_module("scipy.special")
        # those with an underscore stand behind Python functions: zeta, lambertw
        return getattr(special._ufuncs if self.name.startswith("_") else special, self.name)

    @cached_property
    def has_unknown(self) -> bool:
        """Whether there is an argument without a derivative."""
        return any(isinstance(d, Unknown) for d in self.first)

    @property
    def arity(self) -> int:
        """Number of arguments."""
        return len(self.first)

    @property
    def is_flat(self) -> bool:
        """Whether the derivative is zero wherever it is defined."""
        return all(d is zero for d in self.first)

    @property
    def is_linear(self) -> bool:
        """Whether all second derivatives vanish identically."""
        return all(d is zero for d in self.second)

    def samples(self, count: int) -> Iterator[tuple[float, ...]]:
        """Yield the extra points, then ``count`` points of the domain, spread over its magnitudes."""
        yield from self.points
        for k in range(count):
            yield tuple(
                _spread(low, high, (k * stride + 0.5) / count % 1.0)
                for (low, high), stride in zip(self.domain, (1.0, *(s * count for s in STRIDES)), strict=False)
            )


def _spread(low: float, high: float, u: float) -> float:
    """Map ``u`` in (0, 1) to (low, high): logarithmic in magnitude, down to 1e-8 on each side of zero."""
    if low > 0:
        return float(low * (high / low) ** u)
    if high <= 0:
        return -_spread(max(-high, -low * 1e-8), -low, u)
    if low == 0:
        return float(high * 1e-8 ** (1 - u))
    return _spread(0.0, high, 2 * u - 1) if u > 0.5 else -_spread(0.0, -low, 1 - 2 * u)


def unary(
    name: str,
    first: Expression,
    second: Expression = zero,
    *,
    value: Expression | None = None,
    domain: Interval = (-10.0, 10.0),
    points: tuple[float, ...] = (),
    **names: Any,
) -> Rule:
    """Declare a function of one argument; its value is ``m.<name>(x)`` unless stated."""
    return Rule(
        name,
        value or (lambda m, x: getattr(m, name)(x)),
        (first,),
        (second,),
        (domain,),
        tuple((p,) for p in points),
        **names,
    )


def binary(
    name: str,
    first: tuple[Expression, Expression],
    second: tuple[Expression, Expression, Expression] = (zero, zero, zero),
    *,
    value: Expression | None = None,
    domain: tuple[Interval, Interval] = ((-10.0, 10.0), (-10.0, 10.0)),
    points: tuple[tuple[float, float], ...] = (),
    **names: Any,
) -> Rule:
    """Declare a function of two arguments; its value is ``m.<name>(a, b)`` unless stated."""
    return Rule(name, value or (lambda m, a, b: getattr(m, name)(a, b)), first, second, domain, points, **names)


def several(
    name: str,
    first: tuple[Expression, ...],
    second: tuple[Expression, ...] | None = None,
    *,
    value: Expression | None = None,
    domain: tuple[Interval, ...] | None = None,
    points: tuple[tuple[float, ...], ...] = (),
    **names: Any,
) -> Rule:
    """Declare a function of any number of arguments; its value is ``m.<name>(*x)`` unless stated."""
    count = len(first)
    second = second or (zero,) * (count * (count + 1) // 2)
    domain = domain or ((-10.0, 10.0),) * count
    return Rule(name, value or (lambda m, *x: getattr(m, name)(*x)), first, second, domain, points, **names)


def flat(name: str, arity: int = 1, **names: Any) -> Rule:
    """Declare a function whose derivative is zero wherever it is defined."""
    return Rule(
        name,
        lambda m, *x: getattr(m, name)(*x),
        (zero,) * arity,
        (zero,) * (arity * (arity + 1) // 2),
        ((-10.0, 10.0),) * arity,
        **names,
    )
