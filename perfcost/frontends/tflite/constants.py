"""What the reader keeps of a constant: size, entropy of weights, values of small parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfcost.graph import Constant, Quantization
from perfcost.weights import Histogram

MAX_VALUES = 64
"""Integer constants up to this many elements are kept as values (axes, permutations, pads)."""

MIN_WEIGHTS = 2
"""8-bit constants of at least this many elements are measured as weights."""

_INTEGERS: dict[str, np.dtype[Any]] = {
    "int32": np.dtype("<i4"),
    "int64": np.dtype("<i8"),
    "bool": np.dtype("?"),
}


def describe(
    stored: NDArray[np.uint8], dtype: str, elements: int, quantization: Quantization | None
) -> Constant:
    """Describes a constant by its stored bytes (uint8 view of the file), dtype and elements."""
    nbytes = int(stored.size)
    integer = _INTEGERS.get(dtype)
    if integer is not None and elements <= MAX_VALUES and nbytes == elements * integer.itemsize:
        return Constant(nbytes, values=tuple(int(v) for v in stored.view(integer)))
    if dtype in ("int8", "uint8") and nbytes == elements > 0:
        zero = quantization.zero_point if quantization is not None else 0
        if elements < MIN_WEIGHTS:  # what a PADV2 fills with
            value = int(stored.view(dtype)[0])
            return Constant(nbytes, zero_fraction=float(value == zero))
        histogram = Histogram.of(stored, signed=dtype == "int8", zero_point=zero)
        return Constant(nbytes, histogram.entropy_bits, histogram.zero_fraction, histogram)
    return Constant(nbytes)
