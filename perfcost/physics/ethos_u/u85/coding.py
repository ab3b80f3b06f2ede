"""Bytes that the weights of a command take on an Ethos-U85 once encoded.

The order of the weights, and so the zeros that fill them up, is another than on the older engines;
where a network has few distinct weights, a stream of palette indices for the fast decoder is
shorter. Restates ``EthosU85WeightOrdering`` and ``UseFastDecoder`` of Regor (Vela 5.2.0,
Apache-2.0).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from perfcost.physics.ethos_u.blocks import SUBKERNEL, Block
from perfcost.physics.ethos_u.coding import HEADER_BYTES, TYPICAL_BITS
from perfcost.physics.ethos_u.command import Weights
from perfcost.physics.ethos_u.draft import Draft, Filters
from perfcost.targets import EthosUTarget
from perfcost.weights import Histogram, coded_bits

SCALE_BYTES = 10
"""Bytes of the scale and bias of one output channel; channels are counted in sixteens."""

FAST_HEADER_BYTES = 32
"""Palette and header of a stream for the fast decoder."""


def _up(value: int, step: int) -> int:
    return -(-value // step) * step


def _kernel_steps(
    kernel: tuple[int, int], dilation: tuple[int, int], step: int, extra: int
) -> int:
    """Kernel elements, those of each sub-kernel filled up to whole steps of so many more."""
    limit = (SUBKERNEL // dilation[0], SUBKERNEL // dilation[1])
    total = 0
    for y in range(0, kernel[0], limit[0]):
        for x in range(0, kernel[1], limit[1]):
            elements = min(kernel[0] - y, limit[0]) * min(kernel[1] - x, limit[1])
            total += -(-elements // step) * (step + extra)
    return total


def streamed(target: EthosUTarget, filters: Filters, block: Block, draft: Draft) -> int:
    """Weights with the zeros that the hardware's order adds."""
    depth, height, width, channels = filters.shape
    wide = draft.ifm.bits == 16
    out = _up(depth, block.ublock[2])
    kernel = (height, width)
    if draft.kind == "depthwise":
        macs = target.macs_per_cycle
        extra = 0 if not wide and macs <= 256 else 2 if macs <= 512 else 6
        return out * _kernel_steps(kernel, draft.dilation, 10, extra)
    if block.part_kernel:
        step = 10 if wide or block.sparse else 5
        return out * _up(channels, 16) * _kernel_steps(kernel, draft.dilation, step, 0)
    return out * _up(channels, block.ifm[2]) * height * width


def weights(target: EthosUTarget, draft: Draft, block: Block) -> Weights:
    """Encoded bytes of a draft's weights and scales, not staged."""
    filters = draft.filters
    assert filters is not None
    count = streamed(target, filters, block, draft)
    elements = max(1, filters.elements)
    padding = max(0.0, count / elements - 1)
    distinct = 256
    if filters.bits is not None:  # all alike, and no zeros but those of the order: a bit each
        bits = max(filters.bits, count / elements)
    elif filters.histogram is None:
        bits = TYPICAL_BITS + 2.5 * min(padding, 1.0) + max(0.0, padding - 1.0)
    else:
        # close paddings share one entry of the cache
        bits = coded_bits(filters.histogram, round(padding, 3))
        distinct = int((filters.histogram.array() > 0).sum())
    nbytes = _up(int(elements * bits / 8 + HEADER_BYTES * target.cores), 16)
    scales = SCALE_BYTES * _up(filters.shape[0], 16)
    if draft.kind == "conv" and not block.sparse:
        packed = 4 if distinct <= 4 else 2 if distinct <= 16 else 1
        fast = _up(FAST_HEADER_BYTES + count // packed, 16)
        if fast < nbytes:
            return Weights(fast, scales, fast=True)
    return Weights(nbytes, scales)


@lru_cache(maxsize=1 << 14)
def may_be_sparse(channels: int, elements: int, histogram: Histogram | None) -> bool:
    """Whether of any four weights along the input's depth two at least are zero.

    Up to two channels are filled up with zeros; deeper weights are where they are so rarely not
    zero that three in one group are not to be expected. No weight may be -128.
    """
    if histogram is None:
        return channels <= 2
    live = np.nonzero(histogram.array())[0] - histogram.zero
    if len(live) and max(-int(live[0]), int(live[-1])) > 127:
        return False
    if channels <= 2:
        return True
    return channels % 4 == 0 and elements * (1 - histogram.zero_fraction) ** 3 < 0.5
