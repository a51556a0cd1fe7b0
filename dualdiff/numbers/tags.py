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

    ``is_guarded`` says whether ``d * 0 = 0`` is enforced for infinite ``d``. An operator tries without
    first, as an undefined ``inf * 0`` stays a NaN to the end, and repeats the pass where one arrives.
    ``is_holomorphic`` says that tangents are complex multiples, so that nothing may be conjugated.
    ``kinks`` is "warn" or "raise" where a kink that is met is to be reported, else None.
    """

    __slots__ = ("is_guarded", "is_holomorphic", "is_open", "kinks", "level", "max_partials", "name")

    def __init__(self, name: str, level: int | None = None) -> None:
        self.name = name
        self.level = next(_levels) if level is None else level
        self.is_open = True
        self.is_guarded = True
        self.is_holomorphic = False
        self.kinks: str | None = None
        self.max_partials = math.inf

    def __enter__(self) -> "Tag":
        return self

    def __exit__(self, *exception: object) -> None:
        self.is_open = False

    def __repr__(self) -> str:
        return f"<Tag {self.level} of {self.name}>"


MANUAL = Tag("a Dual made by hand", level=0)
