"""The nodes that the XNNPACK delegate makes of a group of ops, and what XNNPACK merges of them.

Values are numbered as XNNPACK numbers them, as far as their order goes: the tensors of the graph by
index, then the values that the delegate or XNNPACK adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from perfcost.graph import Graph, Op, Tensor
from perfcost.memory.delegable import UNPACKERS, VARIABLES
from perfcost.memory.machine import Machine
from perfcost.memory.xnnpack_scratch import operator_workspace


class Sort(Enum):
    """What matters of a node: whether it may write over its input, whether it may merge."""

    UNARY = "unary"
    BINARY = "binary"
    VIEW = "view"
    SOFTMAX = "softmax"
    PAD = "pad"
    WINDOW = "window"
    OTHER = "other"


IN_PLACE = (Sort.UNARY, Sort.BINARY, Sort.VIEW, Sort.SOFTMAX)

_UNARY = frozenset(
    {"ABS", "CEIL", "COS", "DEQUANTIZE", "ELU", "EXP", "FLOOR", "GELU", "HARD_SWISH",
     "LEAKY_RELU", "LOG", "LOGISTIC", "NEG", "QUANTIZE", "RELU", "RELU6", "RELU_0_TO_1",
     "RELU_N1_TO_1", "ROUND", "RSQRT", "SIN", "SQRT", "SQUARE", "TANH"}
)  # fmt: skip
_BINARY = frozenset(
    {"ADD", "DIV", "MAXIMUM", "MINIMUM", "MUL", "PRELU", "SQUARED_DIFFERENCE", "SUB"}
)
_VIEWS = frozenset({"RESHAPE", "EXPAND_DIMS"})
_WINDOWS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D"})

_FIRST_ONLY = frozenset(
    {"EXPAND_DIMS", "MEAN", "PAD", "REDUCE_MAX", "REDUCE_MIN", "RESHAPE", "RESIZE_BILINEAR",
     "SLICE", "STRIDED_SLICE", "SUM", "TRANSPOSE"}
)  # fmt: skip
"""Ops whose other inputs become parameters of the node."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value between two nodes."""

    nbytes: int
    dtype: str
    internal: bool
    """Neither a constant nor read or written by anyone outside the group."""
    static: bool
    elements: int


@dataclass(frozen=True, slots=True)
class Node:
    """A node with the values that it reads and writes, and bytes that it needs while it runs."""

    sort: Sort
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    workspace_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Subgraph:
    """What XNNPACK runs for one group."""

    values: dict[int, Value]
    nodes: tuple[Node, ...]


def subgraph(
    graph: Graph,
    group: Sequence[int],
    outside: frozenset[int],
    static: frozenset[int],
    machine: Machine,
) -> Subgraph:
    """The nodes of a group of ops.

    Args:
        graph: the graph.
        group: positions of the ops.
        outside: tensors that something outside the group writes or reads.
        static: tensors that the delegate has unpacked from constants.
        machine: where it runs.
    """
    values: dict[int, Value] = {}
    nodes: list[Node] = []
    fresh = len(graph.tensors)

    def value(tensor: int) -> int:
        if tensor not in values:
            found = graph.tensors[tensor]
            known = found.constant is not None or tensor in static
            values[tensor] = Value(
                found.nbytes,
                found.dtype,
                not known and tensor not in outside,
                known,
                found.elements,
            )
        return tensor

    def add(like: Tensor, internal: bool = True) -> int:
        nonlocal fresh
        values[fresh] = Value(like.nbytes, like.dtype, internal, False, like.elements)
        fresh += 1
        return fresh - 1

    for position in group:
        op = graph.ops[position]
        if op.kind == "ASSIGN_VARIABLE" and op.inputs[1] not in outside:
            kept = add(graph.tensors[op.inputs[1]], internal=False)
            nodes.append(Node(Sort.VIEW, (value(op.inputs[1]),), (kept,)))
            continue
        if op.kind in VARIABLES or (
            op.kind in UNPACKERS and op.outputs and op.outputs[0] in static
        ):
            continue
        sources = [value(tensor) for tensor in _operands(op) if tensor >= 0]
        results = tuple(value(tensor) for tensor in op.outputs if tensor >= 0)
        result = graph.tensors[op.outputs[0]]
        if op.kind == "FULLY_CONNECTED" and len(result.shape) <= 2:
            flat = add(graph.tensors[op.inputs[0]])
            nodes.append(Node(Sort.VIEW, (sources[0],), (flat,)))
            sources[0] = flat
        sort = _sort(op)
        if op.kind == "MUL" and len(sources) == 2 and sources[0] == sources[1]:
            sources, sort = sources[:1], Sort.UNARY  # XNNPACK squares
        scratch = operator_workspace(graph, op, machine)
        if sort in (Sort.UNARY, Sort.BINARY) and op.activation != "NONE":
            unclamped = add(result)
            nodes.append(Node(sort, tuple(sources), (unclamped,), scratch))
            nodes.append(Node(Sort.UNARY, (unclamped,), results))
        else:
            nodes.append(Node(sort, tuple(sources), results, scratch))
    return Subgraph(values, tuple(nodes))


