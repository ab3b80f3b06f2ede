"""Which block of its output an Ethos-U55 or U65 computes at a time.

The NPU works block by block; the block's size decides how often inputs and weights are fetched
again and how well the MAC engine is filled. The compiler searches all blocks that fit the shared
block memory for the least traffic. This restates that search (``ArchEthosU55::FindBlockConfig`` of
Regor, Vela 5.2.0, Apache-2.0), on whole arrays of candidates at once; checked block for block
against the compiler's own tables by ``tests/physics/test_blocks.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfcost.targets.profile import Shram

HWC = tuple[int, int, int]

SPLIT_DEPTH = 16
SUBKERNEL = 8


@dataclass(frozen=True, slots=True)
class Engine:
    """The figures of the hardware that decide a block."""

    ublock: HWC
    ifm_ublock_depth: int
    block_max: HWC
    shram: Shram


@dataclass(frozen=True, slots=True)
class Work:
    """One operation, as far as it decides a block. Shapes are (height, width, channels).

    ``kind`` is ``conv`` (also a fully connected layer), ``depthwise``, ``pool``, ``reduce`` or
    ``elementwise``; ``scalar`` tells an elementwise op with a scalar operand; ``upscale`` is 2
    where the input is upsampled on the fly, with ``nearest`` rounding.
    """

    kind: str
    ifm: HWC
    ofm: HWC
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    bits: int = 8
    batch: int = 1
    scalar: bool = False
    lut: bool = False
    scaled: bool = True
    upscale: int = 1
    nearest: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """The block chosen: input and output extents, and whether part-kernel traversal is used.

    On an Ethos-U85, ``ublock`` is the micro-block chosen, and ``sparse`` tells that of four weights
    two at least are zero and skipped.
    """

    ifm: HWC
    ofm: HWC
    part_kernel: bool
    ublock: HWC = (1, 1, 1)
    sparse: bool = False


def _up(value: int, step: int) -> int:
    return -(-value // step) * step


def part_kernel_first(depth: int, bits: int, kernel_elements: int) -> bool:
    """Whether a convolution walks the kernel before the depth: by the better use of the MACs."""
    if depth <= 8:
        return True
    depth_step, kernel_step = (32, 4) if bits == 8 else (16, 2)
    by_depth = depth / _up(depth, depth_step)
    by_part = (depth / _up(depth, 8)) * (kernel_elements / _up(kernel_elements, kernel_step))
    return by_part >= by_depth


def block_depths(step: int, ofm_depth: int, limit: int) -> list[int]:
    """Depths that a block is tried with; those less than the output's are whole splits."""
    depth = max(step, min(limit, SPLIT_DEPTH))
    found: list[int] = []
    while True:
        if depth < ofm_depth:
            depth = _up(depth, SPLIT_DEPTH)
        if depth > limit:
            return found
        found.append(depth)
        depth += step


def _extents(value: int, step: int, limit: int) -> NDArray[np.int64]:
    return np.arange(step, min(_up(value, step), _up(limit, step)) + 1, step, dtype=np.int64)


def _needed(
    extents: NDArray[np.int64], stride: int, border: int, work: Work, step: int
) -> NDArray[np.int64]:
    """Input elements of one axis that feed so many output elements."""
    raw = (extents - 1) * stride + border + int(work.nearest)
    return _ceil(_ceil(raw, work.upscale), step) * step


