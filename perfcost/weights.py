"""Statistics of 8-bit weights that decide what they cost to load.

The Ethos-U reads weights compressed, so that their histogram counts and not only their size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SAMPLE = 1 << 17
"""Larger tensors are measured on about this many elements at an even, odd-numbered stride."""

_LARGEST_COUNT = 65535
_PALETTE = 32
_DIVISORS = np.arange(7)[:, None]


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often each of the 256 values of 8-bit weights occurs.

    Attributes:
        counts: 256 little-endian 16-bit counts, lowest value first; scaled down where the most
            frequent value would not fit.
        zero: index of the value that stands for 0 (128 for int8 with a zero point of 0).
    """

    counts: bytes
    zero: int

    @staticmethod
    def of(stored: NDArray[np.uint8], *, signed: bool, zero_point: int) -> Histogram:
        """Counts weights as they lie in the file.

        Args:
            stored: the bytes, of at least one weight.
            signed: int8 when true, else uint8.
            zero_point: the stored value that stands for 0.
        """
        flat = stored.reshape(-1)
        if flat.size > SAMPLE:
            flat = flat[:: (flat.size // SAMPLE) | 1]
        raw = np.bincount(flat, minlength=256)
        if signed:
            raw = np.concatenate((raw[128:], raw[:128]))
        most = int(raw.max())
        if most > _LARGEST_COUNT:  # what occurs at all keeps a count of at least one
            raw = np.where(raw > 0, np.maximum(raw * _LARGEST_COUNT // most, 1), 0)
        return Histogram(raw.astype("<u2").tobytes(), zero_point + (128 if signed else 0))

    def array(self) -> NDArray[np.int64]:
        return np.frombuffer(self.counts, "<u2").astype(np.int64)

    @property
    def entropy_bits(self) -> float:
        """Shannon entropy in bits a weight."""
        counts = self.array()
        share = counts[counts > 0] / counts.sum()
        return float(-(share * np.log2(share)).sum()) + 0.0

    @property
    def zero_fraction(self) -> float:
        """Share of the weights that stand for 0."""
        counts = self.array()
        return float(counts[self.zero] / counts.sum()) if 0 <= self.zero < 256 else 0.0


@lru_cache(maxsize=1 << 14)
def coded_bits(histogram: Histogram, padding: float = 0.0) -> float:
    """Bits a weight under the Ethos-U weight coder.

    Restates the format that Arm's ``mlw_codec`` writes (Apache-2.0): the up to 32 most frequent
    values get palette indices, every other value its magnitude and sign after them; an index is
    Golomb-Rice coded (unary quotient, then the remainder) with the divisor that costs least, or
    stored as it is; where zeros are frequent their runs may be coded before each other value.

    Args:
        histogram: of the weights.
        padding: zeros that the hardware's order adds for each weight.
    """
    counts = histogram.array().astype(np.float64)
    real = counts.sum()
    values = np.arange(256) - histogram.zero
    zeros = padding * real
    if 0 <= histogram.zero < 256:
        zeros += counts[histogram.zero]
        counts[histogram.zero] = 0
    live = counts > 0
    counts, values = counts[live], values[live]
    magnitude = 2 * np.abs(values) - (values > 0)
    order = np.argsort(-counts, kind="stable")
    counts, magnitude = counts[order], magnitude[order]
    others = float(counts.sum())
    best = float("inf")
    if zeros:
        at = int(np.searchsorted(-counts, -zeros))
        best = _least(np.insert(counts, at, zeros), np.insert(magnitude, at, 0))
        # a run's length costs each other value a bit or more, and saves a zero seven at most
        if len(counts) and 7 * zeros > others:
            mean = zeros / others
            runs = others * min(1 + k + mean / 2**k for k in range(5))
            best = min(best, _least(counts, magnitude) + runs)
    else:
        best = _least(counts, magnitude)
    return float(best / real)


def _least(counts: NDArray[np.float64], magnitude: NDArray[np.int64]) -> float:
    """Bits of all weights under the cheapest code; both arrays most frequent first."""
    palette = min(_PALETTE, len(counts))
    index = magnitude + palette
    index[:palette] = np.arange(palette)
    plain = counts.sum() * max(1, int(magnitude.max()).bit_length())
    coded = (((index >> _DIVISORS) + (1 + _DIVISORS)) @ counts).min()
    direct = (((magnitude >> _DIVISORS) + (1 + _DIVISORS)) @ counts).min()
    return float(min(plain, coded, direct))
