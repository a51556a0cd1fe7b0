"""How a rule is applied to dual arrays: the value by the plain function, the partials by the chain rule."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from dualdiff.backends.numpy.algebra import FastAlgebra, M, TangentAlgebra
from dualdiff.backends.numpy.diagonal import DiagonalDual, added, elementwise, is_diagonal
from dualdiff.backends.numpy.dual import Dual, align, lay_out, make, match, primal, top_tag
from dualdiff.backends.numpy.kinks import report_kinks
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.quiet import restore, silence
from dualdiff.numbers.dual import tangent
from dualdiff.numbers.tags import Tag
from dualdiff.rules.declare import Expression, Rule, Unknown, zero

# ufuncs of scipy.special behind Python functions
BEHIND = {"_zeta": "zeta", "_riemann_zeta": "zeta", "_lambertw": "lambertw"}
NUMBERS = (int, float, complex)
NEW = object.__new__
ALGEBRAS = (FastAlgebra, TangentAlgebra)


def apply(ufunc: Any, rule: Rule, inputs: tuple[Any, ...], plain: Any = None) -> Any:
    """Return ``ufunc(*inputs)`` with its derivative by the rule.

    ``plain`` is given where plain code does not compute the value by the ufunc itself.
    """
    tag = top_tag(inputs)
    primals: list[Any] = []
    active: list[int] = []
    duals: list[Any] = []
    has_number = has_diagonal = False
    for i, x in enumerate(inputs):
        if isinstance(x, Dual):
            if x.tag is tag:
                active.append(i)
                duals.append(x)
                if type(x) is DiagonalDual:
                    has_diagonal = True
                x = x.value
        elif isinstance(x, NUMBERS):
            has_number = True
        elif isinstance(x, (np.ndarray, list, tuple)):
            x = check_plain(ufunc, x)
        primals.append(x)
    value = (plain or ufunc)(*primals)
    if type(value) is complex:  # of Python's complex and a scalar
        value = np.complex128(value)
    if rule.has_unknown:
        check_known(ufunc, rule, active)
    if rule.outputs > 1:
        return several(ufunc, rule, tag, primals, active, [x.partials for x in duals], value)
    dtype = value.dtype
    # Python's would raise ZeroDivisionError where NumPy's give inf; ldexp takes whole numbers only
    if has_number and dtype.kind in "fc" and rule.name != "ldexp":
        real = type(dtype.type().real)  # a real number beside complex ones, such as an order, stays real
        primals = [(dtype.type if type(p) is complex else real)(p) if type(p) in NUMBERS else p for p in primals]
    first = rule.first
    if dtype.kind != "f" or rule.complex_first is not None:
        first = _first_of(ufunc, rule, active, primals, value)
    if tag.kinks is not None and rule.kink is not None:
        report_kinks(tag, name_of_ufunc(ufunc), rule.kink, *map(primal, primals))
    expressions = [first[i] for i in active]
    # of one argument: those of several have second derivatives that are NaN where some parameters are singular
    if rule.module != "numpy" and rule.arity == 1 and isinstance(ufunc, np.ufunc) and dtype.kind == "f":
        for p in primals:
            if isinstance(p, Dual):
                expressions = [by_second(rule)]
                break
    if rule.module != "numpy" and dtype.char in "efF":
        expressions = in_double(expressions, plain or ufunc, primals)
    if has_diagonal:
        return propagate_diagonals(tag, expressions, primals, value, duals)
    return propagate(tag, expressions, primals, value, [x.partials for x in duals])


def by_second(rule: Rule) -> Expression:
    """Return the derivative of a function of one argument, whose own derivative is the second one of the rule.

    To differentiate its expression would lose digits where a formula of its own for the second derivative keeps them.
    """

    def slope(m: Any, x: Any, y: Any) -> Any:
        if not isinstance(x, Dual) or rule.second[0] is zero:
            return rule.first[0](m, x, y)
        tag = x.tag
        y = y.value if isinstance(y, Dual) and y.tag is tag else y
        value = slope(m, x.value, y)
        if np.shape(value) != y.shape or not hasattr(value, "dtype"):
            value = np.broadcast_to(value, y.shape)[()]
        return propagate(tag, (lambda m, x, _: rule.second[0](m, x, y),), (x.value,), value, (x.partials,))

    return slope


def in_double(expressions: Any, function: Any, primals: list[Any]) -> list[Expression]:
    """Return the derivatives of a special function as numbers, computed in double precision as SciPy does."""
    doubles = [
        p.astype(np.result_type(p.dtype, float))
        if isinstance(p, (np.ndarray, np.generic, Dual)) and p.dtype.kind in "fc"
        else p
        for p in primals
    ]
    token = silence()
    try:
        y = function(*doubles)
    finally:
        restore(token)
    return [lambda m, *x, d=d: d(m, *doubles, y) for d in expressions]


def propagate_diagonals(tag: Tag, expressions: Any, primals: Any, value: Any, duals: list[Any]) -> Dual:
    """Return the dual of a value, as `propagate` does; diagonal partials of some arguments need not be made."""
    algebra = ALGEBRAS[tag.is_guarded]
    token = silence()
    try:
        result = elementwise(
            value, duals, lambda weights: tangent(algebra, [d(M, *primals, value) for d in expressions], weights)
        )
    finally:
        restore(token)
    if result is not None:
        return result
    made = [not (is_diagonal(x) and type(value) is np.ndarray and x.value.shape == value.shape) for x in duals]
    if not any(made):
        made[0] = True
    result = propagate(
        tag,
        [d for d, is_made in zip(expressions, made, strict=True) if is_made],
        primals,
        value,
        [x.partials for x, is_made in zip(duals, made, strict=True) if is_made],
    )
    token = silence()
    try:
        for d, x, is_made in zip(expressions, duals, made, strict=True):
            if not is_made:
                added(result.partials, x, d(M, *primals, value))
    finally:
        restore(token)
    return result


def propagate(tag: Tag, expressions: Any, primals: Any, value: Any, tangents: Any, fused: Any = None) -> Dual:
    """Return the dual of a value: the expressions give its derivatives in the arguments that have tangents.

    ``fused`` is the same chain rule in one function, where there is one, for tangents of the value's shape
    and without guards.
    """
    if fused is not None and not tag.is_guarded:
        t = tangents[0]
        if t.shape[1:] == value.shape and (len(tangents) == 1 or t.shape == tangents[1].shape):
            token = silence()
            try:
                total = fused(*primals, value, *tangents)
            finally:
                restore(token)
            if total.ndim > 2 or total.dtype is not value.dtype or isinstance(value, Dual):
                return finish(value, total, (), tag)
            dual: Dual = NEW(Dual)
            dual.value = value
            dual.partials = total
            dual.tag = tag
            return dual
    ndim = value.ndim + 1
    directions = len(tangents[0])
    if directions * value.size > tag.max_partials:
        reserve(tag, directions, value)
    for t in tangents:
        if t.ndim != ndim:
            tangents = [align(t, ndim - 1) for t in tangents]
            break
    token = silence()
    try:
        partials = [d(M, *primals, value) for d in expressions]
        total = tangent(ALGEBRAS[tag.is_guarded], partials, tangents)
    finally:
        restore(token)
    return finish(value, total, tangents, tag)


def several(ufunc: Any, rule: Rule, tag: Tag, primals: Any, active: Any, tangents: Any, values: Any) -> Any:
    """Return the duals of all outputs of a function; an output whose derivative is zero stays plain."""
    if tag.kinks is not None and rule.kink is not None:
        report_kinks(tag, name_of_ufunc(ufunc), rule.kink, *map(primal, primals))
    first = rule.first if rule.complex_first is None else _first_of(ufunc, rule, active, primals, values[0])
    token = silence()
    try:
        slopes = [first[i](M, *primals, values) for i in active]
    finally:
        restore(token)
    results = []
    for output, value in enumerate(values):
        partials = [slope[output] for slope in slopes]
        if all(type(d) is float and d == 0.0 for d in partials):
            results.append(primal(value))
        else:
            constants = [lambda *x, d=d: d for d in partials]
            results.append(propagate(tag, constants, primals, value, list(tangents)))
    return tuple(results)


def _first_of(ufunc: Any, rule: Rule, active: list[int], primals: Any, value: Any) -> tuple[Expression, ...]:
    """Return the derivatives for complex numbers where there are any; refuse integers."""
    if value.dtype.kind not in "fc":
        raise refused(
            f"{name_of_ufunc(ufunc)} gave a result of type {value.dtype}",
            "only floating-point values carry a derivative",
            "Convert the plain operands to float arrays.",
        )
    if rule.complex_first is not None and any(np.iscomplexobj(primal(p)) for p in primals):
        check_known(ufunc, rule, active, rule.complex_first)
        return rule.complex_first
    return rule.first


def check_known(ufunc: Any, rule: Rule, active: list[int], first: tuple[Expression, ...] | None = None) -> None:
    """Refuse an active argument in which the function has no derivative."""
    for i in active:
        d = (first or rule.first)[i]
        if isinstance(d, Unknown):
            name = rule.arguments[i] if rule.arguments else str(i)
            raise refused(
                f"{name_of_ufunc(ufunc)} with a dual number as its argument {name}",
                d.reason,
                f"Keep {name} out of the differentiation variables, or state the rule by dualdiff.custom_jvp.",
            )


class ChunkTooLargeError(BaseException):
    """The partials of an array do not fit in the bounded memory; the pass is repeated with fewer directions.

    Not an `Exception`: the user's function must not catch it.
    """


def reserve(tag: Tag, directions: int, value: Any) -> None:
    """Refuse partials that do not fit in the memory of one pass."""
    if directions * value.size > tag.max_partials and directions > 1:
        raise ChunkTooLargeError(max(1, int(tag.max_partials // value.size)))


def finish(value: Any, total: Any, tangents: Any, tag: Tag) -> Dual:
    """Make the result: partials of full shape and of the value's dtype, sharing no memory with the operands."""
    if total.shape[1:] != value.shape:
        total = np.broadcast_to(total, (len(total), *value.shape)).copy()
    else:
        for t in tangents:
            if total is t:
                total = total.copy()
    if total.dtype is not value.dtype and total.dtype != value.dtype:
        total = total.astype(value.dtype)
    if isinstance(value, Dual):
        total = match(total, value)
    if total.ndim > 2:
        total = lay_out(total, value)
    return make(value, total, tag)


def check_plain(ufunc: Any, x: Any) -> np.ndarray[Any, Any]:
    """Return a plain operand as an array; masked arrays and matrices have their own arithmetic."""
    array = x if isinstance(x, np.ndarray) else np.asarray(x)
    if array.__array_priority__ > 0:
        raise refused(
            f"{name_of_ufunc(ufunc)} of a dual number and a {type(x).__name__}",
            "its arithmetic is not that of a plain array",
            "Convert it with np.asarray(...) first.",
        )
    return array


def name_of_ufunc(ufunc: Any) -> str:
    """Return the name of a ufunc as the user writes it; those of other packages do not tell theirs."""
    name = ufunc.__name__
    if getattr(np, name, None) is ufunc:
        return f"np.{name}"
    special = sys.modules.get("scipy.special")
    if getattr(special, name, None) is ufunc:
        return f"scipy.special.{name}"
    behind = BEHIND.get(name)
    return f"the function {name}" if behind is None or special is None else f"scipy.special.{behind}"
