"""Blocks that fill a buffer: of elementwise ops the output's, of others the accumulators."""

from __future__ import annotations

import math

from perfcost.physics.ethos_u.u85.work import (
    BRICK,
    GRANULE,
    HWC,
    SLOTS,
    Search,
    dilated,
    down,
    elements,
    up,
)


def _tile(size: int, granule: int, tile: int) -> int:
    if size % tile == 0:
        return tile
    return max(up(size // (size // tile + 1), granule), granule)


def _share(value: int, most: int, available: int, required: int) -> tuple[int, int]:
    """A value grown by what is left over of another axis, and what is left then."""
    excess = min(available // required, most // value)
    return (value * excess, available // excess) if excess >= 2 else (value, available)


def elementwise(search: Search) -> HWC:
    work, granule, buffers = search.work, search.granule, search.engine.buffers
    ofm = tuple(up(a, b) for a, b in zip(work.ofm, granule, strict=True))
    limit = tuple(min(a, b) for a, b in zip(ofm, search.block_max, strict=True))
    chained_bricks = buffers.chaining_bytes // SLOTS // (BRICK * (work.bits // 8))
    row = buffers.output_bytes * 8 // work.bits // granule[2]
    chained_row = chained_bricks // search.ublock[0]
    height = _tile(ofm[0], granule[0], limit[0])
    required = max(_tile(ofm[1], granule[1], max(1, min(row, limit[1]))), granule[1])
    depth, width = _share(granule[2], limit[2], row, required)
    scalar = elements(work.ifm) == 1 or (work.ifm2 is not None and elements(work.ifm2) == 1)
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
            depth, width = _share(BRICK, limit[2], chained_row, required)
    return up(height, granule[0]), up(width, granule[1]), up(depth, granule[2])


def _best_tile(size: int, granule: int, tile: int) -> int:
    """The tile of least rest that is not much smaller than the largest."""
    if size % tile == 0:
        return tile
    even = max(up(size // (size // tile + 1), granule), granule)
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
        down(max(int(height), granule[0]), granule[0]),
        down(max(int(width), granule[1]), granule[1]),
    )


def _area_fit(search: Search, ofm: HWC, limit: HWC) -> HWC:
    """The block that covers most of the output and fits accumulators and input buffer."""
    granule, ublock = search.granule, search.ublock
    accumulators, inputs = search.accumulators, search.inputs
    step = ublock[0] * ublock[1] * GRANULE
    aspect = ofm[0] / ofm[1]
    flat = dilated(search.work) == (1, 1)
    most = min(max(search.engine.macs, accumulators // step), limit[2])
    area = ofm[1] * ofm[2] if flat else ofm[0] * ofm[1]
    best, metric = (granule[0], granule[1], GRANULE), math.inf
    for depth in range(GRANULE, most + 1, GRANULE):
        unit = search.unit(depth)
        whole = math.prod(up(a, b) for a, b in zip(search.work.ifm, unit, strict=True))
        room, before, patience = accumulators, -1, 25
        while True:
            height, width = _by_aspect(aspect, room // depth, granule)
            width, height = min(width, limit[1]), min(height, limit[0])
            plane = width * height
            if width < ofm[1]:
                width = _best_tile(ofm[1], granule[1], width)
            height = max(down(plane // width, granule[0]), granule[0])
            required = width * height * depth
            by_accumulators = accumulators / required
            by_inputs = inputs / min(elements(search.needed(height, width, depth, unit)), whole)
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


def filled(search: Search) -> tuple[HWC, HWC]:
    """(input block, output block) of an operation whose block fills the accumulators."""
    granule, work = search.granule, search.work
    ofm: HWC = (
        up(work.ofm[0], granule[0]), up(work.ofm[1], granule[1]), up(work.ofm[2], granule[2])
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
        if search.inputs - elements(ifm) >= elements(row):
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
