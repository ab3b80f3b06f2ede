"""Error figures of many networks, and the loop over targets and sets that the benchmarks share."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

from benchmarks import sets
from benchmarks.sets import Case

Figures = dict[str, object]


def errors(relative: Sequence[float]) -> Figures:
    """MAPE, median, 95th percentile and shares within 5 and 10 % of relative errors, in %."""
    size = sorted(map(abs, relative))
    return {
        "networks": len(size),
        "mape_percent": 100 * statistics.fmean(size),
        "median_percent": 100 * statistics.median(size),
        "p95_percent": 100 * size[min(len(size) - 1, math.ceil(0.95 * len(size)) - 1)],
        "within_5_percent": 100 * sum(error <= 0.05 for error in size) / len(size),
        "within_10_percent": 100 * sum(error <= 0.10 for error in size) / len(size),
    }


def by_target_and_set(
    targets: Sequence[str],
    names: Sequence[str],
    jobs: int | None,
    measure: Callable[[Sequence[Case], str], Figures],
) -> dict[str, dict[str, Figures]]:
    """What ``measure`` finds of each set on each target; sets that are not at hand are left out."""
    results: dict[str, dict[str, Figures]] = {}
    for target in targets:
        results[target] = {}
        for name in names:
            cases = sets.named(name, target, jobs)
            if cases:
                results[target][name] = measure(cases, target)
    return results
