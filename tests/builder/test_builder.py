"""Graphs built without a file."""

from __future__ import annotations

import pytest

from perfcost import GraphBuilder
from perfcost.errors import DynamicShape, InvalidGraph
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.hashing import price_key, skeleton_hash, structural_hash
from perfcost.ops import graph_macs
from perfcost.spaces.tflite_writer import NetBuilder


def built(dtype: str = "int8", channels: int = 8, entropy: float | None = None) -> Graph:
    b = GraphBuilder("net")
    x = b.input((1, 16, 16, 3), dtype)
    x = b.conv2d(x, channels, 3, stride=2, activation="RELU6", entropy_bits=entropy)
    y = b.depthwise_conv2d(x, 3, activation="RELU")
    x = b.add(b.conv2d(y, channels), x)
    x = b.max_pool(x)
    return b.build([b.softmax(b.fully_connected(b.mean(x, (1, 2)), 4))])


def written(dtype: str = "int8") -> Graph:
    net = NetBuilder(dtype=dtype)
    x = net.input([1, 16, 16, 3])
    x = net.conv(x, 8, 3, stride=2, act="relu6")
    y = net.depthwise(x, 3, act="relu")
    x = net.add(net.conv(y, 8), x)
    x = net.max_pool(x, 2, 2, padding="VALID")
    net.softmax(net.fully_connected(net.mean(x), 4))
    return read_tflite(net.build())


@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_a_built_graph_is_the_file_s(dtype: str) -> None:
    mine, file = built(dtype), written(dtype)
    assert [op.kind for op in mine.ops] == [op.kind for op in file.ops]
    assert [mine.tensors[o.outputs[0]].shape for o in mine.ops] == [
        file.tensors[o.outputs[0]].shape for o in file.ops
    ]
    assert graph_macs(mine) == graph_macs(file)
    assert skeleton_hash(mine) == skeleton_hash(file)
    assert structural_hash(mine) == structural_hash(file)


def test_entropy_is_in_the_price_key_only() -> None:
    low, high = built(entropy=4.0), built(entropy=7.0)
    assert structural_hash(low) == structural_hash(high) == structural_hash(built())
    assert len({price_key(g, "t", "w") for g in (low, high, built())}) == 3
    assert price_key(low, "t", "w") == price_key(built(entropy=4.2), "t", "w")


def test_quantisation_is_new_or_kept() -> None:
    b = GraphBuilder()
    x = b.input((1, 8, 8, 4), scale=0.5, zero_point=3)
    y = b.max_pool(x)
    z = b.add(y, y)
    joined = b.concat([z, y])
    soft = b.softmax(b.reshape(joined, (1, -1)))
    graph = b.build([soft])
    keys = [t.quantization.key for t in graph.tensors if t.quantization and t.constant is None]
    assert keys[0] == keys[1] != keys[2] == keys[3] == keys[4] != keys[5]
    assert graph.tensors[soft.index].quantization == graph.tensors[-1].quantization
    assert graph.tensors[-1].quantization is not None
    assert graph.tensors[-1].quantization.scale == 1 / 256


def test_other_layers() -> None:
    b = GraphBuilder()
    x = b.input((2, 8, 8, 4), "float32")
    up = b.transpose_conv(x, 6)
    assert up.shape == (2, 16, 16, 6)
    assert b.resize(up, (5, 7)).shape == (2, 5, 7, 6)
    assert [v.shape for v in b.split(up, 3)] == [(2, 16, 16, 2)] * 3
    assert b.pad(x, [(0, 0), (1, 1), (1, 2), (0, 0)]).shape == (2, 10, 11, 4)
    assert b.transpose(x, (0, 3, 1, 2)).shape == (2, 4, 8, 8)
    assert b.batch_matmul(x, x, adj_y=True).shape == (2, 8, 8, 8)
    assert b.average_pool(x, 3, stride=1, padding="SAME").shape == (2, 8, 8, 4)
    assert b.conv2d(x, 8, (1, 5), padding=(0, 2, 0, 2), groups=2).shape == (2, 8, 8, 8)
    assert b.dequantize(b.quantize(x)).dtype == "float32"
    assert b.op("ARG_MAX", [x, b.constant([-1])]).dtype == "int32"
    kept = b.fully_connected(x, 7, keep_num_dims=True)
    assert kept.shape == (2, 8, 8, 7)
    custom = b.op("CUSTOM", [x], shape=(1, 10), custom_code="mine")
    assert len(b.build([kept, custom]).ops) == 13


def test_errors_name_the_op() -> None:
    b = GraphBuilder()
    x = b.input((1, 8, 8, 4))
    b.max_pool(x)
    for wrong, word in (
        (lambda: b.conv2d(x, 8, groups=3), "groups"),
        (lambda: b.op("CONV_9D", [x]), "no op"),
        (lambda: b.op("CONV_2D", [x, b.weights((8, 3, 3, 3))]), "CONV_2D"),
        (lambda: b.conv2d(x, 8, padding="HALF"), "padding"),
        (lambda: b.conv2d(x, 8, 3, stride=0), "stride"),
        (lambda: b.add(x, b.input((5, 7))), "equal or 1"),
        (lambda: b.conv2d(b.reshape(x, (1, 256)), 8), "reshape it first"),
    ):
        with pytest.raises(InvalidGraph, match=word) as caught:
            wrong()
        assert caught.value.op is not None and "op " in caught.value.op
    with pytest.raises(DynamicShape, match="no rule") as dynamic:
        b.op("CUSTOM", [x])
    assert dynamic.value.op == "CUSTOM at subgraph 0, op 2"


def test_values_of_another_builder_are_refused() -> None:
    other = GraphBuilder().input((3, 5))
    b = GraphBuilder()
    x = b.input((1, 8))
    with pytest.raises(InvalidGraph, match="no value of builder"):
        b.add(x, other)
    with pytest.raises(InvalidGraph, match="no outputs"):
        b.build([])
    with pytest.raises(InvalidGraph, match="scale"):
        b.input((1,), scale=0.0)
    with pytest.raises(InvalidGraph, match="dtype"):
        b.input((1,), "int7")


@pytest.mark.parametrize("bits", [-1, 9, float("nan"), float("inf")])
def test_entropy_has_bounds(bits: float) -> None:
    b = GraphBuilder()
    with pytest.raises(InvalidGraph, match="entropy_bits"):
        b.conv2d(b.input((1, 8, 8, 8)), 8, 3, entropy_bits=bits)
