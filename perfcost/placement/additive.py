"""The best assignment where costs add up: dynamic programming along the order of the units.

The cost is that of each unit on its device, of each tensor that crosses, and of a call wherever
the order changes to a device that must be called. The state after a unit is the device that runs,
and where each tensor lies that is still to be read: a network is narrow, so there are few. That is
exact for the given order, until more than ``MOST_STATES`` are alive at once, of which the dearest
are dropped. A solver (a cut, an integer program) would ask every user to install it for what is
only the start of a search that prices regions as wholes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perfcost.placement.handing import Roads
from perfcost.placement.problem import HOST, Crossing, Problem

MOST_STATES = 64


@dataclass(frozen=True, slots=True)
class Trail:
    """The devices of the units so far, backwards."""

    device: int
    before: Trail | None


State = tuple[int, tuple[int, ...]]
"""(device that runs, where each live tensor lies as bits of devices)."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What adds up, in the unit of the objective.

    Attributes:
        unit: unit -> device -> cost.
        call: device -> cost of calling it.
        byte: (from, to) -> cost a byte over a link of their own.
    """

    unit: Sequence[Mapping[int, float]]
    call: Sequence[float]
    byte: Mapping[tuple[int, int], float]


class Ferry:
    """What it costs a byte to have a tensor on a device, by where it lies already."""

    def __init__(self, roads: Roads, byte: Mapping[tuple[int, int], float]) -> None:
        self._roads, self._byte = roads, byte
        self._known: dict[tuple[int, int], tuple[float, int]] = {}

    def to(self, lies: int, device: int) -> tuple[float, int]:
        """(cost a byte, where it lies after): ``lies`` holds a bit for each device."""
        if lies >> device & 1:
            return 0.0, lies
        known = self._known.get((lies, device))
        if known is None:
            ways = []
            for start in range(len(self._roads.call_ms)):
                if lies >> start & 1:
                    cost, at, after = 0.0, start, lies
                    for stop in self._roads.legs[start, device]:
                        cost += 0.0 if after >> stop & 1 else self._byte[at, stop]
                        at, after = stop, after | 1 << stop
                    ways.append((cost, after))
            known = self._known[lies, device] = min(ways)
        return known


def solve(problem: Problem, roads: Roads, costs: Costs) -> tuple[tuple[int, ...], bool]:
    """(unit -> device, whether no state was dropped) of the least sum of costs."""
    ferry = Ferry(roads, costs.byte)
    written: dict[int, list[Crossing]] = {}
    for crossing in problem.crossings:
        written.setdefault(crossing.writer, []).append(crossing)
    live = [crossing for crossing in written.get(-1, []) if crossing.readers]
    states: dict[State, tuple[float, Trail | None]] = {
        (HOST, tuple(1 << HOST for _ in live)): (0.0, None)
    }
    exact = True
    for unit, allowed in enumerate(problem.allowed):
        read = [slot for slot, crossing in enumerate(live) if unit in crossing.readers]
        stays = [slot for slot, crossing in enumerate(live) if crossing.readers[-1] > unit]
        made = written.get(unit, [])
        coming = [crossing for crossing in made if crossing.readers]
        given = [crossing for crossing in made if crossing.wanted]
        found: dict[State, tuple[float, Trail | None]] = {}
        own = costs.unit[unit]
        given_bytes = sum(crossing.nbytes for crossing in given)
        back = {device: ferry.to(1 << device, HOST) for device in allowed}
        fresh = {d: tuple(back[d][1] if c.wanted else 1 << d for c in coming) for d in allowed}
        for (running, lies), (spent, trail) in states.items():
            for device in allowed:
                cost = spent + own[device] + back[device][0] * given_bytes
                if device != running:
                    cost += costs.call[device]
                now: Sequence[int] = lies
                if read:
                    moved = list(lies)
                    for slot in read:
                        a_byte, moved[slot] = ferry.to(moved[slot], device)
                        cost += a_byte * live[slot].nbytes
                    now = moved
                key = (device, (*(now[slot] for slot in stays), *fresh[device]))
                known = found.get(key)
                if known is None or cost < known[0]:
                    found[key] = (cost, Trail(device, trail))
        live = [live[slot] for slot in stays] + coming
        if len(found) > MOST_STATES:
            exact = False
            cheapest = sorted(found.items(), key=lambda item: (item[1][0], item[0]))
            found = dict(cheapest[:MOST_STATES])
        states = found
    _, trail = min(states.values(), key=lambda value: value[0])
    devices: list[int] = []
    while trail is not None:
        devices.append(trail.device)
        trail = trail.before
    return tuple(reversed(devices)), exact
