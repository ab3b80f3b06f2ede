"""What is added to each channel after a convolution or a dense layer."""

from __future__ import annotations

import math

import numpy as np

from perfcost.frontends.relax.lowering import Lowering
from perfcost.frontends.relax.operators.operands import is_constant, shape_of
from perfcost.frontends.relax.steps import Step
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
    absorbed = _norm_after(lowering, value, channels)
    if absorbed:
        for step in absorbed:
            value = lowering.take(step)
        if tensor < 0:
            tensor = lowering.writer.constant("bias", np.zeros(channels, np.float32))
    return value, tensor


_DECOMPOSED = ("subtract", "divide", "multiply", "add")
"""A batch normalisation as TVM decomposes it, each with a constant a channel."""


def _norm_after(lowering: Lowering, value: int, channels: int) -> list[Step]:
    """The steps of a batch normalisation that alone reads a value; none where there is none."""
    step = lowering.next(value)
    if step is not None and step.op == "nn.batch_norm" and step.refs()[0] == value:
        return [step]
    found: list[Step] = []
    for name in _DECOMPOSED:
        step = lowering.next(value)
        if step is None or step.op != name or step.refs()[0] != value:
            return []
        if not _is_bias(lowering, step.refs()[1], channels):
            return []
        found.append(step)
        value = step.made[0]
    return found


def _is_bias(lowering: Lowering, value: int, channels: int) -> bool:
    shape = shape_of(lowering, value)
    if not is_constant(lowering, value) or math.prod(shape) != channels:
        return False
    # a bias of one channel is no scalar
    return bool(shape) and (channels > 1 or shape == (1,))
