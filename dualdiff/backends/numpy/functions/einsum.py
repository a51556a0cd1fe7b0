"""Einstein sums of dual arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import implements
from dualdiff.backends.numpy.dual import primal
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.pushforward import separate
from dualdiff.backends.numpy.ufuncs import all_finite, finish, is_zero, refuse_options, reserve

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SMALL = 2**12  # products up to which planning the order of a sum costs more than it saves


def _parse(arguments: Any) -> tuple[list[str], str, list[Any]]:
    """Return the subscripts of the operands, those of the result, and the operands."""
    if isinstance(arguments[0], str):
        inputs, arrow, output = arguments[0].replace(" ", "").partition("->")
        operands = list(arguments[1:])
    else:  # alternating operands and lists of axes
        operands, lists = list(arguments[:-1:2]), list(arguments[1::2])
        arrow, output = ("->", _letters(arguments[-1])) if len(arguments) % 2 else ("", "")
        inputs = ",".join(_letters(axes) for axes in lists)
    if not arrow:
        letters = inputs.replace(",", "").replace(".", "")
        output = "..." * ("..." in inputs) + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    return inputs.split(","), output, operands


def _letters(axes: Any) -> str:
    return "".join("..." if i is Ellipsis else LETTERS[i] for i in axes)


@implements(np.einsum)
def _einsum(*arguments: Any, out: Any = None, optimize: Any = False, **options: Any) -> Any:
    refuse_options("np.einsum", {"out": out})
    terms, output, operands = _parse(arguments)
    tag, values, tangents = separate(operands)
    places = {id(x): p for x, p in zip(operands, values, strict=True)}
    plain = [places.get(id(x), x) for x in arguments]
    value = np.einsum(*plain, optimize=optimize, **options)
    used = "".join(terms) + output
    letter = next((c for c in reversed(LETTERS) if c not in used), None)
    if letter is None:
        raise refused("np.einsum with 52 different letters", "no letter is left for the directions", "Split the sum.")
    options.pop("order", None)
    total: Any = None
    with np.errstate(all="ignore"):
        for i, t in enumerate(tangents):
            if t is None:
                continue
            reserve(tag, len(t), value)
            spec = ",".join(letter + s if j == i else s for j, s in enumerate(terms)) + f"->{letter}{output}"
            is_large = len(operands) > 1 and sum(x.size for x in values) + t.size > SMALL
            moved = _multilinear(spec, values, i, t, {"optimize": optimize or is_large, **options})
            total = moved if total is None else total + moved
    return finish(value, total, (), tag)


def _multilinear(spec: str, values: list[Any], place: int, t: Any, options: dict[str, Any]) -> Any:
    """Return the sum with ``t`` in a place; an exact zero in it also silences infinite factors."""

    def summed(x: Any, others: list[Any], options: Any = options) -> Any:
        return np.einsum(spec, *others[:place], x, *others[place + 1 :], **options)

    result = summed(t, values)
    bad = [j for j, v in enumerate(values) if j != place and not all_finite(v)]
    if not bad:
        return result
    moves = (~is_zero(t)).astype(float)
    ones = [np.ones(v.shape) for v in values]
    meets_infinite: Any = False
    for j in bad:
        flags = [*ones[:j], (~np.isfinite(values[j])).astype(float), *ones[j + 1 :]]
        meets_infinite = meets_infinite | (summed(moves, flags, {}) > 0)
    finite = [np.where(np.isfinite(v), v, 0.0) for v in values]
    return np.where(meets_infinite, result, summed(t, finite))


@implements(np.einsum_path)
def _einsum_path(*arguments: Any, optimize: Any = "greedy", einsum_call: Any = False) -> Any:
    return np.einsum_path(*map(primal, arguments), optimize=optimize, einsum_call=einsum_call)
