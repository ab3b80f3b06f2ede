"""A reshape to the shape that is there already is none."""

from __future__ import annotations

from dataclasses import replace

from perfcost.canonical.pieces import rebuilt, results
from perfcost.graph import Graph, Op


def drop_views(graph: Graph) -> Graph:
    """Takes each RESHAPE without a name of its own away that leaves the shape as it is."""
    instead: dict[int, int] = {}
    gone: set[int] = set()
    for place, op in enumerate(graph.ops):
        if op.kind != "RESHAPE" or graph.tensors[op.outputs[0]].name:
            continue
        source, result = op.inputs[0], op.outputs[0]
        if result in results(graph) or graph.tensors[source].shape != graph.tensors[result].shape:
            continue
        instead[result] = instead.get(source, source)
        gone.add(place)
    if not gone:
        return graph
    changed: dict[int, Op] = {
        place: replace(op, inputs=tuple(instead.get(tensor, tensor) for tensor in op.inputs))
        for place, op in enumerate(graph.ops)
        if any(tensor in instead for tensor in op.inputs)
    }
    return rebuilt(graph, gone, changed)
