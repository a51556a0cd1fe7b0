"""NumPy's functions of whole arrays, for arrays of duals in compiled code.

The value is computed by Numba's own function on the primals, so it keeps its bits;
the tangent follows from the arithmetic of duals.
"""

import operator

import numpy as np

from dualdiff.backends.numba.arrays import DualDtype, is_number, is_plain_array, primal_of, with_primal
from dualdiff.backends.numba.dualtype import is_dual, is_dual_array
from dualdiff.backends.numba.internals import errors, njit, overload, overload_first, types


def primals(y):
    """Return the plain value of a number, an array or a tuple."""


@overload(primals)
def _primals(y):
    return map_result(y, primal_of, primals, lambda t: lambda y: y)


def map_result(y, of_dual, of_part, of_plain):
    """Return the overload that maps a dual, an array of duals, or a tuple of results."""
    if is_dual(y):
        return lambda y: of_dual(y)
    if is_dual_array(y):
        number = y.dtype.dtype

        def array(y):
            out = np.empty(y.shape, number)
            for index in np.ndindex(y.shape):
                out[index] = of_dual(y[index])
            return out

        return array
    if isinstance(y, types.BaseTuple) and len(y) > 1:
        return lambda y: (of_part(y[0]),) + of_part(y[1:])  # noqa: RUF005 - Numba has no unpacking
    if isinstance(y, types.BaseTuple) and len(y) == 1:
        return lambda y: (of_part(y[0]),)
    if is_number(y) or is_plain_array(y):
        return of_plain(y)
    return refuse_output(y)


def refuse_output(y):
    """Raise for a result that has no derivative."""
    raise errors.TypingError(f"the function returns {y}, which has no derivative; return floats, arrays or tuples")


def is_active(*arguments):
    """Whether any argument is a dual or an array of duals."""
    return any(is_dual(a) or is_dual_array(a) for a in arguments)


def common_dtype(*arguments):
    """Return the dtype of the dual that numbers, duals and arrays of them have in common."""
    scalars = [a.dtype if isinstance(a, types.Array) else a for a in arguments]
    dual = next(filter(is_dual, scalars))
    numbers = [s.dtype if is_dual(s) else s for s in scalars]
    return DualDtype(dual.over(types.float32 if all(n == types.float32 for n in numbers) else types.float64))


def is_absent(t):
    """Whether an optional argument was left out."""
    return t is None or isinstance(t, types.NoneType | types.Omitted)


@overload_first(np.sum)
def _sum(a, axis=None):
    if not (is_dual_array(a) and is_absent(axis)):
        return None
    number = a.dtype.dtype

    def summed(a, axis=None):
        s = number(0)
        for index in np.ndindex(a.shape):
            s += a[index]
        return with_primal(s, np.sum(primals(a)))

    return summed


@overload_first(np.mean)
def _mean(a, axis=None):
    if is_dual_array(a) and is_absent(axis):
        return lambda a, axis=None: with_primal(np.sum(a) / a.size, np.mean(primals(a)))
    return None


@overload_first(np.cumsum)
def _cumsum(a):
    if not (is_dual_array(a) and a.ndim == 1):
        return None
    number, dtype = a.dtype.dtype, DualDtype(a.dtype)

    def accumulated(a):
        values = np.cumsum(primals(a))
        out = np.empty(a.size, dtype)
        s = number(0)
        for i in range(a.size):
            s += a[i]
            out[i] = with_primal(s, values[i])
        return out

    return accumulated


@overload_first(np.prod)
def _prod(a):
    if not is_dual_array(a):
        return None
    number = a.dtype.dtype

    def multiplied(a):
        p = number(1)
        for index in np.ndindex(a.shape):
            p *= a[index]
        return with_primal(p, np.prod(primals(a)))

    return multiplied


@overload_first(np.linalg.norm)
def _norm(x):
    if not is_dual_array(x):
        return None
    number = x.dtype.dtype

    def norm(x):
        value = np.linalg.norm(primals(x))
        s = number(0)
        for index in np.ndindex(x.shape):
            if value > 0:  # at the origin the slope is 0 by convention
                s += x[index] * (primal_of(x[index]) / value)
            else:
                s += x[index] * number(0)
        return with_primal(s, value)

    return norm


