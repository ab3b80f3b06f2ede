"""Resizing of images."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import CONSTANT, HWC, TEMPORARY, Draft, Drafts, Filters, View
from perfcost.physics.ethos_u.layout import volume
from perfcost.physics.ethos_u.lower.context import Context, copy, temporary


def resize(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    batch, (height, width, depth) = volume(context.shape(ifm))
    _, whole = volume(context.shape(ofm))
    if (height, width) == whole[:2]:
        return [copy(context.view(ifm), context.view(ofm))]
    if height == width == 1:
        filler = View(CONSTANT, whole, context.bits(ofm))
        return [Draft("elementwise", "add", context.view(ifm), context.view(ofm), ifm2=filler)]
    bilinear = op.kind == "RESIZE_BILINEAR"
    drafts: Drafts = []
    current = context.view(ifm)
    corners = bool(op.attrs.get("align_corners", False))
    factor = (
        round((whole[0] - corners) / max(1, height - corners))
        if height > 1
        else round((whole[1] - corners) / max(1, width - corners))
    )
    steps = max(1, (factor - 1).bit_length())
    if bilinear and bool(op.attrs.get("half_pixel_centers", False)):
        return half_pixel(context, op, whole)
    for step in range(steps):
        last = step == steps - 1
        size = (min(whole[0], height * 2), min(whole[1], width * 2), depth)
        if corners:
            size = (height * 2 - 1, width * 2 - 1, depth)
        out = context.view(ofm) if last else temporary(size, context.bits(ofm))
        kernel = (1, 1)
        if bilinear and last:
            kernel = (min(factor, whole[0]), min(factor, whole[1]))
        drafts.append(
            Draft(
                "pool", "other", current, out, kernel=kernel, upscale=2, nearest=True,
                repeats=batch,
            )
        )  # fmt: skip
        height, width, current = size[0], size[1], out
    return drafts


def half_pixel(context: Context, op: Op, whole: HWC) -> Drafts:
    """Bilinear upsampling with half-pixel centres: four depthwise convolutions, border copies."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    _, (height, width, depth) = volume(context.shape(ifm))
    bits = context.bits(ofm)
    padded = temporary((height + 2, width + 2, depth), bits)
    borders = [
        copy(View(TEMPORARY, part, bits), replace(padded, part=part))
        for part in ((1, width, depth), (1, width, depth), (height + 2, 1, depth),
                     (height + 2, 1, depth))
    ]  # fmt: skip
    inner = copy(context.view(ifm), replace(padded, part=(height, width, depth)))
    quarter = View(context.storage(ofm), (whole[0] // 2, whole[1] // 2, depth), bits)
    convs = [
        Draft(
            "depthwise", "other", padded, quarter, kernel=(2, 2),
            filters=Filters((depth, 2, 2, 1), 4 * depth, bits=2.5),
        )
        for _ in range(4)
    ]  # fmt: skip
    return [inner, *borders, *convs]
