"""Which buffers must hold duals: decided by Numba's own type inference.

A plain array is promoted exactly when a dual would be stored into it. The pass
infers the types of a function, looks for such stores, follows each target
through its views to the place that allocates it, gives that allocation a dual dtype,
and repeats until nothing changes. Index arrays, tables and inactive arguments
stay as they are. Calls of other compiled functions lead to counterparts that are
compiled the same way; where a callee stores duals into an argument, its caller's
allocation is promoted.
"""

import numpy as np

from dualdiff.backends.numba.arrays import DualDtype, promoted
from dualdiff.backends.numba.dualtype import is_dual, is_dual_array
from dualdiff.backends.numba.functions import array_of
from dualdiff.backends.numba.internals import (
    Dispatcher,
    errors,
    find_callname,
    guard,
    infer_types,
    numba_ir,
    types,
)

ALLOCATORS = {"empty": 1, "zeros": 1, "ones": 1, "full": 2, "empty_like": 1, "zeros_like": 1, "ones_like": 1, "full_like": 2}
METHODS = {"sum": np.sum, "prod": np.prod, "mean": np.mean, "max": np.max, "min": np.min, "dot": np.dot}
"""Methods of arrays that become functions: only a function can be given another meaning for duals alone."""
VIEW_METHODS = {"reshape", "ravel", "transpose", "view"}
VIEW_FUNCTIONS = {"reshape", "ravel", "transpose", "asarray", "ascontiguousarray", "atleast_1d", "expand_dims"}


def contains_dual(t):
    """Whether a value of this type carries partials."""
    if isinstance(t, types.BaseTuple | types.List | types.Optional | types.UniTuple):
        return any(map(contains_dual, getattr(t, "types", [getattr(t, "dtype", getattr(t, "type", None))])))
    return is_dual(t) or is_dual_array(t)


def dual_in(t):
    """Return the dual type that a value of this type carries."""
    return t if is_dual(t) else t.dtype


