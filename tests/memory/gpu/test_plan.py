"""Memory on a GPU: what SwiftShader was asked for, and each rule on a graph made for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfcost import GraphBuilder
from perfcost.builder import Value
from perfcost.errors import InvalidGraph
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.memory.gpu import HALF_BUFFERS, HALF_TEXTURES, SINGLE_TEXTURES, gpu_memory
from perfcost.memory.gpu.joining import shaders
from perfcost.memory.gpu.storage import four_axes
from perfcost.spaces import zoo

# Buffers and images that LiteRT 2.3.0 held, as benchmarks/gpu_memory.py measures them.
HELD = {
    "mlperf_tiny_ad": 1_072_192,
    "mlperf_tiny_ic": 640_000,
    "mlperf_tiny_kws": 201_216,
    "mlperf_tiny_vww": 1_782_240,
    "mobilenet_v1_025_128": 3_545_632,
    "mobilenet_v3_small": 16_793_984,
    "bert_tiny_encoder": 2_966_528,
}


def held(graph: Graph) -> int:
    plan = gpu_memory(graph, SINGLE_TEXTURES)
    return plan.tensor_bytes + plan.in_out_bytes + plan.constant_bytes


HELD_OF_8_BITS = {
    "mlperf_tiny_ad": 279_616,
    "mlperf_tiny_ic": 637_696,
    "mlperf_tiny_vww": 1_779_168,
    "mobilenet_v1_025_128": 3_310_880,
    "mobilenet_v3_small": 13_070_432,
}


@pytest.mark.parametrize("name", HELD)
def test_known_networks_to_the_byte(name: str) -> None:
    assert held(read_tflite(zoo.build(name, "float32"))) == HELD[name]


@pytest.mark.parametrize("name", HELD_OF_8_BITS)
def test_known_networks_of_8_bits_to_the_byte(name: str) -> None:
    assert held(read_tflite(zoo.build(name, "int8"))) == HELD_OF_8_BITS[name]


def _net(channels: int = 8, dtype: str = "float32") -> tuple[GraphBuilder, Value]:
    b = GraphBuilder("net")
    return b, b.input((1, 16, 16, channels), dtype)


def test_channels_are_filled_up_to_slices_of_four() -> None:
    sizes = []
    for channels in (5, 8):
        b, x = _net(channels)
        sizes.append(gpu_memory(b.build([b.unary("RELU", x)]), SINGLE_TEXTURES))
    assert sizes[0] == sizes[1]
    # One tensor stands for the input and the result, which are alike; each has its own buffer.
    assert sizes[0].tensor_bytes == 16 * 16 * 8 * 4
    assert sizes[0].in_out_bytes == 2 * sizes[0].tensor_bytes


def test_what_is_joined_is_not_stored() -> None:
    b, x = _net()
    y = b.conv2d(x, 8, 3)
    z = b.add(b.conv2d(y, 8, 3), y)
    program = shaders(b.build([b.conv2d(b.unary("RELU", z), 8, 1)]))
    assert [node.kind for node in program.nodes] == ["CONV_2D"] * 3
    # A swish of floats is read once; of 8 bits its operand is rounded between, and stored.
    counts = []
    for dtype in ("float32", "int8"):
        b, x = _net(dtype=dtype)
        y = b.conv2d(x, 8, 3)
        counts.append(
            len(shaders(b.build([b.conv2d(b.mul(y, b.unary("LOGISTIC", y)), 8, 1)])).nodes)
        )
    assert counts == [2, 3]


@pytest.mark.parametrize("again", [False, True])
def test_an_operand_joined_twice_is_copied(again: bool) -> None:
    b, x = _net(4)
    y = b.conv2d(x, 4, 1)
    program = shaders(b.build([b.concat([x, y, x] if again else [x, y], axis=3)]))
    kinds = [node.kind for node in program.nodes]
    assert kinds == ["CONV_2D", *["COPY"] * again, "CONCATENATION"]


def test_halves_take_half_and_buffers_no_more_than_textures() -> None:
    graph = read_tflite(zoo.build("mlperf_tiny_vww", "float32"))
    single, half, buffers = (
        gpu_memory(graph, storage) for storage in (SINGLE_TEXTURES, HALF_TEXTURES, HALF_BUFFERS)
    )
    assert 2 * half.tensor_bytes == single.tensor_bytes
    assert buffers.tensor_bytes < half.tensor_bytes
    assert buffers.constant_bytes == half.constant_bytes


@pytest.mark.parametrize("places", [1, 16])
def test_8_bit_weights_stay_so_in_fully_connected_ops_of_few_places(places: int) -> None:
    sizes = {}
    for dtype in ("float32", "int8"):
        b = GraphBuilder("dense")
        x = b.input((places, 64), dtype)
        sizes[dtype] = gpu_memory(
            b.build([b.fully_connected(x, 32)]), SINGLE_TEXTURES
        ).constant_bytes
    assert sizes["float32"] == 64 * 32 * 4 + 32 * 4
    assert sizes["int8"] == 64 * 32 * (1 if places == 1 else 4) + 32 * 4


def test_an_empty_graph_and_tensors_of_five_axes() -> None:
    b, x = _net()
    graph = b.build([b.unary("RELU", x)])
    bare = gpu_memory(replace(graph, ops=(), inputs=(), outputs=()), SINGLE_TEXTURES)
    assert bare.tensor_bytes == bare.in_out_bytes == bare.constant_bytes == 0
    assert four_axes(()) == (1, 1, 1, 1)
    assert four_axes((2, 3, 4, 5, 6)) == (6, 4, 5, 6)


def test_an_op_without_its_weights_is_named() -> None:
    b = GraphBuilder("net")
    graph = b.build([b.fully_connected(b.input((1, 8), "float32"), 4)])
    [op] = graph.ops
    broken = replace(graph, ops=(replace(op, inputs=op.inputs[:1]),))
    with pytest.raises(InvalidGraph, match="FULLY_CONNECTED lacks input 1"):
        gpu_memory(broken, SINGLE_TEXTURES)
