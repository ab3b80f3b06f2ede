"""Two transposes that undo each other are none."""

from __future__ import annotations

from dataclasses import replace

from perfcost.canonical.pieces import part_of, rebuilt, results
from perfcost.graph import Graph, Links, Op


def drop_transposes(graph: Graph) -> Graph:
    """Readers of the second read what the first read, where both are pieces (without a name)."""
    links = Links.of(graph)
    instead: dict[int, int] = {}
    for op in graph.ops:
        order = _order(graph, op)
        above = links.producer.get(op.inputs[0]) if order is not None else None
        if order is None or above is None:
            continue
        first = _order(graph, graph.ops[above])
        if first is None or not part_of(graph, op.inputs[0], op.outputs[0]):
            continue
        if tuple(first[axis] for axis in order) == tuple(range(len(order))):
            source = graph.ops[above].inputs[0]
            instead[op.outputs[0]] = instead.get(source, source)
    instead = {tensor: to for tensor, to in instead.items() if tensor not in results(graph)}
    if not instead:
        return graph
    changed = {
        place: replace(op, inputs=tuple(instead.get(tensor, tensor) for tensor in op.inputs))
        for place, op in enumerate(graph.ops)
        if any(tensor in instead for tensor in op.inputs)
    }
    ops = [changed.get(place, op) for place, op in enumerate(graph.ops)]
    needed = set(graph.outputs)
    gone = set()
    for place in range(len(ops) - 1, -1, -1):
        op = ops[place]
        if op.kind == "TRANSPOSE" and needed.isdisjoint(op.outputs):
            gone.add(place)
        else:
            needed.update(op.inputs)
    return rebuilt(graph, gone, changed)


def _order(graph: Graph, op: Op) -> tuple[int, ...] | None:
    if op.kind != "TRANSPOSE" or len(op.inputs) != 2:
        return None
    constant = graph.tensors[op.inputs[1]].constant
    return None if constant is None else constant.values
