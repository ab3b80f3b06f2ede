"""Drawn graphs of a few ops, and problems of them."""

from __future__ import annotations

from hypothesis import strategies as st

from perfcost.builder import GraphBuilder, Value
from perfcost.graph import Graph
from perfcost.placement.prices import Prices
from perfcost.placement.problem import Problem, state
from perfcost.targets import System


@st.composite
def graphs(draw: st.DrawFn, most: int = 9) -> Graph:
    """Ops of int8 that read any earlier results."""
    build = GraphBuilder("drawn")
    made: list[Value] = [build.input((1, 8, 8, 8))]
    for _ in range(draw(st.integers(1, most))):
        x, y = (made[draw(st.integers(0, len(made) - 1))] for _ in range(2))
        made.append(build.add(x, y) if draw(st.booleans()) else build.conv2d(x, 8, 3))
    outputs = [made[-1], *draw(st.sets(st.sampled_from(made[1:]), max_size=1))]
    return build.build(list(dict.fromkeys(outputs)))


def stated(graph: Graph, board: System) -> Problem:
    """Its problem, priced by the laws alone."""
    return state(graph, board, Prices(graph, board, None, False), {})
