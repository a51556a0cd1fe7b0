"""The verdict on a derivative: which entries are wrong, and how far off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dualdiff.compare.along_line import (
    COARSE,
    FINE,
    NARROW,
    NOISE_POINTS,
    Differences,
    Estimate,
    FloatArray,
    complex_step,
    noise,
)
from dualdiff.compare.subject import Outputs, Subject
from dualdiff.errors import InputError, WrongDerivativeError

EVERY_ENTRY = 24  # up to so many variables each is checked by itself, above that random directions are
LOCATED = 1000  # up to so many variables a wrong entry is then looked for
SHARP = 1e-6  # relative error with which the coarse differences are content
SECOND = 0.7236  # the steps of the second hearing, in units of those of the first
SAFETY = 3.0  # the bound, in units of the judge's estimate of its error


@dataclass(frozen=True)
class Entry:
    """One derivative that was checked.

    Attributes
    ----------
    output, variable : str
        The output and the variable, or the direction, by name and index.
    point : int
        The number of the point; 0 is the given one.
    got, expected : float
        The derivative and what the judge found.
    bound : float
        How far they may lie apart, by the judge's estimate of its own error.
    method : str
        The judge.
    excess : float
        The distance between the two, in units of the bound; above 1 it is wrong.
    """

    output: str
    variable: str
    point: int
    got: float
    expected: float
    bound: float
    method: str
    excess: float

    def __str__(self) -> str:
        where = "at the given point" if self.point == 0 else f"at random point {self.point} near it"
        text = f"d {self.output} / d {self.variable} {where}: got {self.got!r}, expected {self.expected!r}"
        if self.expected != 0 and math.isfinite(self.got):
            text += f", {self.got / self.expected:.6g} times as much"
        return f"{text} within {self.bound:.1e} by {self.method}"


@dataclass(frozen=True)
class DerivativeCheck:
    """The outcome of `check_derivative`; true where the derivative is right.

    Attributes
    ----------
    name : str
        The function.
    checked, wrong, undecided : int
        How many derivatives were checked, how many of them are wrong, and how many could not be judged.
    points : int
        At how many points.
    resolution : float
        The largest relative error that could have gone unnoticed in an entry, on the scale of its row.
    worst : Entry
        The entry farthest from what was expected, in units of the bound.
    """

    name: str
    checked: int
    wrong: int
    undecided: int
    points: int
    resolution: float
    worst: Entry

    def __bool__(self) -> bool:
        return self.wrong == 0

    def __str__(self) -> str:
        count = f"{self.checked} derivative{'s' * (self.checked != 1)} of {self.name}"
        where = f"at {self.points} point{'s' * (self.points != 1)}"
        note = f"; {self.undecided} could not be judged" if self.undecided else ""
        if self:
            return f"right: {count} {where}, errors above {self.resolution:.1e} excluded by {self.worst.method}{note}"
        return f"WRONG: {self.wrong} of {count} {where}{note}\n  the worst: {self.worst}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def raise_if_wrong(self) -> None:
        """Raise `WrongDerivativeError`, which pytest shows as a failed assertion, if the derivative is wrong."""
        if not self:
            raise WrongDerivativeError(str(self))


def judged(subject: Subject, points: int, directions: int, rng: np.random.Generator) -> DerivativeCheck:
    """Judge a derivative at the given point and at random ones near it."""
    entries: list[Entry] = []
    undecided = seen = 0
    resolution = 0.0
    for number in range(max(points, 1)):
        point = subject.variables if number == 0 else [_near(x, rng) for x in subject.variables]
        try:
            outputs = subject.outputs(point)
        except Exception:
            if number == 0:
                raise
            continue  # outside of the domain of f
        if number and not np.all(np.isfinite(outputs.row())):
            continue
        seen += 1
        scales = [_power_of_two(x) for x in point]
        is_small = subject.size <= EVERY_ENTRY
        lines = _units(subject, scales) if is_small else _random(scales, directions, rng)
        found = Comparison(subject, number, point, outputs, lines)
        if found.wrong and not is_small and subject.size <= LOCATED:
            located = Comparison(subject, number, point, outputs, _units(subject, scales))
            found = located if located.wrong else found
        entries += found.entries
        undecided += found.undecided
        resolution = max(resolution, found.resolution)
    if not entries:
        raise InputError(
            f"check_derivative: no derivative of {subject.name} could be judged: around the point it is not finite, or "
            "it jumps there, or its tangent is vertical. Pass another point."
        )
    wrong = sum(entry.excess > 1 for entry in entries)
    worst = max(entries, key=lambda entry: entry.excess)
    return DerivativeCheck(subject.name, len(entries), wrong, undecided, seen, resolution, worst)


@dataclass(frozen=True)
class Direction:
    """A direction through a point: its components for each variable, its name, and what to divide slopes by."""

    parts: list[Any]
    name: str
    length: float = 1.0


class Comparison:
    """A derivative beside what the judges find, at one point in some directions."""

    def __init__(
        self, subject: Subject, number: int, point: Sequence[Any], outputs: Outputs, directions: list[Direction]
    ) -> None:
        self.entries: list[Entry] = []
        self.undecided = 0
        self.resolution = 0.0
        with np.errstate(all="ignore"):
            got = subject.slopes(point, [direction.parts for direction in directions], outputs)
        precision = subject.outputs([x.astype(float) for x in point]).precision  # lines are in double precision
        with np.errstate(all="ignore"):
            courts = [Court(subject, point, direction, outputs, precision) for direction in directions]
            got = subject.slopes(point, [direction.parts for direction in directions], outputs)
            scale = _largest([court.estimate.slope for court in courts])
            for court, slopes in zip(courts, got, strict=True):
                court.compare(slopes, scale)
            scale = _largest([court.sentence.slope for court in courts])
            if any(np.any(court.sentence.excess > 1) for court in courts):
                self._pardon(subject, point, outputs, directions, courts, got, scale)
            names = outputs.names("f")
            for court, slopes, direction in zip(courts, got, directions, strict=True):
                sentence, is_decided = court.sentence, court.sentence.is_decided
                self.undecided += int(np.sum(~is_decided))
                self.resolution = max(self.resolution, _resolution(slopes, sentence, scale))
                for i in np.flatnonzero(is_decided):
                    a, b, bound = (float(v[i] / direction.length) for v in (slopes, sentence.slope, sentence.bound))
                    excess, method = float(sentence.excess[i]), str(sentence.method[i])
                    self.entries.append(Entry(names[i], direction.name, number, a, b, bound, method, excess))

    def _pardon(
        self,
        subject: Subject,
        point: Sequence[Any],
        outputs: Outputs,
        directions: list[Direction],
        courts: list[Court],
        got: FloatArray,
        scale: FloatArray,
    ) -> None:
        """Leave undecided what looks wrong where there is no derivative, or where the given one is rounding noise.

        And what looks right with other steps: those of the first hearing are powers of two.
        """
        rows = []
        for j in range(NOISE_POINTS):
            shifted = [x * (1 + j * NARROW * subject.precision) for x in point]
            rows.append(subject.slopes(shifted, [direction.parts for direction in directions], outputs))
        jitter = noise([row.reshape(-1) for row in rows], np.zeros(got.size), 2).reshape(got.shape)
        is_kink = np.zeros(got.shape[1], bool)
        if len(directions) == subject.size:  # those of all entries: where there is a derivative it is linear in them
            for line in _random([_power_of_two(x) for x in point], 2, np.random.default_rng(0)):
                court = Court(subject, point, line, outputs, courts[0].differences.precision)
                weights = np.concatenate([v.reshape(-1) for v in line.parts]) / [d.length for d in directions]
                terms = weights[:, None] * np.stack([c.sentence.slope for c in courts])
                along = court.differences.slope(FINE)
                gap = np.abs(along.slope - np.sum(terms, axis=0))
                is_kink |= gap > 1e-2 * np.sum(np.abs(terms), axis=0) + 2 * SAFETY * along.error
        for court, direction, slopes, own in zip(courts, directions, got, jitter, strict=True):
            sentence = court.sentence
            if not np.any(sentence.excess > 1):
                continue
            parts = [SECOND * v for v in direction.parts]
            second = Court(subject, point, Direction(parts, direction.name), outputs, court.differences.precision)
            second.compare(SECOND * slopes, SECOND * scale)
            distance = sentence.excess * sentence.bound
            is_pardoned = is_kink | (distance <= 64 * own) | ~(second.sentence.excess > 1)
            is_pardoned &= sentence.excess > 1
            court.sentence = sentence._replace(is_decided=sentence.is_decided & ~is_pardoned)

    @property
    def wrong(self) -> bool:
        """Whether an entry is wrong."""
        return any(entry.excess > 1 for entry in self.entries)


def _largest(slopes: list[FloatArray]) -> FloatArray:
    """Return the size of each row of the derivative: of its largest entry."""
    sizes = np.abs(slopes)
    return np.asarray(np.max(np.where(np.isfinite(sizes), sizes, 0.0), axis=0))


class Sentence(NamedTuple):
    """What the judges found of one directional derivative, for each output."""

    slope: FloatArray
    bound: FloatArray
    excess: FloatArray
    is_decided: Any
    method: Any


class Court:
    """The judges of one directional derivative."""

    def __init__(
        self, subject: Subject, point: Sequence[Any], direction: Direction, outputs: Outputs, precision: FloatArray
    ) -> None:
        line = subject.along(point, direction.parts, outputs)
        self.differences = Differences(line, precision)
        self.precision = max(subject.precision, float(outputs.precision.max(initial=0.0)))
        self.estimate = self.differences.slope(COARSE)
        self.exact = None if outputs.is_complex else complex_step(line)

    def compare(self, got: FloatArray, row_scale: FloatArray) -> None:
        """Decide for each output whether the derivative is right."""
        first = self._decide(got, self.estimate, row_scale)
        sizes = np.maximum(np.abs(first.slope), 1e-3 * row_scale)
        if np.any((first.excess > 1) | ~first.is_decided | (first.bound > SHARP * sizes)):
            second = self._decide(got, self.differences.slope(FINE), row_scale)
            # the finest differences may see nothing but steps of rounding
            is_settled = first.is_decided & (first.excess <= 1) & (first.bound <= 1e-4 * sizes)
            is_better = ~is_settled | (second.is_decided & (second.excess <= 1) & (second.bound < first.bound))
            first = Sentence(*(np.where(is_better, b, a) for a, b in zip(first, second, strict=True)))
        self.sentence = first

    def _decide(self, got: FloatArray, estimate: Estimate, row_scale: FloatArray) -> Sentence:
        rounding = self.differences.noise
        slope, error = estimate.slope.copy(), SAFETY * estimate.error
        method = np.full(slope.shape, "central differences", dtype=object)
        if self.exact is not None:
            exact, jitter = self.exact
            sharp = 1e-11 * np.abs(exact) + 64 * (rounding + jitter)
            # an abs() on the way makes it zero: it counts where the differences see the same, or the derivative does
            is_backed = (np.abs(exact - slope) <= error + sharp) & (error + sharp <= 1e-2 * np.abs(exact))
            is_backed |= (np.abs(exact - got) <= sharp) & (sharp <= 1e-2 * np.abs(exact))
            slope = np.where(is_backed, exact, slope)
            error = np.where(is_backed, np.minimum(sharp, error), error)
            method[is_backed] = "the complex step"
        # and what rounding does to the derivative itself
        own = max(1e-10, 64 * self.precision)
        bound = error + own * np.abs(slope) + 64 * self.precision * row_scale + 16 * rounding
        is_between = (got >= estimate.low - bound) & (got <= estimate.high + bound)
        distance = np.where(is_between | (got == slope), 0.0, np.abs(got - slope))
        distance = np.where(np.isnan(distance), np.inf, distance)
        is_decided = np.isfinite(slope) & np.isfinite(bound) & ~self.differences.is_wild()
        # an infinite or undefined derivative where differences do not settle
        is_decided &= np.isfinite(got) | (bound < 0.1 * np.abs(slope)) | (slope == 0)
        excess = np.where(is_decided, distance / np.maximum(bound, 1e-300), 0.0)
        return Sentence(slope, bound, excess, is_decided, method)


def _resolution(got: FloatArray, sentence: Sentence, row_scale: FloatArray) -> float:
    """Return the largest relative error that may have gone unnoticed; a tiny entry is measured by its row."""
    sizes = np.maximum(np.abs(sentence.slope), np.abs(got))
    sizes = np.where(sizes < 1e-3 * row_scale, row_scale, sizes)
    relative = np.where(sizes > 0, sentence.bound / sizes, 0.0)
    return float(np.max(np.where(sentence.is_decided, relative, 0.0), initial=0.0))


def _near(x: Any, rng: np.random.Generator) -> Any:
    """Return a random point within a tenth of ``x``."""
    shift = 0.1 * rng.uniform(-1, 1, x.shape) * np.where(x == 0, _typical(x), np.abs(x))
    return (x + shift).astype(x.dtype)


def _typical(x: Any) -> float:
    """Return the size of a step for an entry that is zero: that of the other entries, at most 1."""
    sizes = np.abs(x[x != 0])
    return float(min(1.0, np.median(sizes))) if sizes.size else 1.0


def _power_of_two(x: Any) -> Any:
    """Return the powers of two next to the entries: steps of that size are exact."""
    sizes = np.where(np.isfinite(x) & (x != 0), np.abs(x), _typical(x)).astype(float)
    return np.ldexp(1.0, np.frexp(sizes)[1] - 1)


def _units(subject: Subject, scales: list[Any]) -> list[Direction]:
    """Return one direction for each entry of each variable."""
    found = []
    for k, scale in enumerate(scales):
        for index in np.ndindex(scale.shape):
            parts = [np.zeros(s.shape) for s in scales]
            parts[k][index] = scale[index]
            name = subject.names[k] + (f"[{', '.join(map(str, index))}]" if index else "")
            found.append(Direction(parts, name, float(scale[index])))
    return found


def _random(scales: list[Any], count: int, rng: np.random.Generator) -> list[Direction]:
    """Return random directions, whose steps are exact too."""
    found = []
    for k in range(max(count, 1)):
        parts = [rng.choice([-1.0, 1.0], s.shape) * np.ldexp(s, -rng.integers(0, 3, s.shape)) for s in scales]
        found.append(Direction(parts, f"random direction {k}"))
    return found
