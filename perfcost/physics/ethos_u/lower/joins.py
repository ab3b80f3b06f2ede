"""Padding, joining and parting: copies into and out of parts of a tensor."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import CONSTANT, HWC, TEMPORARY, Drafts, View
from perfcost.physics.ethos_u.layout import axis_volume, deepened, merged, volume
from perfcost.physics.ethos_u.lower.context import Context, copy


def _at(context: Context, tensor: int, shape: tuple[int, ...], channel: int) -> tuple[View, int]:
    """A part of a tensor as commands touch it, one for each of the part's leading extents."""
    batch, part = volume(shape)
    whole = volume(context.shape(tensor))[1]
    return View(context.storage(tensor), whole, context.bits(tensor), part, channel), batch


def pad(context: Context, op: Op) -> Drafts:
    """PAD: the inside is copied, each border filled from a constant."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape, out = context.shape(ifm), context.shape(ofm)
    pads = context.values(op.inputs[1])
    flat = volume(shape)[0] > 1 or len(shape) > 4
    target, batch = _at(context, ofm, shape, pads[-2] if len(pads) >= 2 else 0)
    drafts: Drafts = [replace(copy(context.view(ifm), target), repeats=batch)]
    for axis in range(len(shape)):
        for side in (0, 1):
            count = pads[2 * axis + side] if len(pads) > 2 * axis + side else 0
            if not count:
                continue
            if flat:  # laid out around the axis, which becomes the width
                high, _, deep = axis_volume(out, axis)
                part: HWC = (high, count, deep)
                edge = View(context.storage(ofm), axis_volume(out, axis), target.bits, part)
                drafts.append(copy(View(CONSTANT, part, target.bits), edge))
                continue
            border = (*out[:axis], count, *out[axis + 1 :])
            last = axis == len(out) - 1
            edge, times = _at(context, ofm, border, out[-1] - count if last and side else 0)
            filler = View(CONSTANT, edge.touched, edge.bits)
            drafts.append(replace(copy(filler, edge), repeats=times))
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
    for tensor, shape in zip(op.inputs, parts, strict=True):
        target, batch = _at(context, ofm, shape, start if axis == len(out) - 1 else 0)
        drafts.append(replace(copy(context.view(tensor, target.touched), target), repeats=batch))
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
    drafts: Drafts = []
    for number, tensor in enumerate(op.outputs):
        shape = context.shape(tensor)
        if op.kind == "UNPACK":
            axis = op.integer("axis") % max(1, len(context.shape(source)))
            shape = (*shape[:axis], 1, *shape[axis:])
        view, batch = _at(context, source, shape, part_channel(context, op, number))
        drafts.append(replace(copy(view, context.view(tensor, view.touched)), repeats=batch))
    return drafts


def view_op(context: Context, op: Op) -> Drafts:
    """A view is free, where ``views.Views`` does not make it a copy."""
    return []


def view_copy(context: Context, op: Op, source: int, shape: tuple[int, ...]) -> Drafts:
    """A view that is a copy, of a tensor that is kept with a shape."""
    hwc = deepened(merged(shape))
    return [copy(context.view(source, hwc), context.view(op.outputs[0], hwc))]


def tile(context: Context, op: Op) -> Drafts:
    """TILE: axis by axis, one copy for each repeat."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape, times = context.shape(ifm), context.values(op.inputs[1])
    bits = context.bits(ofm)
    drafts: Drafts = []
    current = context.view(ifm)
    busy = [axis for axis in range(len(shape)) if axis < len(times) and times[axis] > 1]
    for axis in busy:
        batch, part = volume(shape)
        shape = (*shape[:axis], shape[axis] * times[axis], *shape[axis + 1 :])
        storage = context.storage(ofm) if axis == busy[-1] else TEMPORARY
        target = View(storage, volume(shape)[1], bits, part)
        copies = copy(replace(current, hwc=part, part=None), target)
        drafts.append(replace(copies, repeats=times[axis] * batch))
        current = View(storage, target.hwc, bits)
    return drafts or [copy(current, context.view(ofm))]
