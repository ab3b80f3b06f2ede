"""From what ran to cycles and events, segment by segment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from perfcost.labels.arm_cpu.core.costs import KINDS, BlockCosts
from perfcost.labels.arm_cpu.kernels import OTHER, OUTSIDE, family_of_kernel
from perfcost.labels.arm_cpu.runs import LEVELS, Run, Segment
from perfcost.targets import ArmCpuTarget

_MISSES = ("l1d_misses", "l2_misses", "l3_misses")
"""A level that a target lacks misses what the one above it missed."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment of a run, priced."""

    border: int
    """Kind of the border that began it; see ``borders``."""
    core_cycles: float
    memory_cycles: float
    branch_cycles: float
    events: dict[str, int]
    """Of ``protocol.EVENTS``."""
    kernel: str
    """The function that does the work; ``kernels.OUTSIDE`` if it is none of the runtime's."""

    @property
    def cycles(self) -> float:
        return self.core_cycles + self.memory_cycles + self.branch_cycles


def priced(
    run: Run, target: ArmCpuTarget, costs: BlockCosts, name_at: Callable[[int], str]
) -> list[Piece]:
    """A piece a segment. ``name_at`` gives the function at an address of the run."""
    numbers = list(run.code)
    found = costs.of([run.code[number] for number in numbers])
    size = max(numbers, default=-1) + 1
    cycles = np.zeros(size)
    kinds = np.zeros((size, len(KINDS)), np.int64)
    for number, cost in zip(numbers, found, strict=True):
        cycles[number] = cost.cycles
        kinds[number] = cost.kinds
    pieces = []
    for segment in run.segments:
        counts = segment.counts.astype(np.int64)
        spent = cycles[segment.blocks] * counts
        classes = counts @ kinds[segment.blocks]
        functions: Counter[str] = Counter()
        for number, own in zip(segment.blocks.tolist(), spent.tolist(), strict=True):
            functions[name_at(run.addresses[number])] += own
        pieces.append(
            Piece(
                segment.border,
                core_cycles=float(spent.sum()),
                memory_cycles=memory_cycles(segment, target),
                branch_cycles=segment.mispredicted * target.mispredicted_branch_cycles,
                events=_events(segment, classes.tolist()),
                kernel=_kernel(functions),
            )
        )
    return pieces


def _kernel(functions: Counter[str]) -> str:
    """The function with the most cycles among those whose names tell what they do, if any."""
    told = {name: n for name, n in functions.items() if family_of_kernel(name) != OTHER}
    return max(told or functions, key=(told or functions).__getitem__, default=OUTSIDE)


def memory_cycles(segment: Segment, target: ArmCpuTarget) -> float:
    """Cycles that missed lines hold up the core: by where each was found, and how asked for."""
    total = 0.0
    for place, line in enumerate(target.missed_lines):
        last = line.found_in == "dram"
        # Lines that this level had: missed above it, and not in it.
        deeper = 0 if last else segment.missed[place + 1]
        served = segment.missed[place] - deeper
        total += float(served @ np.array((line.load, line.streamed_load, line.store)))
    return total


def _events(segment: Segment, classes: list[int]) -> dict[str, int]:
    missed = segment.missed.sum(axis=1).tolist()
    named = {f"{kind.value}_instructions": n for kind, n in zip(KINDS, classes, strict=True)}
    return {
        "instructions": sum(classes),
        **named,
        "accesses": segment.accesses,
        **dict(zip(_MISSES[:LEVELS], missed, strict=True)),
        "branch_misses": segment.mispredicted,
    }
