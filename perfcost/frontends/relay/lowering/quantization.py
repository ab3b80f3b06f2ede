"""Scales and zero points of values: said by ``qnn`` operators, carried along by others."""

from __future__ import annotations

import math

from perfcost.errors import InvalidGraph
from perfcost.frontends.relay.lowering.view import View
from perfcost.frontends.relay.program import Node
from perfcost.graph import Quantization

RANGES = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}

_SCALED = frozenset({*RANGES, "int32"})
"""Types that a scale can belong to; means are taken in 32 bits."""

KEEPING = frozenset(
    {"reshape", "squeeze", "expand_dims", "transpose", "strided_slice", "split", "nn.pad",
     "nn.max_pool2d", "nn.avg_pool2d", "clip", "take", "tile", "broadcast_to", "concatenate",
     "cast", "reverse", "nn.batch_flatten", "image.resize2d", "maximum", "minimum",
     "layout_transform", "mean", "nn.global_avg_pool2d", "nn.global_max_pool2d", "stack",
     "copy", "nn.relu"}
)  # fmt: skip
"""Operators whose result has the quantisation of the operand."""


def assign(view: View) -> None:
    """Finds the quantisation of every value of a quantised type.

    Raises:
        InvalidGraph: a scale below 0, a zero point that the type does not hold.
    """
    for node in view.program.nodes:
        if node.op.startswith("qnn."):
            _said(view, node)
    _carry(view)


def printed_scale(scale: float) -> float:
    """A scale as it may have been before it was printed with six digits.

    Scales are told apart by five. Where the sixth is a 5, the fifth may be either of two, and is
    taken to be the lower: rounding twice would make it the higher.
    """
    return scale * (1 - 1e-7) if f"{scale:.5e}"[6] == "5" else scale


def _said(view: View, node: Node) -> None:
    args = node.args
    out = node.outputs[0]
    if node.op in ("qnn.conv2d", "qnn.dense", "qnn.conv2d_transpose") and len(args) >= 6:
        _set(view, node, args[0], args[4], args[2])
        _set(view, node, args[1], args[5], args[3], _weights_axis(node))
    elif node.op == "qnn.requantize" and len(args) >= 5:
        _set(view, node, args[0], args[1], args[2])
        _set(view, node, out, args[3], args[4])
    elif node.op == "qnn.quantize" and len(args) >= 3:
        _set(view, node, out, args[1], args[2])
    elif node.op == "qnn.dequantize" and len(args) >= 3:
        _set(view, node, args[0], args[1], args[2], max(node.options.integer("axis", 0), 0))
    elif node.op in ("qnn.add", "qnn.mul", "qnn.subtract") and len(args) >= 8:
        _set(view, node, args[0], args[2], args[3])
        _set(view, node, args[1], args[4], args[5])
        _set(view, node, out, args[6], args[7])
    elif node.op == "qnn.concatenate" and len(args) >= 5:
        fields, scales, zeros = args[0], args[1], args[2]
        if isinstance(fields, tuple) and isinstance(scales, tuple) and isinstance(zeros, tuple):
            for value, scale, zero in zip(fields, scales, zeros, strict=False):
                _set(view, node, value, scale, zero)
        _set(view, node, out, args[3], args[4])
    elif len(args) >= 5:  # the unary ones: data, scale, zero, scale, zero
        _set(view, node, args[0], args[1], args[2])
        _set(view, node, out, args[3], args[4])


def _weights_axis(node: Node) -> int:
    """The axis of the weights, as the text has them, that has a scale each."""
    if node.op == "qnn.dense":
        return 0
    layout = node.options.text("kernel_layout", "OIHW")
    return max(layout.find("O"), 0)


def _set(view: View, node: Node, value: object, scale: object, zero: object, axis: int = 0) -> None:
    if not isinstance(value, int) or not isinstance(scale, int) or not isinstance(zero, int):
        view.program.source.fail(f"{node.op} has a tuple for a tensor, expected a tensor", node.at)
    if value in view.quantization or view.dtype(value) not in _SCALED:
        return
    one, zero_point = view.number(scale), view.number(zero)
    shape = view.shape(scale)
    count = math.prod(shape)
    if one is not None and not (math.isfinite(one) and one >= 0):
        raise view.program.source.error(
            InvalidGraph,
            f"{node.op}: a scale of {one}, expected a finite one of at least 0",
            node.at,
        )
    low, high = RANGES.get(view.dtype(value), (-(2**31), 2**31 - 1))
    if zero_point is not None and not low <= zero_point <= high:
        raise view.program.source.error(
            InvalidGraph,
            f"{node.op}: a zero point of {zero_point:g} for {view.dtype(value)}, expected "
            f"{low} to {high}",
            node.at,
        )
    if one is not None and view.imported:
        one = printed_scale(one)
    scales = (float(one if one is not None else 1.0),) * max(count, 1)
    view.quantization[value] = Quantization(scales, (int(zero_point or 0),), axis)


def _carry(view: View) -> None:
    """Spreads what is known over operators that keep it, both ways."""
    pending = list(view.quantization)
    while pending:
        value = pending.pop()
        known = view.quantization[value]
        if len(known.scales) > 1 and not view.shape(value):
            continue
        near: list[int] = []
        for node in view.readers.get(value, ()):
            if node.op in KEEPING:
                near.extend(node.outputs)
                if node.op in ("concatenate", "maximum", "minimum", "stack"):
                    near.extend(node.inputs)
        writer = view.writer(value)
        if writer.op in KEEPING and len(known.scales) == 1:
            near.extend(
                writer.inputs
                if writer.op in ("concatenate", "maximum", "minimum", "stack")
                else writer.inputs[:1]
            )
            near.extend(writer.outputs)
        for other in near:
            if other not in view.quantization and len(known.scales) == 1:
                view.quantization[other] = known
                pending.append(other)
