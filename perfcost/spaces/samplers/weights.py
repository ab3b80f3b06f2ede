"""Weights for many nets a second: rows are cut out of pools that are drawn once.

A compiler that compresses weights sees the histogram of the stored integers. Pools differ in
their shape (gaussian, heavy-tailed, uniform) and in their spread in steps of the integers; each
channel is a window of one pool at an offset of its own, and holds the end of the range once where
it has a scale of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from perfcost.spaces.samplers.dice import Dice
from perfcost.spaces.writer.draws import GAUSSIAN_UNIT, Stream, gaussian_table
from perfcost.spaces.writer.weights import Weights

# Standard deviation in steps: from pruned-and-rounded to the widest that int8 holds.
SPREADS = (1, 2, 3, 5, 7, 10, 14, 18, 22, 26, 30, 34, 38, 42, 46, 52, 60)
_POOL = 1 << 17
_POOL_STREAM = 1 << 40
_GAUSSIAN, _HEAVY, _UNIFORM = range(3)


@dataclass(frozen=True, slots=True)
class Style:
    """How a tensor's weights are spread.

    ``level`` counts in ``SPREADS``, ``jitter`` is by how much channels differ in it, ``zeros`` the
    percentage that is pruned away, in ``block`` neighbours at a time.
    """

    shape: int
    level: int
    jitter: int
    zeros: int
    block: int


def draw_style(dice: Dice, trained: tuple[int, int]) -> Style:
    """One style; most are those of trained nets, some are sparse, some nearly uniform.

    Args:
        trained: lowest and highest level of the styles of trained nets.
    """
    kind = dice.weighted(((80, "trained"), (6, "narrow"), (7, "uniform"), (7, "pruned")))
    shape = _HEAVY if dice.chance(30) else _GAUSSIAN
    jitter = dice.pick(0, 1, 1, 2, 3)
    zeros, block = 0, 1
    if kind == "narrow":
        level = dice.integer(0, 6)
    elif kind == "uniform":
        shape, level, jitter = _UNIFORM, len(SPREADS) - 1, 0
    else:
        level = dice.integer(*trained)
    if kind == "pruned":
        zeros, block = dice.integer(10, 90), dice.pick(1, 1, 1, 4, 16)
    return Style(shape, level, jitter, zeros, block)


def draw(dice: Dice, style: Style, shape: tuple[int, ...], axis: int, per_channel: bool) -> Weights:
    """A tensor of weights whose output channels are counted by ``axis``."""
    channels = shape[axis]
    length = math.prod(shape) // channels
    stream = Stream(dice.word(), _POOL_STREAM)
    reach = min(length, _POOL // 2)
    # Tensors quantised as a whole use fewer steps than those with a scale for each channel.
    base = style.level if per_channel or style.shape == _UNIFORM else max(0, style.level - 3)
    raw = stream.words(channels)
    levels = base + (raw >> np.uint64(40)).astype(np.int64) % (2 * style.jitter + 1) - style.jitter
    offsets = (raw & np.uint64(_POOL // 2 - 1)).astype(np.int64)
    windows = sliding_window_view(_pools(style.shape), reach, axis=1)
    rows = windows[np.clip(levels, 0, len(SPREADS) - 1), offsets]
    if reach < length:
        rows = np.resize(rows, (channels, length))
    if style.zeros:
        kept = sliding_window_view(_kept(style.zeros, style.block), reach)
        mask = kept[offsets[::-1]]
        rows *= mask if reach == length else np.resize(mask, rows.shape)
    ends = (raw >> np.uint64(20)).astype(np.int64) % length
    if per_channel:
        rows[np.arange(channels), ends] = 127
    else:
        rows[0, ends[0]] = 127
    gains = 8 + (raw >> np.uint64(56)).astype(np.float32) / np.float32(16)
    scales = gains if per_channel else gains[:1]
    scales = scales * np.float32(2.0**-13)
    rest = tuple(n for i, n in enumerate(shape) if i != axis)
    values = np.moveaxis(rows.reshape((channels, *rest)), 0, axis)
    return Weights(np.ascontiguousarray(values), scales.astype(np.float32))


@cache
def _pools(shape: int) -> NDArray[np.int8]:
    """One row for each of ``SPREADS``."""
    halves = Stream(shape, _POOL_STREAM).halves(_POOL)
    if shape == _UNIFORM:
        row = (halves % 255).astype(np.int64) - 127
        return np.broadcast_to(row.astype(np.int8), (len(SPREADS), _POOL))
    # In 1 / GAUSSIAN_UNIT of a standard deviation, as integers: exact on every machine.
    z = gaussian_table()[halves].astype(np.int64)
    if shape == _HEAVY:
        # z * (1 + z * z / 8), made narrower again: most are small, a few are large.
        z = (z + z * z // GAUSSIAN_UNIT * z // GAUSSIAN_UNIT // 8) * 5 // 8
    spreads = np.array(SPREADS, np.int64)[:, None]
    steps = (z[None, :] * spreads + GAUSSIAN_UNIT // 2) // GAUSSIAN_UNIT
    pools: NDArray[np.int8] = np.clip(steps, -127, 127).astype(np.int8)
    return pools


@cache
def _kept(zeros: int, block: int) -> NDArray[np.int8]:
    """1 where a weight stays, 0 where it is pruned."""
    halves = Stream(zeros, _POOL_STREAM + block).halves(_POOL // block)
    stays: NDArray[np.int8] = (halves % 100 >= zeros).astype(np.int8)
    return np.repeat(stays, block)
