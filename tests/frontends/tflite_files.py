"""Writes .tflite files that no converter would write, to see what the reader answers.

Specs are plain dicts; a table's fields are given by slot, so that a test can leave out or damage
any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np

from perfcost.frontends.tflite.schema import schema

PLACEHOLDER = 127


def tensor(
    shape: Sequence[int] | None = (1, 4, 4, 2),
    *,
    dtype: str | int = "FLOAT32",
    buffer: int = 0,
    name: str | bytes = "t",
    scales: Sequence[float] = (),
    zeros: Sequence[int] = (),
    axis: int = 0,
    signature: Sequence[int] | None = None,
    has_rank: bool = True,
    sparse: bool = False,
    variable: bool = False,
) -> dict[str, Any]:
    return dict(locals())


def op(
    kind: str | int,
    inputs: Sequence[int],
    outputs: Sequence[int],
    options: str = "",
    custom: str = "",
    raw: bytes = b"",
    **fields: Any,
) -> dict[str, Any]:
    """An op; ``options`` names a table of the schema and ``fields`` are its fields."""
    return dict(locals())


def graph(
    tensors: Sequence[dict[str, Any]],
    ops: Sequence[dict[str, Any]],
    inputs: Sequence[int] = (0,),
    outputs: Sequence[int] | None = None,
) -> dict[str, Any]:
    last = (len(tensors) - 1,) if outputs is None else outputs
    return {"tensors": tensors, "ops": ops, "inputs": inputs, "outputs": last}


def _ints(b: flatbuffers.Builder, values: Sequence[int], dtype: Any = np.int32) -> int:
    return int(b.CreateNumpyVector(np.array(values, dtype)))


def _vector(b: flatbuffers.Builder, offsets: Sequence[int]) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return int(b.EndVector())


def _text(b: flatbuffers.Builder, text: str | bytes) -> int:
    return int(b.CreateString(text))


def _tensor(b: flatbuffers.Builder, t: dict[str, Any]) -> int:
    shape = None if t["shape"] is None else _ints(b, t["shape"])
    name = _text(b, t["name"])
    quantization = sparsity = signature = None
    if len(t["scales"]):
        scales = int(b.CreateNumpyVector(np.array(t["scales"], np.float32)))
        zeros = _ints(b, t["zeros"], np.int64)
        b.StartObject(7)
        b.PrependUOffsetTRelativeSlot(2, scales, 0)
        b.PrependUOffsetTRelativeSlot(3, zeros, 0)
        b.PrependInt32Slot(6, t["axis"], 0)
        quantization = b.EndObject()
    if t["sparse"]:
        b.StartObject(3)
        sparsity = b.EndObject()
    if t["signature"] is not None:
        signature = _ints(b, t["signature"])
    code = t["dtype"]
    b.StartObject(9)
    for slot, offset in ((0, shape), (3, name), (4, quantization), (6, sparsity), (7, signature)):
        if offset is not None:
            b.PrependUOffsetTRelativeSlot(slot, offset, 0)
    b.PrependInt8Slot(1, code if isinstance(code, int) else schema().values["TensorType"][code], 0)
    b.PrependUint32Slot(2, t["buffer"], 0)
    b.PrependBoolSlot(5, t["variable"], False)
    b.PrependBoolSlot(8, t["has_rank"], False)
    return int(b.EndObject())


def _op(b: flatbuffers.Builder, o: dict[str, Any], code: int) -> int:
    inputs, outputs = _ints(b, o["inputs"]), _ints(b, o["outputs"])
    options = custom = None
    if o["raw"]:
        custom = b.CreateByteVector(o["raw"])
    if o["options"]:
        known = schema().options[o["options"]]
        vectors = {
            f.name: _ints(b, o["fields"][f.name])
            for f in known
            if f.name in o["fields"] and f.kind == "[int32]"
        }
        put = {"int8": b.PrependInt8Slot, "int32": b.PrependInt32Slot, "bool": b.PrependBoolSlot,
               "float32": b.PrependFloat32Slot, "uint32": b.PrependUint32Slot}  # fmt: skip
        b.StartObject(max((f.slot for f in known), default=-1) + 1)
        for field in known:
            if field.name in vectors:
                b.PrependUOffsetTRelativeSlot(field.slot, vectors[field.name], 0)
            elif field.name in o["fields"]:
                put[field.kind](field.slot, o["fields"][field.name], field.default)
        options = b.EndObject()
    b.StartObject(13)
    b.PrependUint32Slot(0, o.get("code", code), 0)
    b.PrependUOffsetTRelativeSlot(1, inputs, 0)
    b.PrependUOffsetTRelativeSlot(2, outputs, 0)
    if options is not None:
        b.PrependUint8Slot(3, schema().values["BuiltinOptions"][o["options"]], 0)
        b.PrependUOffsetTRelativeSlot(4, options, 0)
    if custom is not None:
        b.PrependUOffsetTRelativeSlot(5, custom, 0)
    return int(b.EndObject())


def _subgraph(b: flatbuffers.Builder, g: dict[str, Any], codes: list[tuple[Any, str]]) -> int:
    tensors = _vector(b, [_tensor(b, t) for t in g["tensors"]])
    ops = [_op(b, o, codes.index((o["kind"], o["custom"]))) for o in g["ops"]]
    fields = [tensors, _ints(b, g["inputs"]), _ints(b, g["outputs"]), _vector(b, ops)]
    b.StartObject(5)
    for slot, offset in enumerate(fields):
        b.PrependUOffsetTRelativeSlot(slot, offset, 0)
    return int(b.EndObject())


def _code(b: flatbuffers.Builder, kind: str | int, custom: str) -> int:
    code = kind if isinstance(kind, int) else schema().values["BuiltinOperator"][kind]
    text = b.CreateString(custom) if custom else None
    b.StartObject(4)
    b.PrependInt8Slot(0, min(code, PLACEHOLDER), 0)
    if text is not None:
        b.PrependUOffsetTRelativeSlot(1, text, 0)
    b.PrependInt32Slot(2, 1, 1)
    b.PrependInt32Slot(3, code, 0)
    return int(b.EndObject())


def _buffer(b: flatbuffers.Builder, content: bytes | tuple[int, int]) -> int:
    if isinstance(content, tuple):  # (offset, size) of data after the tables
        b.StartObject(3)
        b.PrependUint64Slot(1, content[0], 0)
        b.PrependUint64Slot(2, content[1], 0)
        return int(b.EndObject())
    vector = b.CreateByteVector(content) if content else None
    b.StartObject(3)
    if vector is not None:
        b.PrependUOffsetTRelativeSlot(0, vector, 0)
    return int(b.EndObject())


def model(
    *graphs: dict[str, Any],
    buffers: Sequence[bytes | tuple[int, int]] = (b"",),
    version: int = 3,
) -> bytes:
    """The bytes of a file with these subgraphs; buffer 0 is empty as the format demands."""
    b = flatbuffers.Builder(1024)
    codes = list(dict.fromkeys((o["kind"], o["custom"]) for g in graphs for o in g["ops"]))
    written = _vector(b, [_subgraph(b, g, codes) for g in graphs])
    code_vector = _vector(b, [_code(b, *code) for code in codes])
    buffer_vector = _vector(b, [_buffer(b, content) for content in buffers])
    b.StartObject(8)
    b.PrependUint32Slot(0, version, 0)
    b.PrependUOffsetTRelativeSlot(1, code_vector, 0)
    b.PrependUOffsetTRelativeSlot(2, written, 0)
    b.PrependUOffsetTRelativeSlot(4, buffer_vector, 0)
    b.Finish(b.EndObject(), b"TFL3")
    return bytes(b.Output())


def chain(count: int, kind: str = "RELU") -> bytes:
    """A graph of ``count`` ops of one operand, one after the other."""
    tensors = [tensor((1, 2), name=f"t{i}") for i in range(count + 1)]
    return model(graph(tensors, [op(kind, [i], [i + 1]) for i in range(count)]))
