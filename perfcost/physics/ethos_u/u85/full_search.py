"""The block of least traffic, of all that fit: for convolutions, copies and resizes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfcost.physics.ethos_u.blocks import SUBKERNEL, Block, block_depths
from perfcost.physics.ethos_u.u85.hardware import allocation_unit
from perfcost.physics.ethos_u.u85.work import (
    BRICK,
    GRANULE,
    HWC,
    SLOTS,
    Engine,
    Search,
    Work,
    dilated,
    elements,
    up,
)


@dataclass(frozen=True, slots=True)
class _Plane:
    """Costs of all (height, width) at one depth, and the input that each needs."""

    cost: NDArray[np.float32]
    need_h: NDArray[np.int64]
    need_w: NDArray[np.int64]
    depth: int


def resize_width(engine: Engine, work: Work) -> int:
    """Widest output block of a resize whose input fits the chaining buffer."""
    bricks = engine.buffers.chaining_bytes // SLOTS // (BRICK * (work.bits // 8))
    numerator, denominator = work.factor
    widest = math.ceil(((bricks - 2) * numerator + 1) / denominator)
    return max(1, min(widest, engine.block_max[1]))


def searched(search: Search, ifm_depth: int, *, part: bool) -> Block | None:
    """The block of least traffic an output element, of all that fit."""
    work, engine, ublock = search.work, search.engine, search.ublock
    step = [max(a, b) for a, b in zip(ublock, search.granule, strict=True)]
    end = [
        up(max(min(a, b), c), d)
        for a, b, c, d in zip(work.ofm, search.block_max, step, ublock, strict=True)
    ]
    resize = work.kind == "resize"
    if resize:
        widest = resize_width(engine, work)
        step = [1, min(step[1], widest), step[2]]
        end = [1, widest, 16]
    equal_depth = resize or work.kind == "copy"
    depths = block_depths(ublock[2], work.ofm[2], end[2])
    heights = np.arange(step[0], end[0] + 1, step[0], dtype=np.int64)
    widths = np.arange(step[1], end[1] + 1, step[1], dtype=np.int64)
    kernel = dilated(work)
    tall = (heights - 1) * work.stride[0] + min(kernel[0], SUBKERNEL)
    wide = (widths - 1) * work.stride[1] + min(kernel[1], SUBKERNEL)
    area = heights[:, None] * widths
    ifm_elements = elements(work.ifm)
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
            whole = ifm_elements < need.area * up(block_depth, unit[2]) * 2
            if whole.any():
                cost = np.where(whole, cost / np.float32(2), cost)
            if not resize:
                deep = depth if equal_depth else min(up(ifm_depth, unit[2]), work.ifm[2])
                deep = up(deep, unit[2]) * (work.bits // 8) * buffered
                held = area * (up(depth, GRANULE) * search.accumulator_bits // 8 * buffered)
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
    kernel = dilated(work)
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
    count = f(elements(work.ofm))
    if need.volume is not None:
        return np.asarray(count / (need.volume * f(depth)), f)
    blocks_z = f(work.ofm[2]) / f(depth)
    fetch = need.fetch
    if not equal_depth:
        fetch = fetch * np.ceil(blocks_z)
    if need.weights is not None:
        fetch = fetch + need.weights * (blocks_z * f(depth))
    return np.asarray(fetch / count, f)


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
