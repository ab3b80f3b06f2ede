"""What a whole run of LiteRT on a processor takes, by area."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Graph
from perfcost.memory.arena import litert_arena
from perfcost.memory.machine import Machine
from perfcost.memory.weights import weight_bytes
from perfcost.memory.workspace import xnnpack_workspace


def litert_bytes(
    graph: Graph, machine: Machine, *, delegate: bool
) -> tuple[dict[str, int], tuple[tuple[str, str], ...]]:
    """(area -> bytes that a run needs, warnings); the bodies that control flow calls are not in it.

    ``arena`` is TFLite's, ``workspace`` XNNPACK's, ``weights`` the constants of the file and
    XNNPACK's copies of them; ``dram`` all of it.

    Args:
        delegate: whether XNNPACK runs what it takes, as it does by default.
    """
    graph = _alone(graph)
    weights = weight_bytes(graph, machine)
    if delegate:
        plan = xnnpack_workspace(graph, machine)
        found = {
            "arena": plan.arena_bytes + plan.persistent_bytes,
            "workspace": plan.workspace_bytes,
            "weights": weights.mapped_bytes + weights.packed_bytes,
        }
        notes = plan.notes
    else:
        arena = litert_arena(graph)
        found = {
            "arena": arena.arena_bytes + arena.persistent_bytes + arena.heap_bytes,
            "weights": weights.mapped_bytes,
        }
        notes = arena.notes
    found["dram"] = sum(found.values())
    return found, notes


def _alone(graph: Graph) -> Graph:
    """The graph as if control flow called nothing: whoever prices bodies adds what they need."""
    if not any(op.bodies for op in graph.ops):
        return graph
    ops = tuple(replace(op, bodies=()) if op.bodies else op for op in graph.ops)
    return replace(graph, ops=ops)
