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
from perfcost.physics.ethos_u.draft import Draft
from perfcost.physics.ethos_u.layout import pieces
from perfcost.physics.ethos_u.u85.channels import Channels
from perfcost.targets import EthosUTarget
from perfcost.weights import Histogram, coded_bits

SCALE_BYTES = 10
"""Bytes of the scale and bias of one output channel; channels are counted in sixteens."""

FAST_HEADER_BYTES = 32
"""Palette and header of a stream for the fast decoder."""


def _up(value: int, step: int) -> int:
    return -(-value // step) * step


def _kernel_steps(kernel: tuple[int, int], dilation: tuple[int, int], step: int, extra: int) -> int:
    """Kernel elements, those of each sub-kernel filled up to whole steps of so many more."""
    limit = (SUBKERNEL // dilation[0], SUBKERNEL // dilation[1])
    found = pieces(kernel, limit)
    return sum(-(-elements // step) * (step + extra) * count for elements, count in found)


def streamed(target: EthosUTarget, draft: Draft, block: Block, pieces: tuple[int, ...]) -> int:
    """Weights with the zeros that the hardware's order adds, by slices of the output's depth."""
    assert draft.filters is not None
    _, height, width, channels = draft.filters.shape
    wide = draft.ifm.bits == 16
    out = sum(_up(piece, block.ublock[2]) for piece in pieces)
    kernel = (height, width)
    if draft.kind == "depthwise":
        macs = target.macs_per_cycle
        extra = 0 if not wide and macs <= 256 else 2 if macs <= 512 else 6
        return out * _kernel_steps(kernel, draft.dilation, 10, extra)
    if block.part_kernel:
        step = 10 if wide or block.sparse else 5
        return out * _up(channels, 16) * _kernel_steps(kernel, draft.dilation, step, 0)
    return out * _up(channels, block.ifm[2]) * height * width


def weights(
    target: EthosUTarget,
    channels: Channels,
    draft: Draft,
    block: Block,
    pieces: tuple[int, ...] | None = None,
) -> Weights:
    """Encoded bytes of a draft's weights and scales, not staged.

    Args:
        pieces: depths of the slices that they are encoded in; ``None`` for one.
    """
    filters = draft.filters
    assert filters is not None
    pieces = pieces or (filters.shape[0],)
    count = streamed(target, draft, block, pieces)
    elements = max(1, filters.elements)
    padding = max(0.0, count / elements - 1)
    distinct, zeros = 256, 0.0
    if filters.bits is not None:  # all alike, and no zeros but those of the order: a bit each
        bits = max(filters.bits, count / elements)
    elif filters.histogram is None:
        bits = TYPICAL_BITS + 2.5 * min(padding, 1.0) + max(0.0, padding - 1.0)
    else:
        # close paddings share one entry of the cache
        bits = coded_bits(filters.histogram, round(padding, 3))
        distinct, zeros = _contents(filters.histogram)
    streams = target.cores * len(pieces)
    each = _up(int(elements * bits / 8 / streams) + HEADER_BYTES, 16)
    granule = max(16, block.ublock[2])
    scales = SCALE_BYTES * sum(_up(piece, granule) for piece in pieces)
    coded = Weights(each * streams, scales)
    if draft.kind != "conv" or block.sparse:
        return coded
    packed = 4 if distinct <= 4 else 2 if distinct <= 16 else 1
    fast = Weights(_up(FAST_HEADER_BYTES + count // packed, 16), scales, fast=True)
    share = (zeros + padding) / (1 + padding)
    quick, usual = (
        _load_cycles(target, channels, each, count, distinct, share) for each in (fast, coded)
    )
    return fast if quick < usual else coded


def _load_cycles(
    target: EthosUTarget,
    channels: Channels,
    coded: Weights,
    count: int,
    distinct: int,
    zeros: float,
) -> float:
    """Cycles to read or to decode weights once, whichever is longer."""
    source = target.constants
    if coded.fast:
        rate = 64.0 if distinct < 16 else 32.0
    else:
        rate = (8 + int((min(max(zeros, 0.5), 0.9) - 0.5) * 24 / 0.4)) * target.cores
    channel = "fast_weights" if coded.fast else "weights"
    return max(count // rate, channels.read_cycles(source, coded.coded_bytes, channel))


@lru_cache(maxsize=1 << 14)
def _contents(histogram: Histogram) -> tuple[int, float]:
    """(distinct values, share of zeros)."""
    return int((histogram.array() > 0).sum()), histogram.zero_fraction


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
