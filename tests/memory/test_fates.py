"""What becomes of each op under XNNPACK."""

from __future__ import annotations

from perfcost import GraphBuilder
from perfcost.memory.fates import Fate, fates


def test_a_table_stands_for_a_chain_at_its_curve() -> None:
    b = GraphBuilder("swish")
    x = b.conv2d(b.input((1, 8, 8, 8), "int8"), 8, 1)
    graph = b.build([b.mul(x, b.op("LOGISTIC", [x]))])
    assert [op.kind for op in graph.ops] == ["CONV_2D", "LOGISTIC", "MUL"]
    assert fates(graph) == (Fate.OWN, Fate.TABLE, Fate.GONE)


def test_floats_have_no_tables() -> None:
    b = GraphBuilder("swish")
    x = b.conv2d(b.input((1, 8, 8, 8), "float32"), 8, 1)
    graph = b.build([b.mul(x, b.op("LOGISTIC", [x]))])
    assert set(fates(graph)) == {Fate.OWN}


def test_a_result_that_others_read_is_not_merged_away() -> None:
    b = GraphBuilder("read twice")
    padded = b.pad(b.input((1, 8, 8, 8), "int8"), ((0, 0), (1, 1), (1, 1), (0, 0)))
    window = b.conv2d(padded, 8, 3, padding="VALID")
    alone, shared = b.build([window]), b.build([window, padded])
    assert fates(alone)[0] is Fate.GONE and fates(shared)[0] is Fate.OWN


def test_what_the_delegate_refuses_is_left_to_tflite() -> None:
    b = GraphBuilder("softmax")
    graph = b.build([b.softmax(b.input((1, 10), "int8"))])
    assert fates(graph) == (Fate.BUILTIN,)
