"""The operators of the NumPy engine: seed a chunk of directions, run the function, collect the partials."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.arguments import Place, locate, name_of, variables_of
from dualdiff.backends.numpy.columns import Columns, changed, fill
from dualdiff.backends.numpy.dual import KEEP_ARRAYS
from dualdiff.backends.numpy.messages import dropped
from dualdiff.backends.numpy.nested_sequences import settle
from dualdiff.backends.numpy.outputs import Output, dtype_of
from dualdiff.backends.numpy.propagation import ChunkTooLargeError
from dualdiff.backends.numpy.rebinding.functions import Rebinding
from dualdiff.backends.numpy.seeding import one_hot, seed
from dualdiff.backends.options import Options
from dualdiff.backends.trees import Structure, flatten
from dualdiff.errors import DualdiffError, OutputError, ShapeError
from dualdiff.numbers.tags import Tag

# with chunk="auto": bounds on the seeded partials of one pass, and on those of one array met on the way
CHUNK_BYTES = 2**23
INTERMEDIATE_BYTES = 2**23


class NumpyOperator:
    """A function that computes a derivative of ``f`` by the NumPy engine.

    Parameters
    ----------
    kind : {"derivative", "gradient", "jacobian"}
        What is computed.
    f : callable
        The function.
    argnums : tuple of int, or int
        Positions of the differentiation variables; a tuple gives a tuple of results.
    options : Options
        How the function is run.
    with_value : bool
        Whether to return ``(value, derivative)``.
    """

    def __init__(
        self, kind: str, f: Callable[..., Any], argnums: int | tuple[int, ...], options: Options, with_value: bool
    ) -> None:
        functools.update_wrapper(self, f)
        self.kind = kind
        self.f = f
        self.argnums = argnums
        self.options = options
        self.with_value = with_value
        self.name = f"value_and_{kind}" if with_value else kind
        self.label = f"{self.name} of {name_of(f)}"
        self.__name__ = f"{self.name}({name_of(f)})"
        self._run_as = Rebinding(f) if options.rebind else None
        self._numbers = argnums if isinstance(argnums, tuple) else (argnums,)

    def __repr__(self) -> str:
        return f"<{self.label.replace('_', ' ')}, NumPy engine, argnums {self.argnums}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the derivative at the arguments, or ``(value, derivative)``; with ``has_aux`` also ``aux``."""
        value, result, aux = self._evaluate(args, kwargs)
        if not self.options.has_aux:
            return (value, result) if self.with_value else result
        return ((value, aux), result) if self.with_value else (result, aux)

    def into(self, out: Any, *args: Any, **kwargs: Any) -> Any:
        """Fill ``out`` with the derivative; return it, or ``(value, out)``.

        ``out`` is an array of the shape of the derivative; a tuple or list of arrays where that is one.
        """
        value, result, _ = self._evaluate(args, kwargs)
        fill(out, result, self.name)
        return (value, out) if self.with_value else out

    def _evaluate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, Any]:
        places = locate(self.f, self._numbers, args, kwargs, self.name)
        structures, variables = variables_of(self.f, places, args, kwargs, self.name, self.options.holomorphic)
        if self.kind == "derivative":
            self._check_scalars(variables)
        total = variables[0].size if len(variables) == 1 else sum([x.size for x in variables])
        chunk = self.options.chunk or max(1, CHUNK_BYTES // max(1, sum([x.nbytes for x in variables])))
        jacobians: list[Columns] = []
        is_guarded = False
        value = aux = None
        start = stop = 0
        while start < total or not jacobians:
            stop = min(start + chunk, total)
            try:
                with self._tag(variables, is_guarded) as tag:
                    seeds, offset = [], 0
                    for x in variables:
                        seeds.append(one_hot(x, start - offset, stop - offset, tag))
                        offset += x.size
                    output, found = run(
                        self.f, places, structures, seeds, args, kwargs, tag, self.options, self._run_as
                    )
                    is_spoilt = not is_guarded and output.has_nan
            except ChunkTooLargeError as error:
                chunk = error.args[0]
                continue
            if is_spoilt:
                is_guarded, start, jacobians = True, 0, []
                continue
            leaves = output.leaves
            if not jacobians:
                value, aux = output.value, found
                if self.kind == "gradient":
                    output.check_scalar(self.name, self.f)
                jacobians = [Columns(leaf, variables, total, self.name, self.f) for leaf in leaves]
                structure = output.structure
            if len(leaves) != len(jacobians):
                raise changed(self.name, self.f, f"{len(jacobians)} outputs", f"{len(leaves)}")
            for columns, leaf in zip(jacobians, leaves, strict=True):
                columns.add(leaf, start, stop)
            if not leaves:
                break
            start = stop
        tables = [columns.split() for columns in jacobians]
        blocks = [_blocks(structures, table) for table in tables]
        if isinstance(self.argnums, tuple):
            return value, tuple(structure.restore([b[i] for b in blocks]) for i in range(len(structures))), aux
        return value, structure.restore([b[0] for b in blocks]), aux

    def _tag(self, variables: list[Any], is_guarded: bool) -> Tag:
        tag = Tag(self.label)
        tag.is_guarded = is_guarded
        tag.is_holomorphic = self.options.holomorphic
        tag.kinks = self.options.kinks
        if self.options.chunk is None and variables:
            tag.max_partials = INTERMEDIATE_BYTES // variables[0].itemsize
        return tag

    def _check_scalars(self, variables: list[Any]) -> None:
        for x in variables:
            if x.ndim:
                raise ShapeError(
                    f"{self.name}: the variable has shape {x.shape}, wanted a scalar. "
                    "Use gradient(f) for a scalar function of an array, jacobian(f) for an array function."
                )


def _blocks(structures: list[Structure], parts: list[Any]) -> list[Any]:
    """Put the Jacobians of one output in the nesting of the variables."""
    if len(structures) == 1 and structures[0].is_leaf:
        return parts
    remaining = iter(parts)
    return [structure.restore(remaining) for structure in structures]


def numpy_jvp(f: Callable[..., Any], primals: list[Any], tangents: list[Any], options: Options) -> tuple[Any, Any]:
    """Return ``(f(*primals), J @ tangents)`` of checked primals and tangents, in one pass of ``f``.

    ``primals`` and ``tangents`` are lists of (structure, leaves), one for each argument.
    """
    run_as = Rebinding(f) if options.rebind else None
    for is_guarded in (False, True):
        with Tag(f"jvp of {name_of(f)}") as tag:
            tag.is_guarded, tag.is_holomorphic, tag.kinks = is_guarded, options.holomorphic, options.kinks
            seeds = [
                seed(x, t[None], tag)
                for (_, xs), (_, ts) in zip(primals, tangents, strict=True)
                for x, t in zip(xs, ts, strict=True)
            ]
            places: list[Place] = list(range(len(primals)))
            structures = [structure for structure, _ in primals]
            output, aux = run(f, places, structures, seeds, (None,) * len(primals), {}, tag, options, run_as)
            if is_guarded or not output.has_nan:
                break
    variables = [x for _, xs in primals for x in xs]
    moved = []
    for leaf in output.leaves:
        if leaf.partials is None:
            moved.append(np.zeros(np.shape(leaf.value), dtype_of(leaf.value, variables))[()])
        else:
            moved.append(leaf.partials[0])
    value = (output.value, aux) if options.has_aux else output.value
    return value, output.structure.restore(moved)


def run(
    f: Callable[..., Any],
    places: list[Place],
    structures: list[Structure],
    seeds: list[Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    tag: Tag,
    options: Options,
    run_as: Rebinding | None,
) -> tuple[Output, Any]:
    """Call ``f``, or its rebound copy, with the seeds in the places of the variables; take its output apart.

    Plain arrays are given as copies: what ``f`` writes into them must reach neither the caller nor the next pass.
    """
    given = _copied if run_as is None else run_as.argument
    positional = [a if i in places else given(a) for i, a in enumerate(args)]
    named = {k: a if k in places else given(a) for k, a in kwargs.items()} if kwargs else kwargs
    remaining = iter(seeds)
    for place, structure in zip(places, structures, strict=True):
        argument = next(remaining) if structure.is_leaf else structure.restore(remaining)
        if isinstance(place, int):
            positional[place] = argument
        else:
            named[place] = argument
    try:
        y = (f if run_as is None else run_as)(*positional, **named)
    except (TypeError, ValueError, SystemError) as error:
        ours = _ours(error)
        if ours is error:
            raise
        raise ours from None
    aux = None
    if options.has_aux:
        if not (isinstance(y, tuple) and len(y) == 2):
            raise OutputError(f"{name_of(f)} returned no pair. With has_aux=True return (y, aux).")
        y, aux = y
        aux = plain(aux, tag)
    return Output(y, f, tag), aux


def _copied(x: Any) -> Any:
    x = settle(x)
    return x.copy(order="K") if type(x) is np.ndarray else x


def plain(aux: Any, tag: Tag) -> Any:
    """Return what ``f`` returned beside its result, without the derivatives of this call."""
    leaves: list[Any] = []
    structure = flatten(aux, leaves)
    return structure.restore([leaf.value if getattr(leaf, "tag", None) is tag else leaf for leaf in leaves])


def _ours(error: BaseException) -> BaseException:
    """Return our own error where compiled code has wrapped it, or put another in its place."""
    if str(error) == "Error setting single item of array.":  # NumPy has thrown away the error that it met
        ours = dropped("storing a dual number by .flat[...] in a plain array", KEEP_ARRAYS, error.__traceback__)
        return ours.with_traceback(error.__traceback__)
    # "setting an array element with a sequence" by NumPy, "returned a result with an exception set" by Python
    if isinstance(error, DualdiffError) or not (
        isinstance(error, SystemError) or str(error).startswith("setting an array element")
    ):
        return error
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, DualdiffError):
            return inner.with_traceback(error.__traceback__)
        inner = inner.__cause__ or inner.__context__
    return error
