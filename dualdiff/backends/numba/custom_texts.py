"""The code that pushes duals through a rule of the user's, written out for the types of one call.

Nested arguments and results have no other common form in compiled code. The words of these
texts are the functions of custom_words.py.
"""

from dualdiff.backends.numba.arrays import DualDtype, is_number, is_plain_array
from dualdiff.backends.numba.custom_words import as_tuple, is_active
from dualdiff.backends.numba.dualtype import is_dual
from dualdiff.backends.numba.internals import cgutils, errors, intrinsic, overload, types
from dualdiff.backends.numba.operations import push_by_rule
from dualdiff.errors import ShapeError


def is_smooth(t):
    """Whether a result of a type carries a derivative."""
    return isinstance(t, types.Float) or (isinstance(t, types.Array) and isinstance(t.dtype, types.Float))


def _leaves(t, path=""):
    """Yield the places in a nested tuple, with the types of what stands there."""
    if isinstance(t, types.BaseTuple):
        for i, item in enumerate(t):
            yield from _leaves(item, f"{path}[{i}]")
    else:
        yield path, t


def _nested(t, leaves):
    """Write the nested tuple of a type with other leaves."""
    return as_tuple([_nested(item, leaves) for item in t]) if isinstance(t, types.BaseTuple) else next(leaves)


def _function(lines, result):
    return "\n    ".join(["def impl(y, args, plain):", *lines, f"return {result}"])


# ---- rules of primals and tangents ----------------------------------------------------------------------------------


def jvp_text(label, y, args):
    """Return the text that pushes duals through ``rule(primals, tangents)``, and the dtypes that it names."""
    for _, t in _leaves(y):
        if isinstance(getattr(t, "dtype", t), types.Complex):
            raise errors.TypingError(f"a dual number comes out of {label} as {t}; in compiled code only real ones can")
    active = [i for i, a in enumerate(args) if is_active(a)]
    places = [path for path, t in _leaves(y) if is_smooth(t)]
    if all(is_dual(args[i]) for i in active):
        return _by_slopes(y, args, active, places), {}
    dual = next(args[i] if is_dual(args[i]) else args[i].dtype for i in active)
    numbers = [getattr(t, "dtype", t) for _, t in _leaves(y) if is_smooth(t)]
    return _by_lanes(y, args, active, places, dual), {
        f"dtype{k}": DualDtype(dual.over(n)) for k, n in enumerate(numbers)
    }


def _by_slopes(y, args, active, places):
    """Write one call of the rule for each active number, with a unit tangent; the chain rule does the rest."""
    lines = []
    still = [f"still(plain[{i}])" for i in range(len(args))]
    for i in active:
        tangents = as_tuple([*still[:i], f"unit(plain[{i}])", *still[i + 1 :]])
        lines += [f"d{i}_{k} = still(y{path})" for k, path in enumerate(places)]
        lines += [f"if moves(args[{i}]):", f"    dy = tangent_of(rule(plain, {tangents}))", "    check(y, dy)"]
        lines += [f"    d{i}_{k} = like(y{path}, dy{path})" for k, path in enumerate(places)]
    duals = as_tuple([f"args[{i}]" for i in active])
    slopes = [as_tuple([f"d{i}_{k}" for i in active]) for k in range(len(places))]
    pushed = iter(f"along(y{path}, {s}, {duals})" for path, s in zip(places, slopes, strict=True))
    return _function(lines, _nested(y, (next(pushed) if is_smooth(t) else f"y{path}" for path, t in _leaves(y))))


def _by_lanes(y, args, active, places, dual):
    """Write one call of the rule for each lane that moves an argument."""
    lines = [f"t{i} = lanes(args[{i}])" for i in active]
    lines += [f"t{i} = still(plain[{i}])" for i in range(len(args)) if i not in active]
    lines += [f"out{k} = without_partials(y{path}, dtype{k})" for k, path in enumerate(places)]
    lines += [f"rows{k} = lanes(out{k})" for k in range(len(places))]
    moved = " or ".join(f"moves_in(t{i}, lane)" for i in active)
    point = as_tuple([f"copied(plain[{i}])" if i in active else f"plain[{i}]" for i in range(len(args))])
    tangents = as_tuple([f"in_lane(plain[{i}], t{i}, lane)" if i in active else f"t{i}" for i in range(len(args))])
    lines += [f"for lane in range(1, {dual.lanes + 1}):", f"    if {moved}:"]
    lines += [f"        dy = tangent_of(rule({point}, {tangents}))", "        check(y, dy)"]
    lines += [f"        write(rows{k}, lane, like(y{path}, dy{path}))" for k, path in enumerate(places)]
    pushed = iter(f"as_value(y{path}, out{k})" for k, path in enumerate(places))
    return _function(lines, _nested(y, (next(pushed) if is_smooth(t) else f"y{path}" for path, t in _leaves(y))))


