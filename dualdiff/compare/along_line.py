"""The derivative of a function along a line, from its values alone, with a bound of the error.

Three judges that know nothing of dual numbers: central differences with Richardson extrapolation, one-sided
differences where the function has a kink, and the complex step where the function is analytic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Line = Callable[[Any], FloatArray]

COARSE = range(4, 11)
FINE = range(3, 37)
ORDERS = 4
FLAT, STEEP = 4, 16  # a staircase that is flat on so many of the finest steps and not on all of so many
NOISE_POINTS = 9
NARROW, WIDE = 2.0**8, 2.0**26  # steps between them, in units of the precision


@dataclass
class Estimate:
    """What the values along a line tell of the derivative at 0, for each output.

    Attributes
    ----------
    slope : array
        The derivative; NaN where it cannot be told.
    error : array
        A bound of its error; infinite where it cannot be told.
    low, high : array
        The derivatives on both sides: they differ at a kink.
    """

    slope: FloatArray
    error: FloatArray
    low: FloatArray
    high: FloatArray


class Differences:
    """The values of a function along a line, each computed once."""

    def __init__(self, line: Line, precision: FloatArray) -> None:
        self.line = line
        self.precision = precision
        self.step = np.zeros(precision.shape)
        self.values: dict[float, FloatArray] = {}
        unit = float(precision.max(initial=2.0**-52))
        narrow, wide = ([self.at(j * unit * step) for j in range(NOISE_POINTS)] for step in (NARROW, WIDE))
        # values may be rounded to steps that the narrow points do not leave; the wide ones see the function bend, too
        self.noise = np.maximum(noise(narrow, precision, 2), noise(wide, precision, NOISE_POINTS - 3))

    def at(self, t: float) -> FloatArray:
        """Return the outputs at ``t``."""
        if t not in self.values:
            self.values[t] = self.line(t)
        return self.values[t]

    def is_wild(self) -> Any:
        """Where the values cannot tell the derivative: where they are noise, or a staircase with very small steps."""
        table = np.stack(list(self.values.values()))
        size, high, low = np.fmax.reduce(np.abs(table)), np.fmax.reduce(table), np.fmin.reduce(table)
        is_noise = (self.noise > 1e-6 * size) & (self.noise > 1e-3 * (high - low))
        return is_noise | (self.step > 1e3 * self.precision * size)

    def _find_steps(self) -> None:
        """Find where the values change by steps only, as rounding makes them; the steps are noise."""
        moved = np.stack([np.abs(self.at(side * 2.0**-k) - self.at(0.0)) for k in FINE for side in (1, -1)])
        is_flat = np.all(moved[-2 * FLAT :] == 0, axis=0) & np.any(moved[: -2 * STEEP] != 0, axis=0)
        smallest = np.fmin.reduce(np.where(moved > 0, moved, np.inf))
        self.step = np.where(is_flat & np.isfinite(smallest), smallest, 0.0)
        self.noise = np.maximum(self.noise, self.step)

    def slope(self, levels: range) -> Estimate:
        """Return the derivative, from steps of the powers ``2**-level``."""
        if levels is FINE:
            self._find_steps()
        steps = np.ldexp(1.0, [-level for level in levels])
        central = np.stack([(self.at(h) - self.at(-h)) / (2 * h) for h in steps])
        spread = 4 * self.noise / steps[:, None]
        best = np.full(central.shape[1], np.nan)
        error = np.full(central.shape[1], np.inf)
        column = central
        for order in range(ORDERS + 1):
            if order:
                factor = 4.0**order
                previous, column = column, (factor * column[1:] - column[:-1]) / (factor - 1)
            for k in range(len(column)):
                last = k + order  # the finest step in it
                if order:
                    doubt = np.maximum(np.abs(column[k] - previous[k]), np.abs(column[k] - previous[k + 1]))
                elif k:
                    doubt = np.abs(column[k] - column[k - 1])
                else:
                    continue
                doubt = doubt + 2 * spread[last]
                # what finer steps give may not be farther away: else it is no limit
                allowed = np.abs(central[last] - column[k]) + doubt + spread[last + 1 :]
                is_limit = ~np.any(np.abs(central[last + 1 :] - column[k]) > allowed, axis=0)
                is_better = is_limit & (doubt < error)
                best, error = np.where(is_better, column[k], best), np.where(is_better, doubt, error)
        return Estimate(best, error, *self._sides(best, steps, spread))

    def _sides(self, best: FloatArray, steps: FloatArray, spread: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the interval between the derivatives on both sides of a kink, else twice the derivative."""
        if len(steps) < len(FINE):
            return best, best
        (left, left_error), (right, right_error) = (self._one_sided(side, steps, spread) for side in (-1.0, 1.0))
        is_kink = np.abs(left - right) > 8 * (left_error + right_error)
        low = np.where(is_kink, np.minimum(left - left_error, right - right_error), best)
        high = np.where(is_kink, np.maximum(left + left_error, right + right_error), best)
        return low, high

    def _one_sided(self, side: float, steps: FloatArray, spread: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the derivative on one side, and a bound of its error: how far all finer steps stray from it."""
        slopes = np.stack([(self.at(side * h) - self.at(0.0)) / (side * h) for h in steps])
        best, error = np.full(slopes.shape[1], np.nan), np.full(slopes.shape[1], np.inf)
        for k in range(len(steps) - 2):
            strays = np.max(np.abs(slopes[k + 1 :] - slopes[k]) - spread[k + 1 :], axis=0)
            doubt = np.maximum(strays, np.abs(slopes[k + 1] - slopes[k])) + 2 * spread[k]
            is_better = doubt < error
            best, error = np.where(is_better, slopes[k], best), np.where(is_better, doubt, error)
        return best, error


def complex_step(line: Line) -> tuple[FloatArray, FloatArray] | None:
    """Return the derivative at 0 by the complex step, and its rounding noise; None where it fails."""
    step, h = 2.0**-52 * NARROW, 2.0**-100
    try:
        found = [np.imag(line(j * step + 1j * h)) / h for j in range(NOISE_POINTS)]
    except Exception:  # the function knows no complex numbers
        return None
    if not all(map(np.all, map(np.isfinite, found))):
        return None
    return found[0], noise(found, np.full(found[0].shape, 2.0**-52), 2)


def noise(rows: list[FloatArray], precision: FloatArray, order: int) -> FloatArray:
    """Estimate the rounding noise of results at points in a row from their differences of at least an order.

    Source: J. J. Moré, S. M. Wild (2011), Estimating computational noise, SIAM J. Sci. Comput. 33.
    """
    table = np.stack(rows)
    levels = [precision * np.abs(table[0])]
    for k in range(order, len(rows)):
        gamma = math.factorial(k) ** 2 / math.factorial(2 * k)
        levels.append(np.sqrt(gamma * np.mean(np.diff(table, k, axis=0) ** 2, axis=0)))
    return np.asarray(np.max(levels, axis=0))
