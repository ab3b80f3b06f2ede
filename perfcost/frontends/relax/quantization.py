"""Scales and zero points as constants, and activations as bounds of integers."""

from __future__ import annotations

import numpy as np

from perfcost.errors import Unsupported
from perfcost.frontends.relax.steps import Program, Ref, Step
from perfcost.graph import Quantization

_RANGES = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}
_BOUNDS = {(0.0, 6.0): "RELU6", (-1.0, 1.0): "RELU_N1_TO_1"}
_STEP = 1e-3
"""Share of 6 by which a range may miss it."""


def quantization_of(program: Program, step: Step) -> Quantization:
    """Of a quantize or dequantize.

    Raises:
        Unsupported: scale or zero point are no constants.
    """
    found = []
    for operand in step.operands[1:3]:
        data = program.values[operand.value].data if isinstance(operand, Ref) else operand
        if data is None:
            raise Unsupported("a scale that is computed came, expected a constant")
        found.append(np.atleast_1d(np.asarray(data)).reshape(-1))
    scales, zeros = found
    axis = step.integer("axis", -1)
    rank = len(program.values[step.refs()[0]].shape)
    zero_points = tuple(int(zero) for zero in zeros)
    if len(zero_points) == 1 and len(scales) > 1:
        zero_points = zero_points * len(scales)
    return Quantization(
        tuple(float(scale) for scale in scales), zero_points,
        axis % max(1, rank) if len(scales) > 1 else 0,
    )  # fmt: skip


def activation_of(
    step: Step, quantization: Quantization | None = None, dtype: str = "float32"
) -> str:
    """The fused activation that a step is; empty where it is none.

    Args:
        step: after the op.
        quantization: of what is clipped, where that is integers.
    """
    if step.op == "nn.relu":
        return "RELU"
    if step.op == "nn.relu6":
        return "RELU6"
    if step.op != "clip":
        return ""
    bounds = [operand for operand in step.operands[1:] if isinstance(operand, (int, float))]
    if len(bounds) != 2:
        return ""
    low, high = bounds
    if quantization is None:
        return _BOUNDS.get((float(low), float(high)), "")
    least, most = _RANGES.get(dtype, (0, 0))
    scale, zero = quantization.scale, quantization.zero_point
    if low == least and high == most and zero != least:
        return "NONE"
    if low == max(least, zero):
        # where 6 lies beyond the last step, RELU and RELU6 clip alike: a range that ends at 6
        # was made by a RELU6
        last = (high - zero) * scale
        return "RELU6" if abs(last - 6) <= max(scale / 2, 6 * _STEP) else "RELU"
    if abs((low - zero) * scale + 1) <= scale and abs((high - zero) * scale - 1) <= scale:
        return "RELU_N1_TO_1"
    return ""
