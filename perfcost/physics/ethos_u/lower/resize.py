"""Resizing of images."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import CONSTANT, HWC, PLAIN, Draft, Drafts, Filters, View
from perfcost.physics.ethos_u.layout import volume
from perfcost.physics.ethos_u.lower.context import Context, copy, temporary

_PICKING_BITS = 0.5
"""Coded bits a weight of a kernel that is zeros but for a single one."""

_BLENDING_BITS = 2.5
"""Coded bits a weight of the kernels that blend four neighbours."""


def resize(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    batch, (height, width, depth) = volume(context.shape(ifm))
    _, whole = volume(context.shape(ofm))
    bilinear = op.kind == "RESIZE_BILINEAR"
    if (height, width) == whole[:2]:
        return [copy(context.view(ifm), context.view(ofm))]
    if height == width == 1:
        filler = View(CONSTANT, whole, context.bits(ofm))
        return [Draft("elementwise", "add", context.view(ifm), context.view(ofm), ifm2=filler)]
    if bilinear and bool(op.attrs.get("half_pixel_centers", False)):
        return half_pixel(context, op, batch, whole)
    corners = int(bool(op.attrs.get("align_corners", False)))
    factors = (_factor(height, whole[0], corners), _factor(width, whole[1], corners))
    current = context.view(ifm)
    drafts: Drafts = []
    for _ in range((max(factors) - 1).bit_length() - 1):
        height, width = height * min(2, factors[0]), width * min(2, factors[1])
        out = temporary((height, width, depth), context.bits(ofm))
        drafts.append(_doubled(current, out, batch))
        current = out
    last = _doubled(current, context.view(ofm), batch)
    if bilinear:
        last = replace(last, kernel=factors)
    elif corners:
        filters = Filters((depth, *factors, 1), depth * factors[0] * factors[1], bits=_PICKING_BITS)
        last = replace(last, kind="depthwise", kernel=factors, filters=filters)
    return [*drafts, last]


def _factor(before: int, after: int, corners: int) -> int:
    """How often an axis is enlarged: 1 at least."""
    if before <= 1:
        return max(1, after)
    return max(1, round((after - corners) / (before - corners)))


def _doubled(ifm: View, ofm: View, batch: int) -> Draft:
    """A pool whose input is read twice as large."""
    return Draft("pool", "other", ifm, ofm, upscale=2, nearest=True, repeats=batch)


def half_pixel(context: Context, op: Op, batch: int, whole: HWC) -> Drafts:
    """Bilinear upsampling with half-pixel centres: four depthwise convolutions, border copies.

    Each convolution writes every other row and column, and is counted as if it wrote them all.
    """
    ifm, ofm = op.inputs[0], op.outputs[0]
    _, (height, width, depth) = volume(context.shape(ifm))
    bits = context.bits(ofm)
    source = context.view(ifm)
    padded = View(PLAIN, (height + 2, width + 2, depth), bits)
    row, column = (1, width, depth), (height + 2, 1, depth)
    copies = [
        copy(source, replace(padded, part=(height, width, depth))),
        *[copy(replace(source, part=row), replace(padded, part=row))] * 2,
        *[copy(replace(padded, part=column), replace(padded, part=column))] * 2,
    ]
    result = context.view(ofm, whole)
    blend = Draft(
        "depthwise", "other", replace(padded, part=(height + 1, width + 1, depth)),
        replace(result, part=(max(1, whole[0] - 1), max(1, whole[1] - 1), depth)), kernel=(2, 2),
        filters=Filters((depth, 2, 2, 1), 4 * depth, bits=_BLENDING_BITS), linear_ofm=True,
    )  # fmt: skip
    return [replace(draft, repeats=batch) for draft in (*copies, *[blend] * 4)]
