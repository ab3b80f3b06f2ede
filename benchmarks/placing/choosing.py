"""Which drawn and real networks the proof takes."""

from __future__ import annotations

from pathlib import Path

from benchmarks.placing.case import NPU
from benchmarks.placing.ideals import TooMany, convex_sets
from benchmarks.placing.nets import Net
from perfcost.errors import PerfcostError
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.ops import op_macs
from perfcost.placement.prices import Prices
from perfcost.placement.problem import Problem, state
from perfcost.targets.system_registry import resolve_system

MOST_OPS = 14
MOST_LABELS = 100
"""Convex sets of a drawn network."""
MOST_DRAWN_MACS = 30_000_000
MOST_REAL_MACS = 5_000_000_000
"""A label takes minutes at this size."""


def _stated(data: bytes, system: str) -> tuple[Graph, Problem] | None:
    """The problem of a file; ``None`` where an op has no price on any device."""
    found = resolve_system(system)
    try:
        graph = read_tflite(data)
        return graph, state(graph, found, Prices(graph, found, None, True), {})
    except PerfcostError:
        return None


def suitable(space: str, data: bytes, system: str) -> bool:
    """Whether all convex sets of a drawn network can be labelled.

    Those of ``wild`` have an op that the NPU refuses, as the tasks' own graphs seldom do.
    """
    found = _stated(data, system)
    if found is None:
        return False
    graph, problem = found
    if not 5 <= len(problem.units) <= MOST_OPS or sum(op_macs(graph)) > MOST_DRAWN_MACS:
        return False
    if space == "wild" and all(NPU in devices for devices in problem.allowed):
        return False
    try:
        return len(convex_sets(problem.before, MOST_LABELS)) <= MOST_LABELS
    except TooMany:
        return False


def real_nets(folder: Path, system: str) -> list[Net]:
    """The files at hand that are one subgraph, with ops that the NPU refuses and ops that it runs.

    Up to ``MOST_REAL_MACS``, the smallest first; none where the folder is not at hand.
    """
    found = []
    for path in sorted(folder.glob("*/*.tflite")):
        data = path.read_bytes()
        stated = _stated(data, system)
        if stated is None:
            continue
        graph, problem = stated
        macs = sum(op_macs(graph))
        on_npu = [NPU in devices for devices in problem.allowed]
        if len(graph.subgraphs) > 1 or macs > MOST_REAL_MACS or all(on_npu) or not any(on_npu):
            continue
        found.append((macs, Net(str(path.relative_to(folder)), "real", data)))
    return [net for _, net in sorted(found, key=lambda pair: (pair[0], pair[1].name))]
