"""What is added to each channel after a convolution or a dense layer."""

from __future__ import annotations

import math

import numpy as np

from perfcost.frontends.relax.lowering import Lowering
from perfcost.frontends.relax.operators.operands import is_constant, shape_of
from perfcost.frontends.relax.weights import weights


def bias_after(lowering: Lowering, value: int, channels: int) -> tuple[int, int]:
    """Takes in a bias, and a batch normalisation, which the weights and the bias absorb.

    Returns:
        The value after it, and the tensor of the bias; -1 where there is none.
    """
    tensor = -1
    step = lowering.next(value)
    if step is not None and step.op == "add":
        first, second = step.refs()
        other = second if first == value else first
        if _is_bias(lowering, other, channels):
            tensor = weights(lowering, other, (channels,), 0)[0]
            value = lowering.take(step)
            step = lowering.next(value)
    if step is not None and step.op == "nn.batch_norm" and step.refs()[0] == value:
        value = lowering.take(step)
        if tensor < 0:
            zeros = np.zeros(channels, np.float32)
            tensor = lowering.writer.constant("bias", zeros)
    return value, tensor


def _is_bias(lowering: Lowering, value: int, channels: int) -> bool:
    shape = shape_of(lowering, value)
    if not is_constant(lowering, value) or math.prod(shape) != channels:
        return False
    # a bias of one channel is no scalar
    return bool(shape) and (channels > 1 or shape == (1,))
