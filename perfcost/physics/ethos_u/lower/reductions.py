"""Means, sums and extremes over axes; the largest of a row; softmax."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import (
    CONSTANT,
    PLAIN,
    TEMPORARY,
    Draft,
    Drafts,
    Filters,
    View,
)
from perfcost.physics.ethos_u.layout import axis_volume, deepened, merged, softmax_extents, volume
from perfcost.physics.ethos_u.lower.context import Context, temporary

_MAX_MEAN = 64

_ONES_BITS = 1.0
"""Coded bits a weight where all weights are alike: measured on MEANs of 4 to 64 squared."""

_ONE_OF_EIGHT_BITS = 0.7
"""Of ones for one output channel beside zeros for those that fill up the hardware's eight."""


def mean(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape = context.shape(ifm)
    rank = len(shape)
    padded = (1,) * (4 - rank) + shape
    axes = {(axis % rank) + 4 - rank for axis in context.values(op.inputs[1])}
    extents = list(padded[-3:])
    reduced = [axis + 1 in axes for axis in range(3)]
    if reduced[2] and extents[2] > 1:  # over channels: they become the width or the height
        gone = 1 if extents[1] == 1 else 0
        del extents[gone], reduced[gone]
        extents.append(1)
        reduced.append(False)
    height, width, depth = extents
    kernel = [height if reduced[0] else 1, width if reduced[1] else 1]
    if kernel[0] > _MAX_MEAN and all(reduced[:2]) and kernel[0] * kernel[1] <= _MAX_MEAN**2:
        height, width = 1, height * width
        kernel = [1, width]
    result = (1 if reduced[0] else height, 1 if reduced[1] else width, depth)
    rows_each = max(1, min(_MAX_MEAN**2 // max(1, kernel[1]), kernel[0], _MAX_MEAN))
    # sums that are multiplied as a deeper map than they were computed lie plainly
    wide = View(TEMPORARY if deepened(result) == result else PLAIN, result, 32)
    view = context.view(ifm, (height, width, depth))
    drafts: Drafts = []
    whole, rest = divmod(kernel[0], rows_each)
    for size, times in ((rows_each, whole), (rest, int(rest > 0))):
        if not times:
            continue
        part = view if size == kernel[0] else replace(view, part=(size, width, depth))
        drafts.append(
            Draft(
                "depthwise", "other", part, wide, kernel=(size, kernel[1]),
                repeats=padded[0] * times,
                filters=Filters(
                    (depth, size, kernel[1], 1), size * kernel[1] * depth, bits=_ONES_BITS
                ),
            )
        )  # fmt: skip
    sums = whole + (rest > 0) - 1
    if sums:
        drafts.append(Draft("elementwise", "add", wide, wide, ifm2=wide, repeats=sums))
    scalar = View(CONSTANT, (1, 1, 1), 32)
    out = context.view(ofm, result)
    drafts.append(Draft("elementwise", "mul", wide, out, ifm2=scalar, repeats=padded[0]))
    return drafts


def reduce_op(context: Context, op: Op) -> Drafts:
    """SUM, REDUCE_MAX and REDUCE_MIN."""
    rank = max(1, len(context.shape(op.inputs[0])))
    axes = [axis % rank for axis in context.values(op.inputs[1])] or [rank - 1]
    if op.kind == "SUM":
        return _sum(context, op, axes[0])
    return _extremes(context, op, list(dict.fromkeys(axes)))


def _sum(context: Context, op: Op, axis: int) -> Drafts:
    """A 1x1 convolution with weights of one over what is summed, as channels."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape = context.shape(ifm) or (1,)
    high, size, deep = axis_volume(shape, axis)
    view = context.view(ifm)
    drafts: Drafts = []
    if axis != len(shape) - 1:
        turned = temporary((high, deep, size), view.bits)
        lying = replace(view, hwc=(high, size, deep))
        drafts.append(Draft("transpose", "other", lying, turned, linear=True))
        view = replace(turned, storage=PLAIN)
    else:
        batch, (height, width, _) = volume(shape)
        view = replace(view, hwc=(batch * height, width, size))
    height, width, _ = view.hwc
    drafts.append(
        Draft(
            "conv", "other", view, context.view(ofm, (height, width, 1)),
            filters=Filters((1, 1, 1, size), size, bits=_ONE_OF_EIGHT_BITS),
        )
    )  # fmt: skip
    return drafts


def _extremes(context: Context, op: Op, axes: list[int]) -> Drafts:
    """Axis after axis, a pool over what leads, the axis and what follows.

    The least is the largest of what is turned upside down, and is turned back.
    """
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape = list(context.shape(ifm) or (1,))
    current = context.view(ifm)
    least = op.kind == "REDUCE_MIN"
    drafts: Drafts = []
    for number, axis in enumerate(axes):
        high, size, deep = axis_volume(tuple(shape), axis)
        before = deepened(merged(tuple(shape)))
        shape[axis] = 1
        last = number == len(axes) - 1
        there = (high, 1, deep)
        if deep == 1 and last and not op.attrs.get("keep_dims"):
            batch, (height, width, _) = volume((*context.shape(ofm), 1))
            there = (batch * height, width, 1)
        out = context.view(ofm, there) if last else View(PLAIN, there, current.bits)
        source = replace(current, hwc=(high, size, deep))
        pooled = View(PLAIN, there, current.bits) if least else out
        if least:
            drafts.append(_inverted(replace(current, hwc=before), View(PLAIN, before, out.bits)))
            source = replace(source, storage=PLAIN)
        drafts.append(Draft("pool", "max_pool", source, pooled, kernel=(1, size)))
        if least:
            after = deepened(merged(tuple(shape)))
            drafts.append(_inverted(replace(pooled, hwc=after), replace(out, hwc=after)))
        current = out
    return drafts


def _inverted(ifm: View, ofm: View) -> Draft:
    """A constant less a feature map."""
    return Draft("elementwise", "add", View(CONSTANT, (1, 1, 1), ifm.bits), ofm, ifm2=ifm)


def arg_max(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    _, (height, width, depth) = volume(context.shape(ifm))
    count = height * width
    wide = View(PLAIN, (height, width, depth), 16)
    flat = deepened((height, width, 1))
    scalar = View(CONSTANT, (1, 1, 1), 16)
    drafts: Drafts = [
        Draft(
            "depthwise", "other", context.view(ifm), wide,
            filters=Filters((depth, 1, 1, 1), depth, bits=_ONES_BITS),
        )
    ]  # fmt: skip
    # the pool's height is split by the height limit of the registers, into pieces of four
    if count > 65536:
        piece, pieces = 4, -(-count // 4)
    else:
        piece, pieces = count, 1
    drafts.append(
        Draft(
            "pool", "max_pool", View(PLAIN, (count, depth, 1), 16, part=(piece, depth, 1)),
            View(PLAIN, (count, 1, 1), 16, part=(piece, 1, 1)), kernel=(1, depth),
            repeats=pieces, linear=True,
        )
    )  # fmt: skip
    drafts.append(Draft("pool", "other", View(PLAIN, flat, 16), temporary(flat, 16), uses_lut=True))
    out = View(context.storage(ofm), flat, 32)
    drafts.append(Draft("elementwise", "add", temporary(flat, 16), out, ifm2=scalar))
    if context.bits(ofm) == 64:
        twice = deepened((height, width * 2, 1))
        drafts.append(
            Draft("elementwise", "add", temporary(twice, 16), replace(out, hwc=twice), ifm2=scalar)
        )
    return drafts


def softmax(context: Context, op: Op) -> Drafts:
    """Softmax over the last axis: maximum, exponentials by table, a reciprocal by Newton steps."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    full, one = softmax_extents(context.shape(ifm))
    count, depth = full[0] * full[1], full[2]
    deep, flat = deepened(full), deepened(one)
    scalar = View(CONSTANT, (1, 1, 1), 32)
    wide = View(TEMPORARY if deep == full else PLAIN, full, 32)
    thin = View(TEMPORARY if flat == one else PLAIN, one, 32)
    # computed as a deep map, kept as one value a place: in bricks of 16 it takes 16 times as much
    small_map, half, near = (
        View(TEMPORARY, one, 32, part=None if flat == one else flat) for _ in range(3)
    )
    summed = View(PLAIN, full, 32)
    drafts: Drafts = [
        Draft(
            "pool", "max_pool", context.view(ifm, (count, depth, 1)), View(PLAIN, (count, 1, 1), 8),
            kernel=(1, depth),
        ),
        Draft(
            "elementwise", "add", context.view(ifm, full), wide, ifm2=replace(thin, bits=8),
            activation="lut", uses_lut=True,
        ),
        Draft(
            "elementwise", "other", replace(wide, hwc=deep), replace(summed, hwc=deep), ifm2=scalar
        ),
        Draft("reduce", "other", summed, thin),
        Draft("elementwise", "other", replace(thin, hwc=flat), small_map),
    ]  # fmt: skip

    def small(operation: str, ifm: View, ofm: View, ifm2: View = scalar) -> Draft:
        return Draft("elementwise", operation, ifm, ofm, ifm2=ifm2)

    def from_scalar() -> Draft:
        return small("add", scalar, small_map, small_map)

    # half of the denominator and the reciprocal so far stay while a step is computed
    drafts += [from_scalar(), small("add", small_map, small_map)]
    drafts += [small("other", small_map, half, small_map), small("mul", half, small_map)]
    drafts.append(small("add", small_map, near))
    newton = [
        replace(small("mul", near, small_map, half), repeats=2), from_scalar(),
        small("mul", small_map, small_map), small("add", small_map, small_map, near),
    ]  # fmt: skip
    drafts += [replace(step, repeats=step.repeats * 3) for step in newton]
    filler = View(CONSTANT, deep, 32)
    deep_wide = replace(wide, hwc=deep)
    drafts += [
        Draft("elementwise", "mul", wide, wide, ifm2=thin),
        Draft("elementwise", "add", filler, deep_wide, ifm2=deep_wide),
        Draft("elementwise", "other", wide, context.view(ofm, full), ifm2=thin),
    ]
    return drafts
