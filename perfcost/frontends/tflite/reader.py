"""Reads a .tflite file into a ``Graph``: all subgraphs, signatures and control flow.

Nothing in the file is trusted; see ``flatbuffer.py`` for the bytes and ``perfcost.graph.validate``
for the graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from perfcost.errors import CorruptModel, ModelTooLarge, NotAModel
from perfcost.frontends.tflite.calls import check_calls, entry_of, read_signatures
from perfcost.frontends.tflite.flatbuffer import Bytes
from perfcost.frontends.tflite.operators import read_codes
from perfcost.frontends.tflite.subgraph import read_subgraph
from perfcost.frontends.tflite.tensors import Buffers
from perfcost.graph import Graph
from perfcost.limits import MAX_FILE_BYTES, MAX_OPS, MAX_SUBGRAPHS, MAX_TENSORS

IDENTIFIER = b"TFL3"


def read_tflite(
    data: bytes,
    *,
    name: str = "model",
    signature: str | None = None,
    input_shapes: Mapping[str, Sequence[int]] | None = None,
) -> Graph:
    """Reads the bytes of a .tflite file.

    Args:
        data: the whole file.
        name: what to call the graph, usually the file's name.
        signature: the entry point; the first of the file by default.
        input_shapes: shapes by name that replace those of the entry graph's inputs; all shapes
            that depend on them are computed anew. Every input that has an extent of -1 needs one.

    Raises:
        NotAModel, CorruptModel, InvalidGraph, DynamicShape, ModelTooLarge: see
            ``perfcost.errors``; each names the byte offset or the op.
    """
    if len(data) > MAX_FILE_BYTES:
        raise ModelTooLarge(f"the file has {len(data)} bytes, above the limit of {MAX_FILE_BYTES}")
    if not data:
        raise NotAModel("the file is empty, expected a .tflite file", offset=0)
    if bytes(data[4:8]) != IDENTIFIER:
        raise NotAModel(
            f"bytes 4 to 7 are {bytes(data[4:8])!r}, expected {IDENTIFIER!r} of a .tflite file; "
            "give the path of a TensorFlow Lite model",
            offset=4,
        )
    file = Bytes(data)
    model = file.root()
    version = model.scalar(0, "uint32")
    if version != 3:
        raise CorruptModel(f"schema version {version}, expected 3", offset=model.position)
    buffers = Buffers(file, model.tables(4, "buffers", MAX_TENSORS))
    codes = read_codes(model)
    tables = model.tables(2, "subgraphs", MAX_SUBGRAPHS)
    if not tables:
        raise CorruptModel("the file has no subgraph, expected at least one", offset=model.position)
    signatures = read_signatures(model, len(tables))
    entry = entry_of(signatures, signature)
    read = [
        read_subgraph(table, index, codes, buffers, input_shapes if index == entry else None)
        for index, table in enumerate(tables)
    ]
    graphs = [graph for graph, _ in read]
    total = sum(len(graph.ops) for graph in graphs)
    if total > MAX_OPS:
        raise ModelTooLarge(f"{total} ops, above the limit of {MAX_OPS}; split the model")
    check_calls(graphs)
    notes: tuple[tuple[str, str], ...] = ()
    free = sum(count for _, count in read)
    if free and not input_shapes:
        notes = (
            (
                "dynamic_shape",
                f"{free} tensors have a free extent in their shape signature; priced with the "
                f"fixed shape of the file",
            ),
        )
    others = tuple(None if index == entry else graph for index, graph in enumerate(graphs))
    return replace(graphs[entry], name=name, subgraphs=others, signatures=signatures, notes=notes)
