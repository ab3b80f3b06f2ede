"""Sums over a graph and the bodies of its control flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perfcost.graph import Graph, Op, checked
from perfcost.ops.arithmetic import macs
from perfcost.ops.calls import CALLERS, call_order
from perfcost.ops.traffic import bytes_read, bytes_written, parameter_tensors


def body_runs(
    graph: Graph, trips: Callable[[Graph, Op], int] = lambda graph, op: 1
) -> Mapping[int, int]:
    """How often each subgraph runs in one inference, by its index; the entry graph runs once.

    Args:
        graph: the entry graph.
        trips: runs of the bodies of a control-flow op; once by default, and all branches of an IF.

    Raises:
        InvalidGraph: control flow that calls itself.
        ModelTooLarge: the count would not fit a signed 64-bit integer.
    """
    runs = {graph.index: 1}
    for caller in call_order(graph):
        for op in caller.ops:
            if op.kind in CALLERS:
                for body in op.bodies:
                    count = runs.get(body, 0) + runs[caller.index] * trips(caller, op)
                    runs[body] = checked(count, f"the number of runs of subgraph {body}")
    return runs


def _total(graph: Graph, measure: Callable[[Graph, Op], int], what: str) -> int:
    total = 0
    for index, runs in body_runs(graph).items():
        inside = graph if index == graph.index else graph.body(index)
        total += runs * sum(measure(inside, op) for op in inside.ops)
    return checked(total, what)


def graph_macs(graph: Graph) -> int:
    """MACs of one inference, the bodies of control flow once a call, initialisers not counted."""
    return _total(graph, macs, "the MAC count of the graph")


def graph_bytes(graph: Graph) -> int:
    """Bytes that the ops of one inference read and write, with bodies as ``graph_macs``."""
    return _total(
        graph, lambda g, op: bytes_read(g, op) + bytes_written(g, op), "the bytes of the graph"
    )


def graph_parameters(graph: Graph) -> int:
    """Elements of the learned constants, a tensor that several ops read once."""
    total = 0
    for inside in call_order(graph):
        tensors = {tensor for op in inside.ops for tensor in parameter_tensors(inside, op)}
        total += sum(inside.tensors[tensor].elements for tensor in tensors)
    return checked(total, "the parameters of the graph")
