"""An activation directly behind an op that can apply it becomes the op's fused activation."""

from __future__ import annotations

from dataclasses import replace

from perfcost.canonical.pieces import only_reader, part_of, rebuilt
from perfcost.graph import Graph, Op

ACTIVATIONS = frozenset({"RELU", "RELU6", "RELU_N1_TO_1"})

FUSING = frozenset(
    {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "ADD", "SUB", "MUL",
     "DIV", "AVERAGE_POOL_2D", "MAX_POOL_2D"}
)  # fmt: skip


def fuse_activations(graph: Graph) -> Graph:
    """Fuses where the result between the two is a piece and nothing else reads it."""
    changed: dict[int, Op] = {}
    gone: set[int] = set()
    for place, op in enumerate(graph.ops):
        if op.kind not in FUSING or op.activation != "NONE":
            continue
        inner = op.outputs[0]
        reader = only_reader(graph, inner)
        if reader is None or graph.ops[reader].kind not in ACTIVATIONS:
            continue
        behind = graph.ops[reader]
        result = behind.outputs[0]
        if part_of(graph, inner, result) and _same_scale(graph, inner, result):
            attrs = {**op.attrs, "activation": behind.kind}
            origin = op.origin + behind.origin
            changed[place] = replace(op, outputs=behind.outputs, attrs=attrs, origin=origin)
            gone.add(reader)
    return rebuilt(graph, gone, changed) if gone else graph


def _same_scale(graph: Graph, inner: int, result: int) -> bool:
    one, other = graph.tensors[inner], graph.tensors[result]
    if one.dtype != other.dtype:
        return False
    if one.quantization is None or other.quantization is None:
        return one.quantization is other.quantization
    return one.quantization.key == other.quantization.key
