"""What networks are run on: the same drawn values every time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SEED = 1


def drawn_input(shape: Sequence[int], dtype: Any) -> NDArray[Any]:
    """Values for an input: floats from 0 to 1, small integers, else zeros."""
    words = np.random.Philox(key=_SEED).random_raw(max(1, int(np.prod(shape))))
    kind = np.dtype(dtype)
    if kind.kind == "f":
        values: NDArray[Any] = ((words >> 40) / (1 << 24)).astype(kind)
    elif kind in (np.dtype(np.int8), np.dtype(np.uint8)):
        values = (words & 0xFF).astype(np.uint8).view(kind)
    else:
        # Places and shapes: zero is one that every tensor has.
        values = np.zeros(words.size, kind)
    return values.reshape(tuple(shape))
