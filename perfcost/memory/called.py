"""The subgraphs that a graph calls."""

from __future__ import annotations

from perfcost.graph import Graph


def called(graph: Graph) -> list[tuple[Graph, bool]]:
    """Every subgraph that the ops of a graph call, directly or not, and if by CALL_ONCE alone.

    An initialiser gives its arena back, but not its handles of variables.
    """
    found: dict[int, bool] = {}
    todo = [(index, op.kind == "CALL_ONCE") for op in graph.ops for index in op.bodies]
    while todo:
        index, once = todo.pop()
        if index == graph.index or (index in found and (once or not found[index])):
            continue
        found[index] = once
        inner = graph.body(index).ops
        todo += [(body, once or op.kind == "CALL_ONCE") for op in inner for body in op.bodies]
    return [(graph.body(index), found[index]) for index in sorted(found)]
