"""The prior on a target with no laws: each op takes the longer of its arithmetic and its traffic.

Williams, Waterman, Patterson: Roofline, Communications of the ACM 52(4), 2009.
"""

from __future__ import annotations

from perfcost.graph import Graph, Op
from perfcost.ops import bytes_read, bytes_written, kind_of, macs
from perfcost.physics.price import GraphPrice, OpPrice, Reason
from perfcost.targets import RooflineTarget

_VIEWS = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})


def _refused(graph: Graph, op: Op, target: RooflineTarget) -> Reason | None:
    """Only a dtype that the target has no arithmetic for is refused, and only where it matters."""
    if not macs(graph, op):
        return None
    for index in op.inputs:
        tensor = graph.tensors[index] if index >= 0 else None
        if tensor is not None and tensor.constant is None:
            if tensor.dtype in target.macs_per_cycle:
                return None
            known = ", ".join(target.macs_per_cycle)
            return Reason(
                "dtype", f"{target.name} multiplies {known} only", tensor.name, tensor.dtype,
                f"convert the model to {known}",
            )  # fmt: skip
    return None


def _dtype(graph: Graph, op: Op) -> str:
    for index in op.inputs:
        if index >= 0 and graph.tensors[index].constant is None:
            return graph.tensors[index].dtype
    return "int8"


def price(graph: Graph, target: RooflineTarget) -> GraphPrice:
    """The prior of a graph on a target that is known by its peaks alone."""
    found: list[OpPrice] = []
    memory = target.main
    for op in graph.ops:
        reason = _refused(graph, op, target)
        if reason is not None:
            found.append(OpPrice(None, reason, {}, "unsupported"))
            continue
        if op.kind in _VIEWS or kind_of(op.kind).category == "control":
            found.append(OpPrice(0.0, None, {}, "free"))
            continue
        moved = bytes_read(graph, op) + bytes_written(graph, op)
        waiting = moved / memory.bytes_per_cycle
        rate = target.macs_per_cycle.get(_dtype(graph, op), 1.0)
        working = macs(graph, op) / rate
        found.append(
            OpPrice(
                max(working, waiting) + target.op_overhead_cycles,
                None,
                {memory.name: float(moved)},
                "mac" if working >= waiting else "memory",
            )
        )
    return GraphPrice(tuple(found), target.clock_hz, {})
