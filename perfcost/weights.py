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
_DIVISORS = np.arange(6)[:, None]
_LARGEST_QUOTIENT = 31
_ZERO_EXCESS = 5
"""Zeros are coded as runs where they are this many times as frequent as any other value."""


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

    Restates what Arm's ``mlw_codec`` writes (Vela 5.2.0, Apache-2.0): a weight becomes an index,
    its place in a palette of the up to 32 most frequent values or, behind the palette, its
    magnitude and sign; the index is Golomb-Rice coded (unary quotient, at most 31, then the
    remainder) with the divisor that costs least, or stored plainly. Where zeros are far more
    frequent than any other value, runs of zeros are coded between the others instead. The order
    of weights is not known here: zeros are taken to lie at random, padding zeros in runs.

    Args:
        histogram: of the weights.
        padding: zeros that the hardware's order adds for each weight.
    """
    counts = histogram.array().astype(np.float64)
    real = float(counts.sum())
    added = padding * real
    zeros = added
    if 0 <= histogram.zero < 256:
        zeros += float(counts[histogram.zero])
        counts[histogram.zero] = 0.0
    values = np.arange(256) - histogram.zero
    total = float(counts.sum()) + zeros
    in_runs = (zeros - added) * (1 - (1 - zeros / total) ** 2) + added
    runs = zeros > _ZERO_EXCESS * float(counts.max()) and in_runs >= zeros / 2
    if zeros and not runs:
        counts = np.append(counts, zeros)
        values = np.append(values, 0)
    live = counts > 0
    counts, values = counts[live], values[live]
    if not len(counts):
        return zeros / real  # a bit for each zero
    bits = _indices(counts, values)
    if runs:
        bits += _zero_runs(float(counts.sum()), zeros)
    return bits / real


def _zero_runs(others: float, zeros: float) -> float:
    """Bits of the lengths of runs of zeros before each other weight, and one at the end."""
    mean = zeros / (others + 1)
    again = mean / (1 + mean)
    best = float("inf")
    for divisor in range(4):
        step = again ** (1 << divisor)
        best = min(best, 1 + divisor + step / (1 - step))
    return (others + 1) * best


def _indices(counts: NDArray[np.float64], values: NDArray[np.int64]) -> float:
    """Bits of weights as indices under the cheapest code."""
    coded = 2 * np.abs(values) + (values < 0)
    order = np.lexsort((-coded, -counts))
    counts, coded = counts[order], coded[order]
    largest, total = int(coded.max()), float(counts.sum())
    fits = len(counts) <= _PALETTE
    size = min(len(counts), _PALETTE if fits else min(_PALETTE, 511 - largest))
    if float(counts[:size].sum()) < total // 2:
        size = 0
    index = coded + (size - min(int(coded.min()), 31))
    index[:size] = np.arange(size)
    quotients = index >> _DIVISORS
    bits = (quotients + (1 + _DIVISORS)) @ counts
    bits[quotients.max(axis=1) > _LARGEST_QUOTIENT] = np.inf
    truncated = (np.minimum(quotients + 1, 2) + _DIVISORS) @ counts
    truncated[quotients.max(axis=1) > 2] = np.inf
    best = min(float(bits.min()), float(truncated.min()))
    if fits:
        best = min(best, total * max(1, (size - 1).bit_length()))
    elif size == 0:
        best = min(best, total * max(2, largest.bit_length()))
    return best
