"""Changes of an assignment worth a try: what moves from one device to another at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perfcost.placement.forming import Run
from perfcost.placement.problem import Problem

_SIZES = (1, 2, 3, 5, 8, 13, 21, 34, 55)
"""How many units from an end of a run are moved; larger runs move as wholes."""


def moves(
    problem: Problem, devices: Sequence[int], found: Sequence[Run]
) -> Iterator[tuple[int, ...]]:
    """Assignments one move away, each once: runs, connected parts of them, their ends, units."""
    seen = {tuple(devices)}
    for device, chosen in found:
        for group in _groups(problem, chosen):
            for to in {d for unit in group for d in problem.allowed[unit]} - {device}:
                changed = list(devices)
                for unit in group:
                    if to in problem.allowed[unit]:
                        changed[unit] = to
                key = tuple(changed)
                if key not in seen:
                    seen.add(key)
                    yield key


def _groups(problem: Problem, chosen: Sequence[int]) -> Iterator[Sequence[int]]:
    yield chosen
    parts = _parts(problem, chosen)
    if len(parts) > 1:
        yield from parts
    for part in parts:
        for size in _SIZES:
            if size < len(part):
                yield part[:size]
                yield part[-size:]
    inside = set(chosen)
    for unit in chosen:
        # A unit at the border, whichever way its run was cut.
        around = (*problem.before[unit], *problem.after[unit])
        if any(other not in inside for other in around):
            yield (unit,)


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
