"""What is kept of a constant, as the TFLite reader keeps it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from perfcost.frontends.tflite.constants import describe
from perfcost.graph import Constant, Quantization, bytes_of


def constant_of(
    shape: tuple[int, ...],
    dtype: str,
    quantization: Quantization | None,
    array: NDArray[np.generic] | None,
    number: float | None,
) -> Constant:
    """Describes a constant by its contents where they are at hand, else by its size.

    Args:
        shape: as the op has it.
        dtype: of the elements.
        quantization: where quantised.
        array: the contents in the order of the shape.
        number: the value of a literal.
    """
    if array is not None and array.size == math.prod(shape) and array.dtype.name == dtype:
        stored = np.ascontiguousarray(array)
        if stored.dtype.byteorder == ">":
            stored = stored.astype(stored.dtype.newbyteorder("<"))
        return describe(stored.reshape(-1).view(np.uint8), dtype, array.size, quantization)
    whole = dtype in ("int32", "int64", "bool")
    if number is not None and whole and not shape:
        return Constant(bytes_of(shape, dtype), values=(int(number),))
    return Constant(bytes_of(shape, dtype))
