"""Calls of functions with a rule of primals and tangents, on dual numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, NoReturn

import numpy as np

from dualdiff.backends.arguments import describe, plain_function
from dualdiff.backends.custom import CustomFunction
from dualdiff.backends.numpy.algebra import is_zero
from dualdiff.backends.numpy.buffers import Buffer
from dualdiff.backends.numpy.dual import Dual, align, top_tag
from dualdiff.backends.numpy.messages import dropped, refused
from dualdiff.backends.numpy.propagation import ALGEBRAS, finish, reserve
from dualdiff.backends.numpy.quiet import restore, silence
from dualdiff.backends.numpy.rebinding.classes import TwinType, twin_of_object
from dualdiff.backends.numpy.seeding import copy_of
from dualdiff.backends.trees import Structure, flatten, take_apart
from dualdiff.errors import OutputError, ShapeError
from dualdiff.numbers.dual import tangent
from dualdiff.numbers.tags import Tag

SIMPLE = (float, np.ndarray, int, np.float64, str, bool, type(None))


class Point:
    """Where a rule is evaluated: inside the rule the function itself need not be computed again there."""

    __slots__ = ("custom", "leaves", "options", "value")

    def __init__(self, custom: CustomFunction, leaves: list[Any], options: dict[str, Any], value: Any) -> None:
        self.custom = custom
        self.leaves = leaves
        self.options = options
        self.value = value


_point: ContextVar[Point | None] = ContextVar("point", default=None)


def call_custom(custom: CustomFunction, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a function that has a rule: itself on plain numbers, by the rule on dual ones."""
    point = _point.get()
    if point is None and not kwargs and all(type(x) in SIMPLE for x in args):
        return custom.function(*args)
    args = tuple(map(unbound, args))
    leaves: list[Any] = []
    structure = flatten((args, kwargs), leaves)
    if any(isinstance(x, Buffer) for x in leaves):
        leaves = [plain_content(x) for x in leaves]
        args, kwargs = structure.restore(leaves)
    is_plain = not any(isinstance(x, Dual) for x in leaves)
    if is_plain and point is None:
        return custom.function(*args, **kwargs)
    args, options = custom.positional(args, kwargs)
    leaves = []
    structure = flatten(args, leaves)
    if point is not None and point.custom is custom and _is_at(point, leaves, options):
        leaves = []
        return flatten(point.value, leaves).restore(map(duplicate, leaves))
    if is_plain:
        return custom.function(*args, **options)
    return differentiate(custom, structure, leaves, options)


def plain_content(x: Any) -> Any:
    """Return the dual or the plain array of a buffer; other things come back as they are."""
    if not isinstance(x, Buffer):
        return x
    content = x.settle()
    return content if isinstance(content, Dual) else x.export()


def unbound(x: Any) -> Any:
    """Return an object of rebound code as one of the user's own class: plain code must find plain arrays in it."""
    kind = type(x)
    return twin_of_object(x, kind._raw) if isinstance(kind, TwinType) else x


def refuse_names(custom: CustomFunction, options: dict[str, Any]) -> None:
    """Refuse a dual in an argument that can be given by its name only: the rule has no tangent for it."""
    for name, x in options.items():
        leaves: list[Any] = []
        flatten(x, leaves)
        if any(isinstance(leaf, Dual) for leaf in leaves):
            raise refused(
                f"the function {custom.label} with a dual number as its argument {name}",
                "it can only be given by name, and a rule knows the arguments by their order",
                f"Define {custom.label} with {name} as a positional parameter.",
            )


