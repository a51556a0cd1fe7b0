"""Tags tell apart the perturbations of nested invocations."""

import itertools
import math

_levels = itertools.count(1)  # next() is atomic: threads never share a level


class Tag:
    """The identity of one invocation of an operator.

    A later invocation has a higher level, so the duals of an inner derivative
    hold those of the outer one as values and never the other way round. The tag
    is closed when the invocation ends; a dual that is met later has leaked.
    ``max_partials`` bounds the number of partials that one array may hold.
    """

    __slots__ = ("is_open", "level", "max_partials", "name")

    def __init__(self, name: str, level: int | None = None) -> None:
        self.name = name
        self.level = next(_levels) if level is None else level
        self.is_open = True
        self.max_partials = math.inf

    def __enter__(self) -> "Tag":
        return self

    def __exit__(self, *exception: object) -> None:
        self.is_open = False

    def __repr__(self) -> str:
        return f"<Tag {self.level} of {self.name}>"


MANUAL = Tag("a Dual made by hand", level=0)
