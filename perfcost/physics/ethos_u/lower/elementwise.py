"""Ops that go element by element, and products of two feature maps."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import CONSTANT, HWC, Draft, Drafts, View
from perfcost.physics.ethos_u.layout import deepened, merged, volume
from perfcost.physics.ethos_u.lower.context import Context, activation, temporary
from perfcost.physics.ethos_u.lower.kinds import LUT_OPS

_OPERATION = {"ADD": "add", "SUB": "add", "MUL": "mul"}


def binary(context: Context, op: Op) -> Drafts:
    first, second = op.inputs[0], op.inputs[1]
    ofm = op.outputs[0]
    shapes = [context.shape(first), context.shape(second)]
    out = context.shape(ofm)
    one = [context.graph.tensors[t].elements == 1 for t in (first, second)]
    padded = [(1,) * (len(out) - len(s)) + s for s in shapes]
    broadcast = not any(one) and padded[0] != padded[1]
    views = []
    for tensor, shape, scalar in zip((first, second), padded, one, strict=True):
        if scalar:
            hwc = (1, 1, 1)
        elif broadcast:
            batch, (height, width, depth) = volume(shape)
            hwc = (batch * height, width, depth)
        else:
            hwc = deepened(merged(out))
        views.append(context.view(tensor, hwc))
    if broadcast:
        batch, (height, width, depth) = volume(out)
        out_hwc = (batch * height, width, depth)
    else:
        out_hwc = deepened(merged(out))
    operation = _OPERATION.get(op.kind, "other")
    ahead: Drafts = []
    if broadcast and all(shape != out for shape in padded):
        # only one operand may be broadcast: the first is added to zeros of the full extents
        zeros = View(CONSTANT, out_hwc, views[0].bits)
        ahead = [Draft("elementwise", "add", zeros, temporary(out_hwc, 8), ifm2=views[0])]
        views[0] = temporary(out_hwc, views[0].bits)
    result = Draft(
        "elementwise", operation, views[0], context.view(ofm, out_hwc), ifm2=views[1],
        activation=activation(op),
    )  # fmt: skip
    if op.kind == "SQUARED_DIFFERENCE":
        wide = temporary(out_hwc, 32)
        square = Draft("elementwise", "mul", wide, result.ofm, ifm2=wide)
        return [*ahead, replace(result, operation="add", ofm=wide, activation="none"), square]
    return [*ahead, result]


def unary(context: Context, op: Op) -> Drafts:
    """An activation or a change of quantisation on its own: a 1x1 average pool."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    hwc = deepened(merged(context.shape(ofm)))
    return [
        Draft(
            "pool", "other", context.view(ifm, hwc), context.view(ofm, hwc),
            uses_lut=op.kind in LUT_OPS,
        )
    ]  # fmt: skip


def absolute(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    hwc = deepened(merged(context.shape(ofm)))
    return [Draft("elementwise", "other", context.view(ifm, hwc), context.view(ofm, hwc))]


def prelu(context: Context, op: Op) -> Drafts:
    """RELU of the one half, MIN and MUL by the slopes of the other, and their sum."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    whole = merged(context.shape(ofm))
    view, out = context.view(ifm, whole), context.view(ofm, whole)
    bits = context.bits(ifm)
    scalar = View(CONSTANT, (1, 1, 1), bits)
    slopes = context.view(op.inputs[1], volume(context.shape(op.inputs[1]))[1])
    wide = temporary(whole, 32)
    return [
        Draft("pool", "other", view, temporary(whole, bits)),
        Draft("elementwise", "other", view, temporary(whole, bits), ifm2=scalar),
        Draft("elementwise", "mul", temporary(whole, bits), temporary(whole, bits), ifm2=slopes),
        Draft("elementwise", "add", replace(wide, bits=bits), out, ifm2=replace(wide, bits=bits)),
    ]


def batch_matmul(context: Context, op: Op) -> Drafts:
    """A product of two feature maps: for each column a MUL and a sum over channels."""
    first, second, ofm = op.inputs[0], op.inputs[1], op.outputs[0]
    batch, (height, width, depth) = volume(context.shape(first))
    columns = context.shape(ofm)[-1]
    times = batch * height * columns
    lhs: HWC = (1, width, depth)
    wide = temporary(lhs, 32)
    return [
        Draft(
            "elementwise", "mul", context.view(first, lhs), wide,
            ifm2=context.view(second, (1, 1, depth)), repeats=times,
        ),
        Draft(
            "reduce", "other", wide, View(context.storage(ofm), (1, width, 1), context.bits(ofm)),
            repeats=times,
        ),
    ]  # fmt: skip
