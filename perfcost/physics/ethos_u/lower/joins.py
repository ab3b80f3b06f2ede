"""Padding, joining and parting: copies into and out of parts of a tensor."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import CONSTANT, HWC, TEMPORARY, Drafts, View
from perfcost.physics.ethos_u.layout import axis_volume, deepened, merged, volume
from perfcost.physics.ethos_u.lower.context import Context, copy


def pad(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape, out = context.shape(ifm), context.shape(ofm)
    pads = context.values(op.inputs[1])
    whole = volume(out)[1]
    bits = context.bits(ofm)
    batch = volume(shape)[0]
    flat = batch > 1 or len(shape) > 4
    drafts: Drafts = []
    inner = context.view(ifm, (1, 1, 1) if flat else volume(shape)[1])
    if flat:
        inner = context.view(ifm, merged(shape))
    before = pads[-2] if len(pads) >= 2 else 0
    extents = merged(out) if flat else whole
    drafts.append(copy(inner, View(context.storage(ofm), extents, bits, inner.hwc, before)))
    for axis in range(len(shape)):
        for side in (0, 1):
            count = pads[2 * axis + side] if len(pads) > 2 * axis + side else 0
            if not count:
                continue
            if flat:
                high, _, deep = axis_volume(out, axis)
                part: HWC = (high, count, deep)
                target = View(context.storage(ofm), axis_volume(out, axis), bits, part)
            else:
                position = axis - len(shape) + 3
                sides = list(whole)
                sides[position] = count
                part = (sides[0], sides[1], sides[2])
                channel = whole[2] - count if position == 2 and side else 0
                target = View(context.storage(ofm), whole, bits, part, channel)
            drafts.append(copy(View(CONSTANT, part, bits), target))
    return drafts


def mirror_pad(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    whole = volume(context.shape(ofm))[1]
    inner = volume(context.shape(ifm))[1]
    border = max(1, whole[0] - inner[0])
    return [
        copy(context.view(ifm), View(context.storage(ofm), whole, context.bits(ofm), inner)),
        replace(
            copy(
                View(TEMPORARY, (1, inner[1], inner[2]), context.bits(ofm)),
                View(context.storage(ofm), whole, context.bits(ofm), (1, inner[1], inner[2])),
            ),
            repeats=border * 2,
        ),
    ]


def join(context: Context, op: Op) -> Drafts:
    """CONCATENATION and PACK: each input is copied into its part of the output."""
    ofm = op.outputs[0]
    out = context.shape(ofm)
    axis = op.integer("axis") % max(1, len(out))
    if op.kind == "PACK":
        parts = [(*out[:axis], 1, *out[axis + 1 :]) for _ in op.inputs]
    else:
        parts = [context.shape(t) for t in op.inputs]
    drafts: Drafts = []
    start = 0
    batch, whole = volume(out)
    for tensor, shape in zip(op.inputs, parts, strict=True):
        if batch > 1:
            whole, part = axis_volume(out, axis), axis_volume(shape, axis)
            channel = 0
        else:
            part = volume(shape)[1]
            channel = start if axis == len(out) - 1 else 0
        target = View(context.storage(ofm), whole, context.bits(ofm), part, channel)
        drafts.append(copy(context.view(tensor, part), target))
        start += shape[axis]
    return drafts


def part_channel(context: Context, op: Op, output: int) -> int:
    """First channel that an output of a slicing op takes from its input."""
    source = op.inputs[1] if op.kind == "SPLIT" else op.inputs[0]
    rank = len(context.shape(source))
    if op.kind in ("SLICE", "STRIDED_SLICE"):
        begin = context.values(op.inputs[1])
        masked = op.kind == "STRIDED_SLICE" and (op.integer("begin_mask") >> (rank - 1)) & 1
        start = begin[-1] if len(begin) == rank and not masked else 0
        return start % context.shape(source)[-1] if context.shape(source)[-1] else 0
    if op.kind == "UNPACK":
        return output if op.integer("axis") % rank == rank - 1 else 0
    axis = context.values(op.inputs[0] if op.kind == "SPLIT" else op.inputs[2])
    if not axis or axis[0] % rank != rank - 1:
        return 0
    return sum(context.shape(t)[-1] for t in op.outputs[:output])


def part_op(context: Context, op: Op) -> Drafts:
    """SPLIT, SLICE, UNPACK: each output is copied out of its part of the input."""
    source = op.inputs[1] if op.kind == "SPLIT" else op.inputs[0]
    whole = volume(context.shape(source))[1]
    drafts: Drafts = []
    for number, tensor in enumerate(op.outputs):
        part = volume(context.shape(tensor))[1]
        channel = part_channel(context, op, number)
        view = View(context.storage(source), whole, context.bits(source), part, channel)
        drafts.append(copy(view, context.view(tensor, part)))
    return drafts


def view_op(context: Context, op: Op) -> Drafts:
    """A reshape that could not be folded is one copy."""
    hwc = deepened(merged(context.shape(op.outputs[0])))
    return [copy(context.view(op.inputs[0], hwc), context.view(op.outputs[0], hwc))]


def tile(context: Context, op: Op) -> Drafts:
    """TILE: axis by axis, one copy for each repeat."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape, times = list(context.shape(ifm)), context.values(op.inputs[1])
    drafts: Drafts = []
    current = context.view(ifm)
    busy = [axis for axis in range(len(shape)) if axis < len(times) and times[axis] > 1]
    for number, axis in enumerate(busy):
        part = axis_volume(tuple(shape), axis)
        shape[axis] *= times[axis]
        whole = axis_volume(tuple(shape), axis)
        last = number == len(busy) - 1
        bits = context.bits(ofm)
        storage = context.storage(ofm) if last else TEMPORARY
        # the axis repeated becomes the height: a copy writes whole rows
        target = View(storage, whole, bits, part)
        drafts.append(
            replace(copy(replace(current, hwc=part, part=None), target), repeats=times[axis])
        )
        current = View(storage, whole, bits)
    return drafts or [copy(current, context.view(ofm))]
