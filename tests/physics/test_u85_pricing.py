"""The laws of the Ethos-U85 as a whole: networks against Vela, and golden values."""

from __future__ import annotations

import math

import pytest

from perfcost.builder import GraphBuilder
from perfcost.graph import Graph
from perfcost.physics import price
from perfcost.targets import resolve

EXACT = 0.02
"""Largest error of a network's cycles; what is left is the coding of its weights."""


def total(graph: Graph, target: str) -> float:
    return math.fsum(op.cycles or 0.0 for op in price(graph, resolve(target)).ops)


@pytest.mark.parametrize(
    "target",
    [
        "ethos-u85-128", "ethos-u85-256", "ethos-u85-2048",
        "ethos-u85-512:Ethos_U85_SYS_Flash_Low:Sram_Only",
        "ethos-u85-256:Ethos_U85_SYS_DRAM_Low:Shared_Sram",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "net",
    [
        "mlperf_tiny_ic", "mlperf_tiny_kws", "mlperf_tiny_vww", "mlperf_tiny_ad", "fsrcnn",
        "mobilenet_v3_small",
    ],
)  # fmt: skip
def test_cycles_are_those_of_vela(net: str, target: str) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    from tests.physics.compiled import graph_of, label_of

    label = label_of(net, target)
    assert total(graph_of(net), target) == pytest.approx(label.cycles, rel=EXACT)


def _residual() -> Graph:
    b = GraphBuilder("residual")
    x = b.conv2d(b.input((1, 48, 48, 3)), 16, 3, stride=2, activation="RELU6")
    y = b.conv2d(b.depthwise_conv2d(x, 3, activation="RELU6"), 16, 1)
    return b.build([b.softmax(b.fully_connected(b.mean(b.add(x, y), (1, 2)), 10))])


def test_an_add_after_a_convolution_costs_nothing_of_its_own() -> None:
    graph = _residual()
    found = price(graph, resolve("ethos-u85-256")).ops
    cycles = {op.kind: priced.cycles for op, priced in zip(graph.ops, found, strict=True)}
    assert cycles["ADD"] == 0
    assert cycles["CONV_2D"]


@pytest.mark.parametrize("macs", [128, 256, 512, 1024, 2048])
def test_prices_are_finite_and_tell_what_binds(macs: int) -> None:
    for op in price(_residual(), resolve(f"ethos-u85-{macs}")).ops:
        assert op.cycles is not None and math.isfinite(op.cycles) and op.cycles >= 0
        assert op.binding in ("mac", "output", "memory", "weights", "free")


def test_golden() -> None:
    graph = _residual()
    found = {macs: total(graph, f"ethos-u85-{macs}") for macs in (128, 256, 1024)}
    # weights that are not at hand take a typical number of bits, which may be measured anew
    assert found == pytest.approx({128: 56949, 256: 42608, 1024: 20328}, rel=0.02)
