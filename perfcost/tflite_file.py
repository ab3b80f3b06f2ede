"""A .tflite file as objects that can be changed, and back to bytes.

Needs the extra ``label``, which brings the format's own reader and writer. It follows the offsets
of a file blindly: read a file with ``frontends.tflite`` first, which trusts nothing. That leaves
tables which only kernels read; what is wrong with those shows here.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import flatbuffers
import numpy as np

from perfcost.errors import CorruptModel, ModelTooLarge, Unsupported

_IDENTIFIER = b"TFL3"
_ALIGNMENT = 16
# Offsets in a file have 31 bits; the tables beside the weights need some room, too.
_MAX_BUFFER_BYTES = 2**31 - 2**24
_OPTIONS = ("builtinOptions", "builtinOptions2")
_BODY_FIELDS = (
    "thenSubgraphIndex", "elseSubgraphIndex", "condSubgraphIndex", "bodySubgraphIndex",
    "initSubgraphIndex", "decompositionSubgraphIndex", "subgraph", "branchSubgraphIndices",
    "comparatorSubgraphIndex", "updateComputationSubgraphIndex",
)  # fmt: skip


def schema() -> Any:
    """The module with the classes of the format; Unsupported where it is not installed."""
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError as error:
        raise Unsupported(
            f"cutting a .tflite needs LiteRT ({error}); install: pip install 'perfcost[label]'"
        ) from error
    return schema_py_generated


def unpacked(data: bytes) -> Any:
    """A file as a ``ModelT``; what large files keep behind the tables is put into them.

    Raises:
        Unsupported: the weights are in another file, or LiteRT is not installed.
        CorruptModel: offsets or data that end beyond the file.
    """
    found = schema()
    try:
        model = found.ModelT.InitFromObj(found.Model.GetRootAs(data, 0))
    except (struct.error, LookupError, ValueError, TypeError, AttributeError) as error:
        raise CorruptModel(
            f"a table of the file cannot be read ({error}), expected offsets inside its "
            f"{len(data)} bytes; the file is damaged"
        ) from error
    _check(model)
    for buffer in model.buffers or ():
        if buffer.offset > 1:
            buffer.data = _behind(data, buffer.offset, buffer.size)
        buffer.offset = buffer.size = 0
    for graph in model.subgraphs:
        if any(tensor.externalBuffer for tensor in graph.tensors or ()):
            raise Unsupported(
                "the file keeps constants in another file, which cannot be cut; store them in the "
                "model itself"
            )
        for op in graph.operators or ():
            if op.largeCustomOptionsOffset > 1:
                op.customOptions = _behind(
                    data, op.largeCustomOptionsOffset, op.largeCustomOptionsSize
                )
            op.largeCustomOptionsOffset = op.largeCustomOptionsSize = 0
    return model


def _check(model: Any) -> None:
    """CorruptModel for numbers that the front end leaves alone and a piece follows."""
    for found in model.metadata or ():
        if not 0 <= found.buffer < len(model.buffers or ()):
            raise CorruptModel(f"metadata in buffer {found.buffer}, which does not exist")
    for found in model.signatureDefs or ():
        count = len(model.subgraphs[found.subgraphIndex].tensors or ())
        for pair in (*(found.inputs or ()), *(found.outputs or ())):
            if pair.name is None or not 0 <= pair.tensorIndex < count:
                raise CorruptModel(
                    f"a signature names tensor {pair.tensorIndex} {pair.name!r}, expected a name "
                    f"and one of 0..{count - 1}"
                )
    for graph in model.subgraphs:
        count = len(graph.tensors or ())
        for op in graph.operators or ():
            for tensor in () if op.intermediates is None else op.intermediates:
                if not -1 <= tensor < count:
                    raise CorruptModel(
                        f"an op has the intermediate tensor {tensor}, expected -1 to {count - 1}"
                    )


def packed(model: Any) -> bytes:
    """The bytes of a ``ModelT``. ModelTooLarge where they are more than the format can number."""
    room = sum(len(buffer.data) for buffer in model.buffers if buffer.data is not None)
    if room > _MAX_BUFFER_BYTES:
        raise ModelTooLarge(
            f"the constants of one file would have {room} bytes, above the limit of "
            f"{_MAX_BUFFER_BYTES}; cut the model into smaller pieces"
        )
    whole = changed(model, buffers=[_Buffer(buffer.data) for buffer in model.buffers])
    builder = flatbuffers.Builder(room + _ALIGNMENT * len(model.buffers) + 65536)
    builder.Finish(whole.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def changed(record: Any, **values: Any) -> Any:
    """A copy with some fields changed; what they hold is shared."""
    copy = type(record)()
    copy.__dict__.update(record.__dict__)
    copy.__dict__.update(values)
    return copy


def bodies(op: Any) -> list[int]:
    """The subgraphs that an op calls."""
    return [
        int(index)
        for name in _OPTIONS
        for value in _calls(getattr(op, name)).values()
        for index in np.atleast_1d(value)
    ]


def calling(op: Any, graph_of: Mapping[int, int]) -> dict[str, Any]:
    """The options of an op with the subgraphs that it calls by their new numbers."""
    made = {}
    for name in _OPTIONS:
        options = getattr(op, name)
        calls = {
            field: graph_of[value]
            if isinstance(value, int)
            else np.array([graph_of[int(index)] for index in value], np.int32)
            for field, value in _calls(options).items()
        }
        made[name] = changed(options, **calls) if calls else options
    return made


def _calls(options: Any) -> dict[str, Any]:
    held = {} if options is None else vars(options)
    return {name: held[name] for name in _BODY_FIELDS if held.get(name) is not None}


class _Buffer:
    """Writes a buffer as kernels want to read it: aligned, which the format's own writer is not."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def Pack(self, builder: Any) -> Any:  # noqa: N802 (called by the format's own writer)
        found = schema()
        vector = None
        if self._data is not None:
            content = np.asarray(self._data, np.uint8)
            builder.StartVector(1, len(content), _ALIGNMENT)
            builder.head = builder.Head() - len(content)
            builder.Bytes[builder.Head() : builder.Head() + len(content)] = content.tobytes()
            vector = builder.EndVector()
        found.BufferStart(builder)
        if vector is not None:
            found.BufferAddData(builder, vector)
        return found.BufferEnd(builder)


def _behind(data: bytes, offset: int, size: int) -> Any:
    if offset + size > len(data):
        raise CorruptModel(
            f"{size} bytes stored behind the tables end beyond the file's {len(data)} bytes; the "
            "file is truncated or damaged",
            offset=min(offset, len(data)),
        )
    return np.frombuffer(data, np.uint8, size, offset)
