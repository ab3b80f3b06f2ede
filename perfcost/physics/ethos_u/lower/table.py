"""The lowering of each kind of op."""

from __future__ import annotations

from collections.abc import Callable

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import Drafts
from perfcost.physics.ethos_u.layout import merged
from perfcost.physics.ethos_u.lower.context import Context, copy
from perfcost.physics.ethos_u.lower.elementwise import absolute, batch_matmul, binary, prelu, unary
from perfcost.physics.ethos_u.lower.joins import join, mirror_pad, pad, part_op, tile, view_op
from perfcost.physics.ethos_u.lower.kinds import LUT_OPS, PART_OPS, RELU_OPS, VIEW_OPS
from perfcost.physics.ethos_u.lower.reductions import arg_max, mean, reduce_op, softmax
from perfcost.physics.ethos_u.lower.resize import resize
from perfcost.physics.ethos_u.lower.transpose import transpose
from perfcost.physics.ethos_u.lower.windows import (
    conv,
    fully_connected,
    multiplied,
    pool,
    transpose_conv,
)


def copy_op(context: Context, op: Op) -> Drafts:
    """An op without a law of its own costs one pass over its output."""
    if not op.inputs or not op.outputs:
        return []
    hwc = merged(context.shape(op.outputs[0]))
    return [copy(context.view(op.inputs[0], hwc), context.view(op.outputs[0], hwc))]


LOWER: dict[str, Callable[[Context, Op], Drafts]] = {
    "CONV_2D": conv, "DEPTHWISE_CONV_2D": multiplied, "TRANSPOSE_CONV": transpose_conv,
    "FULLY_CONNECTED": fully_connected, "MAX_POOL_2D": pool, "AVERAGE_POOL_2D": pool,
    "ADD": binary, "SUB": binary, "MUL": binary, "MAXIMUM": binary, "MINIMUM": binary,
    "SQUARED_DIFFERENCE": binary, "ABS": absolute, "NEG": absolute, "QUANTIZE": unary, "PAD": pad,
    "PADV2": pad, "CONCATENATION": join, "PACK": join, "MEAN": mean,
    "TRANSPOSE": transpose, "RESIZE_BILINEAR": resize, "RESIZE_NEAREST_NEIGHBOR": resize,
    "SOFTMAX": softmax, "ARG_MAX": arg_max, "TILE": tile, "PRELU": prelu,
    "BATCH_MATMUL": batch_matmul, "SUM": reduce_op, "REDUCE_MAX": reduce_op,
    "REDUCE_MIN": reduce_op,
    "MIRROR_PAD": mirror_pad,
    **dict.fromkeys(LUT_OPS | RELU_OPS, unary), **dict.fromkeys(VIEW_OPS, view_op),
    **dict.fromkeys(PART_OPS, part_op),
}  # fmt: skip


def lower(context: Context, op: Op) -> Drafts:
    """The commands of one op, as if nothing were folded into its neighbours."""
    return LOWER.get(op.kind, copy_op)(context, op)
