"""Records to the bytes of a .tflite file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flatbuffers
import numpy as np

from perfcost.spaces.writer import schema
from perfcost.spaces.writer.records import OpRecord, Option, TensorRecord
from perfcost.spaces.writer.versions import version

_IDENTIFIER = b"TFL3"
_SCHEMA_VERSION = 3
# The byte field of older readers holds codes below this; larger ones stand in the newer field only.
_LARGEST_OLD_CODE = 127
_ALIGNMENT = 16


def write(
    tensors: Sequence[TensorRecord], ops: Sequence[OpRecord], inputs: list[int], outputs: list[int]
) -> bytes:
    """A model of one subgraph, with buffer 0 empty as the format demands."""
    room = sum(t.data.nbytes for t in tensors if t.data is not None)
    b = flatbuffers.Builder(room + 512 * (len(tensors) + len(ops)) + 1024)
    buffers, buffer_of = _buffers(b, tensors)
    written = [_tensor(b, i, t, buffer_of[i], tensors) for i, t in enumerate(tensors)]
    kinds = list(dict.fromkeys(op.kind for op in ops))
    versions = {k: max(version(op, tensors) for op in ops if op.kind == k) for k in kinds}
    codes = [_code(b, kind, versions[kind]) for kind in kinds]
    written_ops = [_op(b, op, kinds.index(op.kind)) for op in ops]
    tensor_vector, op_vector = _offsets(b, written), _offsets(b, written_ops)
    input_vector, output_vector = _ints(b, inputs), _ints(b, outputs)
    name = b.CreateString("main")
    b.StartObject(5)
    for slot, offset in enumerate((tensor_vector, input_vector, output_vector, op_vector, name)):
        b.PrependUOffsetTRelativeSlot(slot, offset, 0)
    subgraphs = _offsets(b, [b.EndObject()])
    code_vector, buffer_vector = _offsets(b, codes), _offsets(b, buffers)
    b.StartObject(8)
    b.PrependUint32Slot(0, _SCHEMA_VERSION, 0)
    b.PrependUOffsetTRelativeSlot(1, code_vector, 0)
    b.PrependUOffsetTRelativeSlot(2, subgraphs, 0)
    b.PrependUOffsetTRelativeSlot(4, buffer_vector, 0)
    b.Finish(b.EndObject(), _IDENTIFIER)
    return bytes(b.Output())


def _buffers(
    b: flatbuffers.Builder, tensors: Sequence[TensorRecord]
) -> tuple[list[int], list[int]]:
    buffers, buffer_of = [_buffer(b, b"")], []
    for t in tensors:
        content = _content(t)
        buffer_of.append(len(buffers) if content else 0)
        if content:
            buffers.append(_buffer(b, content))
    return buffers, buffer_of


def _content(t: TensorRecord) -> bytes:
    if t.real is not None and t.range is not None:
        lowest = 0 if t.dtype == "uint8" else -128
        steps = np.rint(t.real / np.float32(t.range.scale)) + t.range.zero_point
        stored = np.clip(steps, lowest, lowest + 255).astype(np.dtype(t.dtype))
        return bytes(stored.tobytes())
    return b"" if t.data is None else t.data.tobytes()


def _buffer(b: flatbuffers.Builder, content: bytes) -> int:
    vector = 0
    if content:
        # Kernels read weights in place and want them aligned; CreateByteVector aligns to 4 only.
        b.StartVector(1, len(content), _ALIGNMENT)
        b.head = b.Head() - len(content)
        b.Bytes[b.Head() : b.Head() + len(content)] = content
        vector = b.EndVector()
    b.StartObject(1)
    b.PrependUOffsetTRelativeSlot(0, vector, 0)
    return int(b.EndObject())


def _tensor(
    b: flatbuffers.Builder,
    index: int,
    t: TensorRecord,
    buffer: int,
    tensors: Sequence[TensorRecord],
) -> int:
    name, shape, quantisation = b.CreateString(f"t{index}"), _ints(b, t.shape), 0
    scales, zero_point = _quantisation(t, tensors)
    if scales is not None:
        scale_vector = b.CreateNumpyVector(scales)
        zero_vector = b.CreateNumpyVector(np.full(len(scales), zero_point, np.int64))
        b.StartObject(7)
        b.PrependUOffsetTRelativeSlot(2, scale_vector, 0)
        b.PrependUOffsetTRelativeSlot(3, zero_vector, 0)
        b.PrependInt32Slot(6, t.axis if len(scales) > 1 else 0, 0)
        quantisation = b.EndObject()
    b.StartObject(9)
    b.PrependUOffsetTRelativeSlot(0, shape, 0)
    b.PrependInt8Slot(1, schema.enum("TensorType", t.dtype.upper()), 0)
    b.PrependUint32Slot(2, buffer, 0)
    b.PrependUOffsetTRelativeSlot(3, name, 0)
    b.PrependUOffsetTRelativeSlot(4, quantisation, 0)
    b.PrependBoolSlot(5, t.variable, False)
    b.PrependBoolSlot(8, True, False)
    return int(b.EndObject())


def _quantisation(t: TensorRecord, tensors: Sequence[TensorRecord]) -> tuple[Any, int]:
    if t.bias_of is not None:
        source, weights = (tensors[i] for i in t.bias_of)
        if source.range is None or weights.scales is None:
            return None, 0
        return (weights.scales.astype(np.float64) * source.range.scale).astype(np.float32), 0
    if t.scales is not None:
        return t.scales, 128 if t.dtype == "uint8" else 0
    if t.range is None:
        return None, 0
    return np.array([t.range.scale], np.float32), t.range.zero_point


def _code(b: flatbuffers.Builder, kind: str, number: int) -> int:
    code = schema.enum("BuiltinOperator", kind)
    b.StartObject(4)
    b.PrependInt8Slot(0, min(code, _LARGEST_OLD_CODE), 0)
    b.PrependInt32Slot(2, number, 1)
    b.PrependInt32Slot(3, code, 0)
    return int(b.EndObject())


def _op(b: flatbuffers.Builder, op: OpRecord, code_index: int) -> int:
    inputs, outputs = _ints(b, op.inputs), _ints(b, op.outputs)
    options = _options(b, op.table, dict(op.options)) if op.table else 0
    b.StartObject(5)
    b.PrependUint32Slot(0, code_index, 0)
    b.PrependUOffsetTRelativeSlot(1, inputs, 0)
    b.PrependUOffsetTRelativeSlot(2, outputs, 0)
    if op.table:
        b.PrependUint8Slot(3, schema.enum("BuiltinOptions", op.table), 0)
        b.PrependUOffsetTRelativeSlot(4, options, 0)
    return int(b.EndObject())


def _options(b: flatbuffers.Builder, table: str, options: dict[str, Option]) -> int:
    known = schema.fields(table)
    vectors = {k: _ints(b, v) for k, v in options.items() if isinstance(v, tuple)}
    put: dict[str, Callable[[int, Any, Any], None]] = {
        "int8": b.PrependInt8Slot,
        "int32": b.PrependInt32Slot,
        "bool": b.PrependBoolSlot,
        "float32": b.PrependFloat32Slot,
    }
    b.StartObject(max((slot for _, slot, _, _ in known), default=-1) + 1)
    for name, slot, kind, default in known:
        if name in vectors:
            b.PrependUOffsetTRelativeSlot(slot, vectors[name], 0)
        elif name in options:
            put[kind](slot, options[name], default)
    return int(b.EndObject())


def _ints(b: flatbuffers.Builder, values: Sequence[int]) -> int:
    return int(b.CreateNumpyVector(np.array(values, np.int32)))


def _offsets(b: flatbuffers.Builder, offsets: list[int]) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return int(b.EndVector())
