"""Rows 1 to 23 of what inputs may do to us, as far as the reader answers for them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from tflite_files import chain, graph, model, op, tensor

from perfcost.errors import (
    CorruptModel,
    DynamicShape,
    InvalidGraph,
    ModelTooLarge,
    NotAModel,
)
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.limits import MAX_OPS
from perfcost.ops import graph_bytes, graph_macs
from perfcost.spaces.tflite_writer import NetBuilder

VALID = 1


def one(a: dict[str, Any], b: dict[str, Any], kind: str = "RELU") -> bytes:
    return model(graph([a, b], [op(kind, [0], [1])]))


def conv(
    weights: Sequence[int] = (8, 3, 3, 2),
    image: Sequence[int] = (1, 4, 4, 2),
    result: Sequence[int] = (1, 4, 4, 8),
    **fields: Any,
) -> bytes:
    settings = {"StrideW": 1, "StrideH": 1, **fields}
    content = bytes(4 * int(np.prod(weights)))
    tensors = [tensor(image), tensor(weights, buffer=1), tensor(result)]
    ops = [op("CONV_2D", [0, 1], [2], "Conv2DOptions", **settings)]
    return model(graph(tensors, ops), buffers=[b"", content])


def small_net() -> bytes:
    net = NetBuilder(seed=1)
    x = net.input([1, 8, 8, 3])
    x = net.conv(x, 4, 3, act="relu")
    net.softmax(net.fully_connected(net.mean(x), 3))
    return net.build()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a zip file", b"\x18\0\0\0TFL2" + bytes(64)])
def test_row_01_no_model(data: bytes) -> None:
    with pytest.raises(NotAModel):
        read_tflite(data)


def test_row_02_truncated_at_any_byte() -> None:
    data = small_net()
    for length in range(8, len(data), 7):
        with contextlib.suppress(CorruptModel):
            read_tflite(data[:length])


def test_row_03_only_a_header() -> None:
    with pytest.raises(CorruptModel) as caught:
        read_tflite(b"\x18\0\0\0TFL3")
    assert caught.value.offset is not None


def test_row_05_shared_offsets_do_not_blow_up() -> None:
    # one tensor table of many fields, named by a vector of 300,000 equal offsets
    data = bytearray(model(graph([tensor((1,) * 8, signature=(1,) * 8)], [])))
    count = 300_000
    file = bytes(data)
    root = int.from_bytes(file[:4], "little")
    vtable = root - int.from_bytes(file[root : root + 4], "little", signed=True)
    slot = int.from_bytes(file[vtable + 8 : vtable + 10], "little")
    subgraphs = root + slot + int.from_bytes(file[root + slot : root + slot + 4], "little")
    sub = subgraphs + 4 + int.from_bytes(file[subgraphs + 4 : subgraphs + 8], "little")
    sub_vtable = sub - int.from_bytes(file[sub : sub + 4], "little", signed=True)
    field = sub + int.from_bytes(file[sub_vtable + 4 : sub_vtable + 6], "little")
    end = (len(data) + 3) // 4 * 4
    data[field : field + 4] = (end - field).to_bytes(4, "little")
    data += bytes(end - len(data)) + count.to_bytes(4, "little")
    # offsets are unsigned: all of them name one empty table at the end
    target = end + 4 + 4 * count + 4
    data += b"".join((target - (end + 4 + 4 * i)).to_bytes(4, "little") for i in range(count))
    data += b"\x04\0\x04\0" + (4).to_bytes(4, "little")
    start = time.monotonic()
    with pytest.raises((ModelTooLarge, CorruptModel)):
        read_tflite(bytes(data))
    assert time.monotonic() - start < 2


def test_row_05_too_deep_nesting() -> None:
    # 40 subgraphs, each of which calls the next one
    graphs = []
    for index in range(40):
        tensors = [tensor((1,)), tensor((1,))]
        fields = {"CondSubgraphIndex": index + 1, "BodySubgraphIndex": index + 1}
        ops = [op("WHILE", [0], [1], "WhileOptions", **fields)] if index < 39 else []
        graphs.append(graph(tensors, ops, outputs=(1,) if ops else (0,)))
    with pytest.raises(ModelTooLarge, match="limit of 32"):
        read_tflite(model(*graphs))


def test_row_06_buffers_that_are_not_there() -> None:
    with pytest.raises(CorruptModel, match="buffer 9"):
        read_tflite(one(tensor(buffer=9), tensor()))
    outside = model(
        graph([tensor((4,), buffer=1), tensor((4,))], [op("RELU", [0], [1])]),
        buffers=[b"", (10**9, 16)],
    )
    with pytest.raises(CorruptModel, match="outside"):
        read_tflite(outside)
    huge = model(graph([tensor((4,), buffer=1)], []), buffers=[b"", (2**64 - 8, 2**63)])
    with pytest.raises(CorruptModel):
        read_tflite(huge)


def test_row_07_buffer_of_another_size() -> None:
    wrong = model(graph([tensor((4,), buffer=1)], []), buffers=[b"", bytes(15)])
    with pytest.raises(CorruptModel, match=r"15 bytes.*expected 16"):
        read_tflite(wrong)


@pytest.mark.parametrize(("inputs", "outputs"), [([7], [1]), ([0], [-2]), ([2**31 - 1], [1])])
def test_row_08_tensor_out_of_range(inputs: list[int], outputs: list[int]) -> None:
    with pytest.raises(CorruptModel) as caught:
        read_tflite(model(graph([tensor(), tensor()], [op("RELU", inputs, outputs)])))
    assert caught.value.op == "RELU at subgraph 0, op 0"


def test_row_08_opcode_out_of_range() -> None:
    step = op("RELU", [0], [1])
    step["code"] = 3
    with pytest.raises(CorruptModel, match="operator code 3"):
        read_tflite(model(graph([tensor(), tensor()], [step])))


@pytest.mark.parametrize(
    ("ops", "word"),
    [
        ([op("RELU", [1], [2]), op("RELU", [2], [1])], "before"),
        ([op("RELU", [2], [1]), op("RELU", [0], [2])], "before"),
        ([op("RELU", [0], [1]), op("ABS", [0], [1])], "written by two ops"),
        ([op("RELU", [0], [3])], "constant"),
        ([op("RELU", [1], [0])], "graph input"),
    ],
)
def test_row_09_orders_that_cannot_run(ops: list[dict[str, Any]], word: str) -> None:
    tensors = [tensor((4,)), tensor((4,)), tensor((4,)), tensor((4,), buffer=1)]
    data = model(graph(tensors, ops, outputs=(1,)), buffers=[b"", bytes(16)])
    with pytest.raises(InvalidGraph, match=word) as caught:
        read_tflite(data)
    assert caught.value.op is not None and "op " in caught.value.op


def test_row_10_control_flow_that_recurses() -> None:
    def calls(body: int) -> dict[str, Any]:
        step = op("WHILE", [0], [1], "WhileOptions", CondSubgraphIndex=2, BodySubgraphIndex=body)
        return graph([tensor((1,)), tensor((1,))], [step])

    leaf = graph([tensor((1,))], [], outputs=(0,))
    with pytest.raises(InvalidGraph, match="0 -> 1 -> 0"):
        read_tflite(model(calls(1), calls(0), leaf))
    with pytest.raises(CorruptModel, match="subgraph 9"):
        read_tflite(model(calls(9), calls(1), leaf))


def test_row_11_a_legal_while() -> None:
    step = op("WHILE", [0], [1], "WhileOptions", CondSubgraphIndex=1, BodySubgraphIndex=2)
    main = graph([tensor((1,)), tensor((1,))], [step])
    body = graph([tensor((1,)), tensor((1,))], [op("ABS", [0], [1])])
    read = read_tflite(model(main, body, body))
    assert read.ops[0].bodies == (1, 2)
    assert [op.kind for op in read.body(2).ops] == ["ABS"]


def test_row_12_extents_that_overflow() -> None:
    side = 2**31 - 1
    with pytest.raises(ModelTooLarge, match="2\\^62"):
        read_tflite(one(tensor((side, side, side)), tensor((1,))))
    # each tensor fits, the MACs do not
    image = (1, 2**25, 2**25, 2)
    data = conv(weights=(2**12, 3, 3, 2), image=image, result=(1, 2**25, 2**25, 2**12))
    with pytest.raises(ModelTooLarge, match="MAC"):
        graph_macs(read_tflite(data))


def test_row_13_an_extent_of_0_costs_nothing() -> None:
    for data in (conv(image=(1, 0, 4, 2), result=(1, 0, 4, 8)), conv(image=(0, 4, 4, 2),
                 result=(0, 4, 4, 8)), conv(weights=(8, 0, 3, 2))):  # fmt: skip
        read = read_tflite(data)
        assert graph_macs(read) == 0
        assert graph_bytes(read) >= 0


def test_row_14_unknown_extents() -> None:
    with pytest.raises(DynamicShape, match="input_shapes"):
        read_tflite(one(tensor((-1, 4), name="x"), tensor((-1, 4))))
    given = read_tflite(one(tensor((-1, 4), name="x"), tensor((-1, 4))), input_shapes={"x": (3, 4)})
    assert [t.shape for t in given.tensors] == [(3, 4), (3, 4)]
    free = read_tflite(one(tensor((1, 4), signature=(-1, 4)), tensor((1, 4), signature=(-1, 4))))
    assert free.tensors[0].shape == (1, 4)
    assert [code for code, _ in free.notes] == ["dynamic_shape"]


def test_row_15_shapes_that_are_none() -> None:
    with pytest.raises(CorruptModel, match="at least 0"):
        read_tflite(one(tensor((-2, 4)), tensor((4,))))
    with pytest.raises(CorruptModel, match="rank 1000"):
        read_tflite(one(tensor((1,) * 1000), tensor((4,))))
    with pytest.raises(CorruptModel, match="not a scalar"):
        read_tflite(one(tensor(None, has_rank=False), tensor((4,))))
    with pytest.raises(CorruptModel, match="not a scalar"):
        read_tflite(one(tensor((1, 4)), tensor(None, has_rank=False)))
    scalar = read_tflite(one(tensor(()), tensor(())))
    assert scalar.tensors[1].shape == ()


@pytest.mark.parametrize(
    "fields", [{"StrideH": 0}, {"StrideW": -1}, {"DilationHFactor": 0}, {"DilationWFactor": -3}]
)
def test_row_16_strides_and_dilations_of_0(fields: dict[str, int]) -> None:
    with pytest.raises(InvalidGraph) as caught:
        read_tflite(conv(**fields))
    assert caught.value.op == "CONV_2D at subgraph 0, op 0"


def test_row_16_groups_and_block_size_of_0() -> None:
    for weights in ((8, 3, 3, 0), (8, 3, 3, 3), (7, 3, 3, 1)):
        with pytest.raises(InvalidGraph, match="groups"):
            read_tflite(conv(weights=weights))
    step = op("DEPTH_TO_SPACE", [0], [1], "DepthToSpaceOptions", BlockSize=0)
    with pytest.raises(InvalidGraph, match="block_size"):
        read_tflite(model(graph([tensor(), tensor()], [step])))


@pytest.mark.parametrize(
    ("scales", "zeros", "axis"),
    [
        ([np.nan], [0], 0),
        ([np.inf], [0], 0),
        ([-1.0], [0], 0),
        ([0.5], [128], 0),
        ([0.5], [-129], 0),
        ([0.5, np.nan], [0, 0], 3),
        ([0.5, 0.25], [0, 0], 4),
        ([0.5, 0.25], [0, 0], -1),
        ([0.5, 0.25, 1.0], [0, 0, 0], 3),
        ([0.5, 0.25], [0, 0, 0], 3),
    ],
)
def test_row_17_quantisation_that_is_none(scales: list[float], zeros: list[int], axis: int) -> None:
    wrong = tensor(dtype="INT8", scales=scales, zeros=zeros, axis=axis)
    with pytest.raises(InvalidGraph):
        read_tflite(one(wrong, tensor(dtype="INT8")))


def test_row_18_unknown_builtins_are_kept() -> None:
    read = read_tflite(model(graph([tensor(), tensor()], [op(9999, [0], [1])])))
    assert read.ops[0].kind == "BUILTIN_9999"
    assert graph_bytes(read) == 2 * 128


def test_row_19_custom_options_are_not_decoded() -> None:
    step = op("CUSTOM", [0], [1], custom="Flex\x1b[31mEvil", raw=b"\xff" * 64)
    read = read_tflite(model(graph([tensor(), tensor()], [step])))
    assert read.ops[0].attrs == {"custom_code": "Flex\x1b[31mEvil"}
    assert graph_bytes(read) == 2 * 128


def test_row_20_many_ops_in_linear_time() -> None:
    start = time.process_time()
    assert len(read_tflite(chain(20_000)).ops) == 20_000
    assert time.process_time() - start < 20_000 * 200e-6
    with pytest.raises(ModelTooLarge, match=str(MAX_OPS)):
        read_tflite(chain(MAX_OPS + 1))


def test_row_21_types_of_other_sizes() -> None:
    tensors = [
        tensor((5,), dtype="INT4", buffer=1),
        tensor((100,), buffer=2, sparse=True),
        tensor((3,), dtype="STRING", buffer=3),
    ]
    read = read_tflite(
        model(graph(tensors, []), buffers=[b"", bytes(3), bytes(12), b"words and offsets"])
    )
    assert [t.nbytes for t in read.tensors] == [3, 12, 17]
    with pytest.raises(CorruptModel, match="type 99"):
        read_tflite(one(tensor(dtype=99), tensor()))


def test_row_22_names_are_cut_and_decoded() -> None:
    names = [b"a\0b", b"\xff\xfe", b"\x1b[2J", b"x" * 10_000_000]
    read = read_tflite(model(graph([tensor((1,), name=name) for name in names], [], inputs=())))
    found = [t.name for t in read.tensors]
    assert found[:3] == ["a\0b", "\ufffd\ufffd", "\x1b[2J"]
    assert len(found[3]) == 1024


def test_row_23_graphs_of_nothing() -> None:
    empty = read_tflite(model(graph([tensor()], [], outputs=())))
    assert empty.ops == () and graph_macs(empty) == 0
    apart = [op("RELU", [0], [1]), op("RELU", [2], [3])]
    read = read_tflite(model(graph([tensor(name="same")] * 4, apart, inputs=(0, 2))))
    assert isinstance(read, Graph) and len(read.ops) == 2
    with pytest.raises(InvalidGraph, match="graph output 9"):
        read_tflite(model(graph([tensor()], [], outputs=(9,))))
    with pytest.raises(CorruptModel, match="no subgraph"):
        read_tflite(model())
