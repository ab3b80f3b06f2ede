"""Dtype and quantisation of an op's results, where the caller does not say."""

from __future__ import annotations

from collections.abc import Sequence

from perfcost.graph import Quantization, Tensor
from perfcost.ops import kind_of

QUANTIZED = frozenset({"int8", "uint8", "int16"})
_ZERO_POINT = {"int8": -128, "uint8": 0, "int16": 0}

_BOOL = frozenset(
    {"LESS", "GREATER", "GREATER_EQUAL", "LESS_EQUAL", "EQUAL", "NOT_EQUAL", "LOGICAL_OR",
     "LOGICAL_AND", "LOGICAL_NOT", "REDUCE_ANY", "REDUCE_ALL"}
)  # fmt: skip
_INT32 = frozenset({"ARG_MAX", "ARG_MIN", "SHAPE", "RANK", "BUCKETIZE"})
_KEEPS = frozenset(
    {"AVERAGE_POOL_2D", "MAX_POOL_2D", "MAXIMUM", "MINIMUM", "REDUCE_MAX", "REDUCE_MIN", "RELU6",
     "ZEROS_LIKE", "TOPK_V2"}
)  # fmt: skip
_KEEPING_CATEGORIES = frozenset({"movement", "lookup", "view", "state"})
# TFLite fixes the range of these; the scale is 1 over the number
_FIXED = {"SOFTMAX": 256, "LOGISTIC": 256, "TANH": 128, "L2_NORMALIZATION": 128}


def data_of(kind: str, inputs: Sequence[Tensor | None]) -> Tensor | None:
    """The first operand that holds data rather than a setting; weights only if nothing else."""
    row = kind_of(kind)
    found = None
    for slot, tensor in enumerate(inputs):
        if tensor is None or slot in row.settings:
            continue
        if slot not in row.weights:
            return tensor
        found = found or tensor
    return found


def result_dtype(kind: str, inputs: Sequence[Tensor | None]) -> str:
    """The dtype of an op's results by that of its operands."""
    if kind in _BOOL:
        return "bool"
    if kind in _INT32:
        return "int32"
    if kind == "DEQUANTIZE":
        return "float32"
    if kind == "QUANTIZE":
        return "int8"
    # the condition of a SELECT is no data
    data = data_of(kind, inputs[1:] if kind in ("SELECT", "SELECT_V2") else inputs)
    return "float32" if data is None else data.dtype


def result_quantization(
    kind: str, inputs: Sequence[Tensor | None], dtype: str
) -> Quantization | None:
    """The quantisation that TFLite demands of the result; ``None`` where it is free.

    Ops that move elements keep that of their data; a softmax has a fixed range.
    """
    if kind in _FIXED:
        steps = _FIXED[kind] if dtype != "int16" else 32768
        signed = _FIXED[kind] == 128
        zero = _ZERO_POINT[dtype] + (128 if signed and dtype != "int16" else 0)
        return Quantization((1 / steps,), (zero,))
    data = data_of(kind, inputs)
    keeps = kind in _KEEPS or kind_of(kind).category in _KEEPING_CATEGORIES
    return data.quantization if keeps and data is not None and data.dtype == dtype else None
