"""What becomes of a plan on the device: ops of an NPU region that Vela leaves go to the host.

A method may count on an op that the compiler keeps in the whole network and not in the region.
The run time would fall back; so does the plan, and the report says how many did.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.placing.case import NPU, Case
from benchmarks.placing.costs import Region
from benchmarks.placing.truth import Key
from perfcost.placement.forming import runs
from perfcost.placement.problem import HOST


class Unlabelled(Exception):
    """Regions that have no label yet: ``keys``."""

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__(f"{len(keys)} regions have no label yet")
        self.keys = list(keys)


def settled(case: Case, plan: Sequence[Region]) -> tuple[tuple[Region, ...], bool]:
    """(the plan as it would run, whether that differs). Unlabelled where labels are missing."""
    now, changed = tuple(plan), False
    while True:
        wanted = [
            case.key(device, units)
            for device, units in now
            if not (device == NPU and case.hopeless.intersection(units))
        ]
        missing = case.truth.missing(wanted)
        if missing:
            raise Unlabelled(missing)
        left = {unit for device, units in now if device == NPU for unit in _left(case, units)}
        if not left:
            return now, changed
        on_npu = {unit for device, units in now if device == NPU for unit in units} - left
        now = runs(case.problem, [NPU if u in on_npu else HOST for u in case.everything])
        changed = True


def _left(case: Case, units: tuple[int, ...]) -> list[int]:
    hopeless = case.hopeless.intersection(units)
    if hopeless:
        return sorted(hopeless)
    key = case.key(NPU, units)
    on = dict(zip(key[1], case.truth.on_device(key), strict=True))
    return [unit for unit in units if not all(on[op] for op in case.problem.units[unit])]
