"""Constraints on weights and biases of convolutions and FULLY_CONNECTED, and matrix products.

Restates the weight, bias and matrix product checks of Regor (tflite/tflite_supported_operators.cpp
and _u55.cpp, Vela 5.2.0, Apache-2.0). Its bound on the sum of absolute weights of one output
channel (127 * 2^16) needs more than 65,000 weights of the largest value in one channel; the sum is
not part of the graph, and the bound is not asked.
"""

from __future__ import annotations

import math

from perfcost.physics.ethos_u.support.rule import Case, Found, Rule, flag, shape_text

_MAX_AXIS = 1 << 16
_MAX_BIAS_U55 = (1 << 40) - 1
_MAX_BIAS_U85 = (1 << 48) - 1
_BYTES = frozenset({"int8", "uint8", "bool"})


def _precision(case: Case) -> Found | None:
    weights = case.weights
    if weights is None:
        return "weights", "left out"
    return None if weights.dtype in _BYTES else (weights.name, weights.dtype)


def _quantised(case: Case) -> Found | None:
    weights = case.weights
    if weights is None or weights.quantization is not None or weights.dtype == "bool":
        return None
    return weights.name, f"{weights.dtype} without a scale"


def _row(case: Case) -> Found | None:
    weights = case.weights
    shape = weights.shape if weights else ()
    if len(shape) >= 2 and math.prod(shape) == shape[0] * shape[-1]:
        return None
    return weights.name if weights else "weights", shape_text(shape)


def _bias(case: Case) -> Found | None:
    bias = case.bias
    if bias is None or bias.constant is not None:
        return None
    return bias.name, "computed by the network"


def _bias_dtype(case: Case) -> Found | None:
    bias = case.bias
    return None if bias is None or bias.dtype in ("int32", "int64") else (bias.name, bias.dtype)


def _bias_shape(case: Case) -> Found | None:
    bias = case.bias
    if bias is None or not bias.shape or bias.elements <= bias.shape[-1]:
        return None
    return bias.name, shape_text(bias.shape)


def _bias_range(case: Case) -> Found | None:
    bias = case.bias
    if bias is None or bias.dtype != "int64" or bias.constant is None:
        return None
    largest = max(bias.constant.values or (0,))
    bound = _MAX_BIAS_U85 if case.u85 else _MAX_BIAS_U55
    return (bias.name, str(largest)) if largest > bound else None


def _is_product(case: Case) -> bool:
    """Whether the op multiplies two feature maps: FULLY_CONNECTED does with computed weights."""
    weights = case.weights
    return weights is None or weights.constant is None


def _product_dtype(case: Case) -> Found | None:
    if case.ifm.dtype == "int8" or not _is_product(case):
        return None
    return case.ifm.name, case.ifm.dtype


def _product_axis(case: Case) -> Found | None:
    if not _is_product(case):
        return None
    shape = case.ifm.shape
    inner = shape[-2] if flag(case, "adj_x") and len(shape) > 1 else shape[-1]
    return (case.ifm.name, str(inner)) if inner > _MAX_AXIS else None


def _product_depth(case: Case) -> Found | None:
    depth = case.ofm.shape[-1]
    return (case.ofm.name, str(depth)) if depth > _MAX_AXIS and _is_product(case) else None


WEIGHTED = (
    Rule(
        "weights_dtype",
        "weights are 8-bit integers",
        "quantise the weights to int8",
        _precision,
    ),
    Rule(
        "not_quantized",
        "inputs, outputs and weights have a scale and a zero point",
        "convert the model with full integer quantisation so that the weights get a scale",
        _quantised,
    ),
    Rule(
        "bias_constant",
        "the bias is a constant",
        "store the bias in the file, or add it by an ADD of its own",
        _bias,
    ),
    Rule(
        "bias_dtype",
        "the bias is int32 or int64",
        "convert the model with full integer quantisation, which makes biases int32",
        _bias_dtype,
    ),
    Rule(
        "bias_shape",
        "the bias has one value an output channel, along its last axis",
        "reshape the bias to [channels]",
        _bias_shape,
    ),
    Rule(
        "bias_range",
        "a 64-bit bias is below 2^40 (2^48 on Ethos-U85)",
        "store the bias as int32, with a larger scale",
        _bias_range,
    ),
)

FULLY_CONNECTED = (
    Rule(
        "fc_weights_shape",
        "weights of a FULLY_CONNECTED have the shape [out, 1, .., 1, in]",
        "reshape the weights to [out, in]",
        _row,
    ),
)

PRODUCT_U55 = (
    Rule(
        "matmul_dtype",
        "a product of two feature maps takes int8",
        "quantise both operands to int8, or make the second one a constant",
        _product_dtype,
    ),
    Rule(
        "matmul_axis",
        "the inner axis of a product of two feature maps is at most 65536",
        "split the inner axis in two products and add them",
        _product_axis,
    ),
    Rule(
        "matmul_depth",
        "the last axis of a product of two feature maps is at most 65536",
        "split the last axis in two products and concatenate them",
        _product_depth,
    ),
)
