"""The laws as a whole: op by op against Vela on zoo networks, and what must hold of any price."""

from __future__ import annotations

import math

import pytest

from perfcost.builder import GraphBuilder
from perfcost.graph import Graph
from perfcost.physics import price
from perfcost.targets import configurations, names, resolve

NETS = ("mlperf_tiny_ic", "mlperf_tiny_kws", "mlperf_tiny_vww", "mlperf_tiny_ad", "fsrcnn")
EXACT = 0.03
"""Largest error of a network's cycles; what is left is the coding of its weights."""


def total(graph: Graph, target: str) -> float:
    return math.fsum(op.cycles or 0.0 for op in price(graph, resolve(target)).ops)


@pytest.mark.parametrize(
    "target",
    [
        "ethos-u55-128", "ethos-u55-32", "ethos-u65-256", "ethos-u65-512",
        "ethos-u55-128:Ethos_U55_Deep_Embedded",
        "ethos-u55-256:Ethos_U55_High_End_Embedded:Sram_Only",
        "ethos-u65-256:Ethos_U65_Embedded:Shared_Sram",
    ],
)  # fmt: skip
@pytest.mark.parametrize("net", NETS)
def test_cycles_are_those_of_vela(net: str, target: str) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    from tests.physics.compiled import graph_of, label_of

    label = label_of(net, target)
    assert total(graph_of(net), target) == pytest.approx(label.cycles, rel=EXACT)


@pytest.mark.parametrize("target", ["ethos-u55-128", "ethos-u65-256"])
def test_ops_are_those_of_vela(target: str) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    from tests.physics.compiled import graph_of, label_of

    label = label_of("mobilenet_v2", target)
    found = price(graph_of("mobilenet_v2"), resolve(target)).ops
    for position, op in enumerate(found):
        true = label.ops[position].cycles
        # a thousandth of the network is noise of the weight coding
        assert op.cycles == pytest.approx(true, rel=0.1, abs=label.cycles / 1000)
        assert (op.reason is None) == label.ops[position].on_npu


def _net() -> Graph:
    b = GraphBuilder("net")
    x = b.conv2d(b.input((1, 48, 48, 3)), 16, 3, stride=2, activation="RELU6")
    y = b.depthwise_conv2d(x, 3, activation="RELU6")
    return b.build([b.softmax(b.fully_connected(b.mean(b.add(x, y), (1, 2)), 10))])


@pytest.mark.parametrize("name", names())
def test_every_configuration_gives_a_finite_price(name: str) -> None:
    graph = _net()
    for target in configurations(name):
        found = price(graph, target)
        assert len(found.ops) == len(graph.ops)
        cycles = [op.cycles for op in found.ops]
        assert all(c is not None and math.isfinite(c) and c >= 0 for c in cycles)
        assert math.fsum(c for c in cycles if c is not None) > 0
        for op in found.ops:
            assert all(math.isfinite(n) and n >= 0 for n in op.bytes_moved.values())


def test_more_macs_a_cycle_is_never_slower() -> None:
    graph = _net()
    order = [total(graph, f"ethos-u55-{macs}") for macs in (32, 64, 128, 256)]
    assert order == sorted(order, reverse=True)


def test_price_is_the_same_again() -> None:
    graph = _net()
    target = resolve("ethos-u65-256")
    assert price(graph, target) == price(graph, target)
