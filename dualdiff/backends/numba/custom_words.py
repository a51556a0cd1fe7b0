"""The words of the code that pushes duals through a rule of the user's; each chooses its meaning by types."""

import numpy as np

from dualdiff.backends.numba.arrays import DualDtype, is_number, is_plain_array, primal_of, promoted
from dualdiff.backends.numba.dualtype import is_dual, is_dual_array, unpack
from dualdiff.backends.numba.functions import primals
from dualdiff.backends.numba.internals import (
    cgutils,
    impl_ret_borrowed,
    intrinsic,
    llvm,
    make_array,
    njit,
    overload,
    populate_array,
    types,
)


def is_active(t):
    """Whether an argument of a type carries partials."""
    return is_dual(t) or is_dual_array(t)


def as_tuple(parts):
    """Write a tuple."""
    return f"({', '.join(parts)},)" if parts else "()"


def define(name, text, **names):
    """Return the function that a text defines, with its free names bound."""
    namespace = {**VOCABULARY, **names}
    exec(text, namespace)
    return namespace[name]


def given(x):
    """Return an argument, or the default where it was left out."""


@overload(given)
def _given(x):
    if isinstance(x, types.Omitted):
        default = x.value
        return lambda x: default
    return lambda x: x


def primal(x):
    """Return the primal of an active argument, an array as a copy."""


@overload(primal)
def _primal(x):
    return (lambda x: primal_of(x)) if is_dual(x) else (lambda x: primals(x))


def still(x):
    """Return the zero tangent of a number or an array, None for anything else."""


@overload(still)
def _still(x):
    number = getattr(x, "dtype", x)
    if isinstance(number, types.Boolean) or not (is_number(x) or is_plain_array(x)):
        return lambda x: None
    number = number if isinstance(number, types.Float) else types.float64
    if isinstance(x, types.Array):
        return lambda x: np.zeros(x.shape, number)
    return lambda x: number(0)


def unit(x):
    """Return the unit tangent of a number."""


@overload(unit)
def _unit(x):
    number = types.unliteral(x)
    return lambda x: number(1)


def copied(x):
    """Return a copy of an array, a number itself."""


@overload(copied)
def _copied(x):
    return (lambda x: x.copy()) if isinstance(x, types.Array) else (lambda x: x)


def along(y, slopes, duals):
    """Return the value ``y`` with the partials of ``sum(slopes * duals)``."""


@overload(along)
def _along(y, slopes, duals):
    index = "[index]" if isinstance(y, types.Array) else ""
    total = " + ".join(f"slopes[{i}]{index} * duals[{i}]" for i in range(len(duals)))
    if not index:
        return define("impl", f"def impl(y, slopes, duals):\n    return over(y, {total})")
    lines = ["def impl(y, slopes, duals):", "out = np.empty(y.shape, dtype)", "for index in np.ndindex(y.shape):"]
    lines += [f"    out[index] = over(y[index], {total})", "return out"]
    return define("impl", "\n    ".join(lines), dtype=DualDtype(duals[0].over(y.dtype)))


@intrinsic
def over(typingctx, y, d):
    """Return the value with the partials of a dual, in the value's precision."""
    dual = d.over(y)

    def codegen(context, builder, sig, args):
        return builder.insert_value(context.cast(builder, args[1], d, dual), args[0], 0)

    return dual(y, d), codegen


@intrinsic
def moves(typingctx, d):
    """Return whether any partial of a dual is not zero."""

    def codegen(context, builder, sig, args):
        _, blocks = unpack(builder, args[0])
        found = llvm.Constant(llvm.IntType(1), 0)
        for block in blocks:
            zeros = llvm.Constant(block.type, [0.0] * block.type.count)
            bits = builder.bitcast(builder.fcmp_unordered("!=", block, zeros), llvm.IntType(block.type.count))
            found = builder.or_(found, builder.icmp_unsigned("!=", bits, bits.type(0)))
        return found

    return types.boolean(d), codegen


@intrinsic
def _lanes_of_array(typingctx, a):
    """Return a view of an array of duals as floats: the last axis holds the value and the partials."""
    dual = a.dtype
    floats = types.Array(dual.dtype, a.ndim + 1, "C" if a.layout == "C" else "A")

    def codegen(context, builder, sig, args):
        source = make_array(a)(context, builder, args[0])
        proxy = make_array(floats)(context, builder)
        itemsize = context.get_constant(types.intp, dual.dtype.bitwidth // 8)
        shape = [*cgutils.unpack_tuple(builder, source.shape), context.get_constant(types.intp, dual.lanes + 1)]
        strides = [*cgutils.unpack_tuple(builder, source.strides), itemsize]
        populate_array(
            proxy,
            data=builder.bitcast(source.data, proxy.data.type),
            shape=cgutils.pack_array(builder, shape),
            strides=cgutils.pack_array(builder, strides),
            itemsize=itemsize,
            meminfo=source.meminfo,
        )
        return impl_ret_borrowed(context, builder, floats, proxy._getvalue())

    return floats(a), codegen


def lanes(x):
    """Return the value and the partials along the last axis; those of a number as the only row."""


@overload(lanes)
def _lanes(x):
    if is_dual_array(x):
        return lambda x: _lanes_of_array(x)
    dtype = DualDtype(x)

    def number(x):
        row = np.empty(1, dtype)
        row[0] = x
        return _lanes_of_array(row)

    return number


@njit(no_cpython_wrapper=True)
def moves_in(t, lane):
    """Return whether any partial in a lane is not zero."""
    count = 0
    for partial in t[..., lane].flat:
        count += partial != 0.0
    return count > 0


def in_lane(x, t, lane):
    """Return the tangent of an argument in one lane."""


@overload(in_lane)
def _in_lane(x, t, lane):
    return (lambda x, t, lane: t[..., lane].copy()) if isinstance(x, types.Array) else (lambda x, t, lane: t[0, lane])


def without_partials(y, dtype):
    """Return an array of duals with the values of an array, or with one number."""


@overload(without_partials)
def _without_partials(y, dtype):
    if isinstance(y, types.Array):
        return lambda y, dtype: promoted(y, dtype)

    def number(y, dtype):
        row = np.empty(1, dtype)
        row[0] = y
        return row

    return number


@njit(no_cpython_wrapper=True)
def write(rows, lane, dy):
    """Write the tangent of one lane."""
    rows[..., lane] = dy


def as_value(y, out):
    """Return duals in the form of the value."""


@overload(as_value)
def _as_value(y, out):
    return (lambda y, out: out) if isinstance(y, types.Array) else (lambda y, out: out[0])


VOCABULARY = {
    "__name__": __name__,
    "along": along,
    "as_value": as_value,
    "copied": copied,
    "dd_given": given,
    "in_lane": in_lane,
    "lanes": lanes,
    "moves": moves,
    "moves_in": moves_in,
    "np": np,
    "over": over,
    "primal": primal,
    "still": still,
    "unit": unit,
    "without_partials": without_partials,
    "write": write,
}
"""The free names of the texts."""
