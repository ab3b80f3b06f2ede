"""Which subgraphs control flow calls, in an order that makes sums and hashes linear."""

from __future__ import annotations

from perfcost.errors import InvalidGraph
from perfcost.graph import Graph

CALLERS = frozenset({"CALL", "IF", "WHILE", "STABLEHLO_WHILE", "STABLEHLO_CASE",
                     "STABLEHLO_COMPOSITE"})  # fmt: skip
"""Kinds whose bodies are networks that run. CALL_ONCE runs before the first inference; the body of
a STABLEHLO_REDUCE or _SORT is the arithmetic of one element."""


def call_order(root: Graph, kinds: frozenset[str] | None = CALLERS) -> list[Graph]:
    """The root and all subgraphs that it calls, each once, callers before what they call.

    ``Graph.subgraphs`` is that of the whole file in the root only, so the bodies of a body are
    looked up in the root too.

    Args:
        root: the entry graph.
        kinds: the kinds of op whose calls are followed; ``None`` for all.

    Raises:
        InvalidGraph: a subgraph that is not there, or that calls itself.
    """
    done: set[int] = set()
    active: set[int] = set()
    order: list[Graph] = []
    stack: list[tuple[Graph, bool]] = [(root, False)]
    while stack:
        graph, left = stack.pop()
        if left:
            active.discard(graph.index)
            order.append(graph)
            continue
        if graph.index in done:
            continue
        done.add(graph.index)
        active.add(graph.index)
        stack.append((graph, True))
        called = dict.fromkeys(
            body for op in graph.ops if kinds is None or op.kind in kinds for body in op.bodies
        )
        for body in called:
            if body in active:
                raise InvalidGraph(
                    f"control flow calls itself: subgraph {graph.index} calls {body}; expected "
                    "calls that end"
                )
            if body not in done:
                stack.append((root.body(body), False))
    return order[::-1]
