"""Tensors of a TFLite subgraph: shapes, dtypes, quantisation and constants, all checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

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
        if not table.length(0, 1):
            return None
        data: NDArray[np.uint8] = table.vector(0, "uint8")
        return data


def _quantization(table: Table, shape: tuple[int, ...]) -> Quantization | None:
    found = table.table(QUANTIZATION)
    if found is None:
        return None
    scales = found.numbers(2, "float32")
    if not scales:
        return None
    zeros = found.numbers(3, "int64")
    low, total = min(scales), sum(scales)
    if low < 0 or not math.isfinite(total):  # a NaN or an infinity shows in the sum
        wrong = next(scale for scale in scales if not (scale >= 0 and math.isfinite(scale)))
        raise InvalidGraph(
            f"a quantisation scale is {wrong}, expected a finite number of at least 0; convert the "
            "model again"
        )
    if len(zeros) not in (0, 1, len(scales)):
        raise InvalidGraph(f"{len(zeros)} zero points for {len(scales)} scales, expected as many")
    axis = found.scalar(6, "int32")
    rank = len(shape)
    if rank == 1:
        axis = 0  # some converters give the bias the axis of its weights; it has but one
    if len(scales) > 1:
        if not 0 <= axis < max(rank, 1):
            raise InvalidGraph(
                f"quantised axis {axis} of a tensor of rank {rank}, expected 0..{rank - 1}"
            )
        if rank and shape[axis] != len(scales):
            raise InvalidGraph(
                f"{len(scales)} scales for the {shape[axis]} channels of axis {axis}, expected "
                "one a channel"
            )
    return Quantization(scales, zeros or (0,), axis)


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


def _shape(table: Table, given: Mapping[str, tuple[int, ...]] | None) -> tuple[int, ...]:
    shape = table.integers(SHAPE)
    if len(shape) > MAX_RANK:
        raise CorruptModel(
            f"tensor {table.text(NAME)!r} has rank {len(shape)}, expected at most {MAX_RANK}",
            offset=table.position,
        )
    if given and (wanted := given.get(table.text(NAME))) is not None:
        if len(wanted) != len(shape) and shape:
            raise InvalidGraph(
                f"input_shapes gives {table.text(NAME)!r} the shape {list(wanted)}, expected rank "
                f"{len(shape)} as in the file's {list(shape)}"
            )
        return wanted
    if shape and min(shape) < 0:
        if min(shape) < -1:
            raise CorruptModel(
                f"tensor {table.text(NAME)!r} has shape {list(shape)}, expected extents of at "
                "least 0",
                offset=table.position,
            )
        if given is None:
            raise unknown_shape(table.text(NAME), shape, table.position)
    return shape


def unknown_shape(name: str, shape: tuple[int, ...], offset: int | None = None) -> DynamicShape:
    """The error for a shape that the file does not say."""
    return DynamicShape(
        f"tensor {name!r} has shape {list(shape)}, where -1 is not known before the network "
        "runs; give input_shapes={name: shape} of the graph's inputs or convert with fixed shapes",
        offset=offset,
    )


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
    if shape and min(shape) < 0:
        raise CorruptModel(
            f"constant {name!r} has shape {list(shape)}, expected extents of at least 0",
            offset=table.position,
        )
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
    table: Table, buffers: Buffers, given: Mapping[str, tuple[int, ...]] | None
) -> Tensor:
    """Reads one tensor.

    Args:
        table: the tensor's.
        buffers: the constants of the file.
        given: shapes by name that replace the file's; ``None`` where no extent may be unknown,
            else the shape may hold a -1 that is still to be found.

    Raises:
        CorruptModel, InvalidGraph, DynamicShape, ModelTooLarge: see ``perfcost.errors``.
    """
    code = table.scalar(TYPE, "int8")
    dtype = _dtypes().get(code)
    if dtype is None:
        raise CorruptModel(
            f"tensor {table.text(NAME)!r} has type {code}, which is none of the schema's",
            offset=table.position,
        )
    shape = _shape(table, given)
    name = table.text(NAME)
    try:
        if not shape or min(shape) >= 0:
            elements_of(shape)
        quantization = _quantization(table, shape)
        if quantization is not None:
            _check_zero_points(quantization, dtype)
    except (InvalidGraph, ModelTooLarge) as error:
        raise type(error)(f"tensor {name!r}: {error.message}", offset=table.position) from None
    constant = _constant(table, buffers, name, shape, dtype, quantization)
    variable = bool(table.scalar(IS_VARIABLE, "bool"))
    return Tensor(name, shape, dtype, quantization, constant, variable)


def is_free(table: Table) -> bool:
    """Whether the file calls an extent of the tensor free, although it fixes it for now."""
    return table.has(SIGNATURE) and -1 in table.integers(SIGNATURE)


def lacks_shape(table: Table) -> bool:
    """Whether the tensor may be of unknown shape as well as a scalar: the format writes both so."""
    return not table.length(SHAPE, 4) and not table.scalar(HAS_RANK, "bool")


@cache
def _dtypes() -> Mapping[int, str]:
    return {code: name.lower() for code, name in schema().names["TensorType"].items()}
