"""Compiled derivatives: what the operators return on the Numba engine."""

import functools
import inspect
import traceback
import weakref

import numpy as np
from numpy import ndarray

from dualdiff.backends.arguments import locate, pick, plain_function
from dualdiff.backends.custom import CustomFunction, stand_in
from dualdiff.backends.numba import assembly, operations
from dualdiff.backends.numba.activity import carry_duals
from dualdiff.backends.numba.custom import custom_for_duals
from dualdiff.backends.numba.explain import explained
from dualdiff.backends.numba.fingerprint import fingerprint
from dualdiff.backends.numba.internals import (
    NUMBA_FOLDER,
    Dispatcher,
    errors,
    is_known_to_numba,
    njit,
    pipeline_with_pass,
    typeof_impl,
    types,
)
from dualdiff.errors import DualdiffError, InputError, NotDifferentiableError, ShapeError

KEPT_OPTIONS = ("fastmath", "error_model", "boundscheck")
"""The options of the user's ``@njit`` that the derivative keeps: they decide the value."""

LANES_IN_COMPILED_CODE = 8
"""Chunk of a derivative that compiled code calls, where the size is not known in advance."""

NUMBA_FLOATS = (np.float64, np.float32)

operations.register()
_counterparts = weakref.WeakKeyDictionary()  # Python function -> {fingerprint: dispatcher}
_operators = weakref.WeakKeyDictionary()  # Python function -> {options: operator}
_for_duals = weakref.WeakSet()


