"""A piece of a ``Graph`` as a ``Graph`` of its own: what a region is priced as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from perfcost import cuts
from perfcost.graph import Graph


def piece(graph: Graph, ops: Sequence[int]) -> Graph:
    """The graph of some ops alone: it reads what they read, gives what is read outside them.

    The whole graph comes back as it is. Bodies of control flow go along, under their numbers;
    constants and variables are the piece's own, never its inputs. ``notes`` of the reader are
    left out: they are of the file.

    Args:
        graph: in topological order.
        ops: a convex set of positions in ``graph.ops``, ascending.
    """
    if len(ops) == len(graph.ops):
        return graph
    border = cuts.border(graph.ops, ops, graph.outputs)
    chosen = [graph.ops[position] for position in ops]
    named = sorted({t for op in chosen for t in (*op.inputs, *op.outputs) if t >= 0})
    number = {-1: -1} | {tensor: place for place, tensor in enumerate(named)}
    given = [
        tensor
        for tensor in border.inputs
        if graph.tensors[tensor].constant is None and not graph.tensors[tensor].is_variable
    ]
    return replace(
        graph,
        tensors=tuple(graph.tensors[tensor] for tensor in named),
        ops=tuple(
            replace(
                op,
                inputs=tuple(number[t] for t in op.inputs),
                outputs=tuple(number[t] for t in op.outputs),
            )
            for op in chosen
        ),
        inputs=tuple(number[tensor] for tensor in given),
        outputs=tuple(number[tensor] for tensor in border.outputs),
        signatures=(),
        notes=(),
    )
