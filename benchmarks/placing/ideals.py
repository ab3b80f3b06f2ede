"""Sets of units that can have run at some moment, and the regions that lie between two of them.

An ideal holds with each unit all that it waits for. Every convex set is what one ideal has beyond
a smaller one, and every partition of a graph into regions that can run one after the other is a
rising row of ideals. So all partitions are known where all convex sets are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence


class TooMany(Exception):
    """More sets than were asked for at most."""


def ideals(before: Sequence[Sequence[int]], most: int = 4096) -> list[int]:
    """All ideals as bits of units, from the empty one to the whole, smaller ones first.

    Args:
        before: unit -> the units that it reads from.
        most: how many there may be; TooMany beyond.
    """
    needs = [sum(1 << other for other in found) for found in before]
    layer, found = {0}, [0]
    while layer:
        layer = {
            ideal | 1 << unit
            for ideal in layer
            for unit, need in enumerate(needs)
            if not ideal >> unit & 1 and not need & ~ideal
        }
        found += sorted(layer)
        if len(found) > most:
            raise TooMany(f"more than {most} ideals")
    return found


def convex_sets(before: Sequence[Sequence[int]], most: int = 4096) -> list[int]:
    """All convex sets but the empty one, as bits of units, ascending by size; TooMany beyond."""
    known = ideals(before, most)
    found: set[int] = set()
    for late in known:
        found.update(late & ~early for early in known if not early & ~late)
        if len(found) > most + 1:
            raise TooMany(f"more than {most} convex sets")
    return sorted(found - {0}, key=lambda chosen: (chosen.bit_count(), chosen))


def units_of(chosen: int) -> tuple[int, ...]:
    """The units of some bits, ascending."""
    return tuple(_units(chosen))


def _units(chosen: int) -> Iterator[int]:
    while chosen:
        lowest = chosen & -chosen
        yield lowest.bit_length() - 1
        chosen ^= lowest


def connected(chosen: int, before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> bool:
    """Whether data joins all units of a set, whichever way it flows."""
    reached = waiting = chosen & -chosen
    while waiting:
        unit = waiting.bit_length() - 1
        waiting ^= 1 << unit
        near = sum(1 << other for other in {*before[unit], *after[unit]})
        waiting |= near & chosen & ~reached
        reached |= near & chosen
    return reached == chosen
