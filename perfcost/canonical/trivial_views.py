"""A reshape to the shape that is there already is none."""

from __future__ import annotations

from dataclasses import replace

from perfcost.canonical.pieces import only_reader, rebuilt
from perfcost.graph import Graph, Op

NAMELESS = ""


def drop_views(graph: Graph) -> Graph:
    """Takes a RESHAPE without a name of its own away that leaves the shape as it is."""
    for place, op in enumerate(graph.ops):
        if op.kind != "RESHAPE" or graph.tensors[op.outputs[0]].name != NAMELESS:
            continue
        source, result = op.inputs[0], op.outputs[0]
        reader = only_reader(graph, result)
        if reader is None or graph.tensors[source].shape != graph.tensors[result].shape:
            continue
        behind = graph.ops[reader]
        inputs = tuple(source if tensor == result else tensor for tensor in behind.inputs)
        changed: dict[int, Op] = {reader: replace(behind, inputs=inputs)}
        return rebuilt(graph, {place}, changed)
    return graph
