"""The version number of each op, by TensorFlow Lite's own rules (lite/tools/versioning).

Only the dtypes that the builder writes are told apart: float32, int8, uint8, int32.
"""

from __future__ import annotations

from collections.abc import Sequence

from perfcost.spaces.writer.records import OpRecord, TensorRecord

# Version for an int8 input; every other dtype has version 1.
_SECOND = (
    "ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "ABS", "EXP", "RSQRT",
    "RELU", "RELU6", "GELU", "LOGISTIC", "TANH", "SOFTMAX", "BATCH_MATMUL", "DEQUANTIZE",
    "AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN", "SUM", "REDUCE_MAX", "ARG_MAX",
    "CONCATENATION", "PACK", "UNPACK", "SPLIT", "GATHER", "PAD", "TRANSPOSE", "STRIDED_SLICE",
    "SPACE_TO_DEPTH", "DEPTH_TO_SPACE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR",
)  # fmt: skip
_INT8 = {
    **dict.fromkeys(_SECOND, 2),
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "TILE"), 3),
    "FULLY_CONNECTED": 4,
}
_UINT8 = dict.fromkeys(("RELU", "UNPACK", "GELU"), 2)


def version(op: OpRecord, tensors: Sequence[TensorRecord]) -> int:
    """The version that TensorFlow Lite's converter would give this op."""
    kind = op.kind
    inputs = [tensors[i] for i in op.inputs if i >= 0]
    # SPLIT's tensor is its second input, TRANSPOSE_CONV's its third.
    first = inputs[{"SPLIT": 1, "TRANSPOSE_CONV": 2}.get(kind, 0)]
    by_dtype = {"int8": _INT8, "uint8": _UINT8}.get(first.dtype, {}).get(kind, 1)
    rank = len(first.shape)
    if kind == "FULLY_CONNECTED":
        if len(inputs) == 2:
            return 6
        return 5 if op.options.get("KeepNumDims") else by_dtype
    if kind == "DEPTHWISE_CONV_2D" and by_dtype == 1:
        dilated = {op.options.get("DilationWFactor", 1), op.options.get("DilationHFactor", 1)}
        return 1 if dilated == {1} else 2
    if kind == "TRANSPOSE_CONV":
        if op.options.get("FusedActivationFunction"):
            return 4
        return 3 if len(inputs) == 4 else (2 if first.dtype == "int8" else 1)
    if kind == "MUL" and _rescale(op, tensors) >= 1:
        return 3
    if kind == "RESIZE_BILINEAR" and op.options.get("HalfPixelCenters"):
        return 3
    if kind == "RESIZE_NEAREST_NEIGHBOR" and (
        op.options.get("HalfPixelCenters") or op.options.get("AlignCorners")
    ):
        return 3
    if kind in ("TRANSPOSE", "STRIDED_SLICE", "PAD") and rank > 4:
        return 4
    if kind == "SPLIT" and first.dtype == "int32":
        return 3
    broadcast = len(inputs) > 1 and inputs[0].shape != inputs[1].shape
    if (
        kind in ("SUB", "MAXIMUM", "MINIMUM")
        and broadcast
        and max(len(t.shape) for t in inputs) > 4
    ):
        return 3
    return by_dtype


def _rescale(op: OpRecord, tensors: Sequence[TensorRecord]) -> float:
    ranges = [tensors[i].range for i in (*op.inputs, *op.outputs)]
    scales = [r.scale for r in ranges if r is not None]
    return scales[0] * scales[1] / scales[2] if len(scales) == 3 else 0.0
