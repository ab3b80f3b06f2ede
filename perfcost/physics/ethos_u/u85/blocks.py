"""Which block of its output an Ethos-U85 computes at a time, with which micro-block.

Unlike the older engines, which search all blocks for the least traffic, the U85 does so for
convolutions, copies and resizes only; other operations get the block that fills the accumulators
in the aspect of the output, and elementwise ones what the output buffer holds. Restates
``ArchEthosU85::FindBlockConfig`` of Regor (Vela 5.2.0, Apache-2.0); checked block for block against
the compiler's own tables by ``tests/physics/test_u85_blocks.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from perfcost.physics.ethos_u.blocks import SUBKERNEL, Block
from perfcost.physics.ethos_u.u85.hardware import allocation_unit, may_use
from perfcost.targets.profile import Buffers

HWC = tuple[int, int, int]

GRANULE = 16
"""Depth granule of the accumulators, and of a slice of the output's depth."""

_SLOTS = 6
_BRICK = 16


@dataclass(frozen=True, slots=True)
class Engine:
    """The figures of the hardware that decide a block."""

    macs: int
    ublocks: tuple[HWC, ...]
    block_max: HWC
    buffers: Buffers


@dataclass(frozen=True, slots=True)
class Work:
    """One operation, as far as it decides a block. Shapes are (height, width, channels).

    ``kind`` is ``conv``, ``matmul``, ``depthwise``, ``pool``, ``copy``, ``reduce``, ``minmax``
    (also ARG_MAX), ``elementwise`` or ``resize``. ``swap`` is the permutation of a transposition
    done on the way out, ``ofm`` the extents before it. ``brick`` tells the layout of the result,
    ``sparse`` that two of four weights are skipped, ``factor`` the horizontal (numerator,
    denominator) of a resize.
    """

    kind: str
    ifm: HWC
    ofm: HWC
    ifm2: HWC | None = None
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    bits: int = 8
    ofm_bits: int = 8
    scaled: bool = True
    swap: HWC = (0, 1, 2)
    brick: bool = False
    sparse: bool = False
    factor: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class _Plane:
    """Costs of all (height, width) at one depth, and the input that each needs."""

    cost: NDArray[np.float32]
    need_h: NDArray[np.int64]
    need_w: NDArray[np.int64]
    depth: int


@dataclass(frozen=True, slots=True)
class _Search:
    """What the searches of one operation share."""

    work: Work
    engine: Engine
    ublock: HWC
    granule: HWC
    block_max: HWC
    accumulator_bits: int
    ifm_depth: int
    """Fixed depth of the input block; 0 where it follows the output's."""

    @property
    def accumulators(self) -> int:
        return self.engine.buffers.accumulator_bytes * 8 // self.accumulator_bits

    @property
    def inputs(self) -> int:
        return self.engine.buffers.ifm_bytes * 8 // self.work.bits

    def unit(self, depth: int) -> HWC:
        work = self.work
        return allocation_unit(self.engine.macs, self.ublock, self.ifm_depth or depth, work.bits)

    def needed(self, height: int, width: int, depth: int, unit: HWC) -> HWC:
        """Input block that feeds an output block."""
        work = self.work
        tall = (height - 1) * work.stride[0] + min(_dilated(work)[0], SUBKERNEL)
        wide = (width - 1) * work.stride[1] + min(_dilated(work)[1], SUBKERNEL)
        return (
            _up(tall, unit[0]), _up(wide, unit[1]), _up(self.ifm_depth or depth, unit[2])
        )  # fmt: skip


