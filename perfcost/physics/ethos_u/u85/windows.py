"""Convolutions that an Ethos-U85 does in several commands."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import Drafts
from perfcost.physics.ethos_u.lower import Context
from perfcost.physics.ethos_u.lower import lower as lower_as_before
from perfcost.physics.ethos_u.lower.windows import conv, one_output_each
from perfcost.physics.ethos_u.u85.fresh import Fresh
from perfcost.physics.ethos_u.u85.permutation import permuted


def multiplied(context: Context, fresh: Fresh, op: Op) -> Drafts:
    """A depthwise convolution with several outputs a channel: one each, then a permutation."""
    base = conv(context, op)
    first, *rest = base
    depth = first.ifm.touched[2]
    times = first.ofm.touched[2] // max(1, depth)
    if first.kind != "depthwise" or times < 2 or first.filters is None:
        return base
    height, width, _ = first.ofm.touched
    wide = fresh.view((times * height, width, depth), first.ofm.bits)
    one = one_output_each(first, times, replace(wide, part=(height, width, depth)))
    turned = permuted(fresh, wide, first.ofm, [times, height, width, depth], [1, 2, 3, 0])
    turned[-1] = replace(turned[-1], activation=first.activation)
    return [*[one] * times, *turned, *rest]


def _phases(size: int, stride: int, pad: int, extent: int) -> list[tuple[int, int]]:
    """(kernel, output extent) of each phase of a stride, as the compiler counts the latter."""
    found = []
    for offset in range(min(size, stride)):
        first = offset + -(-(pad - offset) // stride) * stride - pad
        found.append(((size - 1 - offset) // stride + 1, max(1, extent - first)))
    return found


def transpose_conv(context: Context, fresh: Fresh, op: Op) -> Drafts:
    """A convolution for each phase of the stride, that writes every so many rows and columns."""
    base = lower_as_before(context, op)
    first = base[0]
    stride = op.pair("stride")
    if stride == (1, 1) or first.filters is None:
        return [replace(first, upscale=1), *base[1:]]
    depth, high, wide, channels = first.filters.shape
    height, width, deep = first.ofm.hwc
    drafts: Drafts = []
    for tall, rows in _phases(high, stride[0], op.padding[0], height):
        for broad, columns in _phases(wide, stride[1], op.padding[1], width):
            filters = replace(
                first.filters, shape=(depth, tall, broad, channels),
                elements=max(1, first.filters.elements * tall * broad // (high * wide)),
            )  # fmt: skip
            drafts.append(
                replace(
                    first, ofm=replace(first.ofm, part=(rows, columns, deep)),
                    kernel=(tall, broad), filters=filters, upscale=1, linear_ofm=True,
                )
            )  # fmt: skip
    return [*drafts, *base[1:]]
