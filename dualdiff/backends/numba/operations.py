"""The rule table, read into Numba: a loop over all functions, for scalars and for arrays."""

import itertools
import math
import operator

import numpy as np

from dualdiff.backends.numba.dualtype import REAL, DualType, is_dual, is_dual_array, pack, unpack
from dualdiff.backends.numba.emit import Emitted, Lanes, Namespace
from dualdiff.backends.numba.internals import (
    call_function,
    declare_function,
    errors,
    llvm,
    lower_builtin,
    overload_first,
    signature,
    supported_array_operators,
    types,
)
from dualdiff.numbers import dual
from dualdiff.rules import RULES, special

D, ANY = DualType, types.Any
BUILTINS = {"absolute": (abs,), "power": (pow,)}
PATTERNS = {1: [(D,)], 2: [(D, D), (D, ANY), (ANY, D)]}
IN_PLACE = {
    "i" + rule.operator: getattr(operator, rule.operator)
    for rule in RULES.values()
    if rule.operator and rule.arity == 2
}
ARRAY_OPERATORS = {f for f in supported_array_operators if f not in {getattr(operator, name) for name in IN_PLACE}}
COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)


def primal_type(t):
    """Return the type of the primal of a dual; other types are their own."""
    return t.dtype if is_dual(t) else t


def primal(context, builder, t, value):
    """Emit the primal of a value; others are their own."""
    return builder.extract_value(value, 0) if is_dual(t) else value


def scalar_typer(function):
    """Return a typer: the type of the plain result, as a dual where it is a float."""

    def typer(context, args):
        duals = [a for a in args if is_dual(a)]
        if not duals or not all(is_dual(a) or isinstance(a, REAL) for a in args):
            return None
        if not all(map(duals[0].fits, duals)):
            return None
        result = context.resolve_function_type(function, tuple(map(primal_type, args)), {}).return_type
        return duals[0].over(result) if isinstance(result, types.Float) else result

    return typer


def flat_typer(function):
    """Return a typer of a function without derivative: the type of the plain result."""
    smooth = scalar_typer(function)

    def typer(context, args):
        return primal_type(smooth(context, args))

    return typer


def emit_primal(context, builder, function, sig, args):
    """Emit the plain function on the primals: bit for bit what the user's own call computes."""
    plain = [primal(context, builder, t, a) for t, a in zip(sig.args, args, strict=True)]
    return call_function(context, builder, function, tuple(map(primal_type, sig.args)), plain)


def flat_lowerer(function):
    """Return a lowerer that computes the primal and drops a derivative that is zero."""

    def lower(context, builder, sig, args):
        ty, value = emit_primal(context, builder, function, sig, args)
        return context.cast(builder, value, ty, sig.return_type)

    return lower


def rule_lowerer(function, rule):
    """Return a lowerer that computes the primal, and the tangent by the rule."""

    def lower(context, builder, sig, args):
        ty, value = emit_primal(context, builder, function, sig, args)
        value = context.cast(builder, value, ty, sig.return_type.dtype)
        return push_by_rule(context, builder, rule, sig.return_type, value, sig.args, args)

    return lower


def push_by_rule(context, builder, rule, result_type, value, types_, args):
    """Emit the dual of a value that is known, with the tangent by the rule."""
    number = result_type.dtype
    y = Emitted(context, builder, number, value)
    x, tangents = [], []
    for t, a in zip(types_, args, strict=True):
        if is_dual(t):
            a = context.cast(builder, a, t, t.over(number))
            a, blocks = unpack(builder, a)
        else:
            blocks = None
            if not isinstance(a, llvm.Value):
                a = context.get_constant_generic(builder, t.literal_type, a)
            a = context.cast(builder, a, types.unliteral(t), number)
        x.append(Emitted(context, builder, number, a))
        tangents.append(blocks)
    m = Namespace(context, builder, number)
    active = [i for i, blocks in enumerate(tangents) if blocks is not None]
    partials = tuple(rule.first[i](m, *x, y) for i in active)
    result = dual.tangent(Lanes(builder, result_type.guarded), partials, tuple(tangents[i] for i in active))
    return pack(builder, context.get_value_type(result_type), y.value, result)


def plain_type(t):
    """Return the type of the primals of a dual or of an array of duals."""
    return types.Array(t.dtype.dtype, t.ndim, t.layout) if is_dual_array(t) else primal_type(t)


def with_arrays(function, typer):
    """Extend a typer of scalars to arrays; Numba's array expressions then fuse and lower them."""

    def extended(context, args):
        scalars = [a.dtype if isinstance(a, types.Array) else a for a in args]
        duals = [s for s in scalars if is_dual(s)]
        if not duals or not any(isinstance(a, types.Array) for a in args):
            return typer(context, args)
        if not all(is_dual(s) or isinstance(s, REAL) for s in scalars) or not all(map(duals[0].fits, duals)):
            return None
        plain = context.resolve_function_type(function, tuple(map(plain_type, args)), {}).return_type
        has_derivative = is_dual(typer(context, tuple(scalars)))
        return types.Array(duals[0].over(plain.dtype) if has_derivative else plain.dtype, plain.ndim, "C")

    return extended


