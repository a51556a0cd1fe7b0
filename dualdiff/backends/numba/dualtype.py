"""The compiled dual number: a value, and its partials in SIMD vectors.

A ``DualType(dtype, lanes)`` is the packed structure ``{value, vector, vector, ...}``,
alike in registers and in memory, where it takes ``lanes + 1`` numbers. The lanes are
cut into vectors of 8, 4, 2 and 1, so that any number of them is exact and none is wasted:
LLVM treats vectors of other widths several times slower.
"""

from dualdiff.backends.numba.internals import (
    Conversion,
    DualModelBase,
    accept_scalars,
    llvm,
    lower_cast,
    register_model,
    types,
)

REAL = (types.Float, types.Integer, types.Boolean)


class DualType(types.Type):
    """The Numba type of a dual number with ``lanes`` partials of type ``dtype``.

    Products of ``guarded`` numbers keep a zero tangent zero even where the derivative is infinite.
    """

    is_internal = True  # lets array expressions with dual scalars be fused

    def __init__(self, dtype, lanes, guarded=False):
        self.dtype, self.lanes, self.guarded = dtype, lanes, guarded
        super().__init__(name=f"{'Guarded' * guarded}Dual({dtype}, {lanes})")

    @property
    def key(self):
        """What makes two of these types equal."""
        return self.dtype, self.lanes, self.guarded

    @property
    def stack_room(self):
        """How many of these duals an array on the stack holds: one chunk of them, up to 64 KiB."""
        return min(self.lanes, 65536 // (self.dtype.bitwidth // 8 * (self.lanes + 1)))

    def over(self, dtype):
        """Return the same dual over another type of number."""
        return DualType(dtype, self.lanes, self.guarded)

    def fits(self, other):
        """Whether another type is that of a dual with the same partials."""
        return isinstance(other, DualType) and other.over(self.dtype) == self

    @property
    def blocks(self):
        """The widths of the vectors that hold the lanes."""
        rest, widths = self.lanes, []
        for width in (8, 4, 2, 1):
            widths += [width] * (rest // width)
            rest %= width
        return widths

    def cast_python_value(self, args):
        """Return a constant that stands for a dual: Numba starts sums and products with ``dtype(0)``."""
        return float(args)

    def can_convert_from(self, typingctx, other):
        """Tell Numba that numbers become duals without partials."""
        if isinstance(other, REAL):
            return Conversion.safe
        if self.fits(other):
            return typingctx.can_convert(other.dtype, self.dtype)
        return None

    def unify(self, typingctx, other):
        """Return the type of a variable that holds now a number and now a dual, as ``s = 0.0; s += x`` does."""
        if self.fits(other) or isinstance(other, REAL):
            return self.over(typingctx.unify_types(self.dtype, getattr(other, "dtype", other)))
        return None


accept_scalars(DualType)


def is_dual(t):
    """Whether a Numba type is that of a dual number."""
    return isinstance(t, DualType)


def is_dual_array(t):
    """Whether a Numba type is that of an array of dual numbers."""
    return isinstance(t, types.Array) and is_dual(t.dtype)


@register_model(DualType)
class DualModel(DualModelBase):
    """``{value, vectors of partials}``, without padding."""

    def __init__(self, dmm, fe_type):
        number = dmm[fe_type.dtype].get_value_type()
        vectors = [llvm.VectorType(number, width) for width in fe_type.blocks]
        super().__init__(dmm, fe_type, llvm.LiteralStructType([number, *vectors], packed=True))


def unpack(builder, value):
    """Return the primal and the list of vectors of a dual."""
    primal, *blocks = (builder.extract_value(value, i) for i in range(len(value.type.elements)))
    return primal, blocks


def pack(builder, ty, primal, blocks):
    """Make a dual of LLVM type ``ty``."""
    dual = llvm.Constant(ty, llvm.Undefined)
    for i, part in enumerate([primal, *blocks]):
        dual = builder.insert_value(dual, part, i)
    return dual


def zero_blocks(ty):
    """Return the vectors of a dual that depends on nothing."""
    return [llvm.Constant(t, [0.0] * t.count) for t in ty.elements[1:]]


def splat(builder, scalar, count):
    """Fill a vector with one number."""
    undefined = llvm.Constant(llvm.VectorType(scalar.type, count), llvm.Undefined)
    first = builder.insert_element(undefined, scalar, llvm.IntType(32)(0))
    return builder.shuffle_vector(
        first, undefined, llvm.Constant(llvm.VectorType(llvm.IntType(32), count), [0] * count)
    )


@lower_cast(types.Float, DualType)
@lower_cast(types.Integer, DualType)
@lower_cast(types.Boolean, DualType)
def constant_to_dual(context, builder, fromty, toty, value):
    """Promote a number to a dual without partials."""
    ty = context.get_value_type(toty)
    return pack(builder, ty, context.cast(builder, value, fromty, toty.dtype), zero_blocks(ty))


@lower_cast(DualType, DualType)
def dual_to_dual(context, builder, fromty, toty, value):
    """Widen float32 to float64, primal and partials alike."""
    if fromty == toty:
        return value
    ty = context.get_value_type(toty)
    primal, blocks = unpack(builder, value)
    convert = builder.fpext if toty.dtype.bitwidth > fromty.dtype.bitwidth else builder.fptrunc
    blocks = [convert(b, t) for b, t in zip(blocks, ty.elements[1:], strict=True)]
    return pack(builder, ty, convert(primal, ty.elements[0]), blocks)
