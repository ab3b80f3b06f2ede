"""Builtin options of an op as attributes of the IR.

Window ops (convolutions, pools) get explicit padding and (height, width) pairs; every other option
keeps its name in snake case. What repeats a shape (``NewShape``) or only steers a kernel
(``AsymmetricQuantizeInputs``) is left out: it is not part of what the op computes.
"""

from __future__ import annotations

import re
from functools import cache

from perfcost.errors import CorruptModel, InvalidGraph
from perfcost.frontends.tflite.flatbuffer import Table
from perfcost.frontends.tflite.schema import Field, schema
from perfcost.graph import AttrValue

WINDOW_OPS = frozenset(
    {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "AVERAGE_POOL_2D", "MAX_POOL_2D",
     "L2_POOL_2D"}
)  # fmt: skip

_LEFT_OUT = frozenset(
    {"AsymmetricQuantizeInputs", "QuantizedBiasType", "WeightsFormat", "QuantSpec", "NewShape",
     "SqueezeDims", "PotScaleInt16", "NumSplits", "Num", "ValuesCount", "KeepNumDims",
     "InDataType", "OutDataType", "CompositeAttributes", "CompositeAttributesFormat",
     "DepthMultiplier", "InputTensorIndices"}
)  # fmt: skip
_BODY_FIELDS = (
    "ThenSubgraphIndex", "ElseSubgraphIndex", "CondSubgraphIndex", "BodySubgraphIndex",
    "InitSubgraphIndex", "DecompositionSubgraphIndex", "Subgraph", "BranchSubgraphIndices",
    "ComparatorSubgraphIndex", "UpdateComputationSubgraphIndex",
)  # fmt: skip


@cache
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _value(table: Table | None, field: Field) -> AttrValue:
    if field.kind == "string":
        return table.text(field.slot) if table else ""
    if field.kind.startswith("["):
        kind = field.kind[1:-1]
        if table is None or kind not in ("int32", "int64"):
            return None
        vector = table.vector(field.slot, kind)
        if vector.size > 64:
            raise CorruptModel(f"option {field.name} has {vector.size} entries, expected at most 64")
        return tuple(vector.tolist())
    if field.kind == "table":
        return None
    value: AttrValue = (
        field.default if table is None else table.scalar(field.slot, field.kind, field.default)
    )
    return value


def read_options(name: str, table: Table | None) -> dict[str, AttrValue]:
    """All fields of an options table by schema name; defaults where the table is absent."""
    found = {field.name: _value(table, field) for field in schema().options.get(name, ())}
    if "FusedActivationFunction" in found:
        code = found.pop("FusedActivationFunction")
        assert isinstance(code, int)
        known = schema().names["ActivationFunctionType"].get(code)
        if known is None:
            raise CorruptModel(f"fused activation {code} is none of the schema's; damaged file")
        found["activation"] = known
    return found


def bodies(options: dict[str, AttrValue]) -> tuple[int, ...]:
    """Takes the subgraph indices out of the options of a control-flow op."""
    indices: list[int] = []
    for name in _BODY_FIELDS:
        value = options.pop(name, None)
        if isinstance(value, tuple):
            indices.extend(value)
        elif isinstance(value, int):
            indices.append(value)
    return tuple(indices)


def attributes(options: dict[str, AttrValue]) -> dict[str, AttrValue]:
    """Options of an op without a window as attributes of the IR."""
    return {
        _snake(name): value
        for name, value in options.items()
        if name not in _LEFT_OUT and value is not None
    }


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """TensorFlow's SAME padding of one axis: (before, after), the odd element after."""
    output = -(-size // stride)
    total = max((output - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def window_attributes(
    kind: str,
    options: dict[str, AttrValue],
    image: tuple[int, ...],
    window: tuple[int, int],
) -> dict[str, AttrValue]:
    """Options of a convolution or pool as attributes of the IR.

    Args:
        kind: one of ``WINDOW_OPS``.
        options: as ``read_options`` gives them.
        image: shape (N, H, W, C) that the window moves over: the input, or the output of a
            TRANSPOSE_CONV.
        window: (height, width) of the filter.

    Raises:
        InvalidGraph: a stride, dilation or filter below 1.
    """
    pairs: dict[str, tuple[int, int]] = {"window": window}
    for name, high, wide in (
        ("stride", "StrideH", "StrideW"),
        ("dilation", "DilationHFactor", "DilationWFactor"),
    ):
        height, width = options.get(high, 1), options.get(wide, 1)
        assert isinstance(height, int) and isinstance(width, int)
        pairs[name] = height, width
    for name, pair in pairs.items():
        if min(pair) < 1:
            raise InvalidGraph(f"{name} is {pair} (height, width), expected at least 1")
    valid = options.get("Padding") == schema().values["Padding"]["VALID"]
    top = left = bottom = right = 0
    if not valid:
        (top, bottom), (left, right) = (
            same_padding(image[axis + 1], window[axis], pairs["stride"][axis], dilation)
            for axis, dilation in enumerate(pairs["dilation"])
        )
    found: dict[str, AttrValue] = {
        "stride": pairs["stride"],
        "padding": (top, left, bottom, right),
        "activation": options.get("activation", "NONE"),
    }
    if kind.endswith("POOL_2D"):
        found["window"] = window
    elif kind != "TRANSPOSE_CONV":
        found["dilation"] = pairs["dilation"]
    return found
