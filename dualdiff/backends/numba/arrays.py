"""Arrays of duals: seeding, reading, and promotion of plain buffers."""

import numpy as np

from dualdiff.backends.numba.dualtype import DualType, pack, unpack, zero_blocks
from dualdiff.backends.numba.internals import (
    cgutils,
    errors,
    impl_ret_borrowed,
    intrinsic,
    llvm,
    lower_constant,
    make_array,
    njit,
    populate_array,
    typeof_impl,
    types,
)


class DualDtype:
    """The ``dtype`` argument that turns ``np.zeros(n)`` into an array of duals."""

    def __init__(self, dual):
        self.dual = dual


@typeof_impl.register(DualDtype)
def typeof_dual_dtype(value, context):
    """Tell Numba the type of a `DualDtype` found among the globals."""
    return types.DType(value.dual)


@lower_constant(types.DType)
def lower_dtype(context, builder, ty, value):
    """Emit nothing: a dtype lives in its type."""
    return context.get_dummy_value()


@intrinsic(prefer_literal=True)
def dual_dtype(typingctx, number, lanes, guarded):
    """Return the dtype of duals over a number's type, or over an array's element type."""
    scalar = number.dtype if isinstance(number, types.Array) else number
    if not isinstance(scalar, types.Float):
        raise errors.TypingError(f"the differentiation variable is of type {number}; pass floats: x.astype(float)")
    dtype = types.DType(DualType(scalar, lanes.literal_value, guarded.literal_value))
    return dtype(number, lanes, guarded), lambda context, *_: context.get_dummy_value()


@intrinsic
def stack_duals(typingctx, dtype):
    """Return an uninitialised array on the stack, of `DualType.stack_room` duals."""
    dual = dtype.dtype
    array = types.Array(dual, 1, "C")

    def codegen(context, builder, sig, args):
        memory = cgutils.alloca_once(builder, context.get_data_type(dual), max(dual.stack_room, 1))
        itemsize = context.get_abi_sizeof(context.get_data_type(dual))
        proxy = make_array(array)(context, builder)
        populate_array(
            proxy,
            data=memory,
            shape=cgutils.pack_array(builder, [context.get_constant(types.intp, dual.stack_room)]),
            strides=cgutils.pack_array(builder, [context.get_constant(types.intp, itemsize)]),
            itemsize=context.get_constant(types.intp, itemsize),
            meminfo=None,
        )
        return proxy._getvalue()

    return array(dtype), codegen


@intrinsic
def flattened(typingctx, a):
    """Return a C-contiguous array as one row; unlike ``reshape`` it calls nothing."""
    row = types.Array(a.dtype, 1, "C", readonly=not a.mutable)

    def codegen(context, builder, sig, args):
        source = make_array(a)(context, builder, args[0])
        proxy = make_array(row)(context, builder)
        populate_array(
            proxy,
            data=source.data,
            shape=cgutils.pack_array(builder, [source.nitems]),
            strides=cgutils.pack_array(builder, [source.itemsize]),
            itemsize=source.itemsize,
            meminfo=source.meminfo,
        )
        return impl_ret_borrowed(context, builder, row, proxy._getvalue())

    return row(a), codegen


@intrinsic
def one_hot(typingctx, dtype, primal, lane):
    """Return a dual with a unit partial at ``lane``; without partials where ``lane`` lies outside."""
    dual = dtype.dtype

    def codegen(context, builder, sig, args):
        _, primal, lane = args
        ty = context.get_value_type(dual)
        blocks, offset = [], 0
        for vector in ty.elements[1:]:
            blocks.append(_unit_vector(builder, vector, lane, offset))
            offset += vector.count
        return pack(builder, ty, primal, blocks)

    return dual(dtype, dual.dtype, types.intp), codegen


