"""The search against all partitions, at prices that depend on where regions are cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import graphs
from systems import system

from benchmarks.placing.exact import best_plan
from benchmarks.placing.ideals import convex_sets
from perfcost import cuts
from perfcost.builder import GraphBuilder
from perfcost.graph import Graph
from perfcost.placement.forming import runs
from perfcost.placement.handing import Roads
from perfcost.placement.objective import Objective
from perfcost.placement.prices import Key, Prices, RegionPrice
from perfcost.placement.problem import Problem, state
from perfcost.placement.search import Search

_MS_PER_BYTE = 1e-6


class Stored(Prices):
    """What a region reads from others and leaves to others costs, as it does where it is stored."""

    def of(self, keys: Iterable[Key]) -> list[RegionPrice]:
        wanted = list(keys)
        return [
            replace(found, latency_ms=(found.latency_ms or 0.0) + self._stored(key[1]))
            for key, found in zip(wanted, super().of(wanted), strict=True)
        ]

    def _stored(self, ops: tuple[int, ...]) -> float:
        border = cuts.border(self.graph.ops, ops, self.graph.outputs)
        tensors = {*border.inputs, *border.outputs}
        return _MS_PER_BYTE * sum(
            self.graph.tensors[t].nbytes for t in tensors if self.graph.tensors[t].constant is None
        )


def searched(graph: Graph, pins: dict[int, str], call_us: float) -> tuple[Search, float]:
    """(a search that is done, the least cost of all partitions at its prices)."""
    board = system(call_us=call_us)
    named = {place: name for place, name in pins.items() if place < len(graph.ops)}
    problem = state(graph, board, Stored(graph, board, None, False), dict(named))
    search = Search(problem, Objective.of("latency", 0.5))
    search.run()
    return search, _least(problem, Roads(board))


def _least(problem: Problem, roads: Roads) -> float:
    def price(device: int, units: tuple[int, ...]) -> float | None:
        if any(device not in problem.allowed[unit] for unit in units):
            return None
        return problem.prices.of([(device, problem.ops(units))])[0].latency_ms

    least, _ = best_plan(problem, roads, price, convex_sets(problem.before))
    return least


def test_an_arm_waits_where_its_early_end_would_be_stored() -> None:
    build = GraphBuilder("skip")
    x = build.conv2d(build.input((1, 16, 16, 16)), 16, 3)
    wide_arm = build.conv2d(build.conv2d(x, 64, 3), 64, 3)
    floats = build.fully_connected(build.reshape(build.dequantize(x), (256, 16)), 16)
    other = build.quantize(build.reshape(floats, (1, 16, 16, 16)))
    graph = build.build([build.conv2d(build.concat([wide_arm, other]), 8, 1)])
    search, least = searched(graph, {}, 2.0)
    draft = search.best.draft
    assert search.best.latency_ms == pytest.approx(least, rel=1e-12)
    assert draft.runs[0] == (1, (0,)) and draft.runs != runs(search.problem, draft.devices)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    graph=graphs(7),
    pins=st.dictionaries(st.integers(0, 6), st.sampled_from(["cpu", "npu"]), max_size=4),
    call_us=st.sampled_from([0.5, 2.0, 10.0]),
)
def test_no_partition_of_a_small_graph_is_better(
    graph: Graph, pins: dict[int, str], call_us: float
) -> None:
    search, least = searched(graph, pins, call_us)
    found = search.best
    assert found.latency_ms == pytest.approx(least, rel=1e-12)
    eager = runs(search.problem, found.draft.devices)
    assert len(found.draft.runs) <= len(eager)
