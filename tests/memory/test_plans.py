"""Plans of graphs small enough to be worked out by hand."""

from __future__ import annotations

import dataclasses

import pytest

from perfcost.builder import GraphBuilder
from perfcost.errors import InvalidGraph
from perfcost.graph import Constant, Graph, Op, Tensor
from perfcost.memory import CORTEX_A55, litert_arena, weight_bytes, xnnpack_workspace


def _graph(kinds: list[str], shape: tuple[int, ...] = (1, 16), outputs: int = 1) -> Graph:
    """A chain of ops with one input and one result each, float32."""
    tensors = tuple(Tensor(f"t{place}", shape, "float32") for place in range(len(kinds) + 1))
    ops = tuple(Op(kind, (place,), (place + 1,)) for place, kind in enumerate(kinds))
    return Graph("chain", tensors, ops, (0,), (len(kinds),))


def test_a_chain_needs_its_input_and_two_tensors() -> None:
    # the input stays, the others take turns, each at a multiple of 64 bytes
    plan = litert_arena(_graph(["TANH", "TANH", "TANH", "TANH"]))
    assert plan.offsets == {0: 0, 1: 64, 2: 128, 3: 64, 4: 128}
    assert plan.arena_bytes == 192
    assert plan.persistent_bytes == plan.heap_bytes == 0


def test_a_view_shares_the_bytes_of_its_input() -> None:
    plan = litert_arena(_graph(["TANH", "RESHAPE", "TANH"]))
    assert plan.shared == {2: 1}
    assert plan.arena_bytes == 192


def test_a_graph_input_is_never_written_over() -> None:
    assert litert_arena(_graph(["SOFTMAX", "TANH"])).shared == {}
    assert litert_arena(_graph(["TANH", "SOFTMAX", "TANH"])).shared == {2: 1}


def test_a_window_conv_unrolls_its_input_and_a_plain_one_does_not() -> None:
    b = GraphBuilder("conv")
    x = b.input((1, 8, 8, 4), "float32")
    window = litert_arena(b.build([b.conv2d(x, 4, 3)]))
    c = GraphBuilder("conv")
    x = c.input((1, 8, 8, 4), "float32")
    plain = litert_arena(c.build([c.conv2d(x, 4, 1)]))
    assert plain.arena_bytes == 2 * 8 * 8 * 4 * 4
    assert window.arena_bytes == plain.arena_bytes + 8 * 8 * 36 * 4


def test_what_is_known_beforehand_lies_on_the_heap() -> None:
    tensors = (
        Tensor("x", (2, 3), "float32"),
        Tensor("shape", (2,), "int32"),
        Tensor("y", (2, 3), "float32"),
    )
    ops = (Op("SHAPE", (0,), (1,)), Op("RESHAPE", (0, 1), (2,)))
    plan = litert_arena(Graph("known", tensors, ops, (0,), (2,)))
    assert plan.heap_bytes == 8
    assert set(plan.offsets) == {0, 2}


def test_a_size_known_only_in_a_run_is_noted() -> None:
    tensors = (Tensor("x", (4,), "bool"), Tensor("where", (4, 1), "int64"))
    plan = litert_arena(Graph("where", tensors, (Op("WHERE", (0,), (1,)),), (0,), (1,)))
    assert [code for code, _ in plan.notes] == ["dynamic_tensors"]
    assert plan.heap_bytes == 32


def test_the_delegate_keeps_what_is_inside_a_group_in_its_workspace() -> None:
    plan = xnnpack_workspace(_graph(["TANH", "TANH", "TANH"], (1, 100)))
    # the second works in place of the first, in whole lines of 64 bytes, and 32 are added
    assert plan.workspace_bytes == 448 + 32
    assert plan.delegated_ops == 3
    assert plan.arena_bytes == 448 + 400  # what the group reads and what it writes


def test_arm_rounds_to_fewer_bytes() -> None:
    graph = _graph(["TANH", "TANH", "TANH"], (1, 100))
    assert xnnpack_workspace(graph, CORTEX_A55).workspace_bytes == 400 + 32


def test_an_op_in_between_cuts_the_group() -> None:
    plan = xnnpack_workspace(_graph(["TANH", "TANH", "CUMSUM", "TANH", "TANH"]))
    assert plan.group_bytes == (64, 64)
    assert plan.workspace_bytes == 64 + 32
    assert plan.delegated_ops == 4


def test_nothing_delegated_needs_no_workspace() -> None:
    graph = _graph(["CUMSUM", "CUMSUM"])
    assert xnnpack_workspace(graph).workspace_bytes == 0
    assert xnnpack_workspace(graph).arena_bytes == litert_arena(graph).arena_bytes


def test_weights_are_counted_in_the_file_and_packed() -> None:
    b = GraphBuilder("fc")
    x = b.input((1, 32), "float32")
    found = weight_bytes(b.build([b.fully_connected(x, 10)]))
    assert found.mapped_bytes == 4 * (10 * 32 + 10)
    assert found.packed_bytes == 16 * (32 + 1) * 4  # columns filled up to 16, a bias each


def test_an_empty_graph_needs_nothing() -> None:
    graph = Graph("empty", (), (), (), ())
    assert litert_arena(graph).arena_bytes == 0
    assert xnnpack_workspace(graph).workspace_bytes == 0


def test_an_unknown_op_is_planned_and_a_custom_one_noted() -> None:
    assert litert_arena(_graph(["BUILTIN_999"])).arena_bytes == 128
    assert [code for code, _ in litert_arena(_graph(["CUSTOM"])).notes] == ["unknown_scratch"]


@pytest.mark.parametrize("plan", [litert_arena, xnnpack_workspace, weight_bytes])
def test_an_op_without_its_inputs_is_named(plan: object) -> None:
    graph = _graph(["CONV_2D"], (1, 4, 4, 4))
    with pytest.raises(InvalidGraph, match="CONV_2D lacks input 1"):
        plan(graph)  # type: ignore[operator]
    weights = Tensor("w", (4, 4), "float32", constant=Constant(64))
    flat = dataclasses.replace(
        graph, tensors=(*graph.tensors, weights), ops=(Op("CONV_2D", (0, 2), (1,)),)
    )
    with pytest.raises(InvalidGraph, match="rank 2, expected 4 to 4"):
        plan(flat)  # type: ignore[operator]
