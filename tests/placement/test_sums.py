"""What adds up: the least sum against all assignments, changes against the whole."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import graphs, stated
from systems import system

from perfcost.graph import Graph
from perfcost.placement import additive
from perfcost.placement.forming import runs
from perfcost.placement.handing import Roads, legs
from perfcost.placement.problem import Problem
from perfcost.placement.sums import Sums


def drawn(data: st.DataObject, problem: Problem, roads: Roads) -> additive.Costs:
    """Units that cost anything, so that any device may be the better one."""
    cost = st.floats(0.0, 0.02)
    devices = range(len(roads.call_ms))
    units = [{d: data.draw(cost) for d in devices} for _ in problem.units]
    return additive.Costs(units, list(roads.call_ms), dict(roads.ms_per_byte))


def in_order(problem: Problem, roads: Roads, costs: additive.Costs, chosen: Sequence[int]) -> float:
    """A sum that follows the order of the units, from nothing but the definition."""
    total = sum(costs.unit[unit][device] for unit, device in enumerate(chosen))
    total += sum(costs.call[device] for device, _ in itertools.groupby(chosen))
    return total + sum(leg.latency_ms for leg in legs(problem, roads, chosen))


@settings(max_examples=60, deadline=None)
@given(graph=graphs(6), third=st.booleans(), call_us=st.sampled_from([0.0, 2.0]), data=st.data())
def test_no_assignment_has_a_smaller_sum(
    graph: Graph, third: bool, call_us: float, data: st.DataObject
) -> None:
    problem = stated(graph, system(call_us=call_us, third=third))
    roads = Roads(problem.system)
    costs = drawn(data, problem, roads)
    found, exact = additive.solve(problem, roads, costs)
    assert exact
    least = min(
        in_order(problem, roads, costs, chosen)
        for chosen in itertools.product(range(2 + third), repeat=len(problem.units))
    )
    assert in_order(problem, roads, costs, found) == pytest.approx(least, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(graph=graphs(), third=st.booleans(), data=st.data())
def test_changes_are_those_of_the_whole(graph: Graph, third: bool, data: st.DataObject) -> None:
    problem = stated(graph, system(third=third))
    roads = Roads(problem.system)
    costs = drawn(data, problem, roads)
    sums = Sums(problem, roads, costs)
    count = len(problem.units)
    assignment = st.lists(st.integers(0, 1 + third), min_size=count, max_size=count)
    before, after = data.draw(assignment), data.draw(assignment)
    moved = [unit for unit in range(count) if before[unit] != after[unit]]
    whole = sum(costs.unit[unit][device] for unit, device in enumerate(before))
    whole += sum(leg.latency_ms for leg in legs(problem, roads, before))
    assert sums.without_calls(before) == pytest.approx(whole, abs=1e-12)
    assert sums.change(before, after, moved) == pytest.approx(
        sums.without_calls(after) - sums.without_calls(before), abs=1e-12
    )
    calls = [
        sum(costs.call[device] for device, _ in runs(problem, chosen)) for chosen in (before, after)
    ]
    least = sums.least_calls([before, after])
    if third:
        assert all(few <= real + 1e-12 for few, real in zip(least, calls, strict=True))
    else:
        assert least == pytest.approx(calls, abs=1e-12)
