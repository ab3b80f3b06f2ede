"""Normalisations as the converter to TFLite writes them: in pieces."""

from __future__ import annotations

import numpy as np

from perfcost.frontends.relax.lowering import Lowering, Result
from perfcost.frontends.relax.operators.operands import Attrs, numbers, operand, shape_of
from perfcost.frontends.relax.steps import Step

_NONE: Attrs = {"activation": "NONE"}


def batch_norm(lowering: Lowering, step: Step) -> None:
    """A factor and an offset a channel, where no convolution before absorbs them."""
    found = lowering.program.values[step.made[0]]
    channels = shape_of(lowering, operand(step, 1))[0]
    ones = np.ones(channels, np.float32)
    writer = lowering.writer
    scaled = writer.tensor(found.name, found.shape, found.dtype)
    x = lowering.tensor(operand(step))
    writer.op("MUL", (x, writer.constant("factor", ones)), (scaled,), _NONE)
    made = lowering.make(Result(step.made[0]))
    writer.op("ADD", (scaled, writer.constant("offset", ones)), (made,), _NONE)


def layer_norm(lowering: Lowering, step: Step) -> None:
    """(x - mean) * (rsqrt(variance + epsilon) * gain) + offset, in the converter's order."""
    writer = lowering.writer
    found = lowering.program.values[step.made[0]]
    axes = numbers(step, "axes") or (-1,)
    rank = len(found.shape)
    over = {axis % rank for axis in axes}
    small = tuple(1 if at in over else extent for at, extent in enumerate(found.shape))
    gain, offset = (lowering.tensor(operand(step, place)) for place in (1, 2))
    x = lowering.tensor(operand(step))

    def put(kind: str, inputs: tuple[int, ...], shape: tuple[int, ...], attrs: Attrs) -> int:
        made = writer.tensor(found.name, shape, found.dtype)
        writer.op(kind, inputs, (made,), attrs)
        return made

    keeps: Attrs = {"keep_dims": True}
    mean = put("MEAN", (x, writer.integers("axes", axes)), small, keeps)
    apart = put("SQUARED_DIFFERENCE", (x, mean), found.shape, {})
    variance = put("MEAN", (apart, writer.integers("axes", axes)), small, keeps)
    epsilon = writer.number(1e-3, found.dtype)
    root = put("RSQRT", (put("ADD", (variance, epsilon), small, _NONE),), small, {})
    factor = put("MUL", (root, gain), found.shape, _NONE)
    shift = put("SUB", (offset, put("MUL", (mean, factor), found.shape, _NONE)), found.shape, _NONE)
    scaled = put("MUL", (x, factor), found.shape, _NONE)
    made = lowering.make(Result(step.made[0]))
    writer.op("ADD", (scaled, shift), (made,), _NONE)
