"""MACs, bytes and parameters of ops and graphs."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfcost import GraphBuilder
from perfcost.errors import InvalidGraph
from perfcost.frontends.tflite import read_tflite
from perfcost.frontends.tflite.schema import schema
from perfcost.graph import Graph, Op, Tensor
from perfcost.ops import (
    body_runs,
    bytes_read,
    bytes_written,
    graph_bytes,
    graph_macs,
    graph_parameters,
    kind_of,
    known_kinds,
    macs,
    parameters,
)
from perfcost.ops.categories import CATEGORIES


def one(
    kind: str, shapes: list[tuple[int, ...]], result: tuple[int, ...], **attrs: object
) -> Graph:
    tensors = [Tensor(f"t{i}", shape, "int8") for i, shape in enumerate([*shapes, result])]
    op = Op(kind, tuple(range(len(shapes))), (len(shapes),), attrs)  # type: ignore[arg-type]
    return Graph("g", tuple(tensors), (op,), (0,), (len(shapes),))


def test_every_builtin_of_the_schema_has_a_row() -> None:
    assert known_kinds() == set(schema().values["BuiltinOperator"])
    assert {kind_of(kind).category for kind in known_kinds()} <= set(CATEGORIES)
    assert kind_of("BUILTIN_9999").category == "other"


@pytest.mark.parametrize(
    ("kind", "shapes", "result", "attrs", "expected"),
    [
        ("CONV_2D", [(1, 8, 8, 3), (16, 3, 3, 3)], (1, 8, 8, 16), {}, 8 * 8 * 16 * 27),
        ("CONV_2D", [(1, 8, 8, 4), (16, 3, 3, 2)], (1, 8, 8, 16), {}, 8 * 8 * 16 * 18),
        ("DEPTHWISE_CONV_2D", [(2, 8, 8, 4), (1, 3, 5, 4)], (2, 8, 8, 4), {}, 2 * 64 * 4 * 15),
        ("TRANSPOSE_CONV", [(4,), (6, 3, 3, 5), (1, 7, 7, 5)], (1, 14, 14, 6), {}, 49 * 270),
        ("FULLY_CONNECTED", [(3, 20), (10, 20)], (3, 10), {}, 600),
        ("BATCH_MATMUL", [(2, 3, 4), (2, 4, 5)], (2, 3, 5), {}, 2 * 3 * 4 * 5),
        ("BATCH_MATMUL", [(2, 4, 3), (2, 4, 5)], (2, 3, 5), {"adj_x": True}, 2 * 3 * 4 * 5),
        ("CONV_3D", [(1, 4, 4, 4, 2), (3, 3, 3, 2, 8)], (1, 4, 4, 4, 8), {}, 64 * 8 * 54),
        ("SVDF", [(1, 10), (8, 10), (8, 6)], (1, 4), {}, 8 * 10 + 8 * 6),
        ("RNN", [(2, 10), (4, 10), (4, 4)], (2, 4), {}, 2 * (40 + 16)),
        ("ADD", [(1, 8), (1, 8)], (1, 8), {}, 0),
        ("CUSTOM", [(1, 8)], (1, 8), {}, 0),
        ("CONV_2D", [(1, 0, 8, 3), (16, 3, 3, 3)], (1, 0, 8, 16), {}, 0),
    ],
)
def test_macs(
    kind: str,
    shapes: list[tuple[int, ...]],
    result: tuple[int, ...],
    attrs: dict[str, object],
    expected: int,
) -> None:
    graph = one(kind, shapes, result, **attrs)
    assert macs(graph, graph.ops[0]) == expected


def test_macs_of_a_sequence_lstm() -> None:
    shapes = [(1, 5, 10)] + [(4, 10)] * 4 + [(4, 4)] * 4
    graph = one("UNIDIRECTIONAL_SEQUENCE_LSTM", shapes, (1, 5, 4))
    assert macs(graph, graph.ops[0]) == 5 * (4 * 40 + 4 * 16)


def test_an_operand_that_is_missing_is_named() -> None:
    graph = one("FULLY_CONNECTED", [(1, 4)], (1, 4))
    with pytest.raises(InvalidGraph, match="operand 1") as caught:
        macs(graph, graph.ops[0])
    assert caught.value.op == "FULLY_CONNECTED"


def test_bytes_and_parameters() -> None:
    b = GraphBuilder()
    x = b.input((1, 8, 8, 4))
    y = b.conv2d(x, 16, 3)
    z = b.reshape(y, (1, 1024))
    masks = dict.fromkeys(("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask"), 0)
    bounds = [b.constant(values) for values in ([0, 0], [1, 24], [1, 1])]
    w = b.ops("STRIDED_SLICE", [z, *bounds], 1, **masks)[0]
    double = b.add(w, w)
    graph = b.build([double])
    conv, view, cut, add = graph.ops
    assert bytes_read(graph, conv) == 256 + 576 + 64
    assert bytes_written(graph, conv) == 1024
    assert parameters(graph, conv) == 576 + 16
    assert bytes_read(graph, view) == bytes_written(graph, view) == 0
    assert bytes_read(graph, cut) == 24 + 3 * 8
    assert bytes_read(graph, add) == 24
    assert graph_parameters(graph) == 592
    assert graph_bytes(graph) == 896 + 1024 + 48 + 24 + 48


def nested() -> Graph:
    """Subgraph 0 calls 1 twice, 1 calls 2 once; CALL_ONCE's body 3 has MACs of its own."""

    def body(index: int, *ops: Op) -> Graph:
        shapes = [(1, 4), (3, 4), (1, 3), (1, 4)]
        tensors = tuple(Tensor(f"t{i}", shape, "int8") for i, shape in enumerate(shapes))
        return Graph(f"g{index}", tensors, ops, (0, 1), (2,), index)

    product = Op("FULLY_CONNECTED", (0, 1), (2,))
    leaf, once = body(2, product), body(3, product)
    middle = body(1, Op("CALL", (0,), (2,), bodies=(2,)))
    root = body(0, Op("CALL_ONCE", (), (), bodies=(3,)), Op("CALL", (0,), (3,), bodies=(1,)),
                Op("WHILE", (0,), (2,), bodies=(1, 1)))  # fmt: skip
    return Graph(root.name, root.tensors, root.ops, root.inputs, root.outputs,
                 subgraphs=(None, middle, leaf, once))  # fmt: skip


def test_bodies_count_once_a_call() -> None:
    graph = nested()
    assert body_runs(graph) == {0: 1, 1: 3, 2: 3}
    assert graph_macs(graph) == 3 * 12
    trips = body_runs(graph, lambda caller, op: 10 if op.kind == "WHILE" else 1)
    assert trips == {0: 1, 1: 21, 2: 21}


def test_macs_of_real_files(real_models: list[dict[str, str]]) -> None:
    """Two differ from the table and are known: it adds up two signatures, and leaves out SVDF."""
    differing = {
        row["file"]
        for row in real_models
        if graph_macs(read_tflite(Path(row["path"]).read_bytes())) != int(row["macs"])
    }
    assert differing == {
        "ai-edge-quantizer/toy_model_with_kv_cache_multi_signature.tflite",
        "tflite-micro/keyword_scrambled_8bit.tflite",
    }
