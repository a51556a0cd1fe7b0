"""All that touches Numba's internals: a Numba release which moves them breaks this file alone.

Everything else in this package uses Numba's public names, and these.
"""

import os
from pathlib import Path

import numba
from llvmlite import ir as llvm
from numba import njit, types
from numba.core import cgutils, errors, typing
from numba.core import ir as numba_ir
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.datamodel import models
from numba.core.dispatcher import Dispatcher
from numba.core.imputils import impl_ret_borrowed, lower_builtin, lower_constant
from numba.core.ir_utils import find_callname, guard
from numba.core.registry import cpu_target
from numba.core.typeconv import Conversion
from numba.core.typed_passes import NopythonTypeInference, type_inference_stage
from numba.core.typing.npydecl import supported_array_operators
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_cast, overload, register_model, typeof_impl
from numba.np import npyimpl
from numba.np.arrayobj import make_array, populate_array

__all__ = [
    "NUMBA_FOLDER",
    "Conversion",
    "Dispatcher",
    "DualModelBase",
    "accept_scalars",
    "call_function",
    "cgutils",
    "declare_function",
    "errors",
    "find_callname",
    "guard",
    "impl_ret_borrowed",
    "infer_types",
    "intrinsic",
    "is_known_to_numba",
    "llvm",
    "lower_builtin",
    "lower_cast",
    "lower_constant",
    "make_array",
    "njit",
    "numba_ir",
    "overload",
    "overload_first",
    "pipeline_with_pass",
    "populate_array",
    "register_model",
    "signature",
    "supported_array_operators",
    "typeof_impl",
    "types",
    "typing",
]

DualModelBase = models.PrimitiveModel


NUMBA_FOLDER = str(Path(numba.__file__).parent) + os.sep
OURS_FIRST = {"target": "cpu"}  # Numba tries the most specific target first; its own meanings are "generic"


def declare_function(function, typer, lowerer, patterns):
    """Teach Numba one more meaning of a global function.

    Parameters
    ----------
    function : callable
        A global such as ``np.sin``, ``math.sin`` or ``operator.add``.
    typer : callable
        ``typer(context, args) -> return type``, or None where this meaning does not apply.
    lowerer : callable
        ``lowerer(context, builder, sig, args) -> value``.
    patterns : iterable of tuples
        The classes of argument types that `lowerer` serves.
    """

    class Template(AbstractTemplate):
        key = function
        metadata = OURS_FIRST

        def generic(self, args, kws):
            result = None if kws else typer(self.context, args)
            return None if result is None else signature(result, *args)

    infer_global(function, types.Function(Template))
    for pattern in patterns:
        lower_builtin(function, *pattern)(lowerer)


def overload_first(function):
    """Like ``numba.extending.overload``, but tried before Numba's own meaning of the function."""
    return overload(function, **OURS_FIRST)


def accept_scalars(scalar_type):
    """Let scalars of a type be operands of Numba's array expressions, which know its own numbers only."""
    prepare = npyimpl._prepare_argument

    def prepare_argument(context, builder, value, ty, where="input operand"):
        if isinstance(ty, scalar_type):
            return npyimpl._ScalarHelper(context, builder, value, ty)
        return prepare(context, builder, value, ty, where)

    npyimpl._prepare_argument = prepare_argument


def call_function(context, builder, function, types_, values):
    """Emit a call of a function that Numba knows; return its type and its value.

    A value may be a Python constant where its type is a literal.
    """
    resolved = context.typing_context.resolve_value_type(function)
    sig = resolved.get_call_type(context.typing_context, types_, {})
    if sig is None:
        raise errors.TypingError(f"no implementation of {function} for {types_}")
    formal, is_packed = sig.args, False
    if len(formal) == 1 and isinstance(formal[0], types.StarArgTuple | types.StarArgUniTuple):
        formal, is_packed = tuple(formal[0]), True
    cast = [
        v if isinstance(t, types.Literal) and not isinstance(v, llvm.Value) else context.cast(builder, v, t, target)
        for v, t, target in zip(values, types_, formal, strict=True)
    ]
    if is_packed:
        cast = [context.make_tuple(builder, sig.args[0], cast)]
    return sig.return_type, context.get_function(resolved, sig)(builder, cast)


def is_known_to_numba(value):
    """Whether a global function can be called in compiled code as it stands."""
    try:
        cpu_target.typing_context.resolve_value_type(value)
    except (errors.NumbaError, TypeError, ValueError):
        return False
    return True


def infer_types(state):
    """Return the types of the variables of a function as far as they can be told."""
    results = type_inference_stage(
        state.typingctx, state.targetctx, state.func_ir, state.args, None, raise_errors=False
    )
    return results.typemap


def pipeline_with_pass(change):
    """Return a compiler whose pipeline calls ``change(state)`` before type inference.

    ``change`` may edit ``state.func_ir`` and returns whether it did.
    """

    @register_pass(mutates_CFG=False, analysis_only=False)
    class Change(FunctionPass):
        _name = f"dualdiff_{id(change)}"

        def __init__(self):
            super().__init__()

        def run_pass(self, state):
            return change(state)

    class Compiler(CompilerBase):
        def define_pipelines(self):
            pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
            position = [p for p, _ in pipeline.passes].index(NopythonTypeInference)
            pipeline.passes.insert(position, (Change, "carry dual numbers"))
            pipeline._finalized = False
            pipeline.finalize()
            return [pipeline]

    return Compiler
