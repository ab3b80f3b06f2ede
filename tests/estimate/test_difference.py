"""The first difference of two graphs, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hand_graphs import chain, op

from perfcost.difference import first_difference
from perfcost.graph import Constant, Graph, Op, Quantization, Tensor
from perfcost.hashing import structural_hash


def diamond(*order: int, scale: float = 0.5) -> Graph:
    """Two branches that meet in an ADD; ``order`` puts the ops of the file in order."""
    same = Quantization((scale,), (0,))
    tensors = [Tensor(f"t{i}", (1, 8), "int8", same) for i in range(4)]
    ops = [
        Op("RELU", (0,), (1,)),
        Op("TANH", (0,), (2,)),
        Op("ADD", (1, 2), (3,), {"activation": "NONE"}),
    ]
    return Graph("net", tuple(tensors), tuple(ops[i] for i in order), (0,), (3,))


def test_names_scales_and_the_order_of_the_file_do_not_count() -> None:
    a, b = diamond(0, 1, 2), diamond(1, 0, 2, scale=0.25)
    assert structural_hash(a) == structural_hash(b)
    assert first_difference(a, b) is None


def changed(**tensor: Any) -> Graph:
    graph = diamond(0, 1, 2)
    new = replace(graph.tensors[2], **tensor)
    return replace(graph, tensors=(*graph.tensors[:2], new, graph.tensors[3]))


@pytest.mark.parametrize(
    ("b", "words"),
    [
        (changed(shape=(1, 9)), "has shape [1, 8], and [1, 9]"),
        (changed(dtype="uint8"), "is int8, and uint8"),
        (changed(quantization=None), "is quantised in one of them"),
        (changed(quantization=Quantization((0.5,), (3,))), "quantisation of an earlier tensor"),
        (changed(is_variable=True), "variable in one of them"),
    ],
)
def test_tensors(b: Graph, words: str) -> None:
    a = diamond(0, 1, 2)
    assert structural_hash(a) != structural_hash(b)
    found = first_difference(a, b)
    assert found is not None and words in found and "TANH at subgraph 0, op 1" in found


def test_ops() -> None:
    a = chain("ADD", op("MUL", activation="NONE"))
    for b, words in (
        (chain("ADD", "SUB"), "MUL at subgraph 0, op 1, and SUB"),
        (chain("ADD", op("MUL", activation="RELU")), "activation is NONE, and RELU"),
        (chain("ADD"), "2 ops, and 1"),
    ):
        found = first_difference(a, b)
        assert found is not None and words in found


def test_constants() -> None:
    def pad(*values: int) -> Graph:
        made = Tensor("p", (4, 2), "int32", constant=Constant(32, values=values))
        image = Tensor("x", (1, 4, 4, 1), "int8")
        result = Tensor("y", (1, 6, 6, 1), "int8")
        return Graph("net", (image, made, result), (Op("PAD", (0, 1), (2,)),), (0,), (2,))

    found = first_difference(pad(0, 0, 1, 1, 1, 1, 0, 0), pad(0, 0, 2, 0, 1, 1, 0, 0))
    assert found is not None and "input 1 holds [0, 0, 1, 1" in found
