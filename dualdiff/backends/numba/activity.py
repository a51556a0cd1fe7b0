"""Which buffers must hold duals: decided by Numba's own type inference.

A plain array is promoted exactly when a dual would be stored into it. The pass
infers the types of a function, looks for such stores, follows each target
through its views to the place that allocates it, gives that allocation a dual dtype,
and repeats until nothing changes. Index arrays, tables and inactive arguments
stay as they are. Calls of other compiled functions lead to counterparts that are
compiled the same way; where a callee stores duals into an argument, its caller's
allocation is promoted.
"""

import inspect
import weakref
from dataclasses import dataclass

import numpy as np

from dualdiff.backends.numba.arrays import DualDtype, is_plain_array, promoted
from dualdiff.backends.numba.dataflow import ALLOCATORS, Dataflow
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

METHODS = {
    "astype": np.copy,
    "sum": np.sum,
    "prod": np.prod,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "dot": np.dot,
}
"""Methods of arrays that become functions: only a function can be given another meaning for duals alone."""
UNSHARED = {"sort", "median", "nanmedian", "percentile", "quantile", "nanpercentile", "nanquantile", "partition"}
"""Functions that pick one of tied elements, where the derivative has to be shared: not supported yet."""
WRITING_METHODS = {"fill", "sort", "partition", "put", "itemset", "resize"}
WRITING_FUNCTIONS = {"copyto", "fill_diagonal", "nditer", "place", "put", "putmask", "shuffle"}
"""What writes into its array: the receiver, or the first argument."""
MEMORY = {"view", "itemsize", "nbytes", "strides", "ctypes", "data", "tobytes", "frombuffer"}
"""Attributes that show how an array lies in memory."""


def contains_dual(t):
    """Whether a value of this type carries partials."""
    if isinstance(t, types.BaseTuple | types.List | types.Optional | types.UniTuple):
        return any(map(contains_dual, getattr(t, "types", [getattr(t, "dtype", getattr(t, "type", None))])))
    return is_dual(t) or is_dual_array(t)


def dual_in(t):
    """Return the dual type that a value of this type carries."""
    return t if is_dual(t) else t.dtype


