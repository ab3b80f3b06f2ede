"""The methods that are compared: each gives a network's regions, ours among them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.placing import merge_compiler_regions, tflite_delegate
from baselines.placing.kernel_prices import KernelPrices
from benchmarks.placing import vela_split
from benchmarks.placing.case import NPU, Case
from benchmarks.placing.costs import Region
from benchmarks.placing.exact import best_plan, merged
from benchmarks.placing.ideals import connected, units_of
from perfcost.frontends.tflite import read_tflite
from perfcost.placement import place
from perfcost.placement.forming import runs
from perfcost.placement.objective import Objective
from perfcost.placement.problem import HOST, state
from perfcost.placement.search import Search

TREES = Path(__file__).parents[2] / "data" / "baselines" / "ethos-u65-256" / "latency"
COLLAGE_UNITS = 3
"""The largest pattern of the Collage-like method: a convolution, what follows it, and one more."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a method gave.

    Attributes:
        seconds: of this process, for the decision alone.
        labels: how many labels of pieces the decision needed.
    """

    plan: tuple[Region, ...]
    seconds: float
    labels: int = 0


Method = Callable[[Case], tuple[tuple[Region, ...], int]]


def ours(case: Case) -> tuple[tuple[Region, ...], int]:
    """``perfcost.placement.place``."""
    names = [device.name for device in case.problem.system.devices]
    unit_of = {op: unit for unit, ops in enumerate(case.problem.units) for op in ops}
    # Read anew, so that nothing that was priced before is known.
    placed = place(read_tflite(case.net.data), case.problem.system)
    plan = tuple(
        (names.index(region.device), tuple(sorted({unit_of[op] for op in region.ops})))
        for region in placed.regions
    )
    return plan, 0


def host_only(case: Case) -> tuple[tuple[Region, ...], int]:
    return ((HOST, case.everything),), 0


def npu_wherever(case: Case) -> tuple[tuple[Region, ...], int]:
    """All that Vela supports, in as few calls as the order allows."""
    return formed(case, [NPU if kept else HOST for kept in case.supported]), 0


def delegate(case: Case) -> tuple[tuple[Region, ...], int]:
    return tflite_delegate.partitions(case.problem.before, case.supported), 0


def delegate_of(most: int) -> Method:
    """The ``most`` largest partitions delegated."""

    def method(case: Case) -> tuple[tuple[Region, ...], int]:
        return tflite_delegate.largest(case.problem.before, case.supported, most), 0

    return method


def greedy(case: Case) -> tuple[tuple[Region, ...], int]:
    return merge_compiler_regions.partitions(case.problem.before, case.supported), 0


def velas(case: Case) -> tuple[tuple[Region, ...], int]:
    return vela_split.split(case), 0


def kernel_sum(case: Case) -> tuple[tuple[Region, ...], int]:
    """The same search on prices that add up."""
    system = case.problem.system
    prices = KernelPrices(case.graph, system, TREES / "kernel-sum-1")
    problem = state(case.graph, system, prices, {})
    search = Search(problem, Objective.of("latency", 0.5))
    return search.run().draft.runs, 0


def collage(case: Case) -> tuple[tuple[Region, ...], int]:
    """Dynamic programming on labelled pieces of up to three ops, after Collage.

    Jeon et al.: Collage, seamless integration of deep learning backends with automatic placement
    (PACT 2022): patterns of ops are measured on each backend, and the sum is made least. Theirs
    knows no hand-overs; here it is given those of the system.
    """
    problem = case.problem
    pieces = collage_pieces(case)
    _, plan = best_plan(problem, case.roads, case.price, pieces, joined=True)
    labels = sum(
        device == HOST or not case.hopeless.intersection(units_of(piece))
        for piece in pieces
        for device in (HOST, NPU)
    )
    return merged(plan), labels


def collage_pieces(case: Case) -> list[int]:
    """Connected convex sets of up to three units."""
    problem = case.problem
    return [
        chosen
        for chosen in case.sets
        if chosen.bit_count() <= COLLAGE_UNITS and connected(chosen, problem.before, problem.after)
    ]


def formed(case: Case, devices: Sequence[int]) -> tuple[Region, ...]:
    """The regions of an assignment, as few as its order allows."""
    return runs(case.problem, devices)


METHODS: dict[str, Method] = {
    "perfcost": ours,
    "CPU only": host_only,
    "NPU wherever possible": npu_wherever,
    "TFLite delegate, all": delegate,
    "TFLite delegate, largest 3": delegate_of(3),
    "TFLite delegate, largest 1": delegate_of(1),
    "TVM MergeCompilerRegions": greedy,
    "Vela's own split": velas,
    "kernel sum, same search": kernel_sum,
    "Collage-like": collage,
}
NEEDS_ALL_SETS = ("Collage-like",)
"""Methods that ask for labels of pieces which a real network has too many of."""


def found_by(name: str, case: Case) -> Found:
    """The plan of a method, and what it took."""
    start = time.process_time()
    plan, labels = METHODS[name](case)
    return Found(plan, time.process_time() - start, labels)
