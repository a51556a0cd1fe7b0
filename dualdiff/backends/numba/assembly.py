"""Assembly of derivatives in compiled code, chunk by chunk.

The functions below are placeholders in plain Python; their meaning in compiled
code, chosen by the types of the arguments, is given by the overloads.
"""

import numpy as np

from dualdiff.backends.numba.arrays import (
    dual_dtype,
    first_partial,
    flattened,
    is_number,
    is_plain_array,
    one_hot,
    stack_duals,
    store_partials,
    with_tangent,
)
from dualdiff.backends.numba.dualtype import is_dual, is_dual_array
from dualdiff.backends.numba.functions import map_result, primals, refuse_output
from dualdiff.backends.numba.internals import errors, overload, types
from dualdiff.errors import ShapeError


def flat_view(a):
    """Return the elements of an array in C order as one row."""


@overload(flat_view)
def _flat_view(a):
    if a.ndim == 1 and a.layout == "C":
        return lambda a: a
    if a.layout == "C":
        return lambda a: flattened(a)

    def copied(a):
        row = np.empty(a.size, a.dtype)
        for i, index in enumerate(np.ndindex(a.shape)):
            row[i] = a[index]
        return row

    return copied


def size_of(x):
    """Return the number of elements."""


@overload(size_of)
def _size_of(x):
    if isinstance(x, types.Array):
        return lambda x: x.size
    return lambda x: 1


def shape_of(x):
    """Return the shape of an array, or () of a number."""


@overload(shape_of)
def _shape_of(x):
    if isinstance(x, types.Array):
        return lambda x: x.shape
    return lambda x: ()


def seeded(x, dtype, start, space):
    """Return ``x`` as duals: the unit directions from ``start`` on, the others zero.

    ``space`` is an array on the stack, used where one chunk holds all directions.
    """


@overload(seeded)
def _seeded(x, dtype, start, space):
    if not isinstance(x, types.Array):
        return lambda x, dtype, start, space: one_hot(dtype, x, -start)
    one_dimensional, room = x.ndim == 1, dtype.dtype.stack_room

    def array(x, dtype, start, space):
        duals = space[: x.size] if one_dimensional and x.size <= room else np.empty(x.shape, dtype)
        row, source = flat_view(duals), flat_view(x)
        for i in range(row.size):
            row[i] = one_hot(dtype, source[i], i - start)
        return duals

    def many(x, dtype, start, space):
        duals = np.empty(x.shape, dtype)
        row, source = flat_view(duals), flat_view(x)
        for i in range(row.size):
            row[i] = one_hot(dtype, source[i], i - start)
        return duals

    return array if one_dimensional else many


def pushed(x, v):
    """Return ``x`` as duals of one lane with the tangent ``v``."""


@overload(pushed)
def _pushed(x, v):
    if not isinstance(x, types.Array):
        return lambda x, v: with_tangent(dual_dtype(x, 1, True), x, v)

    def array(x, v):
        dtype = dual_dtype(x, 1, True)
        duals = np.empty(x.shape, dtype)
        row, source, tangent = flat_view(duals), flat_view(x), flat_view(v)
        for i in range(row.size):
            row[i] = with_tangent(dtype, source[i], tangent[i])
        return duals

    return array


def tangents(y):
    """Return the partials in lane 0, in the shape of the result."""


@overload(tangents)
def _tangents(y):
    def zeros(t):
        if isinstance(t, types.Array):
            return lambda y: np.zeros(y.shape)
        return lambda y: 0.0

    return map_result(y, first_partial, tangents, zeros)


def allocated(y, x):
    """Return the uninitialised Jacobian of a result; zeros where the result is constant."""


@overload(allocated)
def _allocated(y, x):
    number = x.dtype if isinstance(x, types.Array) else x
    if is_dual(y) or is_dual_array(y):
        number = y.dtype.dtype if is_dual_array(y) else y.dtype
        if not isinstance(x, types.Array) and is_dual(y):
            return lambda y, x: np.empty((), number)
        return lambda y, x: np.empty(shape_of(y) + shape_of(x), number)
    if is_number(y) or is_plain_array(y):
        return lambda y, x: np.zeros(shape_of(y) + shape_of(x), number)
    if isinstance(y, types.BaseTuple) and len(y) > 0:
        if len(y) == 1:
            return lambda y, x: (allocated(y[0], x),)
        return lambda y, x: (allocated(y[0], x),) + allocated(y[1:], x)  # noqa: RUF005
    return refuse_output(y)