class Activity(Dataflow):
    """The pass over one function, for one combination of argument types."""

    def __init__(self, state, counterpart, is_entry):
        super().__init__(state.func_ir)
        self.state = state
        self.counterpart = counterpart
        self.is_entry = is_entry
        self.done = {}  # id -> definition that is promoted
        self.wanted = {}  # argument index -> dual type: arguments that must come as arrays of duals
        self.modified = set()  # indices of the plain arrays among the arguments that are written

    def run(self):
        """Edit the function in place; note what its caller has to know."""
        self._redirect_calls()
        while self._may_store():
            typemap = infer_types(self.state)
            self._refuse_memory(typemap)
            if self.is_entry:
                if not self._copy_arguments(typemap):
                    break
            elif not (self._replace_calls(typemap) | self._promote_targets(typemap)):
                self._note_modified(typemap)
                break

    def _redirect_calls(self):
        """Lead calls of compiled functions to their counterparts for duals, and give them their arguments in order."""
        for statement in self._statements():
            value = getattr(statement, "value", None)
            if isinstance(value, numba_ir.Global | numba_ir.FreeVar):
                value.value = self.counterpart(value.value)
            elif isinstance(value, numba_ir.Expr) and value.op == "getattr":
                target = self._constant(value)
                redirected = self.counterpart(target)
                if redirected is not target:
                    self._redefine(statement, numba_ir.Global(value.attr, redirected, value.loc))
        for statement in self._statements():
            call = getattr(statement, "value", None)
            if isinstance(call, numba_ir.Expr) and call.op == "call" and call.kws:
                callee = getattr(self._definition(call.func), "value", None)
                if isinstance(callee, Dispatcher):
                    self._order_arguments(call, list(inspect.signature(callee.py_func).parameters))

    @staticmethod
    def _order_arguments(call, names):
        args, keywords = list(call.args), dict(call.kws)
        for name in names[len(args) :]:
            if name not in keywords:
                break
            args.append(keywords.pop(name))
        if not keywords:
            call.args, call.kws = args, ()

    def _may_store(self):
        """Whether the function may store into arrays, merge them, or call what needs a substitute."""
        returns = [s for s in self._statements() if isinstance(s, numba_ir.Return)]
        return len(returns) > 1 or any(map(self._may_store_in, self._statements()))

    def _may_store_in(self, statement):
        if isinstance(statement, numba_ir.SetItem | numba_ir.StaticSetItem):
            return True
        value = getattr(statement, "value", None)
        if isinstance(value, numba_ir.Global | numba_ir.FreeVar):
            return value.value is np.array
        if not isinstance(value, numba_ir.Expr):
            return False
        if value.op == "getattr":
            return value.attr in {*METHODS, *MEMORY, *UNSHARED, *WRITING_METHODS, *WRITING_FUNCTIONS, "array"}
        if value.op == "call":
            callee = getattr(self._definition(value.func), "value", None)
            return isinstance(callee, Dispatcher) or len(value.args) > getattr(callee, "nin", 2) or bool(value.kws)
        return value.op in ("inplace_binop", "phi")

    def _replace_calls(self, typemap):
        """Turn ``a.sum()`` into ``np.sum(a)`` and ``np.array([...])`` into our own, where duals are involved."""
        found = False
        for statement in list(self._statements()):
            call = getattr(statement, "value", None)
            if not (isinstance(call, numba_ir.Expr) and call.op == "call"):
                continue
            callee = self._definition(call.func)
            if self._is_method(callee) and is_dual_array(typemap.get(callee.value.name)):
                if callee.attr == "astype":
                    if typemap[callee.value.name].dtype.dtype != getattr(typemap.get(call.args[0].name), "dtype", None):
                        continue
                    call.args = []  # to the dtype that it has: a copy
                self._replace_callee(callee, METHODS[callee.attr])
                call.args = [callee.value, *call.args]
                found = True
            elif self._makes_array(call) and any(contains_dual(typemap.get(a.name)) for a in call.args):
                self._replace_callee(callee, array_of)
                found = True
        return found

    def _refuse_memory(self, typemap):
        """Refuse what looks at the memory of an array of duals, or picks one of tied elements."""
        for statement in self._statements():
            value = getattr(statement, "value", None)
            if not isinstance(value, numba_ir.Expr):
                continue
            looked_at = [value.value] if value.op == "getattr" and value.attr in MEMORY else []
            name = value.attr if looked_at else "frombuffer"
            if value.op == "call" and guard(find_callname, self.func_ir, value) == ("frombuffer", "numpy"):
                looked_at = value.args
            if value.op == "call" and self._picks(value, typemap):
                raise errors.TypingError(
                    "a dual number cannot be sorted: tied elements share their derivative", value.loc
                )
            if any(is_dual_array(typemap.get(v.name)) for v in looked_at):
                raise errors.TypingError(
                    f"a dual number is wider than a float: {name} of an array of them has no meaning", value.loc
                )

    def _picks(self, call, typemap):
        callee = self._definition(call.func)
        if isinstance(callee, numba_ir.Expr) and callee.op == "getattr" and callee.attr in UNSHARED:
            return any(is_dual_array(typemap.get(v.name)) for v in (callee.value, *call.args))
        return False

    @staticmethod
    def _is_method(definition):
        return isinstance(definition, numba_ir.Expr) and definition.op == "getattr" and definition.attr in METHODS

    def _promote_targets(self, typemap):
        found = False
        stores = [store for s in self._statements() for store in self._stores(s, typemap)]
        for target, dual in [*stores, *self._merges(typemap)]:
            for root in self._allocations(target, typemap):
                found |= self._promote(root, dual, typemap)
        return found

    def _merges(self, typemap):
        """Yield (array variable, dual type) where a plain array and one of duals become one variable or result."""
        groups = [[s.value for s in self._statements() if isinstance(s, numba_ir.Return)]]
        for statement in self._statements():
            if getattr(getattr(statement, "value", None), "op", None) == "phi":
                groups.append(self._viewed(statement.value, typemap))
        for group in groups:
            kinds = [typemap.get(v.name) for v in group]
            duals = [t.dtype for t in kinds if is_dual_array(t)]
            yield from ((v, duals[0]) for v, t in zip(group, kinds, strict=True) if duals and is_plain_array(t))

    def _stores(self, statement, typemap):
        """Yield (array variable, dual type) for every store of a dual into a plain array."""

        def plain(variable):
            t = typemap.get(variable.name)
            return isinstance(t, types.Array) and isinstance(t.dtype, types.Float)

        def active(variable):
            t = typemap.get(variable.name)
            return is_dual(t) or is_dual_array(t)

        target, value = self._store_of(statement)
        if target is not None and active(value):
            if plain(target):
                yield target, dual_in(typemap[value.name])
            elif is_plain_array(typemap.get(target.name)):
                raise errors.TypingError(
                    f"a dual number is stored into the {typemap[target.name]}; use one of floats", statement.loc
                )
        call = getattr(statement, "value", None)
        if isinstance(call, numba_ir.Expr) and call.op == "call":
            for index, dual in self._known_of(call, typemap).wanted.items():
                if plain(self._argument(call, index)):
                    yield call.args[index], dual

    def _written_by(self, statement, typemap):
        """Return the arrays that a statement may write."""
        target, _ = self._store_of(statement)
        written = [] if target is None else [target]
        call = getattr(statement, "value", None)
        if not (isinstance(call, numba_ir.Expr) and call.op == "call"):
            return written
        written += [v for k, v in call.kws if k == "out"]
        written += [self._argument(call, i) for i in self._known_of(call, typemap).modified]
        callee = self._definition(call.func)
        if isinstance(callee, numba_ir.Expr) and callee.op == "getattr" and callee.attr in WRITING_METHODS:
            written.append(callee.value)
        function = self._constant(callee)
        if isinstance(function, np.ufunc):
            written += call.args[function.nin :]
        elif function is np.dot:
            written += call.args[2:]
        elif getattr(function, "__name__", None) in WRITING_FUNCTIONS:
            written += call.args[:1]
        return written

    def _known_of(self, call, typemap):
        """Return what is known of a compiled function that is called, for these types of arguments."""
        callee = typemap.get(call.func.name)
        if not isinstance(callee, types.Dispatcher):
            return NOTHING
        return known_of(callee.dispatcher, tuple(typemap.get(a.name) for a in call.args))

    def _argument(self, call, index):
        if index >= len(call.args):
            raise errors.TypingError("an array among *arguments is written; pass it by position", call.loc)
        return call.args[index]

    def _note_modified(self, typemap):
        """Note the arguments that are written."""
        arrays = {i for i, t in enumerate(self.state.args) if is_plain_array(t)}
        for block in self.func_ir.blocks.values():
            for statement in block.body:
                for variable in self._written_by(statement, typemap):
                    if not isinstance(typemap.get(variable.name), types.Array | types.NumpyFlatType):
                        continue
                    for _, definition in self._allocations(variable, typemap):
                        if isinstance(definition, numba_ir.Arg):
                            self.modified.add(definition.index)
                        elif not self._is_fresh(definition, typemap):
                            self.modified |= arrays  # any of them might lie behind it

    def _copy_arguments(self, typemap):
        """In the entry, give the function a copy of each argument that it writes, before every pass anew."""
        found = False
        for block in self.func_ir.blocks.values():
            for position, statement in reversed(list(enumerate(block.body))):
                call = getattr(statement, "value", None)
                if not (isinstance(call, numba_ir.Expr) and call.op == "call"):
                    continue
                known = self._known_of(call, typemap)
                for i in {*known.wanted, *known.modified}:
                    variable, loc = self._argument(call, i), statement.loc
                    if i in known.wanted:
                        dtype = DualDtype(known.wanted[i].over(typemap[variable.name].dtype))
                        dtype = self._insert(block, position, numba_ir.Global("dual_dtype", dtype, loc), loc)
                        copy = self._call(block, position + 1, promoted, [variable, dtype], loc)
                        copy = self._insert(block, position + 2, copy, loc)
                    elif id(call) in self.done:
                        continue
                    else:
                        copy = self._call(block, position, np.copy, [variable], loc)
                        copy = self._insert(block, position + 1, copy, loc)
                    call.args[i] = copy
                    found = True
                if not known.wanted:
                    self.done[id(call)] = call
        return found

    def _call(self, block, position, function, arguments, loc):
        """Return the call of one of our functions, and insert what it needs."""
        callee = self._insert(block, position, numba_ir.Global(function.__name__, function, loc), loc)
        return numba_ir.Expr.call(callee, arguments, (), loc)

    def _promote(self, root, dual, typemap):
        """Make the memory behind one definition hold duals; return whether anything changed."""
        name, definition = root
        if id(definition) in self.done or is_dual_array(typemap.get(name)):
            return False
        if isinstance(definition, numba_ir.Arg):
            self.wanted[definition.index] = dual
            return False
        self.done[id(definition)] = definition
        element = getattr(typemap.get(name), "dtype", dual.dtype)
        dtype = DualDtype(dual.over(element if isinstance(element, types.Float) else dual.dtype))
        for block in self.func_ir.blocks.values():
            for position, statement in enumerate(block.body):
                if isinstance(statement, numba_ir.Assign) and statement.value is definition:
                    self._rewrite(block, position, statement, dtype, typemap)
                    return True
        return False

    def _rewrite(self, block, position, statement, dtype, typemap):
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
            self.done[id(call)] = call
            self._redefine(statement, call)
            return
        if not self._is_fresh(definition, typemap):
            raise errors.TypingError(
                "a dual number is stored into an array whose origin cannot be followed; "
                "allocate it with np.zeros or np.empty in the function that writes it",
                loc,
            )
        # any other origin: allocate as before, then copy into an array of duals
        plain = self._insert(block, position + 1, definition, loc)
        call = self._call(block, position + 2, promoted, [plain, dtype_variable], loc)
        self.done[id(call)] = call
        self._redefine(statement, call)


@dataclass(frozen=True)
class Known:
    """What the caller of a function has to know: see the attributes of `Activity`."""

    wanted: dict
    modified: frozenset


NOTHING = Known({}, frozenset())
_known = weakref.WeakKeyDictionary()  # dispatcher -> {argument types: Known}


def known_of(dispatcher, types_):
    """Return what is known of a function that was compiled by the pass, for these types of arguments."""
    return _known.get(dispatcher, {}).get(types_, NOTHING)


def carry_duals(state, counterpart, dispatcher, is_entry):
    """Prepare one function for duals; raise where its caller has to prepare an argument first."""
    activity = Activity(state, counterpart, is_entry)
    activity.run()
    if activity.wanted or activity.modified:
        known = Known(activity.wanted, frozenset(activity.modified))
        _known.setdefault(dispatcher, {})[tuple(state.args)] = known
    if activity.wanted:
        names = ", ".join(repr(state.func_ir.arg_names[i]) for i in sorted(activity.wanted))
        raise errors.TypingError(f"a dual number is stored into the plain array {names}")
    return True