def differentiate(custom: CustomFunction, structure: Structure, leaves: list[Any], options: dict[str, Any]) -> Any:
    """Return the value of the function with its derivative by the user's rule."""
    refuse_names(custom, options)
    tag = top_tag(leaves)
    active = [i for i, x in enumerate(leaves) if isinstance(x, Dual) and x.tag is tag]
    if custom.rule is None:
        names = list(_names(custom, structure))
        raise refused(
            f"the function {custom.label} with a dual number as its argument {names[active[0]]}",
            "it was declared by dualdiff.custom_jvp, but its rule is not stated",
            f"Write @{custom.label}.defjvp above a function (primals, tangents) that returns (value, tangent).",
        )
    tangents = {i: leaves[i].partials for i in active}
    primals = [leaves[i].value if i in tangents else x for i, x in enumerate(leaves)]
    value = compute(custom, structure, primals, active, options)
    return Pushforward(custom, structure, primals, tangents, options, value, tag).result()


def compute(
    custom: CustomFunction, structure: Structure, primals: list[Any], active: list[int], options: dict[str, Any]
) -> Any:
    """Return the value, by the function itself; refuse a function that writes into its arguments."""
    if any(isinstance(p, Dual) for p in primals):
        return custom(*structure.restore(primals), **options)
    given = list(primals)
    kept: dict[int, Any] = {}
    for i, p in enumerate(primals):
        if type(p) is np.ndarray and i in active:
            given[i], kept[i] = copy_of(p), p
        elif type(p) is np.ndarray and p.flags.writeable:
            kept[i] = p.copy("K")
    value = custom.function(*structure.restore(given), **options)
    for i, before in kept.items():
        if not is_same(given[i], before):
            raise dropped(
                f"the function {custom.label} writes into its argument {list(_names(custom, structure))[i]}, which",
                "Let it return what it writes, and state the rule of that.",
            )
    return value


