"""Numbers of the code generator: rules evaluated on them emit the code of their derivatives.

A rule is a Python expression over ``m`` and its arguments. Evaluated on `Emitted`
numbers it writes LLVM instructions, so that the one rule table serves compiled code
without a function to type and compile for every derivative.
"""

import math

import numpy as np

from dualdiff.backends.numba.dualtype import splat
from dualdiff.backends.numba.internals import call_function, llvm

# NumPy's names of functions that Numba knows from the module math: shorter code than its ufuncs
FROM_MATH = {
    "arccos": math.acos,
    "arccosh": math.acosh,
    "arcsin": math.asin,
    "arcsinh": math.asinh,
    "arctan": math.atan,
    "arctan2": math.atan2,
    "arctanh": math.atanh,
    **{
        name: getattr(math, name)
        for name in ("cos", "cosh", "exp", "expm1", "hypot", "log", "log1p", "sin", "sinh", "sqrt", "tan", "tanh")
    },
}


class Emitted:
    """A number of the code generator, of Numba type ``ty``; or the result of a comparison."""

    def __init__(self, context, builder, ty, value):
        self.context, self.builder, self.ty, self.value = context, builder, ty, value

    def _make(self, value):
        return Emitted(self.context, self.builder, self.ty, value)

    def _other(self, other):
        return other.value if isinstance(other, Emitted) else llvm.Constant(self.value.type, float(other))

    def _binary(self, instruction, other):
        return self._make(getattr(self.builder, instruction)(self.value, self._other(other)))

    def _reflected(self, instruction, other):
        return self._make(getattr(self.builder, instruction)(self._other(other), self.value))

    def _compare(self, relation, other):
        # NaN is unequal to everything, itself included
        order = self.builder.fcmp_unordered if relation == "!=" else self.builder.fcmp_ordered
        return self._make(order(relation, self.value, self._other(other)))

    def __add__(self, other):
        return self._binary("fadd", other)

    def __sub__(self, other):
        return self._binary("fsub", other)

    def __mul__(self, other):
        return self._binary("fmul", other)

    def __truediv__(self, other):
        return self._binary("fdiv", other)

    def __radd__(self, other):
        return self._reflected("fadd", other)

    def __rsub__(self, other):
        return self._reflected("fsub", other)

    def __rmul__(self, other):
        return self._reflected("fmul", other)

    def __rtruediv__(self, other):
        return self._reflected("fdiv", other)

    def __neg__(self):
        return self._make(self.builder.fneg(self.value))

    def __pow__(self, exponent):
        return Namespace(self.context, self.builder, self.ty).power(self, exponent)

    def __lt__(self, other):
        return self._compare("<", other)

    def __gt__(self, other):
        return self._compare(">", other)

    def __le__(self, other):
        return self._compare("<=", other)

    def __ge__(self, other):
        return self._compare(">=", other)

    def __eq__(self, other):
        return self._compare("==", other)

    def __ne__(self, other):
        return self._compare("!=", other)

    def __and__(self, other):
        return self._binary("and_", other)

    def __or__(self, other):
        return self._binary("or_", other)

    def __rpow__(self, base):
        return Namespace(self.context, self.builder, self.ty).power(base, self)

    def __abs__(self):
        return Namespace(self.context, self.builder, self.ty).absolute(self)

    def emit_call(self, function, arguments):
        """Emit a call of another function of the user's, which a rule names."""
        return Namespace(self.context, self.builder, self.ty).call(function, arguments)

    __hash__ = None


class Namespace:
    """The namespace ``m`` of the rules: NumPy's names, each emitting a call on numbers of one type."""

    def __init__(self, context, builder, ty):
        self.context, self.builder, self.ty = context, builder, ty

    def __getattr__(self, name):
        function = math.pow if name == "power" else FROM_MATH.get(name) or getattr(np, name)

        return lambda *arguments: self.call(function, arguments)

    def call(self, function, arguments):
        """Emit a call of a function on numbers of the one type."""
        values = [self._value(a) for a in arguments]
        result, value = call_function(self.context, self.builder, function, (self.ty,) * len(values), values)
        return self._make(self.context.cast(self.builder, value, result, self.ty))

    def _make(self, value):
        return Emitted(self.context, self.builder, self.ty, value)

    def _value(self, a):
        return a.value if isinstance(a, Emitted) else llvm.Constant(self.context.get_value_type(self.ty), float(a))

    def where(self, condition, a, b):
        """Choose without a branch."""
        return self._make(self.builder.select(condition.value, self._value(a), self._value(b)))


class Lanes:
    """The arithmetic of tangents: vectors of partials.

    Multiplications may be fused with additions (``contract``) and sums reordered (``reassoc``);
    the primal is computed elsewhere and keeps its bits.

    That ``d * 0 = 0`` for every ``d`` costs a comparison and a selection for each product, half the
    speed of a tight loop. So the first attempt goes without. An undefined ``inf * 0`` is a NaN that
    no later operation removes: only where one arrives in the result is the derivative computed again
    with ``guarded`` numbers.
    """

    FLAGS = ("contract", "reassoc", "nsz")

    def __init__(self, builder, guarded):
        self.builder, self.guarded = builder, guarded

    def scale(self, d, blocks):
        """Return ``d * t``."""
        return self._product(d, blocks, None)

    def add_scaled(self, total, d, blocks):
        """Return ``total + d * t``."""
        return self._product(d, blocks, total)

    def _product(self, d, blocks, total):
        b = self.builder
        if not isinstance(d, Emitted):
            if d == 0.0:
                return total or [llvm.Constant(t.type, [0.0] * t.type.count) for t in blocks]
            if abs(d) == 1.0:
                if total is None:
                    return blocks if d > 0 else [b.fneg(t) for t in blocks]
                join = b.fadd if d > 0 else b.fsub
                return [join(s, t, flags=self.FLAGS) for s, t in zip(total, blocks, strict=True)]
            factor = llvm.Constant(blocks[0].type.element, float(d))
        else:
            factor = d.value
        products = [b.fmul(splat(b, factor, t.type.count), t, flags=self.FLAGS) for t in blocks]
        if self.guarded:
            nothing = [llvm.Constant(t.type, [0.0] * t.type.count) for t in blocks]
            products = [
                b.select(b.fcmp_ordered("==", t, zero), zero, product)
                for t, zero, product in zip(blocks, nothing, products, strict=True)
            ]
        if total is None:
            return products
        return [b.fadd(s, product, flags=self.FLAGS) for s, product in zip(total, products, strict=True)]
