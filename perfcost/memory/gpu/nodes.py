"""The shaders that LiteRT's GPU delegate makes of a graph: what is joined leaves no tensor behind.

Restated from ML Drift (`ml_drift/common/gpu_model_builder.cc`, google-ai-edge/ml-drift) and from
what was seen on SwiftShader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from perfcost.graph import Graph, Op
from perfcost.memory.gpu.storage import four_axes
from perfcost.ops import on_constants

_UNARY = frozenset(
    """
    ABS CAST CEIL COS DEQUANTIZE ELU EXP FLOOR GELU HARD_SWISH LEAKY_RELU LOG LOGISTIC NEG PRELU
    QUANTIZE RELU RELU6 RELU_N1_TO_1 ROUND RSQRT SIGN SIN SQRT SQUARE TANH
    """.split()
)
_BINARY = frozenset("ADD DIV MAXIMUM MINIMUM MUL SQUARED_DIFFERENCE SUB".split())
_EITHER_ORDER = frozenset({"ADD", "MUL"})
_VIEWS = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})
_PADDED_IN_PLACE = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D"})


@dataclass(slots=True)
class Node:
    """One shader: the tensors that it reads, those that it writes, the ops that are in it."""

    reads: list[int]
    writes: list[int]
    ops: list[int]
    linkable: bool
    """Whether it can be joined to the shader that writes the first tensor that it reads."""


def shaders(graph: Graph) -> list[Node]:
    """The shaders of a graph in the order in which they run."""
    nodes = _one_an_op(graph)
    _join_pads(graph, nodes)
    _join_lone_elementwise(graph, nodes)
    _join_to_makers(graph, nodes)
    return nodes


def _one_an_op(graph: Graph) -> list[Node]:
    """A node an op; ops on constants and views that change nothing are gone."""
    same: dict[int, int] = {}
    nodes: list[Node] = []
    outputs = frozenset(graph.outputs)
    for place, op in enumerate(graph.ops):
        if on_constants(graph, op):
            continue
        reads = [same.get(tensor, tensor) for tensor in op.inputs if _runs(graph, tensor)]
        writes = [tensor for tensor in op.outputs if tensor >= 0]
        if op.kind in _VIEWS and len(reads) == 1 and len(writes) == 1:
            before, after = (four_axes(graph.tensors[t].shape) for t in (reads[0], writes[0]))
            if before == after and writes[0] not in outputs:
                same[writes[0]] = reads[0]
                continue
        nodes.append(Node(reads, writes, [place], _linkable(graph, op, reads)))
    made = {tensor: at for at, node in enumerate(nodes) for tensor in node.writes}
    for node in nodes:
        op = graph.ops[node.ops[0]]
        if op.kind in _EITHER_ORDER and len(node.reads) == 2:
            # The tensor that was written last comes first: its maker is who takes the op.
            node.reads.sort(key=lambda tensor: -made.get(tensor, -1))
    return nodes


def _runs(graph: Graph, tensor: int) -> bool:
    return tensor >= 0 and graph.tensors[tensor].constant is None


def _linkable(graph: Graph, op: Op, reads: list[int]) -> bool:
    if op.kind not in _UNARY | _BINARY or not reads:
        return False
    after = four_axes(graph.tensors[op.outputs[0]].shape)
    return four_axes(graph.tensors[reads[0]].shape) == after


def _readers(nodes: Iterable[Node]) -> Counter[int]:
    return Counter(tensor for node in nodes for tensor in node.reads)


def _join_pads(graph: Graph, nodes: list[Node]) -> None:
    """A PAD with zeros goes into the convolution that alone reads it."""
    readers = _readers(nodes)
    for node in list(nodes):
        pad = graph.ops[node.ops[0]]
        if pad.kind != "PAD" or readers[node.writes[0]] != 1 or node.writes[0] in graph.outputs:
            continue
        reader = next(other for other in nodes if node.writes[0] in other.reads)
        before, after = (graph.tensors[t].shape for t in (node.reads[0], node.writes[0]))
        kept = before[0] == after[0] and before[-1] == after[-1]
        if graph.ops[reader.ops[0]].kind in _PADDED_IN_PLACE and kept:
            reader.reads[reader.reads.index(node.writes[0])] = node.reads[0]
            reader.ops += node.ops
            nodes.remove(node)


def _join_lone_elementwise(graph: Graph, nodes: list[Node]) -> None:
    """`x * f(x)`, a swish, becomes one shader that reads `x` once."""
    at = 0
    while at < len(nodes):
        node = nodes[at]
        readers = _readers(nodes)
        for inner in nodes[:at]:
            joined = (
                len(node.reads) == 2
                and len(inner.reads) == 1
                and inner.linkable
                and graph.ops[node.ops[0]].kind in _BINARY
                and inner.writes[0] in node.reads
                and inner.reads[0] in node.reads
                and readers[inner.writes[0]] == 1
                and inner.writes[0] not in graph.outputs
            )
            if joined:
                node.reads[:] = inner.reads
                node.ops += inner.ops
                nodes.remove(inner)
                at -= 1
                break
        at += 1


def _join_to_makers(graph: Graph, nodes: list[Node]) -> None:
    """An elementwise shader goes into the one that writes what it alone reads, one after another."""
    ready = set(graph.inputs)
    at = 0
    while at < len(nodes):
        node = nodes[at]
        ready.update(node.writes)
        reader = _only_reader(nodes, at, frozenset(graph.outputs))
        if reader is None or not reader.linkable or not ready.issuperset(reader.reads):
            at += 1
            continue
        node.reads += reader.reads[1:]
        node.writes[:] = reader.writes
        node.ops += reader.ops
        nodes.remove(reader)


def _only_reader(nodes: list[Node], at: int, outputs: frozenset[int]) -> Node | None:
    node = nodes[at]
    if len(node.writes) != 1 or node.writes[0] in outputs:
        return None
    found = [other for other in nodes[at + 1 :] for read in other.reads if read == node.writes[0]]
    if len(found) != 1 or found[0].reads[0] != node.writes[0] or len(found[0].writes) != 1:
        return None
    return found[0]
