"""Contents of small integer tensors that are computed from shapes (SHAPE, STRIDED_SLICE, PACK).

Converters write a RESHAPE to a free batch as such a chain; with the shapes known it is a constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfcost.errors import ModelError
from perfcost.graph import AttrValue, Tensor
from perfcost.shapes.infer import infer_shapes

MAX_VALUES = 64
_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "MAXIMUM": np.maximum,
    "MINIMUM": np.minimum,
    "FLOOR_DIV": np.floor_divide,
    "FLOOR_MOD": np.mod,
}
_KEPT = frozenset({"CAST", "RESHAPE", "SQUEEZE", "EXPAND_DIMS"})


def _array(tensor: Tensor | None) -> NDArray[np.int64] | None:
    if tensor is None or tensor.constant is None or tensor.constant.values is None:
        return None
    if len(tensor.constant.values) != math.prod(tensor.shape):
        return None
    return np.array(tensor.constant.values, np.int64).reshape(tensor.shape)


def fold(
    kind: str, inputs: Sequence[Tensor | None], attrs: Mapping[str, AttrValue]
) -> tuple[int, ...] | None:
    """Contents of the op's first output, row by row; ``None`` where they are not known."""
    if kind == "SHAPE":
        first = inputs[0] if inputs else None
        return first.shape if first is not None and min(first.shape, default=0) >= 0 else None
    arrays = [_array(tensor) for tensor in inputs]
    known = [array for array in arrays if array is not None]
    if not known or len(known) < len(arrays):
        return None
    try:
        (shape,) = infer_shapes(kind, inputs, attrs)
        if math.prod(shape) > MAX_VALUES:
            return None
        found = _compute(kind, known, attrs)
    except (ModelError, ArithmeticError, ValueError, IndexError, OverflowError):
        return None
    return None if found is None else tuple(int(value) for value in found.reshape(-1))


def _compute(
    kind: str, arrays: list[NDArray[np.int64]], attrs: Mapping[str, AttrValue]
) -> NDArray[np.int64] | None:
    axis = attrs.get("axis", 0)
    assert isinstance(axis, int)
    if kind in _KEPT:
        return arrays[0]
    if kind == "PACK":
        return np.stack(arrays, axis)
    if kind == "CONCATENATION":
        return np.concatenate(arrays, axis)
    if kind == "GATHER" and not attrs.get("batch_dims"):
        return np.take(arrays[0], arrays[1], axis)
    if kind == "REDUCE_PROD":
        axes = tuple(int(place) for place in arrays[1].reshape(-1))
        return np.asarray(arrays[0].prod(axis=axes))
    if kind == "SLICE" and arrays[0].ndim == 1:
        begin, size = int(arrays[1][0]), int(arrays[2][0])
        return arrays[0][begin : None if size == -1 else begin + size]
    if kind == "STRIDED_SLICE" and arrays[0].ndim == 1:
        begin, end, step = (int(array[0]) for array in arrays[1:4])
        if attrs.get("shrink_axis_mask"):
            return arrays[0][begin : begin + 1 or None]
        start = None if attrs.get("begin_mask") else begin
        return arrays[0][start : None if attrs.get("end_mask") else end : step]
    combine = _ARITHMETIC.get(kind)
    return None if combine is None else np.asarray(combine(arrays[0], arrays[1]))