def store(jac, y, x, start, stop):
    """Write the columns ``start:stop`` of the Jacobian."""


@overload(store)
def _store(jac, y, x, start, stop):
    if is_dual(y):

        def scalar(jac, y, x, start, stop):
            store_partials(flattened(jac), start, stop - start, y)

        return scalar
    if is_dual_array(y):

        def array(jac, y, x, start, stop):
            row = flattened(jac)
            n = size_of(x)
            source = flat_view(y)
            for i in range(source.size):
                store_partials(row, i * n + start, stop - start, source[i])

        return array
    if isinstance(y, types.BaseTuple) and len(y) == 1:
        return lambda jac, y, x, start, stop: store(jac[0], y[0], x, start, stop)
    if isinstance(y, types.BaseTuple):

        def parts(jac, y, x, start, stop):
            store(jac[0], y[0], x, start, stop)
            store(jac[1:], y[1:], x, start, stop)

        return parts
    return lambda jac, y, x, start, stop: None


def check_out(out, y, x):
    """Raise where a given array does not fit the Jacobian."""


@overload(check_out)
def _check_out(out, y, x):
    if isinstance(y, types.BaseTuple):
        raise errors.TypingError("the in-place form fills one array; this function returns a tuple")
    rank = getattr(y, "ndim", 0) + getattr(x, "ndim", 0)
    number = y.dtype if is_dual(y) else getattr(getattr(y, "dtype", None), "dtype", getattr(out, "dtype", None))
    if not isinstance(out, types.Array) or (out.ndim, out.layout, out.mutable, out.dtype) != (rank, "C", True, number):
        raise errors.TypingError(
            f"out is {out}; the Jacobian needs a writable C-contiguous array of rank {rank} and dtype {number}"
        )

    is_constant = is_number(y) or is_plain_array(y)
    may_overlap = isinstance(x, types.Array) and x.layout == "C"

    def check(out, y, x):
        if may_overlap:
            first, other = out.ctypes.data, x.ctypes.data
            if first < other + x.nbytes and other < first + out.nbytes:
                raise ShapeError("into: out shares memory with the differentiation variable; pass another array")
        if out.shape != shape_of(y) + shape_of(x):
            raise ShapeError("into: out has the wrong shape; it must be f(x).shape + x.shape")
        if is_constant:
            out[...] = 0.0

    return check


def finished(jac):
    """Return a result of rank 0 as a number."""


@overload(finished)
def _finished(jac):
    if isinstance(jac, types.Array) and jac.ndim == 0:
        return lambda jac: jac[()]
    if isinstance(jac, types.BaseTuple) and len(jac) == 1:
        return lambda jac: (finished(jac[0]),)
    if isinstance(jac, types.BaseTuple):
        return lambda jac: (finished(jac[0]),) + finished(jac[1:])  # noqa: RUF005
    return lambda jac: jac


def has_undefined(jac):
    """Whether a Jacobian holds a NaN: perhaps an infinite derivative times a zero tangent."""


@overload(has_undefined)
def _has_undefined(jac):
    if isinstance(jac, types.BaseTuple):
        if len(jac) == 1:
            return lambda jac: has_undefined(jac[0])
        return lambda jac: has_undefined(jac[0]) or has_undefined(jac[1:])

    def array(jac):
        count = 0
        row = flattened(jac)
        for i in range(row.size):
            count += row[i] != row[i]
        return count > 0

    return array


def require_scalar(y):
    """Raise where a gradient is asked of a function that is not scalar."""


@overload(require_scalar)
def _require_scalar(y):
    if not (is_dual(y) or is_number(y)):
        raise errors.TypingError(f"gradient: the function returns {y}, not a scalar; use jacobian")
    return lambda y: None


