"""The methods that are compared: each gives a network's regions, ours among them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.placing import merge_compiler_regions, tflite_delegate
from baselines.placing.kernel_prices import KernelPrices
from benchmarks.placing import ethosu_partition, vela_split
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
        seconds: of processor time, for the decision alone.
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


def ethosu(case: Case) -> Found:
    """TVM's ``partition_for_ethosu``, in a process of its own."""
    plan, seconds = ethosu_partition.split(case)
    return Found(plan, seconds)


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


def timed(method: Method) -> Callable[[Case], Found]:
    """A method of this process with the time that it takes."""

    def found(case: Case) -> Found:
        start = time.process_time()
        plan, labels = method(case)
        return Found(plan, time.process_time() - start, labels)

    return found


METHODS: dict[str, Callable[[Case], Found]] = {
    "perfcost": timed(ours),
    "CPU only": timed(host_only),
    "NPU wherever possible": timed(npu_wherever),
    "TFLite delegate, all": timed(delegate),
    "TFLite delegate, largest 3": timed(delegate_of(3)),
    "TFLite delegate, largest 1": timed(delegate_of(1)),
    "TVM MergeCompilerRegions": timed(greedy),
    "TVM partition_for_ethosu": ethosu,
    "Vela's own split": timed(velas),
    "kernel sum, same search": timed(kernel_sum),
    "Collage-like": timed(collage),
}
NEEDS_ALL_SETS = ("Collage-like",)
"""Methods that ask for labels of pieces which a large network has too many of."""
