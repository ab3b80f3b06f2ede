"""Graphs of some ops of a graph."""

from __future__ import annotations

from systems import branches, mixed

import perfcost
from perfcost import cuts
from perfcost.graph import validate
from perfcost.placement.cutting import piece
from perfcost.spaces import zoo


def test_the_whole_is_itself() -> None:
    graph = mixed()
    assert piece(graph, range(len(graph.ops))) is graph


def test_a_piece_reads_and_gives_what_crosses_its_edge() -> None:
    graph = branches()
    for first in range(len(graph.ops)):
        ops = cuts.closure(graph.ops, [first, min(first + 3, len(graph.ops) - 1)])
        found = validate(piece(graph, ops))
        border = cuts.border(graph.ops, ops, graph.outputs)
        assert [found.tensors[t] for t in found.outputs] == [
            graph.tensors[t] for t in border.outputs
        ]
        given = [graph.tensors[t] for t in border.inputs if graph.tensors[t].constant is None]
        assert [found.tensors[t] for t in found.inputs] == given
        assert [op.kind for op in found.ops] == [graph.ops[place].kind for place in ops]
        assert [op.origin for op in found.ops] == [graph.ops[place].origin for place in ops]


def test_pieces_of_a_network_are_priced_like_files_of_them() -> None:
    """The cutter of files and that of graphs agree, so a region's price is that of its file."""
    import pytest

    pytest.importorskip("ai_edge_litert", reason="needs the extra label (ai-edge-litert)")
    from perfcost.pieces import Cutter

    data = zoo.build("mlperf_tiny_kws")
    graph, cutter = perfcost.load(data), Cutter(data)
    for ops in (range(4), range(3, len(graph.ops)), [2]):
        one, other = piece(graph, list(ops)), cutter.piece(list(ops))
        for target in ("ethos-u65-256", "cortex-a55"):
            mine, theirs = perfcost.estimate(one, target), perfcost.estimate(other, target)
            assert mine.latency_ms == theirs.latency_ms
            assert mine.memory_bytes == theirs.memory_bytes