def jvp_names(label, rule):
    """Return the words of the text that depend on the function."""

    def tangent_of(result):
        """Return the second of the pair that a rule returns."""

    @overload(tangent_of)
    def _tangent_of(result):
        if not (isinstance(result, types.BaseTuple) and len(result) == 2):
            raise errors.TypingError(f"the rule of {label} returned {result}, wanted a pair (value, tangent)")
        return lambda result: result[1]

    def check(y, dy):
        """Raise where the tangent has not the structure of the value."""

    @overload(check)
    def _check(y, dy):
        _check_structure(label, y, dy, "dy")
        return lambda y, dy: None

    def like(y, dy):
        """Return the tangent of a number or an array as one of the value's type."""

    @overload(like)
    def _like(y, dy):
        number = getattr(y, "dtype", y)
        if not isinstance(y, types.Array):
            return lambda y, dy: number(dy)
        message = f"the rule of {label} returned a tangent of another shape than the value."

        def array(y, dy):
            if dy.shape != y.shape:
                raise ShapeError(message)
            return dy.astype(number)

        return array

    return {"rule": rule, "tangent_of": tangent_of, "check": check, "like": like}


def _check_structure(label, y, dy, place):
    """Raise where the type of a tangent does not fit that of the value."""
    what, way_out = f"a tangent {place} of type {dy} for a value of type {y}", ""
    if isinstance(y, types.BaseTuple):
        fits = isinstance(dy, types.BaseTuple) and len(dy) == len(y)
        for i in range(len(y) if fits else 0):
            _check_structure(label, y[i], dy[i], f"{place}[{i}]")
    elif not is_smooth(y):
        fits = not isinstance(getattr(dy, "dtype", dy), types.Float)
        way_out = ", which carries no derivative; return a float, or None as its tangent"
    elif isinstance(y, types.Array):
        fits = is_plain_array(dy) and dy.ndim == y.ndim
    else:
        fits = is_number(dy)
    if not fits:
        raise errors.TypingError(f"the rule of {label} returned {what}{way_out}")


# ---- rules of expressions -------------------------------------------------------------------------------------------


def elementwise_text(label, y, args):
    """Return the text that pushes duals through the expressions of an elementwise rule, and the dtype it names."""
    if isinstance(y, types.Float):
        return _function([], "by_expressions(y, args)"), {}
    if not is_smooth(y):
        raise errors.TypingError(f"a dual number cannot pass through {label}, which returns {y}; return floats")
    if y.ndim != max(getattr(a, "ndim", 0) for a in args):
        raise errors.TypingError(f"the rule of {label} is elementwise, but the function returned {y} for {args}")
    arrays = [i for i, a in enumerate(args) if isinstance(a, types.Array)]
    dual = next(a if is_dual(a) else a.dtype for a in args if is_active(a))
    lines = [f"x{i} = np.broadcast_to(args[{i}], y.shape)" for i in arrays]
    items = as_tuple([f"x{i}[index]" if i in arrays else f"args[{i}]" for i in range(len(args))])
    lines += ["out = np.empty(y.shape, dtype)", "for index in np.ndindex(y.shape):"]
    lines += [f"    out[index] = by_expressions(y[index], {items})"]
    return _function(lines, "out"), {"dtype": DualDtype(dual.over(y.dtype))}


def elementwise_names(custom):
    """Return the word of the text that depends on the function."""
    label, rule = custom.label, custom.rule

    @intrinsic
    def by_expressions(typingctx, y, args):
        dual = next(filter(is_dual, args)).over(y)

        def codegen(context, builder, sig, values):
            value, packed = values
            items = cgutils.unpack_tuple(builder, packed, len(args))
            try:
                return push_by_rule(context, builder, rule, dual, value, tuple(args), items)
            except errors.NumbaError:
                raise
            except Exception as error:
                raise errors.LoweringError(
                    f"a dual number cannot pass through the rule of {label} ({type(error).__name__}: {error}); "
                    "in compiled code it has to be written with the functions of m that Numba knows"
                ) from None

        return dual(y, args), codegen

    return {"by_expressions": by_expressions}
