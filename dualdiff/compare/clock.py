"""Times that can be compared on a machine that others use too."""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Any


def interleaved_medians(
    calls: Mapping[str, Callable[[], Any]], *, rounds: int = 25, loop_seconds: float = 2e-3
) -> dict[str, float]:
    """Return the median seconds of one call of each function, measured in turns.

    Every round times each function once, in a loop that lasts at least about ``loop_seconds``: a slow
    spell of the machine then hits all of them, and ratios stand. Call each function once before, so
    that compilation stays outside.

    Parameters
    ----------
    calls : mapping of str to callable
        Functions without arguments.
    rounds : int
        How many times each is timed.
    loop_seconds : float
        The least time of one loop.

    Returns
    -------
    dict of str to float
        Seconds per call, by the same names.

    Examples
    --------
    >>> seconds = interleaved_medians({"nothing": lambda: None}, rounds=3)
    >>> 0 < seconds["nothing"] < 1e-3
    True
    """
    counts = {name: _loop_count(call, loop_seconds) for name, call in calls.items()}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            seconds[name].append(_time(call, counts[name]) / counts[name])
    return {name: median(times) for name, times in seconds.items()}


def _time(call: Callable[[], Any], count: int) -> float:
    start = perf_counter()
    for _ in range(count):
        call()
    return perf_counter() - start


def _loop_count(call: Callable[[], Any], loop_seconds: float) -> int:
    """Return how many calls fill the loop, at least one."""
    count = 1
    while (elapsed := _time(call, count)) < loop_seconds / 4:
        count *= 2
    return max(1, round(count * loop_seconds / elapsed))
