"""Directional derivatives by duals made by hand, and by extrapolated differences of the plain function."""

import numpy as np

from dualdiff.backends.numpy.dual import Dual, make
from dualdiff.numbers.tags import Tag


def as_tuple(y):
    return tuple(y) if isinstance(y, (tuple, list)) else (y,)


def pushed(f, points, tangents):
    """Values and partials of the outputs of ``f``; ``tangents`` have the direction axis in front, None is passive."""
    with Tag("test") as tag:
        operands = [p if t is None else make(p, t, tag) for p, t in zip(points, tangents, strict=True)]
        outputs = as_tuple(f(*operands))
        values = [y.value if isinstance(y, Dual) else y for y in outputs]
        partials = [y.partials if isinstance(y, Dual) else None for y in outputs]
    return values, partials


def pushed_twice(f, points, tangents, seconds):
    """Mixed second derivatives along ``tangents`` and ``seconds``, of shape ``(k, l, ...)``."""

    def first(*operands):
        return tuple(p for p in pushed(f, operands, tangents)[1] if p is not None)

    def first_of_dual(*operands):
        with Tag("inner") as tag:
            raised = [p if t is None else make(p, _lift(t, p), tag) for p, t in zip(operands, tangents, strict=True)]
            return tuple(y.partials for y in as_tuple(f(*raised)) if isinstance(y, Dual))

    return pushed(first_of_dual, points, seconds)[1]


def _lift(t, like):
    """Give a plain tangent the level of nesting of the operand."""
    from dualdiff.backends.numpy.dual import match

    return match(t, like)


def differences(f, points, tangents, step=0.02, levels=6):
    """Directional derivatives by central differences, extrapolated to order ``2 * levels`` (Richardson, Romberg)."""
    k = next(len(t) for t in tangents if t is not None)
    columns = []
    for i in range(k):
        table = []
        for level in range(levels):
            h = step / 2**level
            ends = [
                as_tuple(f(*(p if t is None else p + s * h * t[i] for p, t in zip(points, tangents, strict=True))))
                for s in (1, -1)
            ]
            row = [[(a - b) / (2 * h) for a, b in zip(*ends, strict=True)]]
            for j in range(level):
                factor = 4.0 ** (j + 1)
                row.append([(factor * new - old) / (factor - 1) for new, old in zip(row[j], table[-1][j], strict=True)])
            table.append(row)
        # the entry that agrees best with its neighbours: less of it is rounding
        best = min(
            ((table[m][j], table[m - 1][j - 1]) for m in range(1, levels) for j in range(1, m + 1)),
            key=lambda pair: max(np.max(np.abs(x - y), initial=0.0) for x, y in zip(*pair, strict=True)),
        )
        columns.append(best[0])
    return [np.stack(parts) for parts in zip(*columns, strict=True)]


def random(rng, shape, is_complex=False):
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if is_complex else x
