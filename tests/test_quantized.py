"""A float network as if quantised: it costs what the quantised one costs."""

from __future__ import annotations

import pytest

import perfcost
from benchmarks.frontends import without_statistics
from benchmarks.nets import FLOAT_IR
from benchmarks.sets import NETS
from perfcost import graph_file
from perfcost.frontends.tflite import read_tflite
from perfcost.hashing import structural_hash
from perfcost.quantized import as_int8
from perfcost.spaces import zoo
from perfcost.spaces.tflite_writer import NetBuilder


@pytest.mark.parametrize("name", zoo.names())
def test_the_float_twin_of_a_network_costs_the_same(name: str) -> None:
    quantised = without_statistics(read_tflite(zoo.build(name)))
    floats = read_tflite(zoo.build(name, "float32"))
    wanted = perfcost.estimate(quantised, "ethos-u65-256").latency_ms
    found = perfcost.estimate(floats, "ethos-u65-256", assume_int8=True).latency_ms
    assert found == pytest.approx(wanted, rel=0.03)
    assert perfcost.estimate(floats, "ethos-u65-256").latency_ms is None


def test_the_structure_is_that_of_the_quantised_network() -> None:
    for name in ("mlperf_tiny_ic", "mlperf_tiny_kws", "resnet18", "unet"):
        floats = as_int8(read_tflite(zoo.build(name, "float32")))
        assert structural_hash(floats) == structural_hash(read_tflite(zoo.build(name)))


def test_a_quantised_network_is_left_as_it_is() -> None:
    graph = read_tflite(zoo.build("mlperf_tiny_ad"))
    assert as_int8(graph) is graph


def test_what_is_joined_has_one_quantisation() -> None:
    net = NetBuilder(dtype="float32")
    x = net.input([1, 8, 8, 4])
    net.concat([net.conv(x, 4, 1), net.conv(x, 4, 3)], 3)
    graph = as_int8(read_tflite(net.build()))
    [joined] = [op for op in graph.ops if op.kind == "CONCATENATION"]
    kinds = {graph.tensors[t].quantization for t in (*joined.inputs, *joined.outputs)}
    assert len(kinds) == 1 and None not in kinds
    assert all(t.dtype in ("int8", "int32") for t in graph.tensors)


def test_what_the_converter_has_no_integers_for_stays_on_floats() -> None:
    b = perfcost.GraphBuilder("net")
    x = b.conv2d(b.input((1, 8, 8, 4), "float32"), 8, 1)
    floats = b.build([b.conv2d(b.unary("NEG", x), 8, 1)])
    graph = as_int8(floats)
    assert [(op.kind, graph.tensors[op.outputs[0]].dtype) for op in graph.ops] == [
        ("CONV_2D", "int8"), ("DEQUANTIZE", "float32"), ("NEG", "float32"), ("QUANTIZE", "int8"),
        ("CONV_2D", "int8"),
    ]  # fmt: skip
    assert {op.origin for op in graph.ops[1:4]} == {floats.ops[1].origin}


@pytest.mark.parametrize(
    "name",
    [
        "convnext_tiny_224",
        "deeplabv3plus_256",
        "ds_cnn_keyword",
        "text_transformer",
        "vit_small_72",
    ],
)
def test_a_float_network_of_the_test_set_costs_what_the_quantised_one_costs(name: str) -> None:
    """Converted by TensorFlow in both forms; all of them: `python benchmarks/float_twins.py`."""
    quantised = without_statistics(graph_file.read(NETS / "ir" / f"{name}.json.gz"))
    floats = graph_file.read(FLOAT_IR / f"{name}.json.gz")
    wanted = perfcost.estimate(quantised, "ethos-u65-256").latency_ms
    found = perfcost.estimate(floats, "ethos-u65-256", assume_int8=True).latency_ms
    assert found == pytest.approx(wanted, rel=0.03)
