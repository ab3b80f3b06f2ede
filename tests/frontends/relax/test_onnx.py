"""Networks through ONNX: priced like the same network as .tflite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tvm", reason="needs the extra 'tvm'")
pytest.importorskip("onnx", reason="needs the extra 'tvm'")

import onnx
from onnx import helper, numpy_helper

import perfcost
from benchmarks.frontends import without_statistics
from perfcost.frontends.tflite import read_tflite
from perfcost.spaces.tflite_writer import NetBuilder


class Net:
    """An ONNX graph, layer by layer, on (N, C, H, W)."""

    def __init__(self, shape: list[int]) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.input = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)

    def weights(self, *shape: int) -> str:
        name = f"w{len(self.constants)}"
        data = np.random.default_rng(len(self.constants)).normal(size=shape).astype(np.float32)
        self.constants.append(numpy_helper.from_array(data, name))
        return name

    def integers(self, *values: int) -> str:
        name = f"w{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def op(self, kind: str, *inputs: str, **attrs: Any) -> str:
        name = f"y{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attrs))
        return name

    def conv(self, x: str, i: int, o: int, k: int, s: int = 1, g: int = 1) -> str:
        sides = {"strides": [s, s], "pads": [k // 2] * 4, "group": g, "kernel_shape": [k, k]}
        return self.op("Conv", x, self.weights(o, i // g, k, k), self.weights(o), **sides)

    def module(self, out: str, shape: list[int]) -> Any:
        from tvm.relax.frontend.onnx import from_onnx

        result = helper.make_tensor_value_info(out, onnx.TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, "net", [self.input], [result], self.constants)
        opset = [helper.make_opsetid("", 17)]
        return from_onnx(helper.make_model(graph, opset_imports=opset), keep_params_in_input=False)


def plain() -> Any:
    net = Net([1, 3, 32, 32])
    x = net.op("Relu", net.conv("x", 3, 16, 3))
    x = net.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = net.op("Relu", net.conv(x, 16, 32, 3))
    x = net.op("GlobalAveragePool", x)
    x = net.op("Flatten", x, axis=1)
    return net.module(net.op("Gemm", x, net.weights(10, 32), net.weights(10), transB=1), [1, 10])


def plain_twin(net: NetBuilder) -> None:
    x = net.max_pool(net.conv(net.input([1, 32, 32, 3]), 16, 3, act="relu"), 2, 2)
    net.fully_connected(net.mean(net.conv(x, 32, 3, act="relu"), [1, 2]), 10)


def separable() -> Any:
    net = Net([1, 8, 24, 24])
    y = net.op("Relu", net.conv("x", 8, 8, 3, g=8))
    y = net.op("Add", "x", net.conv(y, 8, 8, 1))
    y = net.op("Concat", y, net.op("Sigmoid", y), axis=1)
    y = net.op("Reshape", y, net.integers(1, 16 * 24 * 24))
    return net.module(net.op("MatMul", y, net.weights(16 * 24 * 24, 4)), [1, 4])


def separable_twin(net: NetBuilder) -> None:
    x = net.input([1, 24, 24, 8])
    y = net.add(x, net.conv(net.depthwise(x, 3, act="relu"), 8, 1))
    y = net.concat([y, net.logistic(y)], 3)
    net.fully_connected(net.reshape(y, [1, 16 * 24 * 24]), 4)


@pytest.mark.parametrize("target", ["ethos-u55-128", "ethos-u65-256"])
@pytest.mark.parametrize(("made", "write"), [(plain, plain_twin), (separable, separable_twin)])
def test_a_network_through_onnx_costs_what_its_twin_costs(
    made: Callable[[], Any], write: Callable[[NetBuilder], None], target: str
) -> None:
    net = NetBuilder()
    write(net)
    twin = perfcost.estimate(without_statistics(read_tflite(net.build())), target)
    mine = perfcost.estimate(made(), target, assume_int8=True)
    assert mine.complete
    assert mine.latency_ms == pytest.approx(twin.latency_ms, rel=0.03)
