"""The intermediate representation."""

import dataclasses

from perfcost.builder import GraphBuilder


def test_what_is_derived_is_kept_with_the_graph_and_not_with_a_copy():
    builder = GraphBuilder()
    graph = builder.build([builder.softmax(builder.input((1, 16)))])
    asked = []

    def derive(given):
        asked.append(given)
        return len(given.ops)

    assert graph.kept("_count", derive) == graph.kept("_count", derive) == len(graph.ops)
    assert asked == [graph]
    copy = dataclasses.replace(graph)
    assert copy == graph and copy.kept("_count", derive) == len(graph.ops)
    assert len(asked) == 2
