"""Weights that look trained to a compiler that compresses them.

What counts is the histogram of the stored integers. In int8 networks in the field a convolution
quantised per channel has an entropy of 6.0 to 7.8 bits (median 7.4), a tensor quantised as a whole
4.7 to 7.4 (median 6): there the largest weight of the widest channel sets the step for all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfcost.spaces.writer.draws import Stream

# A draw z becomes z * (1 + a * z * z): a = 0 is gaussian, more has heavier tails.
_TAILS_PER_CHANNEL = (0.0, 0.0, 0.01, 0.02, 0.04, 0.08)
_TAILS_PER_TENSOR = (0.0, 0.01, 0.03, 0.06, 0.12)
# One tensor in sixteen is pruned, by an eighth to half of its weights.
_PRUNED_ONE_IN = 16


@dataclass(frozen=True, slots=True)
class Weights:
    """Signed symmetric integers of the asked shape, and one scale, or one a channel."""

    values: NDArray[np.int8]
    scales: NDArray[np.float32]


def trained_like(
    stream: Stream, shape: tuple[int, ...], axis: int, fan_in: int, per_channel: bool
) -> Weights:
    """Draw a tensor of weights.

    Args:
        stream: where the draws come from.
        shape: for example ``(C_out, kh, kw, C_in)``.
        axis: which dimension counts the output channels.
        fan_in: weights that meet in one output value; sets the real weights' spread.
        per_channel: one scale a channel instead of one for all.
    """
    channels = shape[axis]
    size = math.prod(shape)
    tails = _TAILS_PER_CHANNEL if per_channel else _TAILS_PER_TENSOR
    tail = np.float32(tails[stream.integer(0, len(tails))])
    pruned = stream.integer(0, _PRUNED_ONE_IN) == 0
    threshold = stream.integer(8192, 32768)
    w = stream.gaussian(size).reshape(channels, size // channels)
    if tail:
        w *= np.float32(1) + tail * w * w
    if pruned:
        w[stream.halves(size).reshape(w.shape) < threshold] = 0
    # Channels differ in spread by up to a factor of 3.
    gains = (np.float32(8) + stream.integers(0, 17, channels).astype(np.float32)) / np.float32(16)
    w *= gains[:, None]
    tops = np.abs(w).max(axis=1) if per_channel else np.abs(w).max(keepdims=True)[0]
    tops = np.maximum(tops, np.float32(1 / 1024))
    w *= (np.float32(127) / tops)[:, None]
    q = np.rint(w, out=w).astype(np.int8)
    scales = (tops.astype(np.float64) * (math.sqrt(2 / fan_in) / 127)).astype(np.float32)
    rest = tuple(n for i, n in enumerate(shape) if i != axis)
    values = np.ascontiguousarray(np.moveaxis(q.reshape((channels, *rest)), 0, axis))
    return Weights(values, scales)
