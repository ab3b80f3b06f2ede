"""Graphs that no converter makes: they have a finite price, soon, on every family."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from perfcost.builder import GraphBuilder
from perfcost.errors import InvalidGraph, ModelError
from perfcost.graph import Graph, Op, Tensor
from perfcost.physics import price
from perfcost.targets import resolve

TARGETS = ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256")
SLOWEST_S = 2.0


def _no_rows() -> Graph:
    b = GraphBuilder("empty")
    return b.build([b.conv2d(b.input((1, 0, 8, 4)), 5, 1)])


def _prime_rows() -> Graph:
    b = GraphBuilder("rows")
    return b.build([b.fully_connected(b.input((268435457, 4)), 3)])


def _prime_elements() -> Graph:
    b = GraphBuilder("elements")
    return b.build([b.unary("RELU", b.input((2**31 - 1, 1)))])


def _long_softmax() -> Graph:
    b = GraphBuilder("softmax")
    return b.build([b.softmax(b.input((1, 2**30)))])


def _long_mean() -> Graph:
    b = GraphBuilder("mean")
    return b.build([b.mean(b.input((1, 2**28, 4, 1)), (1, 2))])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "make", [_no_rows, _prime_rows, _prime_elements, _long_softmax, _long_mean]
)
def test_price_is_finite_and_soon(make: Callable[[], Graph], target: str) -> None:
    try:
        graph = make()
    except ModelError:
        return  # refused by name before it is priced
    start = time.perf_counter()
    found = price(graph, resolve(target))
    assert time.perf_counter() - start < SLOWEST_S
    for op in found.ops:
        assert op.cycles is None or (math.isfinite(op.cycles) and op.cycles >= 0)


@pytest.mark.parametrize("target", [*TARGETS, "cortex-a55", "gpu-swiftshader", "host"])
@pytest.mark.parametrize("kind", ["ADD", "MAXIMUM", "CONV_2D", "FULLY_CONNECTED", "SPLIT"])
def test_an_op_without_an_operand_is_named(kind: str, target: str) -> None:
    tensors = (Tensor("x", (1, 4, 4, 4), "int8"), Tensor("y", (1, 4, 4, 4), "int8"))
    graph = Graph("odd", tensors, (Op(kind, (0,), (1,)),), (0,), (1,))
    with pytest.raises(InvalidGraph, match=f"{kind} lacks input 1"):
        price(graph, resolve(target))


@pytest.mark.parametrize("target", [*TARGETS, "cortex-a55", "gpu-swiftshader", "host"])
def test_a_result_without_axes_is_named(target: str) -> None:
    b = GraphBuilder("odd")
    graph = b.build([b.fully_connected(b.input((1, 4)), 3)])
    flat = replace(graph.tensors[graph.ops[0].outputs[0]], shape=())
    tensors = tuple(flat if t.name == flat.name else t for t in graph.tensors)
    with pytest.raises(InvalidGraph, match="result of FULLY_CONNECTED has rank 0"):
        price(replace(graph, tensors=tensors), resolve(target))


@pytest.mark.parametrize("target", TARGETS)
def test_an_empty_tensor_costs_nothing(target: str) -> None:
    assert [op.cycles for op in price(_no_rows(), resolve(target)).ops] == [0.0]
