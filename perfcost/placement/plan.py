"""A plan: devices of all units, the regions that follow, and what it all costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perfcost.placement.forming import Run, runs
from perfcost.placement.handing import Leg, Roads, legs
from perfcost.placement.prices import Key, RegionPrice
from perfcost.placement.problem import Problem

Choice = tuple[tuple[int, ...], frozenset[int]]
"""What is decided: (unit -> device, units that wait for a later run than they could be in)."""
EARLY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Draft:
    """An assignment with its regions, before they are priced.

    Attributes:
        devices, late: what was decided, see ``Choice``.
        keys: the region of each run, as it is priced.
        latency_ms, energy_mj: of hand-overs alone; energy ``None`` where a link does not say.
    """

    devices: tuple[int, ...]
    late: frozenset[int]
    runs: tuple[Run, ...]
    keys: tuple[Key, ...]
    legs: tuple[Leg, ...]
    latency_ms: float
    energy_mj: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A draft, priced.

    Attributes:
        latency_ms, energy_mj: of regions and hand-overs together.
        memory_bytes: memory -> what it takes at most.
        excess_bytes: memory -> by how much that breaks its budget; empty where all fits.
    """

    draft: Draft
    prices: tuple[RegionPrice, ...]
    latency_ms: float
    energy_mj: float | None
    memory_bytes: Mapping[str, int]
    excess_bytes: Mapping[str, int]


def drafted(
    problem: Problem, roads: Roads, devices: Sequence[int], late: frozenset[int] = EARLY
) -> Draft:
    """The regions and hand-overs of an assignment."""
    found = runs(problem, devices, late)
    crossing = tuple(legs(problem, roads, devices))
    calls = sum(roads.call_ms[device] for device, _ in found)
    energies = [leg.energy_mj for leg in crossing]
    return Draft(
        tuple(devices),
        late,
        found,
        tuple((device, problem.ops(units)) for device, units in found),
        crossing,
        calls + sum(leg.latency_ms for leg in crossing),
        None if None in energies else sum(energy for energy in energies if energy is not None),
    )


def planned(problem: Problem, draft: Draft) -> Plan | None:
    """The draft with the price of its regions; ``None`` where a device does not run its region."""
    prices = tuple(problem.prices.of(draft.keys))
    times = [price.latency_ms for price in prices]
    if any(ms is None for ms in times):
        return None
    energies = [price.energy_mj for price in prices] + [draft.energy_mj]
    memory = memory_bytes(draft.keys, prices)
    budgets = {memory.name: memory.budget_bytes for memory in problem.system.memories}
    return Plan(
        draft,
        prices,
        draft.latency_ms + sum(ms for ms in times if ms is not None),
        None if None in energies else sum(mj for mj in energies if mj is not None),
        memory,
        {
            name: memory[name] - budget
            for name, budget in budgets.items()
            if memory.get(name, 0) > budget
        },
    )


def memory_bytes(keys: Sequence[Key], prices: Sequence[RegionPrice]) -> dict[str, int]:
    """Memory -> peak bytes of a plan: an upper bound.

    Regions of one device run one after the other in the same bytes, so the largest counts; what
    different devices work in may lie side by side and is added; constants are all there.
    """
    working: dict[tuple[int, str], int] = {}
    found: dict[str, int] = {}
    for (device, _), price in zip(keys, prices, strict=True):
        for name, count in price.working_bytes.items():
            working[device, name] = max(working.get((device, name), 0), count)
        for name, count in price.constant_bytes.items():
            found[name] = found.get(name, 0) + count
    for (_, name), count in working.items():
        found[name] = found.get(name, 0) + count
    return dict(sorted(found.items()))