def _up(value: int, step: int) -> int:
    return -(-value // step) * step


def _down(value: int, step: int) -> int:
    return value // step * step


def _elements(hwc: HWC) -> int:
    return hwc[0] * hwc[1] * hwc[2]


def _dilated(work: Work) -> tuple[int, int]:
    return (
        (work.kernel[0] - 1) * work.dilation[0] + 1, (work.kernel[1] - 1) * work.dilation[1] + 1
    )  # fmt: skip


def part_kernel_first(depth: int, kernel_elements: int, *, sparse: bool = False) -> bool:
    """Whether a convolution walks the kernel before the depth: by the better use of the MACs."""
    step, least, deep = (10, 4, 128) if sparse else (5, 2, 64)
    rounded = kernel_elements // step * step + max(kernel_elements % step, least)
    by_part = depth / _up(depth, 16) * (kernel_elements / rounded)
    return by_part >= depth / _up(depth, deep)


def micro_block(engine: Engine, work: Work, *, part_kernel: bool) -> HWC:
    """The micro-block that wastes least of the output; the first of them."""
    first = work.kernel == (1, 1) and not part_kernel
    kind = "pool" if work.kind == "copy" else work.kind
    bits = 8 if work.kind in ("copy", "pool") and work.bits >= 32 else work.bits
    best, waste = engine.ublocks[0], math.inf
    for ublock in engine.ublocks:
        if not may_use(engine.macs, ublock, kind, bits, depth_first_1x1=first):
            continue
        rounded = math.prod(_up(a, b) for a, b in zip(work.ofm, ublock, strict=True))
        if rounded - _elements(work.ofm) < waste:
            best, waste = ublock, rounded - _elements(work.ofm)
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
    search = _Search(
        work, engine, ublock, (granule[0], granule[1], granule[2]), most, 64 if wide else 32, fixed
    )
    if work.kind == "elementwise":
        block = _elementwise(search)
        return Block(block, block, False, ublock)
    if work.kind in ("depthwise", "pool", "reduce", "minmax"):
        ifm, ofm = _filled(search)
        return Block(ifm, ofm, False, ublock)
    return _searched(search, ifm_depth, part=part)


def _tile(size: int, granule: int, tile: int) -> int:
    if size % tile == 0:
        return tile
    return max(_up(size // (size // tile + 1), granule), granule)


def _share(value: int, most: int, available: int, required: int) -> tuple[int, int]:
    """A value grown by what is left over of another axis, and what is left then."""
    excess = min(available // required, most // value)
    return (value * excess, available // excess) if excess >= 2 else (value, available)


def _elementwise(search: _Search) -> HWC:
    work, granule, buffers = search.work, search.granule, search.engine.buffers
    ofm = tuple(_up(a, b) for a, b in zip(work.ofm, granule, strict=True))
    limit = tuple(min(a, b) for a, b in zip(ofm, search.block_max, strict=True))
    chained_bricks = buffers.chaining_bytes // _SLOTS // (_BRICK * (work.bits // 8))
    row = buffers.output_bytes * 8 // work.bits // granule[2]
    chained_row = chained_bricks // search.ublock[0]
    height = _tile(ofm[0], granule[0], limit[0])
    required = max(_tile(ofm[1], granule[1], max(1, min(row, limit[1]))), granule[1])
    depth, width = _share(granule[2], limit[2], row, required)
    scalar = _elements(work.ifm) == 1 or (work.ifm2 is not None and _elements(work.ifm2) == 1)
    if work.ifm2 is not None and not scalar:
        spread = [
            any(operand[axis] < work.ofm[axis] for operand in (work.ifm, work.ifm2))
            for axis in range(3)
        ]
        if spread[2]:
            depth, width = _tile(ofm[2], granule[2], limit[2]), chained_row
            if not spread[0] and not spread[1]:
                height, width = _share(search.ublock[0], limit[0], width, required)
        elif spread[0]:
            depth, width = _share(_BRICK, limit[2], chained_row, required)
    return _up(height, granule[0]), _up(width, granule[1]), _up(depth, granule[2])


def _best_tile(size: int, granule: int, tile: int) -> int:
    """The tile of least rest that is not much smaller than the largest."""
    if size % tile == 0:
        return tile
    even = max(_up(size // (size // tile + 1), granule), granule)
    best, rest = tile, size % tile
    first = max(even - granule * 2, (even + 1) // 2, granule)
    for candidate in range(tile, first - 1, -granule):
        left = size % candidate or candidate
        if left > rest:
            best, rest = candidate, left
    return best


def _by_aspect(aspect: float, area: int, granule: HWC) -> tuple[int, int]:
    """(height, width) of an area in the aspect of the output."""
    width = math.sqrt(area / aspect)
    height = width * aspect
    if height < 1.0:
        width, height = width * height, 1.0
    elif width < 1.0:
        height, width = height * width, 1.0
    return (
        _down(max(int(height), granule[0]), granule[0]),
        _down(max(int(width), granule[1]), granule[1]),
    )


def _area_fit(search: _Search, ofm: HWC, limit: HWC) -> HWC:
    """The block that covers most of the output and fits accumulators and input buffer."""
    granule, ublock = search.granule, search.ublock
    accumulators, inputs = search.accumulators, search.inputs
    step = ublock[0] * ublock[1] * GRANULE
    aspect = ofm[0] / ofm[1]
    flat = _dilated(search.work) == (1, 1)
    most = min(max(search.engine.macs, accumulators // step), limit[2])
    area = ofm[1] * ofm[2] if flat else ofm[0] * ofm[1]
    best, metric = (granule[0], granule[1], GRANULE), math.inf
    for depth in range(GRANULE, most + 1, GRANULE):
        unit = search.unit(depth)
        whole = math.prod(_up(a, b) for a, b in zip(search.work.ifm, unit, strict=True))
        room, before, patience = accumulators, -1, 25
        while True:
            height, width = _by_aspect(aspect, room // depth, granule)
            width, height = min(width, limit[1]), min(height, limit[0])
            plane = width * height
            if width < ofm[1]:
                width = _best_tile(ofm[1], granule[1], width)
            height = max(_down(plane // width, granule[0]), granule[0])
            required = width * height * depth
            by_accumulators = accumulators / required
            by_inputs = inputs / min(_elements(search.needed(height, width, depth, unit)), whole)
            if by_accumulators >= 1.0 and by_inputs >= 1.0:
                used = depth % unit[2] or unit[2]
                waste = 1.0 + ((unit[2] - used) / unit[2]) / 10
                fit = 1.0 + abs(1.0 - limit[2] / depth) / 10
                coverage = 1.0 + abs(1.0 - area / (width * (depth if flat else height)))
                if coverage * fit * waste < metric:
                    best, metric = (height, width, depth), coverage * fit * waste
                    if depth >= ofm[2] and width >= ofm[1] and height >= ofm[0]:
                        return ofm
                break
            if required == before:
                patience -= 1
                if patience <= 0:
                    by_inputs = 0.9
            before = required
            if by_inputs < 1.0 < by_accumulators:
                room = min(room, required)
            smaller = max(int(room // step * min(by_inputs, by_accumulators)), 0) * step
            if smaller == room:
                smaller = room - step
            if smaller < step:
                return best  # nothing fits at this depth, nor at a larger one
            room = smaller
    return best


def _filled(search: _Search) -> tuple[HWC, HWC]:
    """(input block, output block) of an operation whose block fills the accumulators."""
    granule, work = search.granule, search.work
    ofm: HWC = (
        _up(work.ofm[0], granule[0]), _up(work.ofm[1], granule[1]), _up(work.ofm[2], granule[2])
    )  # fmt: skip
    limit: HWC = (
        min(ofm[0], search.block_max[0]),
        min(ofm[1], search.block_max[1]),
        min(ofm[2], search.block_max[2]),
    )
    height, width, depth = _area_fit(search, ofm, limit)
    force = 0
    while True:
        unit = search.unit(depth)
        ifm = search.needed(height, width, depth, unit)
        if height >= ofm[0] and width >= ofm[1] and depth >= ofm[2]:
            break
        # a further row of input should fit, to be fetched while this block is computed
        row = search.needed(granule[0], width, depth, unit)
        if search.inputs - _elements(ifm) >= _elements(row):
            break
        if (height != ofm[0] or force & 2) and height > granule[0]:
            height -= granule[0]
        elif (depth > width or force & 1) and depth > granule[2]:
            depth -= granule[2]
        elif (width != ofm[1] or force & 4) and width > granule[1]:
            width -= granule[1]
        elif force != 7:
            force = force << 1 | 1
        elif depth > granule[2]:
            depth = max(depth // 2, granule[2])
        else:
            break
    return ifm, (height, width, depth)


def _depths(search: _Search, end: int) -> list[int]:
    step, ofm_depth = search.ublock[2], search.work.ofm[2]
    depth = max(step, min(end, GRANULE))
    found: list[int] = []
    while True:
        if depth < ofm_depth:
            depth = _up(depth, GRANULE)
        if depth > end:
            return found
        found.append(depth)
        depth += step


def resize_width(engine: Engine, work: Work) -> int:
    """Widest output block of a resize whose input fits the chaining buffer."""
    bricks = engine.buffers.chaining_bytes // _SLOTS // (_BRICK * (work.bits // 8))
    numerator, denominator = work.factor
    widest = math.ceil(((bricks - 2) * numerator + 1) / denominator)
    return max(1, min(widest, engine.block_max[1]))


def _searched(search: _Search, ifm_depth: int, *, part: bool) -> Block | None:
    """The block of least traffic an output element, of all that fit."""
    work, engine, ublock = search.work, search.engine, search.ublock
    step = [max(a, b) for a, b in zip(ublock, search.granule, strict=True)]
    end = [
        _up(max(min(a, b), c), d)
        for a, b, c, d in zip(work.ofm, search.block_max, step, ublock, strict=True)
    ]
    resize = work.kind == "resize"
    if resize:
        widest = resize_width(engine, work)
        step = [1, min(step[1], widest), step[2]]
        end = [1, widest, 16]
    equal_depth = resize or work.kind == "copy"
    depths = _depths(search, end[2])
    heights = np.arange(step[0], end[0] + 1, step[0], dtype=np.int64)
    widths = np.arange(step[1], end[1] + 1, step[1], dtype=np.int64)
    kernel = _dilated(work)
    tall = (heights - 1) * work.stride[0] + min(kernel[0], SUBKERNEL)
    wide = (widths - 1) * work.stride[1] + min(kernel[1], SUBKERNEL)
    area = heights[:, None] * widths
    ifm_elements = _elements(work.ifm)
    best = np.float32(np.inf)
    planes: list[_Plane] = []
    needs: dict[HWC, _Need] = {}
    for buffered in (2, 1):
        for depth in depths:
            block_depth = depth if equal_depth else ifm_depth
            unit = allocation_unit(engine.macs, ublock, block_depth, work.bits)
            need = needs.get(unit)
            if need is None:
                need = needs[unit] = _need(work, heights, widths, tall, wide, unit)
            cost = _cost(work, need, depth, equal_depth=equal_depth)
            whole = ifm_elements < need.area * _up(block_depth, unit[2]) * 2
            if whole.any():
                cost = np.where(whole, cost / np.float32(2), cost)
            if not resize:
                deep = depth if equal_depth else min(_up(ifm_depth, unit[2]), work.ifm[2])
                deep = _up(deep, unit[2]) * (work.bits // 8) * buffered
                held = area * (_up(depth, GRANULE) * search.accumulator_bits // 8 * buffered)
                fits = (need.area * deep <= engine.buffers.ifm_bytes) & (
                    held <= engine.buffers.accumulator_bytes
                )
                if not fits.any():
                    if equal_depth:
                        continue
                    break
                cost = np.where(fits, cost, np.float32(np.inf))
            least = cost.min()
            if least < best:
                best = least
                planes.clear()
            if least == best:
                planes.append(_Plane(cost, need.high, need.wide, depth))
        if best < np.inf:
            break
    if not best < np.inf:
        return None
    h, w, plane = _pick(planes, best, heights, widths, work)
    ifm = (int(plane.need_h[h]), int(plane.need_w[w]), plane.depth if equal_depth else ifm_depth)
    ofm = (int(heights[h]), int(widths[w]), plane.depth)
    return Block(ifm, ofm, part, ublock, work.sparse)


@dataclass(frozen=True, slots=True)
class _Need:
    """The input that blocks of every (height, width) need, and what fetching it costs."""

    high: NDArray[np.int64]
    wide: NDArray[np.int64]
    area: NDArray[np.int64]
    volume: NDArray[np.float32] | None
    fetch: NDArray[np.float32]
    weights: NDArray[np.float32] | None


def _need(
    work: Work,
    heights: NDArray[np.int64],
    widths: NDArray[np.int64],
    tall: NDArray[np.int64],
    wide: NDArray[np.int64],
    unit: HWC,
) -> _Need:
    f = np.float32
    need_h, need_w = -(-tall // unit[0]) * unit[0], -(-wide // unit[1]) * unit[1]
    area = need_h[:, None] * need_w
    kernel = _dilated(work)
    one_window = work.kind == "conv" and kernel == work.ifm[:2] and work.ofm[:2] == (1, 1)
    volume = None
    if work.kind in ("resize", "matmul") or one_window:
        volume = heights[:, None].astype(f) * widths.astype(f)
    blocks_y = f(work.ofm[0]) / heights.astype(f)
    blocks_x = f(work.ofm[1]) / widths.astype(f)
    repeats = math.ceil(kernel[1] / SUBKERNEL) * math.ceil(kernel[0] / SUBKERNEL)
    fetch = area.astype(f) * f(work.ifm[2]) * f(repeats) * (blocks_y[:, None] * blocks_x)
    weights = None
    if work.kind == "conv":
        full = np.ceil(blocks_y)[:, None] * np.ceil(blocks_x)
        weights = f(work.kernel[0] * work.kernel[1]) * f(work.ifm[2]) * full
    return _Need(need_h, need_w, area, volume, fetch, weights)


def _cost(work: Work, need: _Need, depth: int, *, equal_depth: bool) -> NDArray[np.float32]:
    """Bytes fetched an output element, of every (height, width), in the compiler's precision."""
    f = np.float32
    elements = f(_elements(work.ofm))
    if need.volume is not None:
        return np.asarray(elements / (need.volume * f(depth)), f)
    blocks_z = f(work.ofm[2]) / f(depth)
    fetch = need.fetch
    if not equal_depth:
        fetch = fetch * np.ceil(blocks_z)
    if need.weights is not None:
        fetch = fetch + need.weights * (blocks_z * f(depth))
    return np.asarray(fetch / elements, f)


def _pick(
    planes: list[_Plane],
    best: np.float32,
    heights: NDArray[np.int64],
    widths: NDArray[np.int64],
    work: Work,
) -> tuple[int, int, _Plane]:
    """The first block of least cost; then, of small ones as good, the last of least coverage."""
    found: tuple[int, int, _Plane] | None = None
    least = np.float32(np.inf)
    whole = np.float32(work.ifm[0] * work.ifm[1])
    for plane in planes:
        for h, w in zip(*np.nonzero(plane.cost == best), strict=True):
            if found is None:
                found = (int(h), int(w), plane)
            elif work.kind == "matmul" or (heights[h] <= 4 and widths[w] <= 4):
                covered = min(work.ifm[0], plane.need_h[h]) * min(work.ifm[1], plane.need_w[w])
                coverage = whole / np.float32(max(covered, 1))
                if coverage <= least:
                    least, found = coverage, (int(h), int(w), plane)
    assert found is not None
    return found
