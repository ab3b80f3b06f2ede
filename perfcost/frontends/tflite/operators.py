"""Ops of a TFLite subgraph: kinds, operands, attributes and the subgraphs they call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NoReturn

from perfcost.errors import CorruptModel, InvalidGraph, ModelError
from perfcost.frontends.tflite.flatbuffer import Table
from perfcost.frontends.tflite.options import (
    WINDOW_OPS,
    attributes,
    bodies,
    read_options,
    window_attributes,
)
from perfcost.frontends.tflite.schema import schema
from perfcost.graph import AttrValue, Op, Origin, Tensor

Options = dict[str, AttrValue]
MAX_CODES = 4096


def read_codes(model: Table) -> list[tuple[str, str]]:
    """(kind, custom name) of each operator code of the file."""
    names = schema().names["BuiltinOperator"]
    found = []
    for table in model.tables(1, "operator codes", MAX_CODES):
        # the first field holds codes up to 127; newer ones live in the fourth
        code = max(table.scalar(0, "int8"), table.scalar(3, "int32"))
        if code < 0:
            raise CorruptModel(f"operator code {code}, expected at least 0", offset=table.position)
        kind = names.get(code, f"BUILTIN_{code}")
        found.append((kind, table.text(1) if kind == "CUSTOM" else ""))
    return found


def _pool_window(options: Options) -> tuple[int, int]:
    height, width = options["filter_height"], options["filter_width"]
    assert isinstance(height, int) and isinstance(width, int)
    return height, width


def _of_rank_4(tensors: Sequence[Tensor], operands: tuple[int, ...], slot: int) -> tuple[int, ...]:
    if slot >= len(operands) or operands[slot] < 0:
        raise InvalidGraph(f"operand {slot} is absent, expected a tensor; convert the model again")
    shape = tensors[operands[slot]].shape
    if len(shape) != 4:
        raise InvalidGraph(f"operand {slot} has shape {list(shape)}, expected rank 4")
    return shape


def window_of(
    kind: str, options: Options, inputs: tuple[int, ...], tensors: Sequence[Tensor]
) -> tuple[tuple[int, ...], tuple[int, int]]:
    """(input image (N, H, W, C), (height, width) of the filter) of a convolution or pool.

    Raises:
        InvalidGraph: an operand is absent or not of rank 4, or the groups do not come out even.
    """
    if kind.endswith("POOL_2D"):
        return _of_rank_4(tensors, inputs, 0), _pool_window(options)
    image = _of_rank_4(tensors, inputs, 2 if kind == "TRANSPOSE_CONV" else 0)
    weights = _of_rank_4(tensors, inputs, 1)
    if kind == "CONV_2D" and image[3] != weights[3]:
        # weights are (C_out, kh, kw, C_in / groups)
        groups, rest = divmod(image[3], weights[3]) if weights[3] > 0 else (0, 1)
        if image[3] >= 0 and (rest or groups < 1 or weights[0] % groups):
            raise InvalidGraph(
                f"{image[3]} channels for weights of shape {list(weights)}, expected a whole "
                "number of groups; convert the model again"
            )
    return image, (weights[1], weights[2])


@cache
def _names(union: str) -> Mapping[int, str]:
    return schema().names[union]


def read_op_options(kind: str, table: Table, hints: bool = False) -> Options:
    """The options of a builtin op, of whichever of the two unions holds them."""
    second = table.scalar(11, "uint8")
    union, slot = ("BuiltinOptions2", 12) if second else ("BuiltinOptions", 4)
    name = _names(union).get(second or table.scalar(3, "uint8"), "NONE")
    expected = _OPTIONS_OF_WINDOW_OPS.get(kind, name)
    if name == "NONE":
        return read_options(expected, None)
    if name != expected:
        raise CorruptModel(f"options of type {name}, expected {expected}; the file is damaged")
    return read_options(name, table.table(slot), hints)


_OPTIONS_OF_WINDOW_OPS = {
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "TRANSPOSE_CONV": "TransposeConvOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "L2_POOL_2D": "Pool2DOptions",
}


def op_attributes(
    kind: str,
    options: Options,
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    tensors: Sequence[Tensor],
) -> tuple[Options, tuple[int, ...]]:
    """(attributes of the IR, subgraphs that the op calls)."""
    if kind not in WINDOW_OPS:
        called = bodies(options)
        return attributes(options), called
    image, window = window_of(kind, options, inputs, tensors)
    # every window op has an image as its output; the window of a TRANSPOSE_CONV moves over that
    output = _of_rank_4(tensors, outputs, 0)
    moved = output if kind == "TRANSPOSE_CONV" else image
    return window_attributes(kind, options, moved, window), ()


@cache
def opaque(kind: str) -> bool:
    """Whether nobody here knows the kind: its options are then never decoded."""
    return kind == "CUSTOM" or kind.startswith("BUILTIN_")


def fail_at(error: ModelError, where: str) -> NoReturn:
    """Raises the error again with the op's name."""
    raise type(error)(error.message, op=where) from None


def describe_op(kind: str, origin: Origin) -> str:
    return f"{kind} at subgraph {origin.subgraph}, op {origin.index}"


def operands(table: Table, slot: int, kind: str, origin: Origin, tensors: int) -> tuple[int, ...]:
    """Indices of an op's inputs (slot 1) or outputs (slot 2), checked."""
    found = table.integers(slot)
    if found and not (min(found) >= -1 and max(found) < tensors):
        wrong = next(tensor for tensor in found if not -1 <= tensor < tensors)
        raise CorruptModel(
            f"tensor {wrong} does not exist, expected -1 or 0..{tensors - 1}; the file is damaged",
            op=describe_op(kind, origin),
        )
    return found


def read_op(
    table: Table,
    codes: list[tuple[str, str]],
    tensors: Sequence[Tensor],
    origin: Origin,
) -> Op:
    """Reads one op.

    Raises:
        CorruptModel: an operator code or a tensor that does not exist, damaged options.
        InvalidGraph: a stride, dilation, filter or block size below 1.
    """
    kind, custom = kind_at(table, codes)
    inputs = operands(table, 1, kind, origin, len(tensors))
    outputs = operands(table, 2, kind, origin, len(tensors))
    if opaque(kind):
        attrs: Options = {"custom_code": custom} if kind == "CUSTOM" else {}
        return Op(kind, inputs, outputs, attrs, (origin,))
    try:
        options = read_op_options(kind, table)
        attrs, called = op_attributes(kind, options, inputs, outputs, tensors)
    except ModelError as error:
        fail_at(error, describe_op(kind, origin))
    return Op(kind, inputs, outputs, attrs, (origin,), called)


def kind_at(table: Table, codes: list[tuple[str, str]]) -> tuple[str, str]:
    """(kind, custom name) of an op."""
    index: int = table.scalar(0, "uint32")
    if index >= len(codes):
        raise CorruptModel(
            f"operator code {index} does not exist, expected 0..{len(codes) - 1}; the file is "
            "damaged",
            offset=table.position,
        )
    return codes[index]
