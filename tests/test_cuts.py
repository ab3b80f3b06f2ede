"""Convex cuts: closed under paths, bordered by what crosses their edge."""

from dataclasses import dataclass

import pytest

import perfcost
from perfcost import cuts
from perfcost.spaces import samplers


@dataclass(frozen=True)
class Node:
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


# 0 -> 1 -> 3 and 0 -> 2 -> 3 -> 4; tensor 0 is the input, 9 a constant.
DIAMOND = [
    Node((0, 9), (1,)),
    Node((1,), (2,)),
    Node((1, -1), (3,)),
    Node((2, 3), (4,)),
    Node((4,), (5,)),
]


@pytest.mark.parametrize(
    ("chosen", "closed"),
    [
        ((), ()),
        ((2,), (2,)),
        ((0, 3), (0, 1, 2, 3)),
        ((1, 2), (1, 2)),
        ((1, 4), (1, 3, 4)),
        ((4, 0), (0, 1, 2, 3, 4)),
    ],
)
def test_closure(chosen, closed):
    assert cuts.closure(DIAMOND, chosen) == closed


def test_border_of_a_part():
    found = cuts.border(DIAMOND, (1, 3), [5])
    assert found.inputs == (1, 3)
    assert found.outputs == (4,)


def test_border_names_graph_outputs_and_what_is_read_elsewhere():
    found = cuts.border(DIAMOND, (0, 1), [2, 5])
    assert found.inputs == (0, 9)
    assert found.outputs == (1, 2)


def test_result_that_nothing_reads_is_an_output():
    assert cuts.border(DIAMOND, (4,), []).outputs == (5,)


def paths_between(ops, first, last):
    """Whether ``last`` depends on ``first``, by walking forward."""
    reached = set(ops[first].outputs)
    for op in ops[first + 1 : last + 1]:
        if reached & set(op.inputs):
            reached |= set(op.outputs)
    return bool(reached & set(ops[last].inputs))


@pytest.mark.parametrize("seed", range(8))
def test_closure_of_a_sampled_net_is_convex_and_smallest(seed):
    ops = perfcost.load(samplers.sample("wild", 300 + seed)).ops[:60]
    chosen = {len(ops) // 5, len(ops) // 2, 4 * len(ops) // 5}
    closed = set(cuts.closure(ops, chosen))
    between = {
        position
        for position in range(len(ops))
        if any(paths_between(ops, a, position) for a in chosen if a < position)
        and any(paths_between(ops, position, b) for b in chosen if b > position)
    }
    assert closed == chosen | between
