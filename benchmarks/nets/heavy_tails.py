"""Weights whose int8 histogram has a wanted entropy: normal values raised to a power."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from benchmarks.nets.draws import UNIT, Draws, normal_table
from benchmarks.nets.entropy import entropy

Weights = npt.NDArray[np.float32]
Ranks = npt.NDArray[np.uint16]

LOWEST, STEP, STEPS = 0.45, 1.053, 64  # power = 0.45 (nearly uniform) up to 12 (nearly all zero)
MIXTURE = (-3, 0, 3, 6)  # the channels of a layer differ in power by these steps
TRIAL = 1 << 17  # weights looked at while a power is chosen


@lru_cache(maxsize=STEPS + 16)
def _values(step: int) -> Weights:
    """sign(z) |z| ** power at the 65,536 quantiles of the normal distribution."""
    z = normal_table() / UNIT
    return (np.sign(z) * np.abs(z) ** (LOWEST * STEP**step)).astype(np.float32)


def _shape_channels(ranks: Ranks, step: int, mixture: npt.NDArray[np.int64]) -> Weights:
    """Turn uniform ranks [fan_in, channels] into values, each channel with its own power."""
    result = np.empty(ranks.shape, dtype=np.float32)
    for number, offset in enumerate(MIXTURE):
        chosen = mixture == number
        result[:, chosen] = _values(step + offset)[ranks[:, chosen]]
    return result


def quantised(weights: Weights) -> npt.NDArray[np.int8]:
    """Symmetric int8 with one scale a channel (the last axis), as the converter quantises."""
    peak = np.maximum(np.abs(weights).max(axis=0), 1e-20)
    result: npt.NDArray[np.int8] = np.rint(weights * (127 / peak)).astype(np.int8)
    return result


def draw(draws: Draws, fan_in: int, channels: int, wanted: float) -> Weights:
    """Values [fan_in, channels], root mean square 1 a channel, about `wanted` bits a weight."""
    ranks = draws.uint16(fan_in, channels)
    mixture = draws.below(len(MIXTURE), channels)
    few = max(8, min(channels, TRIAL // fan_in))
    low, high = 0, STEPS - 1
    while low < high:
        middle = (low + high) // 2
        trial = quantised(_shape_channels(ranks[:, :few], middle, mixture[:few]))
        if entropy(trial) > wanted:
            low = middle + 1
        else:
            high = middle
    weights = _shape_channels(ranks, low, mixture)
    scale = np.sqrt(np.mean(np.square(weights, dtype=np.float64), axis=0))
    result: Weights = (weights / scale).astype(np.float32)
    return result
