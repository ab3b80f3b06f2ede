"""The laws of a measured GPU: what an inference waits for, what its ops add."""

from __future__ import annotations

import pytest

from perfcost import GraphBuilder
from perfcost.graph import Graph
from perfcost.physics import price
from perfcost.physics.gpu.laws import INFERENCE, OTHER, RESULT, RESULT_BYTES, Law, law_of, terms
from perfcost.targets import resolve

H200 = "gpu-nvidia-h200"


def net(results: int = 1, convolutions: int = 3, size: int = 16) -> Graph:
    b = GraphBuilder("net")
    x = b.input((1, size, size, 8), "float32")
    made = []
    for _ in range(convolutions):
        x = b.conv2d(x, 8, 3)
        made.append(x)
    return b.build(made[-results:])


def test_one_op_pays_the_way_and_each_maker_of_a_result_its_wait() -> None:
    found = terms(net(results=2))
    assert sum(own.get(INFERENCE, 0) for own in found) == 1
    assert [own[RESULT] for own in found] == [0, 1, 1]
    assert found[-1][RESULT_BYTES] == 16 * 16 * 8 * 4


def test_what_is_worked_out_once_adds_nothing() -> None:
    b = GraphBuilder("kept")
    x = b.input((1, 8), "float32")
    kept = b.dequantize(b.weights((1, 8), "float16"))
    graph = b.build([b.add(x, kept)])
    assert [own.get(op.kind, 0.0) for op, own in zip(graph.ops, terms(graph), strict=True)] == [
        0,
        1,
    ]
    assert price(graph, resolve(H200)).ops[0].cycles == 0
    assert price(graph, resolve("cortex-a55")).ops[0].cycles == 0


def test_a_law_adds_its_terms_and_knows_what_it_was_not_fitted_to() -> None:
    law = Law({"CONV_2D": 2.0, OTHER: 5.0, "macs": 0.5})
    assert law.cycles({"CONV_2D": 1.0, "macs": 4.0}) == 4.0
    assert law.cycles({"SIN": 2.0}) == 10.0


def test_a_measured_gpu_is_priced_by_its_law() -> None:
    graph, target = net(), resolve(H200)
    law = law_of(H200)
    assert law is not None
    found = price(graph, target)
    assert [op.cycles for op in found.ops] == pytest.approx([law.cycles(t) for t in terms(graph)])
    more = [sum(op.cycles or 0 for op in price(each, target).ops)
            for each in (net(), net(results=3), net(results=3, convolutions=40))]  # fmt: skip
    assert more == sorted(more) and more[0] < more[1] < more[2]


def test_the_law_of_one_gpu_prices_no_other() -> None:
    assert law_of("gpu-swiftshader") is None
    software = price(net(), resolve("gpu-swiftshader"))
    assert software.ops[0].cycles is not None
    assert any(code == "software_device" for code, _ in software.warnings)
