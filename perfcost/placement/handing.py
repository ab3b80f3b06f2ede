"""What hand-overs cost: a call for each run of another device, and the tensors that cross.

A tensor crosses once to each device that reads it, by their own link or by way of the host, and
to the host where the graph gives it back. Graph inputs lie with the host. Constants and variables
never cross.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from perfcost.placement.problem import HOST, Crossing, Problem
from perfcost.targets.system import Link, System


@dataclass(frozen=True, slots=True)
class Leg:
    """One tensor over one link."""

    tensor: int
    nbytes: int
    source: int
    to: int
    latency_ms: float
    energy_mj: float | None


class Roads:
    """The costs of the links of a system, by the positions of its devices."""

    def __init__(self, system: System) -> None:
        self._system = system
        count = range(len(system.devices))
        self.legs = {(a, b): self._legs(a, b) for a in count for b in count}
        """(from, to) -> the devices on the way, the last included."""
        self._known_ways: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}

    def _legs(self, one: int, other: int) -> tuple[int, ...]:
        names = [device.name for device in self._system.devices]
        if one == other:
            return ()
        direct = self._system.link(names[one], names[other]) is not None
        return (other,) if direct else (HOST, other)

    def ways(self, source: int, wanted: int) -> tuple[tuple[int, int], ...]:
        """The links that bring a tensor from where it lies to all devices that want it.

        Args:
            wanted: bits of devices.
        """
        known = self._known_ways.get((source, wanted))
        if known is None:
            found: list[tuple[int, int]] = []
            here = {source}
            # The host first: what lies there already needs no second way to it.
            for to in range(len(self._system.devices)):
                if wanted >> to & 1 and to not in here:
                    new = [link for link in self._way(here, to) if link[1] not in here]
                    found += new
                    here.update(end for _, end in new)
            known = self._known_ways[source, wanted] = tuple(found)
        return known

    def _way(self, here: set[int], to: int) -> list[tuple[int, int]]:
        """The cheapest way from where a tensor lies, as links."""
        ways = []
        for start in sorted(here):
            stops = (start, *self.legs[start, to])
            ways.append(list(pairwise(stops)))
        return min(ways, key=lambda way: sum(self.ms_per_byte[link] for link in way))

    @cached_property
    def call_ms(self) -> tuple[float, ...]:
        """What a call costs, by device; nothing for the host."""
        host = self._system.host.name
        links = [self._system.link(host, device.name) for device in self._system.devices]
        return tuple(0.0 if link is None else link.call_ms for link in links)

    @cached_property
    def ms_per_byte(self) -> dict[tuple[int, int], float]:
        """(from, to) -> ms a byte over a link of their own."""
        return {ends: link.ms_per_byte for ends, link in self._links}

    @cached_property
    def pj_per_byte(self) -> dict[tuple[int, int], float | None]:
        """(from, to) -> pJ a byte, where it is known."""
        return {ends: link.pj_per_byte for ends, link in self._links}

    @cached_property
    def _links(self) -> list[tuple[tuple[int, int], Link]]:
        names = [device.name for device in self._system.devices]
        return [
            ((a, b), link)
            for a, one in enumerate(names)
            for b, other in enumerate(names)
            if (link := self._system.link(one, other)) is not None
        ]


def legs(problem: Problem, roads: Roads, devices: Sequence[int]) -> list[Leg]:
    """Every tensor that crosses under an assignment, once a link and direction."""
    return [
        Leg(crossing.tensor, crossing.nbytes, start, end,
            crossing.nbytes * roads.ms_per_byte[start, end],
            None if pj is None else crossing.nbytes * pj / 1e9)
        for crossing in problem.crossings
        for start, end in roads.ways(*ends(crossing, devices))
        for pj in (roads.pj_per_byte[start, end],)
    ]  # fmt: skip


def ends(crossing: Crossing, devices: Sequence[int]) -> tuple[int, int]:
    """(where a tensor lies, where it must come to as bits of devices)."""
    wanted = 1 << HOST if crossing.wanted else 0
    for reader in crossing.readers:
        wanted |= 1 << devices[reader]
    return HOST if crossing.writer < 0 else devices[crossing.writer], wanted
