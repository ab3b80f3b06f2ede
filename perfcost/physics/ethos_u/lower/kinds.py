"""Kinds of ops that are treated alike."""

from __future__ import annotations

LUT_OPS = frozenset(
    {"LOGISTIC", "TANH", "HARD_SWISH", "LEAKY_RELU", "ELU", "EXP", "GELU", "LOG", "RSQRT"}
)

RELU_OPS = frozenset({"RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1"})

VIEW_OPS = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})

PART_OPS = frozenset({"SLICE", "STRIDED_SLICE", "SPLIT", "SPLIT_V", "UNPACK"})

JOIN_OPS = frozenset({"CONCATENATION", "PACK"})

RESIZE_OPS = frozenset({"RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"})