def _ceil(value: NDArray[np.int64] | int, step: NDArray[np.int64] | int) -> NDArray[np.int64]:
    return np.asarray(-(-value // step))


def _granules(engine: Engine, work: Work, accumulator_bits: int) -> tuple[int, int]:
    shram = engine.shram
    accumulator = shram.acc40_granule if accumulator_bits == 40 else shram.acc32_granule
    if work.bits == 32:
        return shram.ifm32_granule, accumulator
    if work.kind == "elementwise":
        wide, narrow = shram.ifm16_elementwise_granule, shram.ifm8_elementwise_granule
    else:
        wide, narrow = shram.ifm16_granule, shram.ifm8_granule
    return (wide if work.bits == 16 else narrow), accumulator


@lru_cache(maxsize=1 << 16)
def choose(engine: Engine, work: Work) -> Block | None:
    """The block that the compiler picks for this work, ``None`` where nothing fits."""
    ofm_h, ofm_w, ofm_d = work.ofm
    ifm_h, ifm_w, ifm_d = work.ifm
    pooling = work.kind in ("pool", "reduce")
    equal_depth = work.kind in ("elementwise", "pool", "depthwise")
    part = work.kind == "conv" and part_kernel_first(
        ifm_d, work.bits, work.kernel[0] * work.kernel[1]
    )
    accumulator_bits = (
        40 if work.bits == 16 and (not pooling or work.kind == "reduce") and work.scaled else 32
    )
    ifm_granule, acc_granule = _granules(engine, work, accumulator_bits)
    shram = engine.shram
    lut_banks = max(2 if work.lut else 0, shram.reserved_end_banks)
    kernel_h = (work.kernel[0] - 1) * work.dilation[0] + 1
    kernel_w = (work.kernel[1] - 1) * work.dilation[1] + 1
    repeats = math.ceil(kernel_w / SUBKERNEL) * math.ceil(kernel_h / SUBKERNEL)
    if work.bits == 16:
        ifm_block_depth = _up(min(ifm_d, 16), 4)
    else:
        ifm_block_depth = _up(min(ifm_d, 16 if part else 32), engine.ifm_ublock_depth)

    heights = _extents(min(ofm_h, engine.block_max[0]), engine.ublock[0], engine.block_max[0])
    widths = _extents(min(ofm_w, engine.block_max[1]), engine.ublock[1], engine.block_max[1])
    limit = _up(min(ofm_d, engine.block_max[2]), engine.ublock[2])
    depths = np.array(block_depths(engine.ublock[2], ofm_d, limit), np.int64)
    need_h = _needed(heights, work.stride[0], min(kernel_h, SUBKERNEL), work, engine.ublock[0])
    need_w = _needed(widths, work.stride[1], min(kernel_w, SUBKERNEL), work, engine.ublock[1])

    # a 1-high output under a 1-high kernel needs no second row of accumulators
    flat = ofm_h == 1 and work.kernel[0] == 1 and engine.ublock[0] == 2
    block_h = np.minimum(heights, ofm_h) if flat else heights
    ifm_area = need_h[:, None] * need_w
    block_depth = depths if equal_depth else np.array([ifm_block_depth])
    ifm_bytes = ifm_area * (_ceil(block_depth * (work.bits // 8), 8) * 8)[:, None, None]
    ifm_banks = _ceil(_ceil(ifm_bytes, shram.bank_bytes) * 2, ifm_granule) * ifm_granule
    end = shram.reserved_output_banks + ifm_banks
    space = shram.banks - lut_banks
    if work.kind == "elementwise":
        fits = end + (0 if work.scalar and work.bits <= 16 else ifm_banks) <= space
    else:
        area = block_h[:, None] * widths
        acc_bytes = area * (_ceil(depths, 8) * 8)[:, None, None] * accumulator_bits // 8
        acc_banks = _ceil(_ceil(acc_bytes, shram.bank_bytes) * 2, acc_granule) * acc_granule
        fits = end + acc_banks <= space
    if not fits.any():
        return None
    cost = _cost(work, heights, widths, depths, block_h, ifm_area, repeats, equal_depth)
    if ifm_h * ifm_w * ifm_d < int((ifm_area.max() * block_depth.max()) * 2):
        whole = ifm_h * ifm_w * ifm_d < ifm_area * block_depth[:, None, None] * 2
        cost = np.where(whole, cost / np.float32(2), cost)
    cost = np.where(fits, cost, np.float32(np.inf))
    d, h, w = _pick(cost, heights, widths, ifm_area, ifm_h, ifm_w)
    chosen = int(depths[d])
    return Block(
        ifm=(int(need_h[h]), int(need_w[w]), chosen if equal_depth else ifm_block_depth),
        ofm=(int(heights[h]), int(widths[w]), chosen),
        part_kernel=part,
    )


def _cost(
    work: Work,
    heights: NDArray[np.int64],
    widths: NDArray[np.int64],
    depths: NDArray[np.int64],
    block_h: NDArray[np.int64],
    ifm_area: NDArray[np.int64],
    repeats: int,
    equal_depth: bool,
) -> NDArray[np.float32]:
    """Bytes fetched an output element, of every (depth, height, width), in the same precision."""
    ofm_h, ofm_w, ofm_d = work.ofm
    f = np.float32
    elements = f(work.batch * ofm_h * ofm_w * ofm_d)
    if work.kind == "elementwise":
        volume = heights[:, None] * widths * depths[:, None, None]
        return (elements / volume.astype(f)).astype(f)
    blocks_y = f(ofm_h) / block_h.astype(f)
    blocks_x = f(ofm_w) / widths.astype(f)
    full = _ceil(ofm_h, block_h)[:, None] * _ceil(ofm_w, widths)
    ifm_fetch: NDArray[Any] = ((ifm_area * work.ifm[2] * repeats).astype(f) * blocks_x) * blocks_y[
        :, None
    ]
    if not equal_depth:
        ifm_fetch = ifm_fetch * _ceil(ofm_d, depths).astype(f)[:, None, None]
    if work.kind in ("conv", "depthwise"):
        kernel = work.kernel[0] * work.kernel[1]
        weights = (kernel * work.ifm[2] * full).astype(f)
        if work.kind == "conv":
            passes = (f(ofm_d) / depths.astype(f)) * depths.astype(f)
            weights = weights * passes[:, None, None]
        ifm_fetch = ifm_fetch + weights
    total = (ifm_fetch / elements).astype(f)
    return np.broadcast_to(total, (len(depths), len(heights), len(widths)))


def _pick(
    cost: NDArray[np.float32],
    heights: NDArray[np.int64],
    widths: NDArray[np.int64],
    ifm_area: NDArray[np.int64],
    ifm_h: int,
    ifm_w: int,
) -> tuple[int, int, int]:
    """Position of the best block: the first of least cost, then small ones of least coverage."""
    flat = cost.reshape(-1)
    best = int(flat.argmin())
    ties = np.nonzero(flat == flat[best])[0]
    if len(ties) > 1:
        _, at_h, at_w = np.unravel_index(ties, cost.shape)
        small = (heights[at_h] <= 4) & (widths[at_w] <= 4) & (ties > best)
        if small.any():
            ties, at_h, at_w = ties[small], at_h[small], at_w[small]
            covered = np.minimum(ifm_area[at_h, at_w], ifm_h * ifm_w)
            coverage = np.float32(ifm_h * ifm_w) / np.maximum(covered, 1).astype(np.float32)
            best = int(ties[np.nonzero(coverage == coverage.min())[0][-1]])
    d, h, w = np.unravel_index(best, cost.shape)
    return int(d), int(h), int(w)
