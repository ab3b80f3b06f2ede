"""The constraints on the tensors of any op, in words; ``general.py`` asks them all in one walk."""

from __future__ import annotations

from perfcost.physics.ethos_u.support.rule import Found, Rule


def _never(_: object) -> Found | None:
    return None


def _rule(code: str, constraint: str, edit: str) -> Rule:
    return Rule(code, constraint, edit, _never)


DTYPE_U55 = _rule(
    "dtype",
    "feature maps are uint8, int8, int16, int32 or int64",
    "quantise the model to int8 (full integer quantisation) before this op",
)
DTYPE_U85 = _rule(
    "dtype",
    "feature maps are uint8, int8, int16, int32, int64 or bool",
    "quantise the model to int8 (full integer quantisation) before this op",
)
INT32 = _rule(
    "dtype_int32",
    "this op takes no 32-bit feature maps",
    "give the op int8 or int16 tensors: quantise what feeds it, or cast before it",
)
INT64 = _rule(
    "dtype_int64",
    "this op takes no 64-bit feature maps",
    "store the tensor as int32 or, where the op takes data, as int8",
)
SHAPELESS = _rule(
    "no_shape",
    "every tensor of the op has a shape of rank 1 or more",
    "give the tensor the shape [1] instead of a scalar",
)
NO_INPUT = _rule(
    "no_feature_map",
    "the op reads and writes at least one feature map",
    "remove the op, or give it the data tensor it lacks",
)
UNQUANTISED = _rule(
    "not_quantized",
    "inputs, outputs and weights have a scale and a zero point",
    "convert the model with full integer quantisation so that the tensor gets a scale",
)
SCALE = _rule(
    "scale_range",
    "quantisation scales are below 2^32",
    "calibrate the model again with inputs of the usual range",
)
PER_AXIS = _rule(
    "per_axis",
    "only convolutions and FULLY_CONNECTED take tensors quantised per axis",
    "quantise this tensor per tensor (one scale)",
)
ZERO_POINT_U55 = _rule(
    "zero_point",
    "zero points are 0 for int32",
    "requantise the tensor with zero point 0",
)
ZERO_POINT_U85 = _rule(
    "zero_point",
    "zero points are 0 for inputs of int16, int32, int64 and bool and -128 to 127 for outputs",
    "requantise the tensor with zero point 0 (symmetric)",
)
