"""What the network sees: one row an op, finite, the same for the same graph."""

from __future__ import annotations

import numpy as np
import pytest

from perfcost.frontends.tflite import read_tflite
from perfcost.network import features
from perfcost.network.platforms import hardware_features
from perfcost.physics import price
from perfcost.spaces import samplers, zoo
from perfcost.targets import resolve


def graph_of(name: str):
    return read_tflite(zoo.build(name), name=name)


@pytest.mark.parametrize("name", ["mlperf_tiny_kws", "mobilenet_v3_small", "bert_tiny_encoder"])
def test_one_finite_row_an_op(name: str) -> None:
    graph = graph_of(name)
    found = features.graph_features(graph)
    assert found.kinds.shape == (len(graph.ops),)
    assert found.ops.shape == (len(graph.ops), len(features.OP_FEATURES))
    assert np.isfinite(found.ops).all()
    assert found.edges.shape[0] == 2
    assert (found.edges[0] < found.edges[1]).all(), "producers come first"


def test_values_of_a_convolution() -> None:
    graph = graph_of("mlperf_tiny_kws")
    at = features.OP_FEATURES.index
    first = next(n for n, op in enumerate(graph.ops) if op.kind == "CONV_2D")
    row = features.graph_features(graph).ops[first]
    op = graph.ops[first]
    weights = graph.tensors[op.inputs[1]]
    assert np.expm1(row[at("weight_elements")]) == pytest.approx(weights.elements, rel=1e-5)
    assert np.expm1(row[at("kernel_height")]) == pytest.approx(weights.shape[1], rel=1e-5)
    assert np.expm1(row[at("output_channels")]) == pytest.approx(weights.shape[0], rel=1e-5)
    assert weights.constant is not None
    assert row[at("entropy_bits")] == pytest.approx(weights.constant.entropy_bits, rel=1e-5)
    assert row[at("relu")] == 1


def test_price_features_follow_the_prices() -> None:
    graph, target = graph_of("mlperf_tiny_kws"), resolve("ethos-u65-256")
    found = price(graph, target)
    table = features.price_features(found.ops)
    assert table.shape == (len(graph.ops), len(features.PRICE_FEATURES))
    cycles = [op.cycles or 0.0 for op in found.ops]
    assert np.expm1(table[:, 0].astype(float)) == pytest.approx(cycles, rel=1e-4)
    shares = table[:, features.PRICE_FEATURES.index("share")].astype(float) ** 2
    assert shares.sum() == pytest.approx(1, abs=1e-4)


def test_hardware_tells_configurations_apart() -> None:
    names = ["ethos-u55-64", "ethos-u55-128", "ethos-u65-256", "ethos-u65-512", "ethos-u85-256"]
    rows = {tuple(hardware_features(resolve(name)).tolist()) for name in names}
    assert len(rows) == len(names)


@pytest.mark.parametrize("seed", range(12))
def test_wild_graphs_have_finite_features(seed: int) -> None:
    graph = read_tflite(samplers.sample("wild", 40_000 + seed), name="wild")
    found = features.graph_features(graph)
    prices = features.price_features(price(graph, resolve("ethos-u55-128")).ops)
    assert np.isfinite(found.ops).all() and np.isfinite(prices).all()