class Pushforward:
    """One evaluation of a rule: the tangents of all directions at one point."""

    def __init__(
        self,
        custom: CustomFunction,
        structure: Structure,
        primals: list[Any],
        tangents: dict[int, Any],
        options: dict[str, Any],
        value: Any,
        tag: Tag,
    ) -> None:
        self.custom = custom
        self.structure = structure
        self.primals = primals
        self.tangents = tangents
        self.options = options
        self.value = value
        self.tag = tag
        self.count = len(next(iter(tangents.values())))
        self.dtype = np.result_type(*(t.dtype for t in tangents.values()))
        rule = custom.rule
        # compiled code cannot carry the duals of an outer derivative
        self.rule = plain_function(rule) if any(isinstance(p, Dual) for p in primals) else rule

    def result(self) -> Any:
        """Return the value with its derivatives."""
        are_real_scalars = all(
            p.ndim == 0 and p.dtype.kind == "f" for p in map(self.primals.__getitem__, self.tangents)
        )
        token = _point.set(Point(self.custom, self.primals, self.options, self.value))
        quiet = silence()
        try:
            if self.custom.is_vectorized:
                totals = self._at_once()
            elif are_real_scalars:
                totals = self._by_slopes()
            else:
                totals = self._by_directions()
        finally:
            restore(quiet)
            _point.reset(token)
        remaining = iter(totals)
        return self._put(self.value, remaining)

    # ---- three ways to run a rule ----------------------------------------------------------------------------------

    def _at_once(self) -> list[Any]:
        """Call the rule once, with the tangents of all directions: the direction axis is in front."""
        tangents = []
        for i, p in enumerate(self.primals):
            if i in self.tangents:
                tangents.append(self.tangents[i].copy())
            else:
                zero = self._still(p, lambda shape, dtype: np.broadcast_to(dtype.type(0), (self.count, *shape)))
                tangents.append(zero)
        found = self._call(tangents, (self.count,))
        moved = self._moved()
        return [t if t is None or moved.all() else _masked(t, moved) for t in found]

    def _by_slopes(self) -> list[Any]:
        """Call the rule once for each scalar argument, with a unit tangent; the chain rule does the rest.

        So the number of calls does not depend on that of the directions, and a zero tangent stays zero.
        """
        still = [self._still(p) for p in self.primals]
        slopes, pushed = [], []
        for i, t in self.tangents.items():
            if not np.all(is_zero(t)):
                tangents = list(still)
                tangents[i] = self.primals[i].dtype.type(1.0)
                slopes.append(self._call(tangents, ()))
                pushed.append(t)
        totals = []
        for k, leaf in enumerate(self._float_leaves()):
            if not slopes:
                totals.append(np.zeros((self.count, *leaf.shape), leaf.dtype))
                continue
            aligned = tuple(align(t, leaf.ndim) for t in pushed)
            total = tangent(ALGEBRAS[self.tag.is_guarded], tuple(s[k] for s in slopes), aligned)
            totals.append(total)
        return totals

    def _by_directions(self) -> list[Any]:
        """Call the rule for each direction that moves an argument."""
        still = [self._still(p) for p in self.primals]
        rows: list[list[Any]] = [[] for _ in self._float_leaves()]
        for j, is_moved in enumerate(self._moved()):
            if is_moved:
                tangents = [self.tangents[i][j].copy() if i in self.tangents else zero for i, zero in enumerate(still)]
                parts = self._call(tangents, ())
            else:
                parts = [np.zeros(leaf.shape, leaf.dtype) for leaf in self._float_leaves()]
            for row, part in zip(rows, parts, strict=True):
                row.append(part)
        if not self.count:
            return [np.zeros((0, *leaf.shape), leaf.dtype) for leaf in self._float_leaves()]
        return [np.stack(row) for row in rows]

    def _moved(self) -> Any:
        """Return for each direction whether it moves any argument."""
        moved = np.zeros(self.count, bool)
        for t in self.tangents.values():
            moved |= ~np.all(is_zero(t).reshape(self.count, -1), axis=1)
        return moved

    def _still(self, p: Any, make_zeros: Callable[..., Any] = np.zeros) -> Any:
        """Return the tangent of an argument that does not move: zero, or None for what is no number."""
        if isinstance(p, (Dual, np.ndarray, np.generic)):
            if p.dtype.kind not in "fciu":
                return None
            return make_zeros(p.shape, p.dtype if p.dtype.kind in "fc" else self.dtype)[()]
        if isinstance(p, (int, float, complex)) and not isinstance(p, bool):
            return 0.0
        return None

    # ---- the call and its result -----------------------------------------------------------------------------------

    def _call(self, tangents: list[Any], front: tuple[int, ...]) -> list[Any]:
        """Return the tangents of the floating-point leaves of the value, checked."""
        primals = [duplicate(p) if i in self.tangents else p for i, p in enumerate(self.primals)]
        in_place = self.structure.restore
        result = self.rule(in_place(primals), in_place(tangents), **self.options)
        if not (isinstance(result, (tuple, list)) and len(result) == 2):
            raise OutputError(
                f"the rule of {self.custom.label} returned {describe(result)}, wanted a pair. "
                "Return (value, tangent), the tangent with the structure of the value."
            )
        found: list[Any] = []
        self._match(self.value, result[1], front, "dy", found)
        return found

    def _match(self, value: Any, moved: Any, front: tuple[int, ...], place: str, found: list[Any]) -> None:
        """Append the tangents that stand at the places of the floating-point leaves of the value."""
        apart = take_apart(value)
        if apart is not None:
            items, paths, _ = apart
            others = take_apart(moved)
            if others is None or (moved is None) != (value is None) or others[1] != paths:
                self._misshapen(place, describe(moved), f"{describe(value)} like the value, with {len(items)} entries")
            for item, other, path in zip(items, others[0], paths, strict=True):
                self._match(item, other, front, place + path, found)
            return
        leaf = as_value(value)
        moved = plain_content(moved)
        if leaf is None:
            if moved is not None and not _is_nothing(moved):
                raise dropped(
                    f"the result {describe(value)} of {self.custom.label}, for which its rule has a derivative,",
                    "Return a float or a float array, or None as its tangent if it has no derivative.",
                )
            return
        if moved is None:
            self._misshapen(place, "None", f"an array of shape {(*front, *leaf.shape)}; zeros where nothing moves")
        if not isinstance(moved, Dual):
            moved = np.asarray(moved)[()]
        if moved.shape != (*front, *leaf.shape):
            self._misshapen(place, f"an array of shape {moved.shape}", f"{(*front, *leaf.shape)} like the value")
        if moved.dtype.kind not in "fiub" + "c" * (leaf.dtype.kind == "c"):
            raise OutputError(
                f"the rule of {self.custom.label} returned a tangent {place} of {moved.dtype} for a value of "
                f"{leaf.dtype}. Return one that can be cast to it."
            )
        found.append(moved if moved.dtype == leaf.dtype else moved.astype(leaf.dtype))

    def _misshapen(self, place: str, got: str, wanted: str) -> NoReturn:
        raise ShapeError(f"the rule of {self.custom.label} returned a tangent {place} that is {got}, wanted {wanted}.")

    def _float_leaves(self) -> list[Any]:
        leaves: list[Any] = []
        flatten(self.value, leaves)
        return [v for v in map(as_value, leaves) if v is not None]

    def _put(self, value: Any, totals: Iterator[Any]) -> Any:
        """Return the value with duals in place of its floating-point leaves."""
        apart = take_apart(value)
        if apart is not None:
            items, _, rebuild = apart
            return rebuild([self._put(item, totals) for item in items])
        leaf = as_value(value)
        if leaf is None:
            return value
        reserve(self.tag, self.count, leaf)
        return finish(leaf, next(totals), (), self.tag)


