"""Convolutions, fully connected layers and pools."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import PLAIN, TEMPORARY, Draft, Drafts, Filters, View
from perfcost.physics.ethos_u.layout import deepened, merged, rows, volume
from perfcost.physics.ethos_u.lower.context import Context, activation, copy
from perfcost.physics.ethos_u.lower.transpose import permuted


def filters_of(context: Context, tensor: int, shape: tuple[int, int, int, int]) -> Filters:
    found = context.graph.tensors[tensor]
    histogram = None if found.constant is None else found.constant.histogram
    return Filters(shape, found.elements, histogram)


def with_activation(context: Context, draft: Draft, op: Op) -> Drafts:
    """A draft that nothing else holds, with the op's fused activation.

    A shallow output is laid out anew for an activation, and one of several images is computed
    image by image: then the activation runs on its own.
    """
    kind = activation(op)
    hwc = draft.ofm.hwc
    deeper = deepened(merged(context.shape(op.outputs[0])))
    if op.kind == "FULLY_CONNECTED":
        deeper = hwc
    if kind == "none" or deeper == hwc or draft.ofm.part is not None:
        draft.activation, draft.uses_lut = kind, kind == "lut"
        return [draft]
    between = View(PLAIN, hwc, draft.ofm.bits)
    own = Draft(
        "pool", "other", replace(between, hwc=deeper), replace(draft.ofm, hwc=deeper),
        uses_lut=kind == "lut",
    )  # fmt: skip
    return [replace(draft, ofm=between), own]


def conv(context: Context, op: Op) -> Drafts:
    ifm = context.source.get(op.inputs[0], op.inputs[0])
    weights, ofm = op.inputs[1], op.outputs[0]
    filter_shape = context.shape(weights)
    kernel = (filter_shape[1], filter_shape[2])
    dilation = op.pair("dilation")
    widened = kernel
    if max(dilation) > 2:  # the hardware dilates by 2 at most; the rest is zeros in the kernel
        hardware = tuple(2 if step % 2 == 0 else 1 for step in dilation)
        by_hand = tuple(d // h for d, h in zip(dilation, hardware, strict=True))
        widened = ((kernel[0] - 1) * by_hand[0] + 1, (kernel[1] - 1) * by_hand[1] + 1)
        dilation = (hardware[0], hardware[1])
    batch, ifm_hwc = volume(context.shape(ifm))
    _, ofm_hwc = volume(context.shape(ofm))
    stride = effective(op.pair("stride"), ofm_hwc[:2])
    dilation = effective(dilation, widened)
    kind = "conv"
    if op.kind == "DEPTHWISE_CONV_2D" and not (ifm_hwc[2] == 1 and ofm_hwc[2] > 1):
        kind = "depthwise"
    repeats = batch
    pointwise = kernel == (1, 1) and stride == (1, 1) and not any(op.padding)
    if kind == "conv" and batch > 1 and pointwise:
        height, width = rows(batch * ifm_hwc[0] * ifm_hwc[1])
        ifm_hwc, ofm_hwc = (height, width, ifm_hwc[2]), (height, width, ofm_hwc[2])
        repeats = 1
    depth_in = 1 if op.kind == "DEPTHWISE_CONV_2D" else ifm_hwc[2]
    draft = Draft(
        kind, "other", context.view(ifm, ifm_hwc), context.view(ofm, ofm_hwc), kernel=widened,
        stride=stride, dilation=dilation, repeats=repeats,
        filters=filters_of(context, weights, (ofm_hwc[2], *widened, depth_in)),
    )  # fmt: skip
    groups = ifm_hwc[2] // max(1, filter_shape[3]) if op.kind == "CONV_2D" else 1
    if groups > 1:
        return grouped(context, draft, op, groups, filter_shape[0] == groups == ifm_hwc[2])
    return with_activation(context, unrolled(draft, op), op)


def grouped(context: Context, draft: Draft, op: Op, groups: int, single: bool) -> Drafts:
    """A convolution a group, each on its part of the channels; an activation runs on its own.

    Where each group is ``single`` in its input and its output, it is a depthwise convolution.
    """
    assert draft.filters is not None
    depth, *kernel, _ = draft.filters.shape
    if single:
        shape = (depth, kernel[0], kernel[1], 1)
        one = replace(draft, kind="depthwise", filters=replace(draft.filters, shape=shape))
        return with_activation(context, unrolled(one, op), op)
    taken, given = draft.ifm.hwc[2] // groups, depth // groups
    filters = replace(
        draft.filters, shape=(given, kernel[0], kernel[1], taken),
        elements=max(1, draft.filters.elements // groups),
    )  # fmt: skip
    kind = activation(op)
    out = draft.ofm
    if kind != "none":
        out = View(PLAIN if given % 16 else TEMPORARY, out.hwc, out.bits)
    batch, (height, width, _) = volume(context.shape(op.outputs[0]))
    drafts: Drafts = []
    copies: Drafts = []
    for number in range(groups):
        taker = replace(draft.ifm, part=(*draft.ifm.hwc[:2], taken), channel=number * taken)
        giver = replace(out, part=(*out.hwc[:2], given), channel=number * given)
        if batch > 1:  # the groups of several images are joined by copies, image by image
            image = View(PLAIN, (height, width, given), out.bits)
            whole = (height, width, depth)
            copies.append(
                replace(copy(image, replace(giver, hwc=whole, part=image.hwc)), repeats=batch)
            )
            giver = View(PLAIN, (*out.hwc[:2], given), out.bits)
        drafts.append(replace(draft, filters=filters, ifm=taker, ofm=giver))
    drafts += copies
    if kind != "none":
        flat = deepened(merged(context.shape(op.outputs[0])))
        last = Draft(
            "pool", "other", replace(out, hwc=flat), replace(draft.ofm, hwc=flat),
            uses_lut=kind == "lut",
        )  # fmt: skip
        drafts.append(last)
    return drafts


def one_output_each(draft: Draft, times: int, ofm: View) -> Draft:
    """One of so many passes of a depthwise convolution with several outputs a channel."""
    assert draft.filters is not None
    filters = replace(
        draft.filters, shape=(draft.ifm.touched[2], *draft.filters.shape[1:]),
        elements=max(1, draft.filters.elements // times),
    )  # fmt: skip
    return replace(draft, ofm=ofm, filters=filters, activation="none", uses_lut=False)


def multiplied(context: Context, op: Op) -> Drafts:
    """A depthwise convolution with several outputs a channel: one each, then a permutation.

    The permutation is of (outputs a channel, height, width, channels), by swaps; the activation is
    done by the last of them.
    """
    first, *rest = conv(context, op)
    depth = first.ifm.touched[2]
    times = first.ofm.touched[2] // max(1, depth)
    if first.kind != "depthwise" or times < 2 or first.filters is None:
        return [first, *rest]
    height, width, _ = first.ofm.hwc
    wide = View(PLAIN, (times * height, width, depth), first.ofm.bits)
    one = one_output_each(first, times, replace(wide, part=(height, width, depth)))
    turned = permuted(wide, first.ofm, (times, height, width, depth), (1, 2, 3, 0))
    return [*[one] * times, *turned, *rest]


def effective(steps: tuple[int, int], extents: tuple[int, int]) -> tuple[int, int]:
    """Strides (dilations) where they count: not over an output (a kernel) of one element."""
    return (1 if extents[0] == 1 else steps[0], 1 if extents[1] == 1 else steps[1])


def unrolled(draft: Draft, op: Op) -> Draft:
    """Strides above 3 are beyond the hardware: one command an output position instead."""
    if max(draft.stride) <= 3 or any(op.padding) or draft.dilation != (1, 1):
        return draft
    ifm, ofm = draft.ifm.hwc, draft.ofm.hwc
    return replace(
        draft,
        ifm=replace(draft.ifm, part=(*draft.kernel, ifm[2])),
        ofm=replace(draft.ofm, part=(1, 1, ofm[2])),
        stride=(1, 1),
        repeats=draft.repeats * ofm[0] * ofm[1],
    )


def transpose_conv(context: Context, op: Op) -> Drafts:
    weights, ifm, ofm = op.inputs[1], op.inputs[2], op.outputs[0]
    filter_shape = context.shape(weights)
    batch, ifm_hwc = volume(context.shape(ifm))
    upscale = 2 if op.pair("stride") == (2, 2) else 1
    shape = (filter_shape[0], filter_shape[1], filter_shape[2], filter_shape[3])
    draft = Draft(
        "conv", "other", context.view(ifm, ifm_hwc), context.view(ofm), kernel=shape[1:3],
        repeats=batch, upscale=upscale, filters=filters_of(context, weights, shape),
    )  # fmt: skip
    return with_activation(context, draft, op)


def fully_connected(context: Context, op: Op) -> Drafts:
    ifm, weights, ofm = op.inputs[0], op.inputs[1], op.outputs[0]
    filter_shape = context.shape(weights)
    depth = filter_shape[-1]
    height, width = rows(context.graph.tensors[ifm].elements // max(1, depth))
    draft = Draft(
        "conv", "matrix", context.view(ifm, (height, width, depth)),
        context.view(ofm, (height, width, filter_shape[0])),
        filters=filters_of(context, weights, (filter_shape[0], 1, 1, depth)),
    )  # fmt: skip
    return with_activation(context, draft, op)


def pool(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    batch, ifm_hwc = volume(context.shape(ifm))
    kernel = op.pair("window")
    stride = effective(op.pair("stride"), volume(context.shape(ofm))[1][:2])
    if kernel == ifm_hwc[:2]:
        stride = (1, 1)
    operation = "max_pool" if op.kind == "MAX_POOL_2D" else "other"
    draft = Draft(
        "pool", operation, context.view(ifm), context.view(ofm), kernel=kernel, stride=stride,
        repeats=batch,
    )  # fmt: skip
    return with_activation(context, unrolled(draft, op), op)
