"""Ufuncs and operators of dual arrays: a loop over the rule table."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual, align, is_scalar, lay_out, make, match, primal, top_tag
from dualdiff.backends.numpy.messages import dropped, refused
from dualdiff.numbers.dual import tangent
from dualdiff.numbers.tags import Tag
from dualdiff.rules import RULES

Expressions = tuple[Callable[..., Any], ...]

RULED: dict[np.ufunc, Expressions] = {getattr(np, rule.name): rule.first for rule in RULES.values() if not rule.is_flat}
RULED[np.conjugate] = RULED[np.positive]
FLAT: frozenset[np.ufunc] = frozenset(
    [getattr(np, rule.name) for rule in RULES.values() if rule.is_flat]
    + [np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal]
    + [np.isfinite, np.isinf, np.isnan, np.signbit]
    + [np.logical_and, np.logical_or, np.logical_not, np.logical_xor]
)
WAY_OUT = "Write it with functions that have a rule (np.exp, np.sqrt, +, *, ...), see dualdiff.rules."
PLAIN = (int, float, complex, np.generic, np.ndarray, list, tuple)
OPERANDS = (Dual, *PLAIN)

# other functions that arrive as a ufunc or its reduce method; structural.py fills them in
METHODS: dict[tuple[np.ufunc, str], Callable[..., Any]] = {}


class TangentAlgebra:
    """Arithmetic of partials arrays in which a tangent that is exactly zero stays zero."""

    @staticmethod
    def scale(d: Any, t: Any) -> Any:
        """Return ``d * t``, and 0 where ``t`` is 0 even if ``d`` is infinite or undefined."""
        if type(d) is float:
            if d == 1.0:
                return t
            if d == -1.0:
                return np.negative(t)
            if d == 0.0:
                return np.zeros_like(t)
        product = np.multiply(d, t)
        return product if all_finite(d) else np.where(is_zero(t), 0.0, product)

    @staticmethod
    def add_scaled(total: Any, d: Any, t: Any) -> Any:
        """Return ``total + d * t``."""
        return np.add(total, TangentAlgebra.scale(d, t))


def all_finite(d: Any) -> bool:
    """Whether no element, on no level of nesting, is infinite or undefined."""
    if isinstance(d, float):  # np.float64 too
        return math.isfinite(d)
    if isinstance(d, np.ndarray):
        return bool(np.logical_and.reduce(np.isfinite(d), axis=None))
    if isinstance(d, Dual):
        return all_finite(d.value) and all_finite(d.partials)
    return math.isfinite(d)


def is_zero(t: Any) -> Any:
    """Where a tangent is exactly zero on all levels of nesting."""
    if isinstance(t, Dual):
        return is_zero(t.value) & np.logical_and.reduce(is_zero(t.partials), axis=0)
    return t == 0.0


def apply(ufunc: np.ufunc, first: Expressions, inputs: tuple[Any, ...], plain: Any = None) -> Any:
    """Return ``ufunc(*inputs)`` with its derivative from the expressions ``first``.

    ``plain`` is given where plain code does not compute the value by the ufunc itself.
    """
    tag = top_tag(inputs)
    primals: list[Any] = []
    active: list[int] = []
    has_number = False
    for i, x in enumerate(inputs):
        if isinstance(x, Dual):
            if x.tag is tag:
                active.append(i)
                x = x.value
        elif isinstance(x, (np.ndarray, list, tuple)):
            x = _check_plain(ufunc, x)
        elif isinstance(x, (int, float)):
            has_number = True
        primals.append(x)
    value = (plain or ufunc)(*primals)
    dtype = value.dtype
    if dtype.kind != "f":
        raise refused(
            f"{ufunc_name(ufunc)} gave a result of type {dtype}",
            "only real floating-point values carry a derivative",
            "Keep real and imaginary part in two real arrays."
            if dtype.kind == "c"
            else "Convert the plain operands to float arrays.",
        )
    if has_number:  # Python's would raise ZeroDivisionError where NumPy's give inf
        primals = [dtype.type(p) if isinstance(p, (int, float)) else p for p in primals]
    ndim = value.ndim
    tangents = tuple([align(inputs[i].partials, ndim) for i in active])
    reserve(tag, len(tangents[0]), value)
    with np.errstate(all="ignore"):
        total = tangent(TangentAlgebra, tuple([first[i](np, *primals, value) for i in active]), tangents)
    return finish(value, total, tangents, tag)


class ChunkTooLargeError(BaseException):
    """The partials of an array do not fit in the bounded memory; the pass is repeated with fewer directions.

    Not an `Exception`: the user's function must not catch it.
    """


def reserve(tag: Tag, directions: int, value: Any) -> None:
    """Refuse partials that do not fit in the memory of one pass."""
    if directions * value.size > tag.max_partials and directions > 1:
        raise ChunkTooLargeError(max(1, int(tag.max_partials // value.size)))


def finish(value: Any, total: Any, tangents: tuple[Any, ...], tag: Tag) -> Dual:
    """Make the result: partials of full shape and of the value's dtype, sharing no memory with the operands."""
    shape = (len(total), *value.shape)
    if total.shape != shape:
        total = np.broadcast_to(total, shape).copy()
    else:
        for t in tangents:
            if total is t:
                total = total.copy()
    if total.dtype != value.dtype:
        total = total.astype(value.dtype)
    return make(value, match(total, value) if isinstance(value, Dual) else lay_out(total, value), tag)