def functions_of(rule):
    """Return the global functions that a rule describes: NumPy's, the operator, the one of ``math``."""
    found = [getattr(np, rule.name)]
    if rule.operator:
        found += [getattr(operator, rule.operator), getattr(operator, "i" + rule.operator, None)]
    found += BUILTINS.get(rule.name, ())
    if rule.math:
        found += [getattr(math, rule.math)]
    return [function for function in found if function is not None]


def float_typer(context, args):
    """Type ``float(d)``: in compiled code it keeps the derivative."""
    return args[0].over(types.float64) if len(args) == 1 and is_dual(args[0]) else None


def print_primal(context, builder, sig, args):
    """Print a dual as the plain function prints its value."""
    value = context.cast(builder, primal(context, builder, sig.args[0], args[0]), sig.args[0].dtype, types.float64)
    return context.get_function("print_item", signature(types.none, types.float64))(builder, (value,))


def fold_lowerer(function, rule):
    """Return a lowerer of ``max`` or ``min`` that joins any number of arguments two by two."""
    pair = rule_lowerer(function, rule)

    def lower(context, builder, sig, args):
        ty, value = sig.args[0], args[0]
        for other, operand in zip(sig.args[1:], args[1:], strict=True):
            if is_dual(ty) or is_dual(other):
                value = pair(context, builder, signature(sig.return_type, ty, other), (value, operand))
                ty = sig.return_type
            else:
                ty, value = call_function(context, builder, function, (ty, other), (value, operand))
        return value

    return lower


def text_typer(context, args):
    """Type ``str(d)``, lest Numba print the structure of a dual."""
    return types.unicode_type if len(args) == 1 and is_dual(args[0]) else None


def refuse_text(context, builder, sig, args):
    """Refuse ``str(d)``: the number could come back without its derivative."""
    raise errors.TypingError("a dual number would lose its derivative in str(); leave the text out of the function")


def register():
    """Teach Numba every rule of the table, the comparisons and the truth of a dual."""
    for rule in RULES.values():
        if rule.outputs > 1:
            continue
        for function in functions_of(rule):
            typer = flat_typer(function) if rule.is_flat else scalar_typer(function)
            lowerer = flat_lowerer(function) if rule.is_flat else rule_lowerer(function, rule)
            elementwise = isinstance(function, np.ufunc) or function in ARRAY_OPERATORS
            declare_function(
                function, with_arrays(function, typer) if elementwise else typer, lowerer, PATTERNS[rule.arity]
            )
    for rule in special.RULES:
        function = {"erf": math.erf, "erfc": math.erfc}.get(rule.name)  # what Numba knows, and their derivatives
        if function is not None:
            declare_function(function, scalar_typer(function), rule_lowerer(function, rule), PATTERNS[1])
    lower_builtin("print_item", DualType)(print_primal)
    declare_function(str, text_typer, refuse_text, PATTERNS[1])
    for name, plain in IN_PLACE.items():
        function = getattr(operator, name)
        overload_first(function)(in_place(plain))
        declare_function(function, store_typer, None, ())  # the pass of activity.py replaces it
    for function, name in ((max, "maximum"), (min, "minimum")):
        lowerer = fold_lowerer(function, RULES[name])
        patterns = [p for count in range(2, 6) for p in itertools.product((D, ANY), repeat=count) if D in p]
        declare_function(function, scalar_typer(function), lowerer, patterns)
    for function in COMPARISONS:
        typer = flat_typer(function)
        declare_function(function, with_arrays(function, typer), flat_lowerer(function), PATTERNS[2])
    declare_function(float, float_typer, rule_lowerer(float, RULES["positive"]), PATTERNS[1])
    for function in (bool, int, math.isnan, math.isfinite, math.isinf, np.isnan, np.isfinite, np.isinf):
        typer = flat_typer(function)
        elementwise = isinstance(function, np.ufunc)
        declare_function(
            function, with_arrays(function, typer) if elementwise else typer, flat_lowerer(function), PATTERNS[1]
        )


def store_typer(context, args):
    """Type ``plain_array += dual`` for the inference that finds the arrays to promote."""
    target, value = args
    is_plain = isinstance(target, types.Array) and not is_dual_array(target)
    return target if is_plain and (is_dual(value) or is_dual_array(value)) else None


def in_place(plain):
    """Return the overload of an in-place operator on an array of duals.

    Element by element, as Numba itself does it: where the operands overlap, that decides the value.
    """

    def overloaded(a, b):
        if not is_dual_array(a):
            return None
        if isinstance(b, types.Array):

            def with_array(a, b):
                spread = np.broadcast_to(b, a.shape)
                for index in np.ndindex(a.shape):
                    a[index] = plain(a[index], spread[index])
                return a

            return with_array

        def with_number(a, b):
            for index in np.ndindex(a.shape):
                a[index] = plain(a[index], b)
            return a

        return with_number

    return overloaded