def _unit_vector(builder, vector, lane, offset):
    """Emit the comparison of every lane's number with ``lane``: no branch, no table."""
    index = llvm.VectorType(lane.type, vector.count)
    undefined = llvm.Constant(index, llvm.Undefined)
    first = builder.insert_element(undefined, lane, llvm.IntType(32)(0))
    spread = builder.shuffle_vector(
        first, undefined, llvm.Constant(llvm.VectorType(llvm.IntType(32), vector.count), [0] * vector.count)
    )
    numbers = llvm.Constant(index, [offset + i for i in range(vector.count)])
    ones, nothing = (llvm.Constant(vector, [v] * vector.count) for v in (1.0, 0.0))
    return builder.select(builder.icmp_signed("==", spread, numbers), ones, nothing)


@intrinsic
def with_tangent(typingctx, dtype, primal, tangent):
    """Return the dual of one lane with the given tangent."""
    dual = dtype.dtype

    def codegen(context, builder, sig, args):
        ty = context.get_value_type(dual)
        (zero,) = zero_blocks(ty)
        return pack(builder, ty, args[1], [builder.insert_element(zero, args[2], llvm.IntType(32)(0))])

    return dual(dtype, dual.dtype, dual.dtype), codegen


@intrinsic
def primal_of(typingctx, d):
    """Return the primal of a dual."""
    return d.dtype(d), lambda context, builder, sig, args: builder.extract_value(args[0], 0)


@intrinsic
def with_primal(typingctx, d, primal):
    """Return the dual with its primal replaced: the bits of the plain function, and our tangent."""

    def codegen(context, builder, sig, args):
        value = context.cast(builder, args[1], sig.args[1], d.dtype)
        return builder.insert_value(args[0], value, 0)

    return d(d, primal), codegen


@intrinsic
def first_partial(typingctx, d):
    """Return the partial in lane 0."""

    def codegen(context, builder, sig, args):
        return builder.extract_element(builder.extract_value(args[0], 1), llvm.IntType(32)(0))

    return d.dtype(d), codegen


@intrinsic
def store_partials(typingctx, row, start, count, d):
    """Write ``row[start : start + count] = partials of d``; whole vectors where all lanes count."""
    dual = d
    if row.dtype != dual.dtype:
        raise errors.TypingError(f"out is an array of {row.dtype}; the Jacobian needs one of {dual.dtype}")

    def codegen(context, builder, sig, args):
        array, start, count, d = args
        _, blocks = unpack(builder, d)
        data = cgutils.create_struct_proxy(row)(context, builder, array).data
        target = builder.gep(data, [start])
        full = builder.icmp_signed("==", count, count.type(dual.lanes))
        with builder.if_else(full) as (all_lanes, some_lanes):
            with all_lanes:
                _store_vectors(builder, target, blocks, dual.dtype.bitwidth // 8)
            with some_lanes:
                spill = cgutils.alloca_once(builder, blocks[0].type.element, dual.lanes)
                _store_vectors(builder, spill, blocks, dual.dtype.bitwidth // 8)
                with cgutils.for_range(builder, count) as loop:
                    builder.store(builder.load(builder.gep(spill, [loop.index])), builder.gep(target, [loop.index]))
        return context.get_dummy_value()

    return types.void(row, types.intp, types.intp, d), codegen


def _store_vectors(builder, pointer, blocks, itemsize):
    """Store the vectors one after the other, aligned like a number."""
    offset = 0
    for block in blocks:
        place = builder.gep(pointer, [llvm.IntType(64)(offset)])
        builder.store(block, builder.bitcast(place, llvm.PointerType(block.type)), align=itemsize)
        offset += block.type.count


@njit(no_cpython_wrapper=True)
def promoted(a, dtype):
    """Return a copy of an array that can hold duals."""
    copy = np.empty(a.shape, dtype)
    for index in np.ndindex(a.shape):
        copy[index] = a[index]
    return copy


def is_number(t):
    """Whether a type is that of a plain number, whose derivative is zero."""
    return isinstance(t, types.Float | types.Integer | types.Boolean)


def is_plain_array(t):
    """Whether a type is that of an array of plain numbers."""
    return isinstance(t, types.Array) and is_number(t.dtype)