def _check_plain(ufunc: Any, x: Any) -> np.ndarray[Any, Any]:
    """Return a plain operand as an array; masked arrays and matrices have their own arithmetic."""
    array = x if isinstance(x, np.ndarray) else np.asarray(x)
    if array.__array_priority__ > 0:
        raise refused(
            f"{ufunc_name(ufunc)} of a dual number and a {type(x).__name__}",
            "its arithmetic is not that of a plain array",
            "Convert it with np.asarray(...) first.",
        )
    return array


def array_ufunc(self: Dual, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """NumPy's hook: every ufunc that meets a dual comes here."""
    out = kwargs.pop("out", None)
    name = ufunc_name(ufunc) + ("" if method == "__call__" else f".{method}")
    if not any(isinstance(x, Dual) for x in inputs):
        result = getattr(ufunc, method)(*inputs, **kwargs)
    elif method == "__call__" and ufunc in FLAT:
        result = ufunc(*(primal(x) for x in inputs), **kwargs)
    elif method == "__call__" and ufunc in RULED:
        refuse_options(name, kwargs)
        result = apply(ufunc, RULED[ufunc], inputs)
    elif (ufunc, method) in METHODS:
        result = METHODS[ufunc, method](*inputs, **kwargs)
    else:
        where = [i for i, x in enumerate(inputs) if isinstance(x, Dual)]
        raise refused(f"{name} of a dual number (argument {where[0]})", "it has no derivative rule", WAY_OUT)
    if out is None:
        return result
    return store(name, out[0], result)


def ufunc_name(ufunc: np.ufunc) -> str:
    """Return the name of a ufunc as the user writes it; those of other packages do not tell theirs."""
    name = ufunc.__name__
    return f"np.{name}" if getattr(np, name, None) is ufunc else f"the ufunc {name}"


def store(name: str, out: Any, result: Any) -> Any:
    """Write a result into the array the user gave by ``out=`` or an in-place operator."""
    if isinstance(result, Dual) and not isinstance(out, Dual):
        raise dropped(
            f"writing the result of {name} into a plain {type(out).__name__} by out= or an in-place operator",
            "Write y = y + x instead of y += x, and np.zeros_like(x) instead of np.zeros(n).",
        )
    out[...] = result
    return out


def refuse_options(name: str, options: dict[str, Any]) -> None:
    """Refuse keyword arguments whose effect on the derivative is not defined."""
    for option, setting in options.items():
        if setting is not None and setting is not np._NoValue:
            raise refused(
                f"the option {option}= of {name}",
                "it is not supported for dual numbers",
                f"Leave {option} away; for where= use np.where(condition, a, b).",
            )


# ---- Python's operators -------------------------------------------------------------------------------------------


def _unary(ufunc: np.ufunc, plain: Callable[..., Any]) -> Callable[[Dual], Any]:
    def operate(self: Dual) -> Any:
        return apply(ufunc, RULED[ufunc], (self,), plain)

    return operate


def _combination(ufunc: np.ufunc, plain: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Return the operator on two operands; its value is that of Python's operator, not always that of the ufunc."""
    if ufunc in FLAT:
        return lambda a, b: plain(primal(a), primal(b))
    first = RULED[ufunc]
    if ufunc is not np.power:
        return lambda a, b: apply(ufunc, first, (a, b), plain)

    def power(a: Any, b: Any) -> Any:
        if type(b) in (int, float) and b == 2:
            return apply(np.square, RULED[np.square], (a,), lambda a: a**b)
        return apply(ufunc, first, (a, b), plain)

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


def _comparison(ufunc: np.ufunc) -> Callable[..., Any]:
    def compare(self: Dual, other: Any) -> Any:
        return ufunc(primal(self), primal(other)) if isinstance(other, OPERANDS) else NotImplemented

    return compare


def _divmod(self: Dual, other: Any) -> Any:
    return self // other, self % other


def _reflected_divmod(self: Dual, other: Any) -> Any:
    return other // self, other % self


def _install() -> None:
    """Give `Dual` the operators that the rules name, the comparisons and NumPy's hook."""
    for rule in RULES.values():
        if rule.operator is None:
            continue
        ufunc, plain = getattr(np, rule.name), getattr(operator, rule.operator)
        if rule.arity == 1:
            setattr(Dual, f"__{rule.operator}__", _unary(ufunc, plain))
            continue
        for prefix, method in zip(("", "r", "i"), _binary(_combination(ufunc, plain)), strict=True):
            setattr(Dual, f"__{prefix}{rule.operator}__", method)
    for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"):
        ufunc = getattr(np, name)
        short = {"less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge", "equal": "eq"}
        setattr(Dual, f"__{short.get(name, 'ne')}__", _comparison(ufunc))
    for name, function in {"divmod": _divmod, "rdivmod": _reflected_divmod}.items():
        setattr(Dual, f"__{name}__", function)
    Dual.__array_ufunc__ = array_ufunc


_install()
