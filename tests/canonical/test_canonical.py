"""The form that readers share."""

from __future__ import annotations

from dataclasses import replace

import pytest

import perfcost
from perfcost.canonical import canonical
from perfcost.canonical.static_shapes import fold_shapes
from perfcost.errors import ModelError
from perfcost.graph import Constant, Graph, Op, Quantization, Tensor
from perfcost.spaces import zoo

FLOAT = (1, 4, 4, 8)
SCALE = Quantization((0.1,), (0,))


@pytest.mark.parametrize("name", zoo.names())
def test_graphs_of_files_are_left_alone(name: str) -> None:
    graph = perfcost.load(zoo.build(name))
    assert canonical(graph) is graph


def test_real_files_are_left_alone(real_models: list[dict[str, str]]) -> None:
    for row in real_models:
        try:
            graph = perfcost.load(row["path"])
        except ModelError:
            continue
        assert canonical(graph) is graph, row["file"]


def chain(names: list[str], kinds: list[str], quantized: tuple[int, ...] = ()) -> Graph:
    """Ops one after the other; the tensors at some places are of 8 bits."""
    tensors = tuple(
        Tensor(name, FLOAT, "int8" if place in quantized else "float32",
               SCALE if place in quantized else None)
        for place, name in enumerate(names)
    )  # fmt: skip
    fused = ("ADD", "AVERAGE_POOL_2D")
    ops = tuple(
        Op(kind, (place,), (place + 1,), {"activation": "NONE"} if kind in fused else {})
        for place, kind in enumerate(kinds)
    )
    return Graph("chain", tensors, ops, (0,), (len(kinds),))


@pytest.mark.parametrize(("name", "count"), [("", 1), ("b", 1), ("other", 2)])
def test_an_activation_is_fused_where_it_is_a_piece(name: str, count: int) -> None:
    graph = canonical(chain(["a", name, "b"], ["AVERAGE_POOL_2D", "RELU6"]))
    assert len(graph.ops) == count
    assert graph.ops[0].activation == ("RELU6" if count == 1 else "NONE")


def test_an_activation_is_not_fused_into_a_result() -> None:
    graph = chain(["a", "", "b"], ["AVERAGE_POOL_2D", "RELU"])
    graph = replace(graph, outputs=(1, 2))
    assert canonical(graph) is graph


@pytest.mark.parametrize(("names", "count"), [(("", ""), 1), (("r", "r"), 1), (("x", "r"), 3)])
def test_a_float_op_between_conversions(names: tuple[str, str], count: int) -> None:
    graph = chain(["a", *names, "r"], ["DEQUANTIZE", "LOGISTIC", "QUANTIZE"], quantized=(0, 3))
    found = canonical(graph)
    assert len(found.ops) == count
    if count == 1:
        assert [tensor.dtype for tensor in found.tensors] == ["int8", "int8"]


def transposes(first: tuple[int, ...], second: tuple[int, ...], name: str) -> Graph:
    orders = [
        Tensor("", (4,), "int32", None, Constant(16, values=order)) for order in (first, second)
    ]
    middle = tuple(FLOAT[axis] for axis in first)
    result = tuple(middle[axis] for axis in second)
    tensors = (
        Tensor("a", FLOAT, "float32"), orders[0], Tensor(name, middle, "float32"), orders[1],
        Tensor("", result, "float32"), Tensor("r", result, "float32"),
    )  # fmt: skip
    ops = (Op("TRANSPOSE", (0, 1), (2,)), Op("TRANSPOSE", (2, 3), (4,)), Op("TANH", (4,), (5,)))
    return Graph("net", tensors, ops, (0,), (5,))


def test_transposes_that_undo_each_other() -> None:
    there, back = (0, 2, 3, 1), (0, 3, 1, 2)
    assert [op.kind for op in canonical(transposes(there, back, "")).ops] == ["TANH"]
    assert len(canonical(transposes(there, there, "")).ops) == 3
    assert len(canonical(transposes(there, back, "named")).ops) == 3


def test_reshapes_without_a_name_that_change_nothing() -> None:
    graph = chain(["a", "", "", "r"], ["RESHAPE", "RESHAPE", "TANH"])
    assert [op.kind for op in canonical(graph).ops] == ["TANH"]
    assert len(canonical(chain(["a", "b", "r"], ["RESHAPE", "TANH"])).ops) == 2


def test_shapes_of_fixed_tensors_are_folded_only_where_asked_for() -> None:
    numbers = [Tensor("", (1,), "int32", None, Constant(4, values=(n,))) for n in (0, 1, 1)]
    rest = Tensor("", (), "int32", None, Constant(4, values=(128,)))
    tensors = (
        Tensor("x", FLOAT, "float32"), Tensor("s", (4,), "int32"), *numbers,
        Tensor("n", (), "int32"), rest, Tensor("p", (2,), "int32"),
        Tensor("r", (1, 128), "float32"),
    )  # fmt: skip
    slicing = {"begin_mask": 0, "end_mask": 0, "shrink_axis_mask": 1}
    ops = (
        Op("SHAPE", (0,), (1,)), Op("STRIDED_SLICE", (1, 2, 3, 4), (5,), slicing),
        Op("PACK", (5, 6), (7,), {"axis": 0}), Op("RESHAPE", (0, 7), (8,)),
    )  # fmt: skip
    graph = Graph("net", tensors, ops, (0,), (8,))
    assert canonical(graph) is graph
    (reshape,) = (found := fold_shapes(graph)).ops
    constant = found.tensors[reshape.inputs[1]].constant
    assert constant is not None
    assert constant.values == (1, 128)