# The entry is written out as text so that it has the parameters of the user's function:
# defaults and keywords keep their meaning, and Numba's dispatch costs no more than for any function.
# Names that start with dd_ are ours.
LOOP = """
    dd_n{k} = dd_size_of({x})
    dd_dtype{k} = dd_dual_dtype({x}, dd_lanes, dd_guarded)
    dd_space{k} = dd_stack_duals(dd_dtype{k})
    dd_start{k} = 0
    while True:
        dd_stop{k} = dd_min(dd_start{k} + dd_lanes, dd_n{k})
        dd_x{k} = dd_seeded({x}, dd_dtype{k}, dd_start{k}, dd_space{k})
        dd_y{k} = dd_f({call})
        if dd_start{k} == 0:
            {begin}
        dd_store(dd_jac{k}, dd_y{k}, {x}, dd_start{k}, dd_stop{k})
        dd_start{k} += dd_lanes
        if dd_start{k} >= dd_n{k}:
            break
    if dd_has_undefined(dd_jac{k}):
        {restart}
"""


VOCABULARY = {
    "__name__": __name__,
    "dd_allocated": allocated,
    "dd_check_out": check_out,
    "dd_dual_dtype": dual_dtype,
    "dd_finished": finished,
    "dd_has_undefined": has_undefined,
    "dd_primals": primals,
    "dd_min": min,
    "dd_pushed": pushed,
    "dd_require_scalar": require_scalar,
    "dd_seeded": seeded,
    "dd_size_of": size_of,
    "dd_stack_duals": stack_duals,
    "dd_store": store,
    "dd_tangents": tangents,
}
"""The free names of the texts above."""


def derivative_text(kind, parameters, argnums, restart, *, as_tuple, with_value, in_place):
    """Return the source of the function ``dd_entry`` that assembles a derivative.

    Parameters
    ----------
    kind : str
        "derivative", "gradient" or "jacobian".
    parameters : list of str
        The parameters of the user's function.
    argnums : sequence of int
        The arguments to differentiate in, one loop each.
    restart : str
        What to do where a NaN was met: "nothing", return "none", or "call" the entry ``dd_again``.
        (An exception would leak the arrays: Numba does not release them.)
    as_tuple, with_value, in_place : bool
        Whether to return a tuple over `argnums`, to return the value too, to fill ``dd_out``.
    """
    given = ", ".join(["dd_out"] * in_place + parameters)
    text = [f"def dd_entry({given}):"]
    again = {"nothing": "pass", "none": "return None", "call": f"return dd_again({given})"}[restart]
    for k, i in enumerate(argnums):
        begin = ["dd_require_scalar(dd_y{k})"] * (kind == "gradient")
        begin += ["dd_value = dd_primals(dd_y{k})"] * (with_value and k == 0)
        begin += (
            ["dd_jac{k} = dd_out", "dd_check_out(dd_out, dd_y{k}, {x})"]
            if in_place
            else ["dd_jac{k} = dd_allocated(dd_y{k}, {x})"]
        )
        loop = LOOP.replace("{begin}", "\n            ".join(begin)).replace("{restart}", again)
        call = ", ".join([*parameters[:i], f"dd_x{k}", *parameters[i + 1 :]])
        text.append(loop.format(k=k, x=parameters[i], call=call))
    derivatives = [f"dd_finished(dd_jac{k})" for k in range(len(argnums))]
    result = f"({', '.join(derivatives)},)" if as_tuple else derivatives[0]
    if in_place:
        result = "False" if restart == "none" else "None"
    if with_value:
        result = "dd_value" if in_place else f"dd_value, {result}"
    return "\n".join([*text, f"    return {result}"])


def jvp_text(parameters, argnums):
    """Return the source of the function ``dd_entry`` that pushes one tangent for each of `argnums`."""
    tangent_names = [f"dd_v{i}" for i in argnums]
    call = [f"dd_pushed({p}, dd_v{i})" if i in argnums else p for i, p in enumerate(parameters)]
    return (
        f"def dd_entry({', '.join([*tangent_names, *parameters])}):\n"
        f"    dd_y = dd_f({', '.join(call)})\n"
        "    return dd_primals(dd_y), dd_tangents(dd_y)"
    )


def define(text, **names):
    """Return the function that a text defines, with its free names bound."""
    namespace = {**VOCABULARY, **names}
    exec(text, namespace)
    return namespace["dd_entry"]
