"""The order in which the compiler runs the ops of a graph.

It walks from the outputs back, the last input of an op first (of a join the first), and runs an op
once all that it reads has run. Restates ``TraverseGraphFromEnd`` of Regor (Vela 5.2.0, Apache-2.0);
graphs with variables keep the order of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfcost.graph import Graph, Links, Op
from perfcost.physics.ethos_u.lower import VIEW_OPS

_JOINS = frozenset({"CONCATENATION", "PACK"})
_STAY = frozenset({"SPLIT", "SPLIT_V", "UNPACK", "TILE", "TRANSPOSE", "PAD", "PADV2", "MIRROR_PAD"})


def _parts(graph: Graph, links: Links, op: Op) -> tuple[int, ...]:
    """Inputs of a join as they become its writers: copies first, then producers, last to first."""
    copied: list[int] = []
    direct: list[int] = []
    for tensor in op.inputs:
        writer = links.producer.get(tensor)
        while writer is not None and graph.ops[writer].kind in VIEW_OPS:
            writer = links.producer.get(graph.ops[writer].inputs[0])
        alone = len(links.consumers.get(tensor, ())) == 1
        kind = None if writer is None else graph.ops[writer].kind
        moved = alone and kind is not None and kind not in _STAY | _JOINS and op.kind != "PACK"
        (direct if moved else copied).append(tensor)
    return (*copied, *reversed(direct))


Instead = Mapping[int, Mapping[int, int]]
"""Position of an op -> tensor that it reads -> tensor that it reads in its place."""


def execution_order(graph: Graph, instead: Instead | None = None) -> tuple[int, ...]:
    """Positions of all ops, in the order they run; ops that no output needs come last."""
    links = Links.of(graph)
    everything = range(len(graph.ops))
    if any(tensor.is_variable for tensor in graph.tensors):
        return tuple(everything)
    found: list[int] = []
    visited: set[int] = set()
    stack: list[tuple[int, bool]] = []

    def push(tensors: tuple[int, ...]) -> None:
        for tensor in tensors:
            writer = links.producer.get(tensor)
            if writer is not None and writer not in visited:
                stack.append((writer, False))

    push(tuple(graph.outputs))
    while stack:
        position, done = stack.pop()
        if done:
            found.append(position)
        elif position not in visited:
            visited.add(position)
            stack.append((position, True))
            op = graph.ops[position]
            read = _parts(graph, links, op) if op.kind in _JOINS else tuple(op.inputs)
            moved = (instead or {}).get(position, {})
            push(tuple(moved.get(tensor, tensor) for tensor in read))
    found.extend(position for position in everything if position not in visited)
    return tuple(found)


def cpu_grouped(
    order: Sequence[int], graph: Graph, links: Links, on_npu: Sequence[bool]
) -> Sequence[int]:
    """An order with ops of the CPU moved together, to change less often between CPU and NPU.

    Those that wait for nothing but inputs come first, those that only make outputs last, others
    as late as what reads them allows. Restates ``ReorderOperations`` of Regor's scheduler.
    """
    if all(on_npu):
        return order
    early: list[int] = []
    late: list[int] = []
    rest: list[int] = []
    first: set[int] = set()
    for position in order:
        op = graph.ops[position]
        writers = {links.producer[t] for t in op.inputs if t in links.producer}
        if on_npu[position]:
            rest.append(position)
        elif writers <= first:
            early.append(position)
            first.add(position)
        elif all(t in graph.outputs and not links.consumers.get(t) for t in op.outputs):
            late.append(position)
        else:
            rest.append(position)
    for at in range(len(rest) - 1, -1, -1):
        if on_npu[rest[at]]:
            continue
        made = set(graph.ops[rest[at]].outputs)
        place = at
        while place + 1 < len(rest):
            after = rest[place + 1]
            if not on_npu[after] or made & set(graph.ops[after].inputs):
                break
            rest[place], rest[place + 1] = after, rest[place]
            place += 1
    return [*early, *rest, *late]
