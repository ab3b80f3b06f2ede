"""Statistics of 8-bit weights that decide what they cost to load.

The Ethos-U reads weights compressed, so that their histogram counts and not only their size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLE = 1 << 17
"""Larger tensors are measured on about this many elements at an even, odd-numbered stride."""


def entropy_bits(histogram: NDArray[np.int64]) -> float:
    """Shannon entropy of a histogram, in bits a sample."""
    share = histogram[histogram > 0] / histogram.sum()
    return float(-(share * np.log2(share)).sum()) + 0.0


def coded_bits(histogram: NDArray[np.int64]) -> float:
    """Bits a weight under the Ethos-U weight coder, by the histogram of (weight - zero point).

    Restates the format that Arm's ``mlw_codec`` writes: the up to 32 most frequent values get
    palette indices, every other value its magnitude and sign after them; an index is Golomb-Rice
    coded (unary quotient, then the remainder) with the divisor that costs least, or stored as it
    is. The runs of zeros that the coder can use instead are priced as one flag a weight.

    Args:
        histogram: 511 counts, of the values -255 to 255.
    """
    total = int(histogram.sum())
    values = np.nonzero(histogram)[0]
    counts = histogram[values]
    order = np.argsort(-counts, kind="stable")
    best = np.inf
    zeros = int(histogram[255])
    runs = zeros / total
    for use_runs in (False, True) if 0.1 < runs < 1 else (False,):
        ranked_counts = counts[order]
        ranked_values = values[order] - 255
        extra = 0.0
        if use_runs:
            keep = ranked_values != 0
            ranked_counts, ranked_values = ranked_counts[keep], ranked_values[keep]
            # a run length is coded before each weight other than zero, its mean z / (n - z)
            mean = zeros / (total - zeros)
            extra = (total - zeros) * min(
                1 + k + mean / 2**k for k in range(5)
            )
        live = int(ranked_counts.sum())
        magnitude = 2 * np.abs(ranked_values) - (ranked_values > 0)
        for palette in {min(32, len(ranked_counts)), 0}:
            index = magnitude.astype(np.int64)
            index[:palette] = np.arange(palette)
            if palette:
                index[palette:] = magnitude[palette:] + palette
            largest = int(index.max()) if index.size else 0
            best = min(best, live * max(1, largest.bit_length()) + extra)
            for divisor in range(7):
                bits = float((ranked_counts * ((index >> divisor) + 1 + divisor)).sum())
                best = min(best, bits + extra)
    return best / total


def statistics(
    stored: NDArray[np.uint8], *, signed: bool, zero_point: int
) -> tuple[float, float, float]:
    """(entropy in bits, share of zeros, coded bits a weight) of stored 8-bit weights.

    Args:
        stored: the bytes as they lie in the file.
        signed: int8 when true, else uint8.
        zero_point: the stored value that stands for 0.
    """
    flat = stored.reshape(-1)
    if flat.size > SAMPLE:
        flat = flat[:: (flat.size // SAMPLE) | 1]
    raw = np.bincount(flat, minlength=256)
    if signed:
        raw = np.concatenate((raw[128:], raw[:128]))
        lowest = -128 - zero_point
    else:
        lowest = -zero_point
    centred = np.zeros(511, np.int64)
    start = min(max(lowest + 255, 0), 255)
    centred[start : start + 256] = raw
    return entropy_bits(raw), float(centred[255] / flat.size), coded_bits(centred)
