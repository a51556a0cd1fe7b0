"""What is checked: a function, its derivative, and the variables at the given point."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualdiff.backends.arguments import describe, name_of, parameter_names
from dualdiff.backends.trees import Structure, flatten
from dualdiff.compare.along_line import FloatArray
from dualdiff.errors import OutputError, ShapeError
from dualdiff.modes.forward import jvp
from dualdiff.modes.jacobian import jacobian

Function = Callable[..., Any]


class Outputs:
    """The floating-point results of a function, whatever their nesting."""

    def __init__(self, y: Any, f: Function) -> None:
        found: list[Any] = []
        self.structure = flatten(y, found)
        self.places = [i for i, leaf in enumerate(found) if np.asarray(leaf).dtype.kind in "fc"]
        self.count = len(found)
        self.leaves = [np.asarray(found[i]) for i in self.places]
        if not self.leaves:
            raise OutputError(f"check_derivative: {name_of(f)} returned {describe(y)}, which holds no floats.")

    def row(self, parts: Sequence[Any] | None = None) -> FloatArray:
        """Return results, or tangents of them, as one row; a complex number takes two places."""
        parts = self.leaves if parts is None else parts
        return np.concatenate([_real_row(part, leaf.dtype) for part, leaf in zip(parts, self.leaves, strict=True)])

    def names(self, root: str) -> list[str]:
        """Return the names of what stands in the row."""
        names = []
        leaf_names = list(self.structure.names(root))
        for i, leaf in zip(self.places, self.leaves, strict=True):
            for index in np.ndindex(leaf.shape):
                name = leaf_names[i] + (f"[{', '.join(map(str, index))}]" if index else "")
                names += [f"{name}.real", f"{name}.imag"] if leaf.dtype.kind == "c" else [name]
        return names

    @property
    def precision(self) -> FloatArray:
        """The relative spacing of the numbers in the row."""
        counts = [leaf.size * (2 if leaf.dtype.kind == "c" else 1) for leaf in self.leaves]
        return np.repeat([float(np.finfo(leaf.dtype).eps) for leaf in self.leaves], counts)

    @property
    def is_complex(self) -> bool:
        """Whether there are complex numbers."""
        return any(leaf.dtype.kind == "c" for leaf in self.leaves)


def _real_row(part: Any, dtype: Any) -> FloatArray:
    flat = np.asarray(part).reshape(-1)
    if dtype.kind == "c":
        return flat.astype(complex).view(float)
    return flat.astype(float)


class Subject:
    """A function with its derivative and its variables."""

    def __init__(
        self, f: Function, claimed: Function | None, engine: str, numbers: tuple[int, ...], is_tuple: bool, args: Any
    ) -> None:
        self.f = f
        self.name = name_of(f)
        self.claimed = claimed
        self.engine = engine
        self.numbers = numbers
        self.is_tuple = is_tuple
        self.args = args
        self.structures: list[Structure] = []
        self.variables: list[Any] = []
        self.names: list[str] = []
        known = parameter_names(f)
        for i in numbers:
            leaves: list[Any] = []
            structure = flatten(args[i], leaves)
            self.structures.append(structure)
            self.variables += map(np.asarray, leaves)
            self.names += structure.names(known[i] if i < len(known) else f"argument {i}")
        self.size = sum(x.size for x in self.variables)
        self.precision = max(float(np.finfo(x.dtype).eps) for x in self.variables)

    def arguments(self, variables: Sequence[Any]) -> list[Any]:
        """Return the arguments of ``f`` with the variables in their places; each call gets copies."""
        args = [a.copy(order="K") if type(a) is np.ndarray else a for a in self.args]
        remaining = iter([x.copy() if x.ndim else x[()] for x in variables])
        for i, structure in zip(self.numbers, self.structures, strict=True):
            args[i] = structure.restore(remaining)
        return args

    def outputs(self, variables: Sequence[Any]) -> Outputs:
        """Return the results at a point."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # steps may leave the domain, or be complex
            return Outputs(self.f(*self.arguments(variables)), self.f)

    def along(self, point: Sequence[Any], direction: Sequence[Any], at_point: Outputs) -> Callable[[Any], FloatArray]:
        """Return ``f`` on the line through a point, its results in one row.

        The line is in double precision, whatever the variables are: there the judges see more. Outside of the
        domain of ``f`` the results are NaN.
        """
        size = at_point.row().size

        def line(t: Any) -> FloatArray:
            moved = [x.astype(float) + t * v for x, v in zip(point, direction, strict=True)]
            if type(t) is complex:
                return np.concatenate([leaf.reshape(-1) for leaf in self.outputs(moved).leaves])
            try:
                row = self.outputs(moved).row()
            except Exception:  # outside of the domain of f
                return np.full(size, np.nan)
            return row if row.size == size else np.full(size, np.nan)

        return line

    def slopes(self, point: Sequence[Any], directions: list[list[Any]], outputs: Outputs) -> FloatArray:
        """Return the derivative under examination, one row for each direction."""
        if self.claimed is None and len(directions) < self.size and len(self.numbers) == len(self.args):
            return np.stack([self._tangent(point, direction, outputs) for direction in directions])
        derivative = self.claimed or jacobian(
            self.f, self.numbers if self.is_tuple else self.numbers[0], engine=self.engine
        )
        blocks = self._blocks(derivative(*self.arguments(point)), point, outputs)
        rows = []
        for direction in directions:
            parts = [sum(_product(block, v) for block, v in zip(row, direction, strict=True)) for row in blocks]
            rows.append(outputs.row(parts))
        return np.stack(rows)

    def _tangent(self, point: Sequence[Any], direction: Sequence[Any], outputs: Outputs) -> FloatArray:
        moved = self.arguments([v.astype(x.dtype) for v, x in zip(direction, point, strict=True)])
        _, dy = jvp(self.f, tuple(self.arguments(point)), tuple(moved), engine=self.engine)
        parts: list[Any] = []
        flatten(dy, parts)
        return outputs.row([parts[i] for i in outputs.places])

    def _blocks(self, result: Any, point: Sequence[Any], outputs: Outputs) -> list[list[Any]]:
        """Return a Jacobian as matrices: for each output a row of them, one for each variable."""
        results = result if self.is_tuple else (result,)
        if not isinstance(results, (tuple, list)) or len(results) != len(self.numbers):
            raise ShapeError(
                f"check_derivative: the derivative is {describe(result)}, wanted a tuple of "
                f"{len(self.numbers)}, one for each of argnums."
            )
        table: list[list[Any]] = [[] for _ in range(outputs.count)]
        first = 0
        for part, structure in zip(results, self.structures, strict=True):
            leaves: list[Any] = []
            flatten(part, leaves)
            count = len(list(structure.names("")))
            if len(leaves) != outputs.count * count:
                raise ShapeError(
                    f"check_derivative: the derivative consists of {len(leaves)} arrays, wanted "
                    f"{outputs.count * count}: one for each result and variable."
                )
            for k, leaf in enumerate(leaves):
                table[k // count].append(leaf)
            first += count
        return [
            [_block(leaf, y, x) for leaf, x in zip(table[i], point, strict=True)]
            for i, y in zip(outputs.places, outputs.leaves, strict=True)
        ]


def _product(block: Any, v: Any) -> Any:
    """Return a matrix times a direction, in which a zero takes no part."""
    v = v.reshape(-1)
    return block[:, v != 0] @ v[v != 0]


def _block(leaf: Any, y: Any, x: Any) -> Any:
    """Return one block of a Jacobian as a matrix."""
    if np.shape(leaf) != y.shape + x.shape:
        raise ShapeError(
            f"check_derivative: the derivative has shape {np.shape(leaf)}, wanted {y.shape + x.shape}, "
            "the shape of the result followed by that of the variable."
        )
    return np.asarray(leaf).reshape(y.size, x.size)
