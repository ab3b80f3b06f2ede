"""A PAD of zeros that the convolutions behind it do themselves.

Restates ``ConvertPadV2`` and ``ReplacePadByExplicitPadding`` of Regor (Vela 5.2.0, Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Sequence

from perfcost.graph import Graph, Links, Op
from perfcost.physics.ethos_u.lower import Context

_PADS = ("PAD", "PADV2")
_WINDOWS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def folded_pads(context: Context, links: Links, on_npu: Sequence[bool]) -> set[int]:
    """Positions of the PADs whose readers all pad by themselves."""
    graph = context.graph
    found: set[int] = set()
    for position, op in enumerate(graph.ops):
        if op.kind not in _PADS or not on_npu[position] or len(op.inputs) < 2:
            continue
        readers = links.consumers.get(op.outputs[0], ())
        if not readers or op.outputs[0] in graph.outputs or not _fills_with_zero(graph, op):
            continue
        if all(
            on_npu[reader]
            and graph.ops[reader].kind in _WINDOWS
            and _fits(context, op, graph.ops[reader])
            for reader in readers
        ):
            found.add(position)
    return found


def _fits(context: Context, pad: Op, conv: Op) -> bool:
    """Whether a convolution can do the padding itself: only H and W, less than its kernel."""
    if conv.inputs[0] != pad.outputs[0] or any(conv.padding):
        return False
    pads = context.values(pad.inputs[1])
    shape = context.graph.tensors[pad.inputs[0]].shape
    if len(pads) != 8 or len(shape) != 4 or any(pads[:2]) or any(pads[6:]):
        return False
    if not same_values(context.graph, pad.inputs[0], pad.outputs[0]):
        return False
    weights = context.graph.tensors[conv.inputs[1]].shape
    stride, dilation = conv.pair("stride"), conv.pair("dilation")
    for axis in (0, 1):
        kernel = (weights[axis + 1] - 1) * dilation[axis] + 1
        before, after = pads[2 + 2 * axis], pads[3 + 2 * axis]
        size, step = shape[axis + 1], stride[axis]
        needed = max(0, (-(-size // step) - 1) * step + kernel - size)
        rest = after % step - (needed - before) % step
        after = max(0, after - rest - (0 if rest >= 0 else step))
        if before >= kernel or after >= kernel:
            return False
    return True


def _fills_with_zero(graph: Graph, pad: Op) -> bool:
    """Whether what a PADV2 fills with stands for 0; taken so where the value is not at hand."""
    if pad.kind == "PAD" or len(pad.inputs) < 3:
        return True
    filler = graph.tensors[pad.inputs[2]].constant
    return filler is not None and filler.zero_fraction != 0.0


def same_values(graph: Graph, first: int, second: int) -> bool:
    """Whether two tensors have the same type and quantisation."""
    a, b = graph.tensors[first], graph.tensors[second]
    if a.dtype != b.dtype:
        return False
    if a.quantization is None or b.quantization is None:
        return a.quantization is b.quantization
    return a.quantization.key == b.quantization.key
