"""Which block of its output an Ethos-U85 computes at a time, with which micro-block.

Unlike the older engines, which search all blocks for the least traffic, the U85 does so for
convolutions, copies and resizes only; other operations get the block that fills the accumulators
in the aspect of the output, and elementwise ones what the output buffer holds. Restates
``ArchEthosU85::FindBlockConfig`` of Regor (Vela 5.2.0, Apache-2.0); checked block for block against
the compiler's own tables by ``tests/physics/test_u85_blocks.py``.
"""

from __future__ import annotations

import math
from functools import lru_cache

from perfcost.physics.ethos_u.blocks import Block
from perfcost.physics.ethos_u.u85.area_fit import elementwise, filled
from perfcost.physics.ethos_u.u85.full_search import searched
from perfcost.physics.ethos_u.u85.hardware import may_use
from perfcost.physics.ethos_u.u85.work import GRANULE, HWC, Engine, Search, Work, elements, up


def part_kernel_first(depth: int, kernel_elements: int, *, sparse: bool = False) -> bool:
    """Whether a convolution walks the kernel before the depth: by the better use of the MACs."""
    step, least, deep = (10, 4, 128) if sparse else (5, 2, 64)
    rounded = kernel_elements // step * step + max(kernel_elements % step, least)
    by_part = depth / up(depth, 16) * (kernel_elements / rounded)
    return by_part >= depth / up(depth, deep)


def micro_block(engine: Engine, work: Work, *, part_kernel: bool) -> HWC:
    """The micro-block that wastes least of the output; the first of them."""
    first = work.kernel == (1, 1) and not part_kernel
    kind = "pool" if work.kind == "copy" else work.kind
    bits = 8 if work.kind in ("copy", "pool") and work.bits >= 32 else work.bits
    best, waste = engine.ublocks[0], math.inf
    for ublock in engine.ublocks:
        if not may_use(engine.macs, ublock, kind, bits, depth_first_1x1=first):
            continue
        rounded = math.prod(up(a, b) for a, b in zip(work.ofm, ublock, strict=True))
        if rounded - elements(work.ofm) < waste:
            best, waste = ublock, rounded - elements(work.ofm)
    return best


@lru_cache(maxsize=1 << 16)
def choose(engine: Engine, work: Work) -> Block | None:
    """The block that the compiler picks for this work, ``None`` where nothing fits."""
    part = work.kind == "conv" and part_kernel_first(
        work.ifm[2], work.kernel[0] * work.kernel[1], sparse=work.sparse
    )
    ublock = micro_block(engine, work, part_kernel=part)
    pooling = work.kind in ("pool", "copy", "minmax", "reduce")
    wide = (work.bits == 16 and not pooling and work.scaled) or max(work.bits, work.ofm_bits) > 32
    granule = [ublock[0], ublock[1], GRANULE]
    if work.brick and work.swap[2] != 2:  # bricks of what becomes the channels are written whole
        granule[work.swap[2]] = 16
    back = [work.swap.index(axis) for axis in range(3)]
    most = (engine.block_max[back[0]], engine.block_max[back[1]], engine.block_max[back[2]])
    if part:
        ifm_depth = 16
    elif work.bits == 32 or (engine.macs <= 256 and ublock[2] == 16 and not work.sparse):
        ifm_depth = 32
    elif work.sparse and work.bits == 8:
        ifm_depth = 128
    else:
        ifm_depth = 64
    fixed = ifm_depth if work.kind == "reduce" else 0
    search = Search(
        work, engine, ublock, (granule[0], granule[1], granule[2]), most, 64 if wide else 32, fixed
    )
    if work.kind == "elementwise":
        block = elementwise(search)
        return Block(block, block, False, ublock)
    if work.kind in ("depthwise", "pool", "reduce", "minmax"):
        ifm, ofm = filled(search)
        return Block(ifm, ofm, False, ublock)
    return searched(search, ifm_depth, part=part)
