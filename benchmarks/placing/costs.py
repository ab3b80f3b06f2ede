"""What a partition costs by the prices of its regions and the links of the system."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from perfcost.placement.handing import Roads, legs
from perfcost.placement.problem import HOST, Problem

Region = tuple[int, tuple[int, ...]]
"""(device, units ascending)."""
Price = Callable[[int, tuple[int, ...]], float | None]
"""(device, units) -> ms of that region as a whole; ``None`` where the device does not run it."""


def total_ms(problem: Problem, roads: Roads, price: Price, plan: Sequence[Region]) -> float | None:
    """Regions, a call for each that is not the host's, and the tensors that cross.

    ``None`` where a device does not run its region.
    """
    device_of = {unit: device for device, units in plan for unit in units}
    total = 0.0
    for device, units in plan:
        ms = price(device, units)
        if ms is None:
            return None
        total += ms + roads.call_ms[device]
    devices = [device_of[unit] for unit in range(len(problem.units))]
    return total + sum(leg.latency_ms for leg in legs(problem, roads, devices))


def hand_overs(plan: Sequence[Region]) -> int:
    """How often a device that is not the host is called."""
    return sum(device != HOST for device, _ in plan)
