"""Functions with a rule of the user's in compiled code.

For Numba such a function is a dispatcher. On plain numbers it calls the function itself. On duals the
function computes the value, and the rule the partials: where all active arguments are numbers once for
each of them with a unit tangent, else once for each lane that moves an argument.

Compilation is left to the first call. What is compiled for a call is written out in custom_texts.py.
"""

import contextlib
import inspect
import threading

from dualdiff.backends.arguments import plain_function
from dualdiff.backends.custom import ElementwiseFunction
from dualdiff.backends.numba.activity import Activity, contains_dual
from dualdiff.backends.numba.custom_texts import elementwise_names, elementwise_text, jvp_names, jvp_text
from dualdiff.backends.numba.custom_words import as_tuple, define, is_active
from dualdiff.backends.numba.dualtype import is_dual, is_dual_array
from dualdiff.backends.numba.fingerprint import fingerprint
from dualdiff.backends.numba.internals import Dispatcher, errors, njit, overload, pipeline_with_pass, types
from dualdiff.rules.declare import Unknown

_lock = threading.RLock()


def numba_type(custom):
    """Return the Numba type of a function with a rule: that of a dispatcher for plain numbers.

    Code that is compiled for duals calls another one, so that a rule may call its own function:
    Numba would take that for recursion.
    """
    return types.Dispatcher(_once(custom, "plain", _plain_dispatcher))


def custom_for_duals(custom, counterpart):
    """Return the dispatcher of a function with a rule that code compiled for duals calls."""
    return _once(custom, "duals", lambda custom: _dual_dispatcher(custom, counterpart))


def _once(custom, what, make):
    """Return what was made for a function, for the present state of all that it and its rule reach."""
    with _lock:
        key = what, fingerprint(custom)
        if key not in custom.compiled:
            custom.compiled[key] = make(custom)
        return custom.compiled[key]


def _plain_dispatcher(custom):
    function = compilable(custom.function)

    def apply(args):
        """Call the function on a tuple of arguments."""

    @overload(apply)
    def _apply(args):
        if any(map(contains_dual, args)):
            raise errors.TypingError(
                f"a dual number is given to {custom.label}, which is passed as an argument; call it by its name"
            )
        items = ", ".join(f"args[{i}]" for i in range(len(args)))
        return define("impl", f"def impl(args):\n    return function({items})", function=function)

    return _entry(custom, apply)


def _dual_dispatcher(custom, counterpart):
    function = compilable(custom.function)
    is_elementwise = isinstance(custom, ElementwiseFunction)
    names = (
        elementwise_names(custom)
        if is_elementwise
        else jvp_names(custom.label, compilable(custom.rule, error_model="numpy"))
    )
    write = elementwise_text if is_elementwise else jvp_text

    def push(y, args, plain):
        """Return the value as duals."""

    def apply(args):
        """Call the function on a tuple of arguments."""

    @overload(push)
    def _push(y, args, plain):
        text, dtypes = write(custom.label, y, args)
        return define("impl", text, **names, **dtypes)

    @overload(apply)
    def _apply(args):
        inputs = [f"primal(args[{i}])" if is_active(a) else f"args[{i}]" for i, a in enumerate(args)]
        items = ", ".join(f"plain[{i}]" for i in range(len(args)))
        lines = ["def impl(args):", f"plain = {as_tuple(inputs)}", f"y = function({items})"]
        if any(map(contains_dual, args)):
            _check(custom, args)
            _check_writes(custom, function, args, counterpart)
            lines += ["return push(y, args, plain)"]
        else:
            lines += ["return y"]
        return define("impl", "\n    ".join(lines), push=push, function=function)

    return _entry(custom, apply)


def compilable(function, **options):
    """Return a function as compiled code may call it."""
    return njit(function, **options) if inspect.isfunction(function) else function


def _entry(custom, apply):
    """Return the dispatcher with the parameters of the function."""
    parameters, call = _parameters(custom.signature)
    name = custom.label if custom.label.isidentifier() else "function"
    entry = define(name, f"def {name}({parameters}):\n    return dd_apply({call})", dd_apply=apply)
    entry.__defaults__ = getattr(plain_function(custom.function), "__defaults__", None)
    return njit(entry, no_cpython_wrapper=True)


def _parameters(signature):
    """Return the parameters of a function as written, and the tuple of its arguments."""
    if signature is None:
        return "*dd_args", "dd_args"
    kinds = {name: p.kind.name for name, p in signature.parameters.items()}
    names = [name for name, kind in kinds.items() if kind.startswith("POSITIONAL")]
    rest = [name for name, kind in kinds.items() if kind == "VAR_POSITIONAL"]
    call = as_tuple([f"dd_given({name})" for name in names])
    return ", ".join([*names, *("*" + name for name in rest)]), " + ".join([call] * bool(names) + rest) or "()"


def _check(custom, args):
    """Refuse arguments for which there is no rule."""
    for i, a in enumerate(args):
        name = custom.parameter(i)
        if contains_dual(a) and not is_active(a):
            raise errors.TypingError(
                f"a dual number stands in the {a} that is the argument {name} of {custom.label}; "
                "in compiled code a rule of yours takes scalars and arrays"
            )
        first = custom.rule.first[i] if isinstance(custom, ElementwiseFunction) else None
        if is_active(a) and isinstance(first, Unknown):
            raise errors.TypingError(f"a dual number is the argument {name} of {custom.label}: {first.reason}")
    if custom.rule is None:
        raise errors.TypingError(
            f"a dual number is given to {custom.label}, whose rule is not stated: write @{custom.label}.defjvp"
        )


def _check_writes(custom, function, args, counterpart):
    """Refuse a function that writes into its arguments: what it writes would have no derivative."""
    plain = tuple(types.unliteral(_plain(a)) for a in args)
    if not (isinstance(function, Dispatcher) and any(isinstance(t, types.Array) for t in plain)):
        return
    written = _written(function.py_func, plain, counterpart)
    if written:
        raise errors.TypingError(
            f"a dual number would lose its derivative: {custom.label} writes into its argument "
            f"{custom.parameter(min(written))}; let it return what it writes"
        )


class _SeenError(Exception):
    """The function has been read; it need not be compiled."""


def _written(python_function, types_, counterpart):
    """Return the positions of the arguments that a function writes into, as far as its code tells."""
    written = set()

    def look(state):
        activity = Activity(state, counterpart, False)
        activity.run()
        written.update(activity.modified)
        raise _SeenError

    with contextlib.suppress(_SeenError):
        njit(pipeline_class=pipeline_with_pass(look))(python_function).compile(types_)
    return written


def _plain(t):
    """Return the type of the argument that the function itself gets."""
    if is_dual(t):
        return t.dtype
    return types.Array(t.dtype.dtype, t.ndim, "C") if is_dual_array(t) else t
