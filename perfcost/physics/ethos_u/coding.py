"""Bytes that the weights of a command take once encoded.

The hardware reads weights in an order of its own, in which kernels and depths are filled up with
zeros to whole steps of the MAC engine; the stream is then compressed (``perfcost.weights``).
Restates the order of ``EthosUWeightOrdering`` of Regor (Vela 5.2.0, Apache-2.0).
"""

from __future__ import annotations

from perfcost.physics.ethos_u.blocks import SUBKERNEL, Block
from perfcost.physics.ethos_u.draft import Filters
from perfcost.physics.ethos_u.layout import pieces
from perfcost.targets import EthosUTarget
from perfcost.weights import coded_bits

TYPICAL_BITS = 7.3
"""Coded bits a weight where the weights are not at hand: the median of trained int8 networks."""

HEADER_BYTES = 12
"""Slice headers and palette of one stream."""


def _up(value: int, step: int) -> int:
    return -(-value // step) * step


def _kernel_steps(kernel: tuple[int, int], step: int) -> int:
    """Kernel elements, each sub-kernel of at most 8 x 8 filled up to whole steps."""
    found = pieces(kernel, (SUBKERNEL, SUBKERNEL))
    return sum(_up(elements, step) * count for elements, count in found)


def coded_bytes(target: EthosUTarget, filters: Filters, block: Block, kind: str) -> int:
    """Encoded bytes of a command's weights, rounded up to 16 as they lie in memory."""
    depth, height, width, channels = filters.shape
    ublock = target.ofm_ublock_hwc[2]
    out = _up(depth, ublock)
    if kind == "depthwise":
        streamed = out * _kernel_steps((height, width), 4)
    elif block.part_kernel:
        streamed = out * _up(channels, target.ifm_ublock_hwc[2]) * _kernel_steps((height, width), 4)
    else:
        streamed = out * _up(channels, 32) * height * width
    elements = max(1, filters.elements)
    padding = max(0.0, streamed / elements - 1)
    if filters.bits is not None:
        bits = filters.bits * (1 + padding)
    elif filters.histogram is None:
        bits = TYPICAL_BITS + 2.5 * min(padding, 1.0) + max(0.0, padding - 1.0)
    else:
        # close paddings share one entry of the cache
        bits = coded_bits(filters.histogram, round(padding, 3))
    nbytes = elements * bits / 8 + HEADER_BYTES * target.cores
    return _up(int(nbytes), 16)
