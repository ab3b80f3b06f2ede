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
from perfcost.shapes import same_padding

WINDOW_OPS = frozenset(
    {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "AVERAGE_POOL_2D", "MAX_POOL_2D",
     "L2_POOL_2D"}
)  # fmt: skip

HINTS = frozenset({"NewShape", "SqueezeDims", "KeepNumDims"})
"""Options that repeat a shape: read only where shapes are computed anew."""

_LEFT_OUT = HINTS | frozenset(
    {"AsymmetricQuantizeInputs", "QuantizedBiasType", "WeightsFormat", "QuantSpec",
     "PotScaleInt16", "NumSplits", "Num", "ValuesCount", "InDataType", "OutDataType",
     "CompositeAttributes", "CompositeAttributesFormat", "DepthMultiplier", "InputTensorIndices"}
)  # fmt: skip
_BODY_FIELDS = (
    "ThenSubgraphIndex", "ElseSubgraphIndex", "CondSubgraphIndex", "BodySubgraphIndex",
    "InitSubgraphIndex", "DecompositionSubgraphIndex", "Subgraph", "BranchSubgraphIndices",
    "ComparatorSubgraphIndex", "UpdateComputationSubgraphIndex",
)  # fmt: skip
_BODY_FIELD_SET = frozenset(_BODY_FIELDS)
MAX_ENTRIES = 64


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _value(table: Table, field: Field) -> AttrValue:
    if field.kind == "string":
        return table.text(field.slot)
    if field.kind.startswith("["):
        kind = field.kind[1:-1]
        if kind not in ("int32", "int64"):
            return None
        if table.length(field.slot, 8 if kind == "int64" else 4) > MAX_ENTRIES:
            raise CorruptModel(
                f"option {field.name} has more than {MAX_ENTRIES} entries; damaged file",
                offset=table.position,
            )
        return table.numbers(field.slot, kind)
    if field.kind == "table":
        return None
    value: AttrValue = table.scalar(field.slot, field.kind, field.default)
    return value


@cache
def _fields(name: str, hints: bool) -> tuple[tuple[Field, str], ...]:
    """The fields of an options table that are read, each with the name that its value gets."""
    found = []
    for field in schema().options.get(name, ()):
        if field.name in HINTS and hints:
            found.append((field, field.name))
        elif field.name == "FusedActivationFunction":
            found.append((field, "activation"))
        elif field.name not in _LEFT_OUT:
            body = field.name in _BODY_FIELDS
            found.append((field, field.name if body else _snake(field.name)))
    return tuple(found)


@cache
def _defaults(name: str) -> dict[str, AttrValue]:
    return {
        word: None if field.kind.startswith("[") else field.default
        for field, word in _fields(name, False)
    }


def read_options(name: str, table: Table | None, hints: bool = False) -> dict[str, AttrValue]:
    """The fields of an options table in snake case; defaults where the table is absent.

    The fused activation is called ``activation`` and given by name; subgraphs that are called and
    ``HINTS`` (only where asked for) keep the name that the schema gives them.
    """
    if table is None:
        found = dict(_defaults(name))
    else:
        found = {word: _value(table, field) for field, word in _fields(name, hints)}
    if "activation" in found:
        code = found["activation"]
        assert isinstance(code, int)
        known = schema().names["ActivationFunctionType"].get(code)
        if known is None:
            raise CorruptModel(f"fused activation {code} is none of the schema's; damaged file")
        found["activation"] = known
    return found


def bodies(options: dict[str, AttrValue]) -> tuple[int, ...]:
    """Takes the subgraph indices out of the options of a control-flow op."""
    if _BODY_FIELD_SET.isdisjoint(options):
        return ()
    indices: list[int] = []
    for name in _BODY_FIELDS:
        value = options.pop(name, None)
        if isinstance(value, tuple):
            indices.extend(value)
        elif isinstance(value, int):
            indices.append(value)
    return tuple(indices)


def attributes(options: dict[str, AttrValue]) -> dict[str, AttrValue]:
    """Options of an op without a window as attributes of the IR.

    Raises:
        InvalidGraph: a block size below 1.
    """
    block = options.get("block_size")
    if isinstance(block, int) and block < 1:
        raise InvalidGraph(f"block_size is {block}, expected at least 1; convert the model again")
    return {
        name: value for name, value in options.items() if value is not None and name not in HINTS
    }


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
    stride = options.get("stride_h", 1), options.get("stride_w", 1)
    dilation = options.get("dilation_h_factor", 1), options.get("dilation_w_factor", 1)
    for name, (high, wide) in (("window", window), ("stride", stride), ("dilation", dilation)):
        assert isinstance(high, int) and isinstance(wide, int)
        # a filter of no extent is weights without elements: an op of no cost
        if min(high, wide) < (0 if name == "window" and not kind.endswith("POOL_2D") else 1):
            raise InvalidGraph(
                f"{name} is {(high, wide)} (height, width), expected at least 1; convert the "
                "model again"
            )
    padding = (0, 0, 0, 0)
    if options.get("padding") != schema().values["Padding"]["VALID"]:
        (top, bottom), (left, right) = (
            same_padding(image[axis + 1], window[axis], stride[axis], dilation[axis])  # type: ignore[arg-type]
            for axis in (0, 1)
        )
        padding = (top, left, bottom, right)
    found: dict[str, AttrValue] = {
        "stride": stride,  # type: ignore[dict-item]
        "padding": padding,
        "activation": options.get("activation", "NONE"),
    }
    if kind.endswith("POOL_2D"):
        found["window"] = window
    elif kind != "TRANSPOSE_CONV":
        found["dilation"] = dilation  # type: ignore[assignment]
    return found
