"""What rules share: which tensors are pieces, and how ops are taken out of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from perfcost.graph import Graph, Links, Op


def part_of(graph: Graph, inner: int, result: int) -> bool:
    """Whether tensor ``inner`` may be a step on the way to ``result`` inside one op."""
    name = graph.tensors[inner].name
    return not name or name == graph.tensors[result].name


def only_reader(graph: Graph, tensor: int) -> int | None:
    """The position of the op that alone reads a tensor, once, if it is no result."""
    readers = Links.of(graph).consumers.get(tensor, ())
    return readers[0] if len(readers) == 1 and tensor not in results(graph) else None


def results(graph: Graph) -> frozenset[int]:
    return graph.kept("_canonical_results", lambda found: frozenset(found.outputs))


def rebuilt(graph: Graph, gone: set[int], changed: Mapping[int, Op]) -> Graph:
    """The graph without the ops at some positions, others replaced; unused tensors go too."""
    ops = [changed.get(place, op) for place, op in enumerate(graph.ops) if place not in gone]
    used = sorted(
        {tensor for op in ops for tensor in (*op.inputs, *op.outputs) if tensor >= 0}
        | set(graph.inputs)
        | set(graph.outputs)
    )
    place_of = {tensor: place for place, tensor in enumerate(used)}
    place_of[-1] = -1

    def moved(tensors: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(place_of[tensor] for tensor in tensors)

    return replace(
        graph,
        tensors=tuple(graph.tensors[tensor] for tensor in used),
        ops=tuple(replace(op, inputs=moved(op.inputs), outputs=moved(op.outputs)) for op in ops),
        inputs=moved(graph.inputs),
        outputs=moved(graph.outputs),
    )
