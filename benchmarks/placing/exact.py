"""The best of all partitions, by dynamic programming over what can have run at some moment.

Two regions of the host in a row are one region: nothing parts them, and labels leave out what it
would cost to begin anew. Two in a row on another device are two calls.

For a chain the moments are its prefixes and the regions its intervals; for other graphs, the
ideals and convex sets of ``ideals``. The state also holds where each tensor lies that is still to
be read, so hand-overs are counted just as the system has them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.placing.costs import Price, Region
from benchmarks.placing.ideals import units_of
from perfcost.placement.additive import Ferry
from perfcost.placement.handing import Roads
from perfcost.placement.problem import HOST, Problem


@dataclass(frozen=True, slots=True)
class _Step:
    """The last region of a row of them."""

    region: Region
    before: _Step | None


_NOWHERE = -1
_State = tuple[int, tuple[int, ...]]
"""(device that runs, where each tensor lies as bits of devices; 0 for one not written or done)."""


def best_plan(
    problem: Problem, roads: Roads, price: Price, pieces: Sequence[int], *, joined: bool = False
) -> tuple[float, tuple[Region, ...]]:
    """(ms, regions in their order) of the least cost; infinite and empty where there is no plan.

    Args:
        price: of a piece on a device.
        pieces: convex sets of units as bits; regions are made of these.
        joined: whether pieces in a row on one device are one call, at the sum of their prices; else
            each is a region of its own.
    """
    count = len(problem.units)
    ferry = Ferry(roads, roads.ms_per_byte)
    readers = [_bits(crossing.readers) for crossing in problem.crossings]
    whole = (1 << count) - 1
    needs = [_bits(found) for found in problem.before]
    priced = []
    for piece in pieces:
        units = units_of(piece)
        outside = 0
        for unit in units:
            outside |= needs[unit] & ~piece
        for device in range(len(roads.call_ms)):
            ms = price(device, units)
            if ms is not None:
                priced.append((piece, outside, (device, units), ms))
    start = tuple(1 << HOST if c.writer < 0 and c.readers else 0 for c in problem.crossings)
    reached: dict[int, dict[_State, tuple[float, _Step | None]]] = {
        0: {(_NOWHERE, start): (0.0, None)}
    }
    for size in range(count):
        for ideal in [found for found in reached if found.bit_count() == size]:
            states = reached.pop(ideal)
            for piece, outside, region, ms in priced:
                if piece & ideal or outside & ~ideal:
                    continue
                after = ideal | piece
                found = reached.setdefault(after, {})
                device = region[0]
                for (running, lies), (spent, step) in states.items():
                    cost = spent + ms
                    if not joined and device == running == HOST:
                        continue
                    if not joined or device != running:
                        cost += roads.call_ms[device]
                    moved = list(lies)
                    for place, crossing in enumerate(problem.crossings):
                        if moved[place] and readers[place] & piece:
                            a_byte, moved[place] = ferry.to(moved[place], device)
                            cost += a_byte * crossing.nbytes
                        elif crossing.writer >= 0 and piece >> crossing.writer & 1:
                            moved[place] = 1 << device
                            if crossing.wanted:
                                a_byte, moved[place] = ferry.to(moved[place], HOST)
                                cost += a_byte * crossing.nbytes
                        if not readers[place] & ~after:
                            moved[place] = 0
                    key = (device, tuple(moved))
                    if key not in found or cost < found[key][0]:
                        found[key] = (cost, _Step(region, step))
    if whole not in reached:
        return math.inf, ()
    cost, last = min(reached[whole].values(), key=lambda value: value[0])
    plan: list[Region] = []
    while last is not None:
        plan.append(last.region)
        last = last.before
    return cost, tuple(reversed(plan))


def _bits(units: Sequence[int]) -> int:
    return sum(1 << unit for unit in units)


def merged(plan: Sequence[Region]) -> tuple[Region, ...]:
    """The same plan with pieces in a row on one device as one region."""
    found: list[Region] = []
    for device, units in plan:
        if found and found[-1][0] == device:
            found[-1] = device, tuple(sorted((*found[-1][1], *units)))
        else:
            found.append((device, units))
    return tuple(found)