class Activity:
    """The pass over one function, for one combination of argument types."""

    def __init__(self, state, counterpart, may_copy_arguments):
        self.func_ir = state.func_ir
        self.state = state
        self.counterpart = counterpart
        self.may_copy_arguments = may_copy_arguments
        self.done = set()
        self.wanted_arguments = set()

    def run(self):
        """Edit the function in place; return the arguments that the caller has to promote."""
        self._redirect_calls()
        if not any(map(contains_dual, self.state.args)) and not self.may_copy_arguments:
            return self.wanted_arguments
        while self._may_store():
            typemap, _ = infer_types(self.state)
            if not (self._replace_calls(typemap) | self._promote_targets(typemap)):
                break
        return self.wanted_arguments

    def _statements(self):
        for block in self.func_ir.blocks.values():
            yield from block.body

    def _redirect_calls(self):
        """Lead calls of compiled functions to their counterparts for duals."""
        for statement in self._statements():
            value = getattr(statement, "value", None)
            if isinstance(value, numba_ir.Global | numba_ir.FreeVar):
                value.value = self.counterpart(value.value)
            elif isinstance(value, numba_ir.Expr) and value.op == "getattr":
                module = self._definition(value.value)
                if isinstance(module, numba_ir.Global | numba_ir.FreeVar) and isinstance(module.value, type(np)):
                    target = getattr(module.value, value.attr, None)
                    redirected = self.counterpart(target)
                    if redirected is not target:
                        statement.value = numba_ir.Global(value.attr, redirected, value.loc)
                        self.func_ir._definitions[statement.target.name] = [statement.value]

    def _may_store(self):
        """Whether the function stores into arrays, or calls functions that might."""
        return any(
            isinstance(s, numba_ir.SetItem | numba_ir.StaticSetItem)
            or (isinstance(s, numba_ir.Assign) and isinstance(s.value, numba_ir.Expr) and self._may_store_in(s.value))
            for s in self._statements()
        )

    def _may_store_in(self, expression):
        if expression.op == "inplace_binop" or (
            expression.op == "getattr" and expression.attr in (*METHODS, "array")
        ):
            return True
        if expression.op != "call":
            return False
        callee = self._definition(expression.func)
        return isinstance(getattr(callee, "value", None), Dispatcher)

    def _replace_calls(self, typemap):
        """Turn ``a.sum()`` into ``np.sum(a)`` and ``np.array([...])`` into our own, where duals are involved."""
        found = False
        for statement in list(self._statements()):
            call = getattr(statement, "value", None)
            if not (isinstance(call, numba_ir.Expr) and call.op == "call"):
                continue
            callee = self._definition(call.func)
            if not (isinstance(callee, numba_ir.Expr) and callee.op == "getattr"):
                continue
            owner = typemap.get(callee.value.name)
            if callee.attr in METHODS and is_dual_array(owner):
                self._replace_callee(callee, METHODS[callee.attr])
                call.args = [callee.value, *call.args]
                found = True
            elif callee.attr == "array" and isinstance(owner, types.Module) and owner.pymod is np:
                if call.args and contains_dual(typemap.get(call.args[0].name)):
                    self._replace_callee(callee, array_of)
                    found = True
        return found

    def _replace_callee(self, definition, function):
        replacement = numba_ir.Global(definition.attr, function, definition.loc)
        for statement in self._statements():
            if isinstance(statement, numba_ir.Assign) and statement.value is definition:
                self._redefine(statement, replacement)

    def _promote_targets(self, typemap):
        found = False
        for statement in list(self._statements()):
            for target, dual in self._stores(statement, typemap):
                for root in self._allocations(target, typemap):
                    found |= self._promote(root, dual, typemap)
        return found

    def _stores(self, statement, typemap):
        """Yield (array variable, dual type) for every store of a dual into a plain array."""

        def plain(variable):
            t = typemap.get(variable.name)
            return isinstance(t, types.Array) and isinstance(t.dtype, types.Float)

        def active(variable):
            return contains_dual(typemap.get(variable.name))

        if isinstance(statement, numba_ir.SetItem | numba_ir.StaticSetItem):
            if plain(statement.target) and active(statement.value):
                yield statement.target, dual_in(typemap[statement.value.name])
        elif isinstance(statement, numba_ir.Assign) and isinstance(statement.value, numba_ir.Expr):
            expression = statement.value
            if expression.op == "inplace_binop" and plain(expression.lhs) and active(expression.rhs):
                yield expression.lhs, dual_in(typemap[expression.rhs.name])
            elif expression.op == "call":
                callee = typemap.get(expression.func.name)
                if isinstance(callee, types.Dispatcher):
                    argument_types = tuple(typemap.get(a.name) for a in expression.args)
                    for index, dual in wanted_by(callee.dispatcher, argument_types):
                        if plain(expression.args[index]):
                            yield expression.args[index], dual

    def _definition(self, variable):
        found = self.func_ir._definitions.get(variable.name, [])
        return found[0] if len(found) == 1 else None

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
            if isinstance(container, numba_ir.Expr) and container.op == "build_tuple" and op == "static_getitem":
                return [container.items[definition.index]]
            return [definition.value]
        if op == "getattr" and definition.attr in ("T", "flat", "real"):
            return [definition.value]
        if op == "call":
            callee = self._definition(definition.func)
            if isinstance(callee, numba_ir.Expr) and callee.op == "getattr" and callee.attr in VIEW_METHODS:
                if isinstance(typemap.get(callee.value.name), types.Array):
                    return [callee.value]
            name, module = guard(find_callname, self.func_ir, definition) or ("", "")
            if module == "numpy" and name in VIEW_FUNCTIONS:
                return [definition.args[0]]
        return []

    def _promote(self, root, dual, typemap):
        """Make the memory behind one definition hold duals; return whether anything changed."""
        name, definition = root
        if id(definition) in self.done:
            return False
        if isinstance(definition, numba_ir.Arg):
            if not self.may_copy_arguments:
                self.wanted_arguments.add((definition.index, dual))
                return False
        self.done.add(id(definition))
        element = getattr(typemap.get(name), "dtype", dual.dtype)
        dtype = DualDtype(dual.over(element if isinstance(element, types.Float) else dual.dtype))
        for block in self.func_ir.blocks.values():
            for position, statement in enumerate(block.body):
                if isinstance(statement, numba_ir.Assign) and statement.value is definition:
                    self._rewrite(block, position, statement, dtype)
                    return True
        return False

    def _rewrite(self, block, position, statement, dtype):
        definition, loc = statement.value, statement.loc
        dtype_variable = self._insert(block, position, numba_ir.Global("dual_dtype", dtype, loc), loc)
        called = guard(find_callname, self.func_ir, definition) if isinstance(definition, numba_ir.Expr) else None
        name, module = called or ("", "")
        if module == "numpy" and name in ALLOCATORS:
            count = ALLOCATORS[name]
            call = numba_ir.Expr.call(
                definition.func,
                list(definition.args[:count]),
                [(k, v) for k, v in definition.kws if k != "dtype"] + [("dtype", dtype_variable)],
                loc,
            )
            self.done.add(id(call))
            self._redefine(statement, call)
            return
        # any other origin: allocate as before, then copy into an array of duals
        plain = self._insert(block, position + 1, definition, loc)
        function = self._insert(block, position + 2, numba_ir.Global("promoted", promoted, loc), loc)
        call = numba_ir.Expr.call(function, [plain, dtype_variable], (), loc)
        self.done.add(id(call))
        self._redefine(statement, call)

    def _insert(self, block, position, value, loc):
        variable = block.scope.redefine("$dual", loc)
        block.body.insert(position, numba_ir.Assign(value, variable, loc))
        self.func_ir._definitions[variable.name] = [value]
        return variable

    def _redefine(self, statement, value):
        definitions = self.func_ir._definitions[statement.target.name]
        definitions[definitions.index(statement.value)] = value
        statement.value = value


_wanted = {}


def wanted_by(dispatcher, argument_types):
    """Return the arguments, as (index, dual type), that a counterpart has to get as arrays of duals."""
    return _wanted.get((dispatcher, argument_types), ())


def carry_duals(state, counterpart, dispatcher, may_copy_arguments=False):
    """Prepare one function for duals; raise where its caller has to prepare an argument first."""
    wanted = Activity(state, counterpart, may_copy_arguments).run()
    if wanted:
        _wanted[dispatcher, tuple(state.args)] = wanted
        names = ", ".join(repr(state.func_ir.arg_names[i]) for i, _ in sorted(wanted, key=lambda w: w[0]))
        raise errors.TypingError(f"a dual number is stored into the plain array {names}")
    return True
