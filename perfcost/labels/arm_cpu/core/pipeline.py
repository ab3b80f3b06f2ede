"""The pipeline: two instructions a cycle at most, in order, each when its operands are there."""

from __future__ import annotations

from collections.abc import Sequence

from perfcost.labels.arm_cpu.core import tables
from perfcost.labels.arm_cpu.core.decode import Forwarding, Pairing, Step, Unit

WARM_UP = 2
REPETITIONS = 8
_PAIR = 2
# The units that each kind of use may take: the one that is free first, or all together.
_EITHER = {Unit.ALU: ("alu0", "alu1"), Unit.HALF_VECTOR: ("vector0", "vector1")}


class Pipeline:
    """The state of the core between two instructions."""

    def __init__(self) -> None:
        self._cycle = 0
        self._issued = 0
        """Instructions already issued in this cycle."""
        self._free: dict[str, int] = {}
        """Unit -> first cycle in which it is free."""
        self._ready: dict[str, int] = {}
        """Register -> first cycle in which it can be read."""
        self._products: dict[str, tuple[int, Forwarding]] = {}
        """Register -> issue of the multiply that wrote it last."""

    @property
    def half_cycles(self) -> int:
        """How far the core is; an instruction is half a cycle."""
        return self._cycle * _PAIR + self._issued

    def run(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self._issue(step)

    def _issue(self, step: Step) -> None:
        cycle = self._cycle
        for register in step.reads:
            cycle = max(cycle, self._ready.get(register, 0))
        if step.accumulator is not None:
            cycle = max(cycle, self._accumulated(step))
        issued = self._issued if cycle == self._cycle else 0
        while True:
            if issued >= _PAIR or (issued == 1 and step.pairing is not Pairing.ANY):
                cycle, issued = cycle + 1, 0
            free = self._free_from(step)
            if free <= cycle:
                break
            cycle, issued = free, 0
        self._occupy(step, cycle)
        for register, latency in step.writes:
            self._ready[register] = cycle + latency
            self._products.pop(register, None)
        if step.forwarding is not Forwarding.NONE and step.writes:
            self._products[step.writes[0][0]] = (cycle, step.forwarding)
        if step.fills or step.pairing is Pairing.ALONE:
            self._cycle, self._issued = cycle + max(1, step.fills), 0
        else:
            self._cycle, self._issued = cycle, issued + 1

    def _accumulated(self, step: Step) -> int:
        """First cycle in which the accumulator can be read, forwarded if a multiply wrote it."""
        assert step.accumulator is not None
        product = self._products.get(step.accumulator)
        if product is None:
            return self._ready.get(step.accumulator, 0)
        both_long = product[1] is step.forwarding is Forwarding.LONG_PRODUCT
        return product[0] + (tables.FORWARDED_LONG_CYCLES if both_long else tables.FORWARDED_CYCLES)

    def _free_from(self, step: Step) -> int:
        if step.unit is None:
            return 0
        if step.unit in _EITHER:
            return min(self._free.get(name, 0) for name in _EITHER[step.unit])
        if step.unit is Unit.VECTOR:
            return max(self._free.get(name, 0) for name in _EITHER[Unit.HALF_VECTOR])
        return self._free.get(step.unit.name, 0)

    def _occupy(self, step: Step, cycle: int) -> None:
        if step.unit is None:
            return
        if step.unit in _EITHER:
            first, second = _EITHER[step.unit]
            taken = first if self._free.get(first, 0) <= cycle else second
            self._free[taken] = cycle + step.busy
        elif step.unit is Unit.VECTOR:
            for name in _EITHER[Unit.HALF_VECTOR]:
                self._free[name] = cycle + step.busy
        else:
            self._free[step.unit.name] = cycle + step.busy


def cycles_repeated(steps: Sequence[Step]) -> float:
    """Cycles of code that follows itself, as a loop's does: its steady state."""
    pipeline = Pipeline()
    for _ in range(WARM_UP):
        pipeline.run(steps)
    begun = pipeline.half_cycles
    for _ in range(REPETITIONS):
        pipeline.run(steps)
    return (pipeline.half_cycles - begun) / _PAIR / REPETITIONS
