"""Tensors of a TFLite subgraph: shapes, dtypes, quantisation and constants, all checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfcost.errors import CorruptModel, DynamicShape, InvalidGraph, ModelTooLarge
from perfcost.frontends.tflite.constants import describe
from perfcost.frontends.tflite.flatbuffer import Bytes, Table
from perfcost.frontends.tflite.schema import schema
from perfcost.graph import BITS, Constant, Quantization, Tensor, bytes_of, elements_of
from perfcost.limits import MAX_RANK

_RANGES = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}

SHAPE, TYPE, BUFFER, NAME, QUANTIZATION, IS_VARIABLE, SPARSITY, SIGNATURE, HAS_RANK = range(9)


@dataclass(frozen=True, slots=True)
class Buffers:
    """The constant data of a file, by buffer index."""

    file: Bytes
    tables: Sequence[Table]

    def content(self, index: int) -> NDArray[np.uint8] | None:
        """The bytes of a buffer as a view of the file, ``None`` where it is empty."""
        if not 0 <= index < len(self.tables):
            raise CorruptModel(
                f"buffer {index} does not exist, expected 0..{len(self.tables) - 1}; the file is "
                "damaged"
            )
        table = self.tables[index]
        offset = table.scalar(1, "uint64")
        if offset > 1:  # data after the flatbuffer, for files above 2 GiB
            size = table.scalar(2, "uint64")
            self.file.require(offset, size, f"buffer {index}, stored outside the tables,")
            return np.frombuffer(self.file.data, np.uint8, size, offset)
        data: NDArray[Any] = table.vector(0, "uint8")
        return data if data.size else None


def _quantization(table: Table, rank: int, shape: tuple[int, ...]) -> Quantization | None:
    found = table.table(QUANTIZATION)
    if found is None:
        return None
    scales = found.vector(2, "float32")
    if not scales.size:
        return None
    zeros = found.vector(3, "int64")
    if not np.isfinite(scales).all() or (scales < 0).any():
        raise InvalidGraph(
            f"a quantisation scale is {float(scales.min())}, expected a finite number of at least "
            "0; convert the model again"
        )
    if zeros.size not in (0, 1, scales.size):
        raise InvalidGraph(f"{zeros.size} zero points for {scales.size} scales, expected as many")
    axis = found.scalar(6, "int32")
    if rank == 1:
        axis = 0  # some converters give the bias the axis of its weights; it has but one
    if scales.size > 1:
        if not 0 <= axis < max(rank, 1):
            raise InvalidGraph(
                f"quantised axis {axis} of a tensor of rank {rank}, expected 0..{rank - 1}"
            )
        if rank and shape[axis] != scales.size:
            raise InvalidGraph(
                f"{scales.size} scales for the {shape[axis]} channels of axis {axis}, expected "
                "one a channel"
            )
    points = tuple(zeros.tolist()) or (0,)
    return Quantization(tuple(scales.tolist()), points, axis)


def _check_zero_points(quantization: Quantization, dtype: str) -> None:
    bounds = _RANGES.get(dtype)
    if bounds is None:
        return
    low, high = min(quantization.zero_points), max(quantization.zero_points)
    if low < bounds[0] or high > bounds[1]:
        raise InvalidGraph(
            f"zero point {low if low < bounds[0] else high} of a tensor of type {dtype}, expected "
            f"{bounds[0]} to {bounds[1]}; convert the model again"
        )


def _shape(table: Table, name: str, given: tuple[int, ...] | None) -> tuple[int, ...]:
    shape = table.integers(SHAPE)
    if len(shape) > MAX_RANK:
        raise CorruptModel(
            f"tensor {name!r} has rank {len(shape)}, expected at most {MAX_RANK}",
            offset=table.position,
        )
    if given is not None:
        if len(given) != len(shape):
            raise DynamicShape(
                f"input_shapes gives {name!r} the shape {list(given)}, expected rank {len(shape)} "
                f"as in the file's {list(shape)}"
            )
        return given
    if any(extent < 0 for extent in shape):
        if min(shape) < -1:
            raise CorruptModel(
                f"tensor {name!r} has shape {list(shape)}, expected extents of at least 0",
                offset=table.position,
            )
        raise DynamicShape(
            f"tensor {name!r} has shape {list(shape)}, where -1 is not known before the network "
            "runs; give input_shapes={name: shape} or convert with fixed shapes",
            offset=table.position,
        )
    return shape


def _constant(
    table: Table,
    buffers: Buffers,
    name: str,
    shape: tuple[int, ...],
    dtype: str,
    quantization: Quantization | None,
) -> Constant | None:
    stored = buffers.content(table.scalar(BUFFER, "uint32"))
    if stored is None:
        return None
    if table.has(SPARSITY) or not BITS[dtype]:
        return Constant(int(stored.size))
    expected = bytes_of(shape, dtype)
    if stored.size != expected:
        raise CorruptModel(
            f"constant {name!r} holds {stored.size} bytes, expected {expected} for shape "
            f"{list(shape)} of type {dtype}; the file is damaged",
            offset=table.position,
        )
    return describe(stored, dtype, math.prod(shape), quantization)


def read_tensor(
    table: Table, buffers: Buffers, input_shapes: Mapping[str, tuple[int, ...]]
) -> tuple[Tensor, bool]:
    """Reads one tensor; the flag tells that its batch or another extent is free in the file.

    Raises:
        CorruptModel, InvalidGraph, DynamicShape, ModelTooLarge: see ``perfcost.errors``.
    """
    name = table.text(NAME)
    code = table.scalar(TYPE, "int8")
    known = schema().names["TensorType"].get(code)
    if known is None:
        raise CorruptModel(
            f"tensor {name!r} has type {code}, which is none of the schema's", offset=table.position
        )
    dtype = known.lower()
    shape = _shape(table, name, input_shapes.get(name))
    try:
        elements_of(shape)
    except ModelTooLarge as error:
        raise ModelTooLarge(f"tensor {name!r}: {error.message}", offset=table.position) from None
    try:
        quantization = _quantization(table, len(shape), shape)
        if quantization is not None:
            _check_zero_points(quantization, dtype)
    except InvalidGraph as error:
        raise InvalidGraph(f"tensor {name!r}: {error.message}", offset=table.position) from None
    constant = _constant(table, buffers, name, shape, dtype, quantization)
    free = -1 in table.integers(SIGNATURE)
    variable = bool(table.scalar(IS_VARIABLE, "bool"))
    return Tensor(name, shape, dtype, quantization, constant, variable), free