def lanes_for(n):
    """Return the chunk width for ``n`` directions: the least number of equal chunks of at most 50 lanes.

    Wide chunks repeat less of the function; wider ones still win a little more, but take long to compile.
    """
    chunks = max(1, -(-n // 50))
    return max(1, -(-n // chunks))


def _state(function):
    """Return the key of all that decides the compiled code of a function."""
    options = getattr(function, "targetoptions", {})
    return fingerprint(function), tuple((k, repr(options[k])) for k in KEPT_OPTIONS if k in options)


def _compile(python_function, is_entry, **options):
    def prepare(state):
        return carry_duals(state, counterpart, dispatcher, is_entry)

    dispatcher = njit(pipeline_class=pipeline_with_pass(prepare), **options)(python_function)
    return dispatcher


def dual_function(function):
    """Return the dispatcher that compiles a function for dual numbers; one for each state of its globals."""
    python_function = plain_function(function)
    versions = _counterparts.setdefault(python_function, {})
    key = _state(function)
    if key not in versions:
        options = {k: v for k, v in getattr(function, "targetoptions", {}).items() if k in KEPT_OPTIONS}
        if options.get("boundscheck") is None:
            options["boundscheck"] = True  # free beside the partials; and out of bounds lie more partials
        # duals cannot be boxed: no wrapper for calls from Python
        versions[key] = _compile(python_function, False, no_cpython_wrapper=True, **options)
        _for_duals.add(versions[key])
    return versions[key]


def counterpart(value):
    """Return what stands for a global in code that is compiled for duals."""
    value = stand_in(value)
    if isinstance(value, CompiledOperator):
        raise errors.TypingError(
            f"nested derivative: {value!r} is called inside a function that is differentiated; "
            "nest on the NumPy engine: pass engine='numpy' to both"
        )
    if isinstance(value, CustomFunction):
        return custom_for_duals(value, counterpart)
    if isinstance(value, Dispatcher):
        is_ours = value in _for_duals or (value.py_func.__module__ or "").startswith("dualdiff.backends.numba")
        return value if is_ours else dual_function(value)
    if inspect.isfunction(value) and not is_known_to_numba(value):
        return dual_function(value)
    return value


class CompiledOperator:
    """A derivative that is assembled in compiled code.

    It can be called from Python and from other ``@njit`` functions. Compilation happens
    at the first call for each chunk width and each combination of argument types.
    """

    __slots__ = ("__dict__", "__weakref__", "_known", "_position")  # what every call reads: faster than a dict

    on_numpy = None
    """The same operator on the NumPy engine, for derivatives of derivatives; set by who may know both engines."""

    def __init__(self, kind, f, argnums, chunk, with_value, in_place=False):
        self._options = (kind, f, argnums, chunk, with_value)
        self.kind, self.f, self.argnums, self.chunk, self.with_value = self._options
        self._in_place = in_place
        self._function = plain_function(f)
        functools.update_wrapper(self, self._function)
        self._parameters, self._argnums = _parameters(repr(self), self._function, argnums)
        self._position = self._argnums[0] + in_place
        self._entries = {}  # (chunk width, guarded) -> dispatcher
        self._known = {}  # size of the differentiation variable, or type of a number -> dispatcher

    def __repr__(self):
        name = f"value and {self.kind}" if self.with_value else self.kind
        return f"<{name} of {self._function.__name__}, Numba engine, argnums {self.argnums}>"

    def __call__(self, *args, **kwargs):
        """Return the derivative at the arguments, or ``(value, derivative)``."""
        try:
            x = args[self._position]
            entry = self._known[x.size if type(x) is ndarray else type(x)]
        except (KeyError, IndexError):
            entry = None
        if entry is None:  # not in the handler: an error of ours would be told as one while handling a KeyError
            entry = self._prepare(args, kwargs)
        try:
            # an empty dictionary of keywords would cost Numba's dispatch a tenth of a microsecond
            result = entry(*args, **kwargs) if kwargs else entry(*args)
            if result is None:  # a NaN was met
                result = self._prepare(args, kwargs, guarded=True)(*args, **kwargs)
            return result
        except NotDifferentiableError:
            return self._outer(args, kwargs)
        except Exception as error:
            ours = self._explain(error, args, kwargs)
            if ours is error:
                raise
            raise ours from None

    @functools.cached_property
    def into(self):
        """The in-place form, ``into(out, *args)``: fills a C-contiguous array of shape ``f(x).shape + x.shape``.

        Called from Python it returns ``out``, or ``(value, out)``; in compiled code nothing, or the value.
        """
        if isinstance(self.argnums, tuple):
            raise InputError(f"{self!r}: the in-place form fills one array; pass one int as argnums")
        return InPlace(*self._options, in_place=True)

    @functools.cached_property
    def dispatcher(self):
        """The Numba dispatcher that other compiled code calls."""
        lanes = 1 if self.kind == "derivative" else LANES_IN_COMPILED_CODE if self.chunk == "auto" else self.chunk
        return self._define_entry(lanes, guarded=False, restart="call", dd_again=self._entry(lanes, guarded=True))

    def _outer(self, args, kwargs):
        """Run on the NumPy engine: a variable is a dual number of an outer derivative, which has no compiled form."""
        if self.on_numpy is None:
            raise InputError(f"{self!r} was given a dual number; pass engine='numpy' to nest derivatives")
        return self.on_numpy(*args, **kwargs)

    def _prepare(self, args, kwargs, guarded=False):
        """Check the arguments, choose the chunk, and return the compiled entry."""
        title = repr(self)
        given = args[self._in_place :]
        places = locate(self._function, self._argnums, given, kwargs, title)
        variables = pick(self._function, places, given, kwargs, title)
        self._check_dtypes(variables)
        if self.kind == "derivative" and any(map(np.ndim, variables)):
            raise ShapeError(
                f"{title}: the variables have the shapes {[np.shape(x) for x in variables]}; "
                "derivative wants a number. Use gradient or jacobian for arrays."
            )
        size = max(map(np.size, variables))
        entry = self._entry(lanes_for(size) if self.chunk == "auto" else min(self.chunk, max(size, 1)), guarded)
        if not guarded and len(variables) == 1:  # several have to be checked at every call
            x = given[places[0]] if isinstance(places[0], int) else kwargs[places[0]]
            self._known[x.size if type(x) is np.ndarray else type(x)] = entry
        return entry

    def _check_dtypes(self, variables):
        for x in variables:
            if isinstance(x, np.ndarray) and x.ndim == 0:
                raise InputError(f"{self!r}: a differentiation variable is an array of rank 0. Pass float(x).")
            if x.dtype not in NUMBA_FLOATS:
                raise InputError(
                    f"{self!r}: a differentiation variable has dtype {x.dtype}; compiled code knows float32 and "
                    "float64 in the machine's byte order. Pass x.astype(float), or engine='numpy'."
                )

    def _entry(self, lanes, guarded):
        key = lanes, guarded
        if key not in self._entries:
            self._entries[key] = self._define_entry(lanes, guarded, restart="nothing" if guarded else "none")
        return self._entries[key]

    def _define_entry(self, lanes, guarded, restart, **names):
        text = assembly.derivative_text(
            self.kind,
            self._parameters,
            self._argnums,
            restart,
            as_tuple=isinstance(self.argnums, tuple),
            with_value=self.with_value,
            in_place=self._in_place,
        )
        function = assembly.define(text, dd_f=dual_function(self.f), dd_lanes=lanes, dd_guarded=guarded, **names)
        function.__defaults__ = self._function.__defaults__
        return _compile(function, True)

    def _explain(self, error, args, kwargs):
        """Return the error to raise where compilation failed; what the function itself raises stays itself."""
        if not comes_from_compiler(error):
            return error
        try:
            self._prepare(args, kwargs)
        except DualdiffError as ours:
            return ours
        return explained(repr(self), self._function, error)


class InPlace(CompiledOperator):
    """A derivative that is assembled into an array given as the first argument."""

    def __call__(self, out, *args, **kwargs):
        """Fill ``out`` and return it, or ``(value, out)``."""
        if type(out) is not np.ndarray:
            raise InputError(f"{self!r}: out is a {type(out).__name__}; pass an array of shape f(x).shape + x.shape")
        value = super().__call__(out, *args, **kwargs)
        return (value, out) if self.with_value else out


def _parameters(title, function, argnums):
    """Return the parameters of a function as written, and the positions to differentiate in."""
    parameters = inspect.signature(function).parameters.values()
    names = ["*" + p.name if p.kind is p.VAR_POSITIONAL else p.name for p in parameters]
    taken = [name for name in names if name.lstrip("*").startswith("dd_")]
    if taken:
        raise InputError(
            f"{title}: the parameter {taken[0]!r} of {function.__name__} starts with dd_, as the names in "
            "the generated code do. Rename it."
        )
    positions = argnums if isinstance(argnums, tuple) else (argnums,)
    for i in positions:
        if i >= len(names) or names[i].startswith("*"):
            raise InputError(
                f"{title}: {function.__name__} has the parameters ({', '.join(names)}); argnums is {argnums}. "
                "Pass the position of a parameter that has a name."
            )
    return names, positions


@typeof_impl.register(CompiledOperator)
def typeof_operator(value, context):
    """Let compiled code call a derivative like any compiled function."""
    return types.Dispatcher(value.dispatcher)


def comes_from_compiler(error):
    """Whether an exception was raised while Numba compiled, not by the compiled function or by us."""
    frames = (frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__))
    return not isinstance(error, DualdiffError) and any(name.startswith(NUMBA_FOLDER) for name in frames)


def check_compilable(f, operator):
    """Refuse what Numba cannot compile at all."""
    if not inspect.isfunction(plain_function(f)):
        name = getattr(f, "__name__", type(f).__name__)
        raise InputError(
            f"{operator}: the Numba engine compiles Python functions, and {name} is a {type(f).__name__}. "
            f"Wrap it in a function, such as lambda x: {name}(x), or pass engine='numpy'."
        )


def compile_operator(kind, f, argnums, chunk, with_value):
    """Return the compiled operator of a function; the same one again while nothing that it reaches has changed."""
    check_compilable(f, kind)
    known = _operators.setdefault(plain_function(f), {})
    key = (kind, argnums, chunk, with_value, _state(f))
    if key not in known:
        known[key] = CompiledOperator(kind, f, argnums, chunk, with_value)
    return known[key]


def compiled_jvp(f, primals, tangents):
    """Return the value of ``f`` and its derivative along the tangents, one compiled pass of one lane."""
    check_compilable(f, "jvp")
    function = plain_function(f)
    known = _operators.setdefault(function, {})
    key = ("jvp", len(primals), _state(f))
    if key not in known:
        names, indices = _parameters("jvp", function, tuple(range(len(primals))))
        entry = assembly.define(assembly.jvp_text(names, indices), dd_f=dual_function(f))
        entry.__defaults__ = function.__defaults__
        known[key] = _compile(entry, True)
    try:
        return known[key](*tangents, *primals)
    except Exception as error:
        if not comes_from_compiler(error):
            raise
        raise explained(f"<jvp of {function.__name__}, Numba engine>", function, error) from None