def _names(custom: CustomFunction, structure: Structure) -> Iterator[str]:
    """Yield the name of every leaf of the arguments."""
    for i, child in enumerate(structure.children):
        yield from child.names(custom.parameter(i))


def as_value(x: Any) -> Any:
    """Return a floating-point number or array as one of NumPy's, a dual as it is; None for anything else."""
    x = plain_content(x)
    if isinstance(x, Dual):
        return x
    if isinstance(x, (np.ndarray, np.generic)):
        if x.dtype.kind not in "fc":
            return None
        if isinstance(x, np.ndarray) and x.__array_priority__ > 0:
            raise OutputError(
                f"a function with a rule returned a {type(x).__name__}; its arithmetic is not that of a plain array. "
                "Return a plain array."
            )
        return x
    if isinstance(x, float):
        return np.float64(x)
    return np.complex128(x) if isinstance(x, complex) else None


def _is_nothing(moved: Any) -> bool:
    """Whether the tangent of a result that is no float says that it does not move."""
    return not isinstance(moved, Dual) and np.asarray(moved).dtype.kind in "fciub" and not np.any(moved)


def _masked(t: Any, moved: Any) -> Any:
    return np.where(moved.reshape(-1, *[1] * (t.ndim - 1)), t, 0.0)


def _is_at(point: Point, leaves: list[Any], options: dict[str, Any]) -> bool:
    """Whether a function is called at the very point where its rule is evaluated."""
    if len(leaves) != len(point.leaves) or options.keys() != point.options.keys():
        return False
    return all(map(is_same, leaves, point.leaves)) and all(options[k] is point.options[k] for k in options)


def is_same(a: Any, b: Any) -> bool:
    """Whether two arguments are the same to the bit."""
    if isinstance(a, Dual):
        return isinstance(b, Dual) and a.tag is b.tag and is_same(a.value, b.value) and is_same(a.partials, b.partials)
    if isinstance(a, (np.ndarray, np.generic)):
        if type(a) is not type(b) or a.dtype != b.dtype or a.shape != b.shape or a.dtype.kind not in "fciub":
            return a is b
        return a is b or a.tobytes() == b.tobytes()
    return a is b or (type(a) is type(b) and type(a) in SIMPLE and repr(a) == repr(b))


def duplicate(x: Any) -> Any:
    """Return a copy of an array or a dual, into which a rule may write; other things as they are."""
    return copy_of(x) if type(x) is np.ndarray else x.copy("K") if isinstance(x, Dual) else x
