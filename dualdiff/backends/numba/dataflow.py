"""Where an array in a function comes from: reading and editing Numba's intermediate representation."""

import inspect

import numpy as np

from dualdiff.backends.numba.arrays import is_number
from dualdiff.backends.numba.internals import Dispatcher, find_callname, guard, numba_ir, types

ALLOCATORS = {
    "empty": 1,
    "zeros": 1,
    "ones": 1,
    "full": 2,
    "empty_like": 1,
    "zeros_like": 1,
    "ones_like": 1,
    "full_like": 2,
}
VIEW_METHODS = {"reshape", "ravel", "transpose", "view"}
FRESH_METHODS = {"copy", "astype", "flatten", "sum", "cumsum", "dot"}
FRESH_FUNCTIONS = {
    "arange", "array", "copy", "cumsum", "diag", "dot", "eye", "hstack", "identity", "linspace", "outer", "repeat",
    "sort", "stack", "tri", "tril", "triu", "vander", "vstack", "where", "concatenate", "column_stack",
}  # fmt: skip
"""What returns memory of its own: a copy of it can be promoted without cutting a view from its base."""
VIEW_FUNCTIONS = {"reshape", "ravel", "transpose", "asarray", "ascontiguousarray", "atleast_1d", "expand_dims"}


class Dataflow:
    """The statements of one function, and the memory behind its variables."""

    def __init__(self, func_ir):
        self.func_ir = func_ir

    def _statements(self):
        for block in self.func_ir.blocks.values():
            yield from block.body

    def _definition(self, variable):
        found = self.func_ir._definitions.get(variable.name, [])
        return found[0] if len(found) == 1 else None

    def _constant(self, definition):
        """Return the object that a global, or an attribute of a module, stands for; None if it is no constant."""
        if isinstance(definition, numba_ir.Global | numba_ir.FreeVar):
            return definition.value
        if isinstance(definition, numba_ir.Expr) and definition.op == "getattr":
            owner = self._constant(self._definition(definition.value))
            return getattr(owner, definition.attr, None) if inspect.ismodule(owner) else None
        return None

    def _store_of(self, statement):
        """Return the array and the value of a statement that writes a value into an array."""
        if isinstance(statement, numba_ir.SetItem | numba_ir.StaticSetItem):
            return statement.target, statement.value
        expression = getattr(statement, "value", None)
        if isinstance(expression, numba_ir.Expr) and expression.op == "inplace_binop":
            return expression.lhs, expression.rhs
        if isinstance(expression, numba_ir.Expr) and expression.op == "call" and len(expression.args) == 1:
            method = self._definition(expression.func)
            if isinstance(method, numba_ir.Expr) and method.op == "getattr" and method.attr == "fill":
                return method.value, expression.args[0]
        return None, None

    def _allocations(self, variable, typemap, seen=None):
        """Yield the variables that own the memory of an array, following views, loops and branches."""
        seen = set() if seen is None else seen
        if variable.name in seen:
            return
        seen.add(variable.name)
        for definition in self.func_ir._definitions.get(variable.name, []):
            sources = self._viewed(definition, typemap)
            if not sources:
                yield variable.name, definition
            for source in sources:
                yield from self._allocations(source, typemap, seen)

    def _viewed(self, definition, typemap):
        """Return the variables whose memory an expression shares."""
        if isinstance(definition, numba_ir.Var):
            return [definition]
        if not isinstance(definition, numba_ir.Expr):
            return []
        op = definition.op
        if op == "phi":
            return [v for v in definition.incoming_values if v is not numba_ir.UNDEFINED]
        if op in ("cast", "getiter", "iternext", "pair_first", "inplace_binop"):
            return [definition.lhs if op == "inplace_binop" else definition.value]
        if op in ("getitem", "static_getitem"):
            container = self._definition(definition.value)
            if getattr(container, "op", None) == "exhaust_iter":  # a, b = np.zeros(2), np.zeros(2)
                container = self._definition(container.value)
            if isinstance(container, numba_ir.Expr) and container.op == "build_tuple" and op == "static_getitem":
                return [container.items[definition.index]]
            return [definition.value]
        if op == "getattr" and definition.attr in ("T", "flat", "real"):
            return [definition.value]
        if op == "call":
            callee = self._definition(definition.func)
            is_method = isinstance(callee, numba_ir.Expr) and callee.op == "getattr" and callee.attr in VIEW_METHODS
            if is_method and isinstance(typemap.get(callee.value.name), types.Array):
                return [callee.value]
            name, module = guard(find_callname, self.func_ir, definition) or ("", "")
            if module == "numpy" and name in VIEW_FUNCTIONS:
                return [definition.args[0]]
        return []

    def _is_fresh(self, definition, typemap):
        """Whether an expression makes an array of its own: a view would be cut from its base by a copy."""
        if isinstance(definition, numba_ir.Arg):
            return True
        op = getattr(definition, "op", None)
        if op != "call":
            return op in ("binop", "unary")
        name, module = guard(find_callname, self.func_ir, definition) or ("", "")
        if module == "numpy":
            is_ufunc = isinstance(getattr(np, name, None), np.ufunc)
            return is_ufunc or name in FRESH_FUNCTIONS or name in ALLOCATORS
        callee = self._definition(definition.func)
        if isinstance(callee, numba_ir.Expr) and callee.op == "getattr":
            return callee.attr in FRESH_METHODS
        arguments = [typemap.get(a.name) for a in definition.args]
        is_compiled = isinstance(getattr(callee, "value", None), Dispatcher)
        return is_compiled and not definition.kws and all(is_number(types.unliteral(t)) for t in arguments)

    def _makes_array(self, call):
        return guard(find_callname, self.func_ir, call) == ("array", "numpy")

    def _insert(self, block, position, value, loc):
        variable = block.scope.redefine("$dual", loc)
        block.body.insert(position, numba_ir.Assign(value, variable, loc))
        self.func_ir._definitions[variable.name] = [value]
        return variable

    def _redefine(self, statement, value):
        definitions = self.func_ir._definitions[statement.target.name]
        definitions[definitions.index(statement.value)] = value
        statement.value = value

    def _replace_callee(self, definition, function):
        replacement = numba_ir.Global(function.__name__, function, definition.loc)
        for statement in self._statements():
            if isinstance(statement, numba_ir.Assign) and statement.value is definition:
                self._redefine(statement, replacement)
