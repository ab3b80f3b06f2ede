"""What an Ethos-U85 chains, fuses and keeps apart, and in what order ops run."""

from __future__ import annotations

from perfcost.builder import GraphBuilder
from perfcost.graph import Graph, Links
from perfcost.physics.ethos_u.order import cpu_grouped, execution_order
from perfcost.physics.ethos_u.u85.fold import CHAIN, Folded85


def folded(graph: Graph) -> Folded85:
    return Folded85(graph, [True] * len(graph.ops))


def _kinds(graph: Graph) -> list[list[str]]:
    return [[draft.kind for draft in drafts] for drafts in folded(graph).drafts]


def test_an_add_is_chained_to_the_convolution_that_runs_right_before() -> None:
    b = GraphBuilder("net")
    x = b.input((1, 16, 16, 16))
    y = b.conv2d(x, 16, 3)
    z = b.conv2d(y, 16, 3)
    graph = b.build([b.conv2d(b.add(z, y), 16, 1)])
    found = folded(graph)
    assert [len(drafts) for drafts in found.drafts] == [1, 1, 0, 1]
    (link,) = found.drafts[1][0].chain
    assert link.operation == "add"


def test_an_operand_that_something_else_reads_is_not_chained() -> None:
    b = GraphBuilder("net")
    x = b.input((1, 16, 16, 16))
    y = b.conv2d(x, 16, 3)
    z = b.add(y, x)
    graph = b.build([b.conv2d(z, 16, 1), b.conv2d(y, 16, 1)])
    assert not any(draft.chain for drafts in folded(graph).drafts for draft in drafts)


def test_a_chain_has_at_most_four_ops() -> None:
    b = GraphBuilder("net")
    x = b.input((1, 8, 8, 16))
    y = b.conv2d(x, 16, 1)
    for _ in range(6):
        y = b.mul(y, b.constant((1,)))
    graph = b.build([b.conv2d(y, 16, 1)])
    chains = [draft.chain for drafts in folded(graph).drafts for draft in drafts]
    assert max(len(chain) + 1 for chain in chains) == CHAIN


def test_softmax_runs_in_groups() -> None:
    b = GraphBuilder("net")
    graph = b.build([b.softmax(b.fully_connected(b.input((1, 32)), 10))])
    (_, drafts) = folded(graph).drafts
    assert len(drafts) < 20
    assert sum(1 + len(draft.chain) for draft in drafts) > 20


def test_ops_run_from_the_last_input_of_a_join_of_branches() -> None:
    b = GraphBuilder("net")
    x = b.input((1, 8, 8, 8))
    left, right = b.conv2d(x, 8, 1), b.conv2d(x, 8, 3)
    graph = b.build([b.add(left, right)])
    assert execution_order(graph) == (1, 0, 2)
    b = GraphBuilder("net")
    x = b.input((1, 8, 8, 8))
    graph = b.build([b.concat([b.conv2d(x, 8, 1), b.conv2d(x, 8, 3)])])
    assert execution_order(graph) == (0, 1, 2)


def test_ops_of_the_cpu_are_moved_together() -> None:
    b = GraphBuilder("net")
    x = b.input((1, 8, 8, 8))
    y = b.conv2d(x, 8, 1)
    graph = b.build([b.unary("RELU", b.add(b.conv2d(y, 8, 1), b.unary("RELU", y)))])
    links = Links.of(graph)
    order = execution_order(graph)
    kinds = [op.kind for op in graph.ops]
    on_npu = [kind != "RELU" for kind in kinds]
    grouped = cpu_grouped(order, graph, links, on_npu)
    assert sorted(grouped) == sorted(order)
    assert kinds[grouped[-1]] == "RELU"  # what only makes an output comes last
    seen: set[int] = set()
    for position in grouped:
        assert all(
            links.producer[tensor] in seen
            for tensor in graph.ops[position].inputs
            if tensor in links.producer
        )
        seen.add(position)
