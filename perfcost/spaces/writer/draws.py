"""Random draws that are the same everywhere and for ever.

Only the raw words of Philox (a counter-based generator with a published definition) are used, and
an integer table for the gaussian: numpy's distributions may change between versions.
"""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

GAUSSIAN_UNIT = 4096
_WORD = 1 << 64


@cache
def gaussian_table() -> NDArray[np.int16]:
    """65,536 equally likely values of the normal distribution, in 1 / ``GAUSSIAN_UNIT`` sigma."""
    upper = [NormalDist().inv_cdf(0.5 + (i + 0.5) / 65536) for i in range(32768)]
    positive = np.array([round(z * GAUSSIAN_UNIT) for z in upper], np.int16)
    table = np.concatenate([-positive[::-1], positive])
    table.flags.writeable = False
    return table


class Stream:
    """One independent sequence of draws, named by two numbers.

    Args:
        seed: the net's seed.
        number: which of the net's sequences; a net gives each tensor its own, so that one
            tensor's values do not depend on how many another one drew.
    """

    def __init__(self, seed: int, number: int) -> None:
        key = np.array([seed % _WORD, number % _WORD], np.uint64)
        self._words = np.random.Philox(key=key)

    def words(self, count: int) -> NDArray[np.uint64]:
        """``count`` raw words of 64 bits."""
        return np.asarray(self._words.random_raw(count), np.uint64)

    def halves(self, count: int) -> NDArray[np.uint16]:
        """``count`` numbers of 16 bits, four from a word, low bits first."""
        words = self.words(-(-count // 4)).astype("<u8")
        return words.view("<u2")[:count].astype(np.uint16, copy=False)

    def gaussian(self, count: int) -> NDArray[np.float32]:
        """``count`` normal values; each is an integer over ``GAUSSIAN_UNIT``, so exact."""
        values = gaussian_table()[self.halves(count)].astype(np.float32)
        values *= np.float32(1 / GAUSSIAN_UNIT)
        return values

    def integers(self, low: int, high: int, count: int) -> NDArray[np.int64]:
        """``count`` integers with ``low <= value < high``."""
        span = np.uint64(high - low)
        return (self.words(count) % span).astype(np.int64) + low

    def integer(self, low: int, high: int) -> int:
        """One integer with ``low <= value < high``."""
        return int(self.integers(low, high, 1)[0])

    def uniform(self, low: float, high: float) -> float:
        """One number of ``[low, high)``."""
        return low + (high - low) * (int(self.words(1)[0]) >> 11) * 2.0**-53
