"""Changes of a plan worth a try: what moves to another device at once, and what to another run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from perfcost.placement.forming import Run, Turns, postponed
from perfcost.placement.problem import Problem

_SIZES = (1, 2, 3, 5, 8, 13, 21, 34, 55)
"""How many units from an end of a run are moved; larger runs move as wholes."""


def moves(
    problem: Problem, devices: Sequence[int], found: Sequence[Run]
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """(an assignment one move away, the units that move), each once.

    Runs, connected parts of them, their ends, units; two runs in a row, which only together may be
    worth a device that another run is on already.
    """
    seen = {tuple(devices)}
    for group in _all_groups(problem, found):
        for to in sorted({d for unit in group for d in problem.allowed[unit]}):
            moved = tuple(
                unit for unit in group if devices[unit] != to and to in problem.allowed[unit]
            )
            changed = list(devices)
            for unit in moved:
                changed[unit] = to
            key = tuple(changed)
            if key not in seen:
                seen.add(key)
                yield key, moved


def delays(
    problem: Problem, found: Turns, late: frozenset[int]
) -> Iterator[tuple[frozenset[int], list[int]]]:
    """(units that wait, unit -> its run) one change of what waits away, each once.

    Of units that could be in several runs of their device, all at once, connected parts of those
    that are in one run, their ends, one.

    Args:
        found: the earliest runs.
        late: units that wait now.
    """
    order, eager = found
    everything = range(len(eager))
    last = postponed(problem, found, everything)
    free = [unit for unit in everything if last[unit] > eager[unit]]
    if not free:
        return
    now = postponed(problem, found, late)
    seen = {tuple(now)}
    for group in (free, *_free_groups(problem, free, now, len(order))):
        for changed in (late.union(group), late.difference(group)):
            at = postponed(problem, found, changed)
            if tuple(at) not in seen:
                seen.add(tuple(at))
                yield changed, at


def _free_groups(
    problem: Problem, free: Sequence[int], now: Sequence[int], count: int
) -> Iterator[Sequence[int]]:
    by_run: list[list[int]] = [[] for _ in range(count)]
    for unit in free:
        by_run[now[unit]].append(unit)
    for chosen in by_run:
        for part in _parts(problem, chosen):
            yield part
            yield from _ends(part)
        for unit in chosen:
            yield (unit,)


def between_runs(problem: Problem, at: Collection[int]) -> int:
    """Bytes that runs read and write: a tensor counts once for each run that has to do with it."""
    runs = list(at)
    total = 0
    for crossing in problem.crossings:
        there = {runs[reader] for reader in crossing.readers}
        if crossing.writer >= 0:
            there.discard(runs[crossing.writer])
        if there or crossing.wanted:
            total += crossing.nbytes * (len(there) + (crossing.writer >= 0))
    return total


def _all_groups(problem: Problem, found: Sequence[Run]) -> Iterator[Sequence[int]]:
    for _, chosen in found:
        yield from _groups(problem, chosen)
    for (_, chosen), (_, following) in pairwise(found):
        yield (*chosen, *following)


def _groups(problem: Problem, chosen: Sequence[int]) -> Iterator[Sequence[int]]:
    yield chosen
    parts = _parts(problem, chosen)
    if len(parts) > 1:
        yield from parts
    for part in parts:
        yield from _ends(part)
    inside = set(chosen)
    for unit in chosen:
        # A unit at the border, whichever way its run was cut.
        around = (*problem.before[unit], *problem.after[unit])
        if any(other not in inside for other in around):
            yield (unit,)


def _ends(part: Sequence[int]) -> Iterator[Sequence[int]]:
    for size in _SIZES:
        if size < len(part):
            yield part[:size]
            yield part[-size:]


def _parts(problem: Problem, chosen: Sequence[int]) -> list[list[int]]:
    """The connected parts of some units, each ascending."""
    left, parts = set(chosen), []
    for unit in chosen:
        if unit not in left:
            continue
        left.discard(unit)
        part, queue = [], [unit]
        while queue:
            here = queue.pop()
            part.append(here)
            for other in (*problem.before[here], *problem.after[here]):
                if other in left:
                    left.discard(other)
                    queue.append(other)
        parts.append(sorted(part))
    return parts