def _extremum(function):
    """Return the overload of ``np.max`` or ``np.min``: tied elements share the derivative equally."""

    def extremum(a, axis=None):
        if not (is_dual_array(a) and is_absent(axis)):
            return None
        number = a.dtype.dtype

        def shared(a, axis=None):
            top = function(primals(a))
            s, ties = number(0), 0
            for index in np.ndindex(a.shape):
                element = primal_of(a[index])
                if element == top or (element != element and top != top):
                    s += a[index]
                    ties += 1
            return with_primal(s / ties, top)

        return shared

    return extremum


for _function in (np.max, np.min):
    overload_first(_function)(_extremum(_function))


@overload_first(np.dot)
@overload_first(operator.matmul)
def _dot(a, b):
    if not is_active(a, b) or not (isinstance(a, types.Array) and isinstance(b, types.Array)):
        return None
    if (a.ndim, b.ndim) == (1, 1):

        def vector_vector(a, b):
            value = np.dot(primals(a), primals(b))
            s = a[0] * b[0] if a.size else np.sum(a) * np.sum(b)
            for k in range(1, a.size):
                s += a[k] * b[k]
            return with_primal(s, value)

        return vector_vector
    if (a.ndim, b.ndim) == (2, 1):
        return lambda a, b: _product(a, b.reshape((b.size, 1)), np.dot(primals(a), primals(b)))[:, 0]
    if (a.ndim, b.ndim) == (1, 2):
        return lambda a, b: _product(a.reshape((1, a.size)), b, np.dot(primals(a), primals(b)))[0]
    if (a.ndim, b.ndim) == (2, 2):
        return lambda a, b: _product(a, b, np.dot(primals(a), primals(b)))
    return None


@njit(no_cpython_wrapper=True)
def _product(a, b, value):
    """Multiply two matrices, one of duals; ``value`` is the plain product."""
    rows, inner, columns = a.shape[0], a.shape[1], b.shape[1]
    out = _empty_product(a, b)
    values = value.reshape((rows, columns))
    for i in range(rows):
        for j in range(columns):
            out[i, j] = 0.0
        for k in range(inner):
            for j in range(columns):
                out[i, j] += a[i, k] * b[k, j]
        for j in range(columns):
            out[i, j] = with_primal(out[i, j], values[i, j])
    return out


def _empty_product(a, b):
    """Return an array for the product of two matrices."""


@overload(_empty_product)
def _allocate_product(a, b):
    dtype = common_dtype(a, b)
    return lambda a, b: np.empty((a.shape[0], b.shape[1]), dtype)


@overload_first(np.where)
def _where(condition, x, y):
    if not is_active(x, y):
        return None
    if isinstance(condition, types.Array):
        dtype = common_dtype(x, y)

        def chosen(condition, x, y):
            out = np.empty(condition.shape, dtype)
            for index in np.ndindex(condition.shape):
                if condition[index]:
                    out[index] = _element(x, index, condition.shape)
                else:
                    out[index] = _element(y, index, condition.shape)
            return out

        return chosen
    return None


def _element(a, index, shape):
    """Return an element of an array, or a number itself."""


@overload(_element)
def _element_of(a, index, shape):
    if not isinstance(a, types.Array):
        return lambda a, index, shape: a

    def element(a, index, shape):
        if a.shape != shape:
            raise ValueError("np.where of dual numbers: the condition and both choices must have the same shape")
        return a[index]

    return element


def array_of(object):
    """Return ``np.array(object)`` of a list or a tuple with duals; Numba inlines its own for plain numbers."""


@overload(array_of)
def _array_of(object):
    if not isinstance(object, types.List | types.BaseTuple):
        return None
    elements = getattr(object, "types", [object.dtype])
    if not is_active(*elements):
        raise errors.TypingError("np.array of nested lists of dual numbers; fill an array made by np.empty instead")
    dtype = common_dtype(*elements)
    if isinstance(object, types.Tuple):
        return lambda object: _filled(object, np.empty(len(object), dtype), 0)

    def from_sequence(object):
        out = np.empty(len(object), dtype)
        for i in range(len(object)):
            out[i] = object[i]
        return out

    return from_sequence


def _filled(values, out, i):
    """Write the elements of a tuple of numbers and duals from position ``i`` on."""


@overload(_filled)
def _fill(values, out, i):
    if len(values) == 0:
        return lambda values, out, i: out

    def fill(values, out, i):
        out[i] = values[0]
        return _filled(values[1:], out, i + 1)

    return fill
