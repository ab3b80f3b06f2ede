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


Sofar = tuple[float, Trail | None]
"""(cost so far, how that came)."""
States = dict[tuple[int, ...], dict[int, Sofar]]
"""Where each live tensor lies as bits of devices -> device that runs."""


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

    def all_to(self, lies: int, devices: int) -> float:
        """Cost a byte to have it on all of some devices, as bits."""
        total, device = 0.0, 0
        while devices >> device:
            if devices >> device & 1:
                cost, lies = self.to(lies, device)
                total += cost
            device += 1
        return total


def solve(problem: Problem, roads: Roads, costs: Costs) -> tuple[tuple[int, ...], bool]:
    """(unit -> device, whether no state was dropped) of the least sum of costs."""
    ferry = Ferry(roads, costs.byte)
    written: dict[int, list[Crossing]] = {}
    for crossing in problem.crossings:
        written.setdefault(crossing.writer, []).append(crossing)
    live = [crossing for crossing in written.get(-1, []) if crossing.readers]
    # Where tensors lie -> device that runs -> (cost so far, how).
    states: States = {tuple(1 << HOST for _ in live): {HOST: (0.0, None)}}
    exact = True
    for unit, allowed in enumerate(problem.allowed):
        read = [slot for slot, crossing in enumerate(live) if unit in crossing.readers]
        stays = [slot for slot, crossing in enumerate(live) if crossing.readers[-1] > unit]
        made = written.get(unit, [])
        coming = [crossing for crossing in made if crossing.readers]
        given_bytes = sum(crossing.nbytes for crossing in made if crossing.wanted)
        read_bytes = [live[slot].nbytes for slot in read]
        found: States = {}
        for device in allowed:
            a_byte, home = ferry.to(1 << device, HOST)
            own = costs.unit[unit][device] + a_byte * given_bytes
            call = costs.call[device]
            fresh = tuple(home if crossing.wanted else 1 << device for crossing in coming)
            for lies, by_running in states.items():
                spent, trail = min(
                    (
                        before if running == device else (before[0] + call, before[1])
                        for running, before in by_running.items()
                    ),
                    key=_spent,
                )
                cost = spent + own
                now: Sequence[int] = lies
                if read:
                    moved = list(lies)
                    for slot, nbytes in zip(read, read_bytes, strict=True):
                        a_byte, moved[slot] = ferry.to(moved[slot], device)
                        cost += a_byte * nbytes
                    now = moved
                there = found.setdefault((*[now[slot] for slot in stays], *fresh), {})
                if device not in there or cost < there[device][0]:
                    there[device] = (cost, Trail(device, trail))
        live = [live[slot] for slot in stays] + coming
        states, whole = _kept(found, costs, ferry, live)
        exact &= whole
    _, trail = min((so for each in states.values() for so in each.values()), key=_spent)
    devices: list[int] = []
    while trail is not None:
        devices.append(trail.device)
        trail = trail.before
    return tuple(reversed(devices)), exact


def _spent(so: Sofar) -> float:
    return so[0]


def _kept(
    states: States, costs: Costs, ferry: Ferry, live: Sequence[Crossing]
) -> tuple[States, bool]:
    """(the states worth going on from, whether one that might have won was dropped).

    A state that the cheapest one could become for less, by tensors brought and a call, never wins.
    """
    cheapest = min(
        (so[0], running, lies) for lies, each in states.items() for running, so in each.items()
    )
    least, at, where = cheapest
    ranked = []
    for lies, each in states.items():
        brought = least
        for has, wants, crossing in zip(where, lies, live, strict=True):
            missing = wants & ~has
            if missing:
                brought += ferry.all_to(has, missing) * crossing.nbytes
        for running, so in each.items():
            if so[0] <= brought + (costs.call[running] if running != at else 0.0):
                ranked.append((so[0], running, lies))
    ranked.sort()
    kept: States = {}
    for _, running, lies in ranked[:MOST_STATES]:
        kept.setdefault(lies, {})[running] = states[lies][running]
    return kept, len(ranked) <= MOST_STATES
