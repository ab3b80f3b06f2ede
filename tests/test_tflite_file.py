"""A .tflite file taken apart and put together: nothing that kernels read is lost."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="needs the extra 'label'")

sys.path.insert(0, str(Path(__file__).parent / "placement"))

import flatbuffers
import handmade
from ai_edge_litert import schema_py_generated as schema

from perfcost.errors import CorruptModel, InvalidGraph, Unsupported
from perfcost.frontends.tflite import read_tflite
from perfcost.pieces import Cutter
from perfcost.tflite_file import packed, unpacked


def outside(data: bytes) -> bytes:
    """The same file with its constants behind the tables, as files above 2 GiB have them."""
    model = unpacked(data)
    kept = [b"" if b.data is None else b.data.tobytes() for b in model.buffers]
    size = 0
    for _ in range(2):  # the offsets do not change how long the tables are
        at, behind = size, b""
        for buffer, content in zip(model.buffers, kept, strict=True):
            buffer.data, buffer.offset, buffer.size = None, 1, 1
            if content:
                buffer.offset, buffer.size = at + 2 + len(behind), len(content)
                behind += content
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        size = len(builder.Output())
    return bytes(builder.Output()) + b"\0\0" + behind


def test_constants_behind_the_tables_are_put_into_a_piece() -> None:
    data = handmade.odd_edges()
    far = outside(data)
    assert read_tflite(far).tensors[1].constant == read_tflite(data).tensors[1].constant
    near, found = (Cutter(each).part([0, 1]) for each in (data, far))
    assert (near.inputs, near.outputs) == (found.inputs, found.outputs) == ((0,), (3,))
    assert near.data == found.data
    assert np.arange(4, dtype=np.float32).tobytes() in found.data
    with pytest.raises(CorruptModel, match="truncated"):
        unpacked(far[:-16])


def test_constants_in_another_file_are_refused() -> None:
    model = unpacked(handmade.odd_edges())
    model.subgraphs[0].tensors[1].externalBuffer = 1
    with pytest.raises(Unsupported, match="another file"):
        Cutter(packed(model))


def test_numbers_that_lead_nowhere_are_refused() -> None:
    model = unpacked(handmade.running_sum())
    model.signatureDefs[0].inputs[0].tensorIndex = 99
    with pytest.raises(CorruptModel, match="a signature names tensor 99"):
        unpacked(packed(model))
    model = unpacked(handmade.odd_edges())
    model.subgraphs[0].operators[0].intermediates = np.array([99], np.int32)
    with pytest.raises(CorruptModel, match="intermediate tensor 99"):
        unpacked(packed(model))
    data = bytearray(handmade.odd_edges())
    data[:4] = (2**31 - 1).to_bytes(4, "little")
    with pytest.raises(CorruptModel, match="cannot be read"):
        unpacked(bytes(data))


def test_constants_are_aligned() -> None:
    model = unpacked(handmade.odd_edges())
    data = packed(model)
    assert data.index(np.arange(4, dtype=np.float32).tobytes()) % 16 == 0
    assert data.index(b"1.5.0") % 16 == 0


def test_intermediates_custom_options_and_versions_are_kept() -> None:
    model = unpacked(handmade.odd_edges())
    [graph] = model.subgraphs
    spare = schema.TensorT()
    spare.name, spare.type, spare.shape = "inner", 9, np.array([1], np.int32)
    spare.quantization = schema.QuantizationParametersT()
    spare.quantization.scale = np.array([0.25], np.float32)
    graph.tensors.append(spare)
    graph.operators[3].intermediates = np.array([-1, len(graph.tensors) - 1], np.int32)
    graph.operators[3].customOptions = np.frombuffer(b"some", np.uint8)
    model.operatorCodes[graph.operators[3].opcodeIndex].version = 7
    found = unpacked(Cutter(packed(model)).piece([3]))
    [op] = found.subgraphs[0].operators
    assert op.customOptions.tobytes() == b"some"
    assert found.operatorCodes[op.opcodeIndex].version == 7
    assert op.intermediates[0] == -1
    inner = found.subgraphs[0].tensors[op.intermediates[1]]
    assert inner.name == b"inner" and inner.quantization.scale[0] == 0.25


def test_sparsity_is_kept() -> None:
    model = unpacked(handmade.odd_edges())
    sparsity = schema.SparsityParametersT()
    sparsity.traversalOrder = np.array([0, 1], np.int32)
    model.subgraphs[0].tensors[1].sparsity = sparsity
    found = unpacked(Cutter(packed(model)).part([0]).data)
    assert found.subgraphs[0].tensors[0].sparsity.traversalOrder.tolist() == [0, 1]


def test_only_called_subgraphs_go_along_under_new_numbers() -> None:
    cutter = Cutter(handmade.loop_and_choice())
    loop, choice, plain = (unpacked(cutter.part([op]).data) for op in (1, 3, 0))
    assert [g.name for g in loop.subgraphs] == [b"main", b"condition", b"body"]
    assert [g.name for g in choice.subgraphs] == [b"main", b"yes", b"no", b"inner"]
    assert [g.name for g in plain.subgraphs] == [b"main"]
    inner = choice.subgraphs[1].operators[1].builtinOptions
    assert (inner.thenSubgraphIndex, inner.elseSubgraphIndex) == (3, 3)
    assert len(plain.operatorCodes) == 1 and len(plain.buffers) == 1


def test_an_op_that_calls_the_subgraph_it_is_in_is_refused() -> None:
    model = unpacked(handmade.loop_and_choice())
    model.subgraphs[0].operators[1].builtinOptions.bodySubgraphIndex = 0
    with pytest.raises(InvalidGraph, match="calls subgraph 0"):
        Cutter(packed(model)).part([1])
