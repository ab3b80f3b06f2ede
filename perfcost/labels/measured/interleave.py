"""How many times as long as a reference a network takes, on a machine that does not stand still.

Processors drift by 5 to 15 % within seconds: clocks, neighbours, heat. What is timed is therefore
always a block of the network between two of the reference, and only the ratio is kept.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Run = Callable[[], None]
Clock = Callable[[], int]
"""Nanoseconds since whenever."""

# A network that is done sooner runs again, so that a block is about as long as the reference's.
_WARM_BELOW_NS = 10_000_000
_LEAST_PAIRS = 9
# Of a network that takes seconds there are fewer, once so many budgets are spent.
_FEWEST_PAIRS, _LAST_BUDGETS = 3, 4
_MOST_PAIRS = 80
# Share of the pairs that is kept: those whose two references agree best.
_KEPT = 0.6
# From a median absolute deviation to the standard error of a median of normal values.
_ERROR_OF_MEDIAN = 1.4826 * 1.2533


@dataclass(frozen=True, slots=True)
class Ratio:
    """A network's time over the reference's."""

    value: float
    error: float
    """Standard error of the value, as a share of it, from the spread of the pairs."""
    pairs: int
    """How many were timed."""


def ratio(
    run: Run,
    reference: Run,
    *,
    clock: Clock = time.perf_counter_ns,
    budget_s: float = 2.0,
    aim: float = 0.004,
) -> Ratio:
    """Times a network against a reference.

    Both run once untimed before each block (a network that takes longer than 10 ms does not: it
    warms its caches itself), so that neither pays for what the other put out of the caches.

    Args:
        run: one inference of the network, done when it returns.
        reference: one inference of the reference.
        clock: what the time is read from.
        budget_s: no further pair begins after this, once there are nine; after four times as long,
            once there are three.
        aim: enough pairs are there when the standard error is below this share.
    """
    run()
    reference()
    once, unit = _timed(run, 1, clock), _timed(reference, 1, clock)
    count = max(1, round(unit / max(once, 1)))
    warm = once < _WARM_BELOW_NS
    begun = time.monotonic()
    before = _reference_block(reference, clock)
    pairs: list[tuple[float, float]] = []
    while True:
        if warm:
            run()
        took = _timed(run, count, clock) / count
        after = _reference_block(reference, clock)
        pairs.append((took / ((before + after) / 2), abs(after - before) / (after + before)))
        before = after
        spent_s = time.monotonic() - begun
        least = _FEWEST_PAIRS if spent_s > _LAST_BUDGETS * budget_s else _LEAST_PAIRS
        if len(pairs) < least:
            continue
        found = _settled(pairs)
        if found.error <= aim or len(pairs) >= _MOST_PAIRS or spent_s > budget_s:
            return found


def middle(rounds: list[Ratio]) -> Ratio:
    """The median of several ratios of one network, with the error of that median."""
    values = [found.value for found in rounds]
    value = statistics.median(values)
    inside = statistics.median(found.error for found in rounds)
    between = _error(values, value)
    return Ratio(value, max(inside, between), sum(found.pairs for found in rounds))


def _reference_block(reference: Run, clock: Clock) -> float:
    reference()
    return max(1.0, float(_timed(reference, 1, clock)))


def _timed(run: Run, count: int, clock: Clock) -> int:
    begun = clock()
    for _ in range(count):
        run()
    return clock() - begun


def _settled(pairs: list[tuple[float, float]]) -> Ratio:
    """The median of the pairs that the machine's drift spoiled least."""
    steady = sorted(pairs, key=lambda pair: pair[1])[: math.ceil(len(pairs) * _KEPT)]
    values = [value for value, _ in steady]
    value = statistics.median(values)
    return Ratio(value, _error(values, value), len(pairs))


def _error(values: list[float], middle: float) -> float:
    """Standard error of a median, as a share of it."""
    spread = statistics.median(abs(value - middle) for value in values)
    return _ERROR_OF_MEDIAN * spread / math.sqrt(len(values)) / middle if middle else 0.0