def _operands(op: Op) -> tuple[int, ...]:
    if op.kind in _FIRST_ONLY:
        return op.inputs[:1]
    if op.kind == "SPLIT":
        return op.inputs[1:2]
    if op.kind == "TRANSPOSE_CONV":
        return op.inputs[1:]
    return op.inputs


def _sort(op: Op) -> Sort:
    if op.kind in _UNARY:
        return Sort.UNARY
    if op.kind in _BINARY:
        return Sort.BINARY
    if op.kind in _VIEWS:
        return Sort.VIEW
    if op.kind == "SOFTMAX":
        return Sort.SOFTMAX
    if op.kind == "PAD":
        return Sort.PAD
    if op.kind in _WINDOWS and op.padding == (0, 0, 0, 0):
        return Sort.WINDOW
    return Sort.OTHER


def merged(found: Subgraph) -> Subgraph:
    """The subgraph after XNNPACK's own rewriting.

    Padding joins the window op that reads it; chains of 8-bit elementwise ops of one value become
    one table.
    """
    return _without_dead(_tables(_padding(found)))


def _padding(found: Subgraph) -> Subgraph:
    readers = _readers(found.nodes)
    padded = {
        node.outputs[0]: node.inputs[0]
        for node in found.nodes
        if node.sort is Sort.PAD
        and found.values[node.outputs[0]].internal
        and len(readers.get(node.outputs[0], ())) == 1
        and found.nodes[readers[node.outputs[0]][0]].sort is Sort.WINDOW
    }
    nodes = [
        replace(node, inputs=(padded.get(node.inputs[0], node.inputs[0]), *node.inputs[1:]))
        if node.sort is Sort.WINDOW
        else node
        for node in found.nodes
    ]
    kept = [node for node in nodes if node.outputs[0] not in padded]
    return Subgraph(found.values, tuple(kept))


_TABLED = ("int8", "uint8")


def _tables(found: Subgraph) -> Subgraph:
    """8-bit values that depend on a single 8-bit value are read from that one, by a table.

    What lies between may be of any type.
    """
    root: dict[int, int] = {}
    nodes: list[Node] = []
    for node in found.nodes:
        source = _only_source(found, node, root)
        if source is not None:
            result = node.outputs[0]
            root[result] = source
            if found.values[result].dtype in _TABLED:
                node = Node(Sort.UNARY, (source,), node.outputs, node.workspace_bytes)
        nodes.append(node)
    return Subgraph(found.values, tuple(nodes))


def _only_source(found: Subgraph, node: Node, root: dict[int, int]) -> int | None:
    """The 8-bit value that an elementwise node depends on alone, but for numbers that are known."""
    if node.sort not in (Sort.UNARY, Sort.BINARY):
        return None
    sources: set[int] = set()
    for value in node.inputs:
        what = found.values[value]
        if not what.static:
            sources.add(root.get(value, value))
        elif what.elements != 1:
            return None
    if len(sources) != 1:
        return None
    source = sources.pop()
    return source if found.values[source].dtype in _TABLED else None


def _without_dead(found: Subgraph) -> Subgraph:
    """Without nodes whose results nobody reads any more."""
    nodes = list(found.nodes)
    while True:
        read = {value for node in nodes for value in node.inputs}
        kept = [
            node
            for node in nodes
            if any(v in read or not found.values[v].internal for v in node.outputs)
        ]
        if len(kept) == len(nodes):
            return Subgraph(found.values, tuple(kept))
        nodes = kept


def _readers(nodes: Sequence[Node]) -> dict[int, list[int]]:
    readers: dict[int, list[int]] = {}
    for place, node in enumerate(nodes):
        for value in node.inputs:
            readers.setdefault(value, []).append(place)
    return readers
