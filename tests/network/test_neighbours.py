"""Means over neighbours: as the plain sums say, alone and side by side with other graphs."""

import numpy as np
import pytest

from perfcost.network.neighbours import RELATIONS, Neighbours, relations

EDGES = np.array([[0, 0, 1, 2, 0], [1, 2, 3, 3, 3]], np.int32)
WIDTH = 3


def states(ops: int) -> np.ndarray:
    return np.random.default_rng(ops).normal(size=(ops, WIDTH)).astype(np.float32)


def slowly(edges: np.ndarray, firsts: list[int], h: np.ndarray) -> np.ndarray:
    """Op by op: its own state, then the mean of each relation's sources."""
    rows = []
    for op in range(len(h)):
        read = [int(a) for a, b in edges.T if b == op]
        read_by = [int(b) for a, b in edges.T if a == op]
        before = [] if op in firsts else [op - 1]
        after = [op + 1] if op + 1 < len(h) and op + 1 not in firsts else []
        means = [
            h[near].mean(axis=0) if near else np.zeros(WIDTH)
            for near in (read, read_by, before, after)
        ]
        rows.append(np.concatenate([h[op], *means]))
    return np.array(rows)


def test_means_of_one_graph() -> None:
    h = states(4)
    found = Neighbours.of_graph(EDGES, 4).beside(h)
    assert found.shape == (4, (1 + RELATIONS) * WIDTH)
    assert found == pytest.approx(slowly(EDGES, [0], h), abs=1e-6)


@pytest.mark.parametrize("ops", [1, 2])
def test_means_of_a_graph_without_edges(ops: int) -> None:
    none = np.zeros((2, 0), np.int32)
    h = states(ops)
    assert Neighbours.of_graph(none, ops).beside(h) == pytest.approx(slowly(none, [0], h))


def test_joined_is_what_all_edges_together_give() -> None:
    counts, none = [4, 1, 4], np.zeros((2, 0), np.int32)
    firsts = np.array([0, 4, 5])
    parts = [Neighbours.of_graph(e, n) for e, n in zip((EDGES, none, EDGES), counts, strict=True)]
    edges = np.concatenate((EDGES, EDGES + 5), axis=1).astype(np.int64)
    h = states(9)
    joined = Neighbours.joined(parts, firsts).beside(h)
    assert joined == pytest.approx(slowly(edges, firsts.tolist(), h), abs=1e-6)
    together = Neighbours.of(relations(edges, firsts, 9)).beside(h)
    assert np.array_equal(joined, together)
