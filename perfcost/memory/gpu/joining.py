"""Shaders joined to one another, as LiteRT's GPU delegate does: what is between is never stored.

Restated from ML Drift (google-ai-edge/ml-drift, and gpu_model.cc of LiteRT before it).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from perfcost.graph import Graph
from perfcost.memory.gpu.nodes import BINARY, FLOATS, Node, Program, one_an_op

_PADDED_IN_PLACE = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D"})


def shaders(graph: Graph) -> Program:
    """The shaders of a graph in the order in which they run."""
    program = one_an_op(graph)
    _join_pads(program)
    _join_turns(program)
    _join_swishes(program)
    _join_to_makers(program)
    return program


def _readers(nodes: Iterable[Node]) -> Counter[int]:
    return Counter(tensor for node in nodes for tensor in node.reads)


def _join_pads(program: Program) -> None:
    """A PAD of floats goes into the convolution that alone reads it.

    Of 8 bits a shader that rounds stands between them.
    """
    nodes, outputs = program.nodes, program.graph.outputs
    readers = _readers(nodes)
    for pad in list(nodes):
        if pad.kind != "PAD" or readers[pad.writes[0]] != 1 or pad.writes[0] in outputs:
            continue
        reader = next(other for other in nodes if pad.writes[0] in other.reads)
        before, after = program.shape(pad.reads[0]), program.shape(pad.writes[0])
        kept = before[::3] == after[::3] and _is_float(program, pad.writes[0])
        if reader.kind in _PADDED_IN_PLACE and kept:
            reader.reads[reader.reads.index(pad.writes[0])] = pad.reads[0]
            nodes.remove(pad)


def _join_turns(program: Program) -> None:
    """A RESHAPE and a TRANSPOSE, one after the other and read by nothing else, are one shader."""
    nodes, outputs = program.nodes, program.graph.outputs
    readers = _readers(nodes)
    makers = {tensor: node for node in nodes for tensor in node.writes}
    for node in list(nodes):
        before = makers.get(node.reads[0]) if node.reads else None
        if before is None or {before.kind, node.kind} != {"RESHAPE", "TRANSPOSE"}:
            continue
        if readers[node.reads[0]] == 1 and node.reads[0] not in outputs:
            node.reads[0] = before.reads[0]
            node.kind = "TURNED"
            nodes.remove(before)


def _join_swishes(program: Program) -> None:
    """`x * f(x)` becomes one shader that reads `x` once, where `x` itself is not elementwise.

    Of 8 bits it is: what rounds it is a shader that can be joined.
    """
    nodes, outputs = program.nodes, program.graph.outputs
    readers = _readers(nodes)
    makers = {tensor: node for node in nodes for tensor in node.writes}
    for node in list(nodes):
        if node.kind not in BINARY or len(node.reads) != 2:
            continue
        for read in node.reads:
            inner = makers.get(read)
            if inner is None or not inner.linkable or len(inner.reads) != 1:
                continue
            x = inner.reads[0]
            lone = readers[read] == 1 and read not in outputs and x in node.reads
            if lone and x in makers and not makers[x].linkable and _is_float(program, x):
                node.reads[:] = [x]
                readers[x] -= 1
                nodes.remove(inner)
                break


def _is_float(program: Program, tensor: int) -> bool:
    return program.graph.tensors[tensor].dtype in FLOATS


def _join_to_makers(program: Program) -> None:
    """An elementwise shader goes into the one that writes what it alone reads, until none can."""
    nodes, outputs = program.nodes, frozenset(program.graph.outputs)
    readers: dict[int, list[Node]] = {}
    for node in nodes:
        for tensor in node.reads:
            readers.setdefault(tensor, []).append(node)
    ready = set(program.graph.inputs)
    at = 0
    while at < len(nodes):
        node = nodes[at]
        ready.update(node.writes)
        reader = _only_reader(node, readers, outputs)
        if reader is None or not reader.linkable or not ready.issuperset(reader.reads):
            at += 1
            continue
        for tensor in reader.reads[1:]:
            node.reads.append(tensor)
            readers[tensor] = [node if other is reader else other for other in readers[tensor]]
        node.writes[:] = reader.writes
        nodes.remove(reader)


def _only_reader(
    node: Node, readers: dict[int, list[Node]], outputs: frozenset[int]
) -> Node | None:
    """Who alone reads the only result of a shader, and first of all that it reads."""
    if len(node.writes) != 1 or node.writes[0] in outputs:
        return None
    found = readers.get(node.writes[0], [])
    if len(found) != 1 or found[0].reads[0] != node.writes[0] or len(found[0].writes) != 1:
        return None
    return found[0]
