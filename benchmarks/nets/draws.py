"""Random draws that stay the same: raw Philox words and an integer table of normal quantiles."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

UNIT = 1 << 16  # one standard deviation in `normal_table`


@lru_cache(maxsize=1)
def normal_table() -> npt.NDArray[np.int32]:
    """The 65,536 midpoint quantiles of the normal distribution, in units of 1 / 65,536."""
    inverse = NormalDist().inv_cdf
    half = [round(inverse((i + 0.5) / 65536) * UNIT) for i in range(32768, 65536)]
    return np.array([-x for x in reversed(half)] + half, dtype=np.int32)


class Draws:
    """A stream of integers that depends on nothing but its name."""

    def __init__(self, *name: object) -> None:
        digest = hashlib.sha256("/".join(map(str, name)).encode()).digest()
        self._bits = np.random.Philox(key=int.from_bytes(digest[:16], "little"))

    def uint16(self, *shape: int) -> npt.NDArray[np.uint16]:
        """Uniform 16-bit integers."""
        count = int(np.prod(shape, dtype=np.int64))
        words = np.atleast_1d(self._bits.random_raw(-(-count // 4))).astype("<u8")
        return words.view("<u2")[:count].reshape(shape)

    def below(self, limit: int, *shape: int) -> npt.NDArray[np.int64]:
        """Uniform integers in [0, limit), limit at most 65,536."""
        return self.uint16(*shape).astype(np.int64) * limit >> 16

    def normal(self, *shape: int) -> npt.NDArray[np.float64]:
        """Standard normal values (multiples of 1 / 65,536)."""
        values: npt.NDArray[np.float64] = normal_table()[self.uint16(*shape)] / UNIT
        return values
