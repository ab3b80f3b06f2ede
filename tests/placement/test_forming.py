"""Runs: in an order that can run, convex, few; what waits is in a later one, and only that."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from small import graphs, stated
from systems import branches, system

from perfcost.graph import Graph
from perfcost.placement.forming import Run, runs, turns
from perfcost.placement.handing import Roads
from perfcost.placement.moves import between_runs, delays
from perfcost.placement.plan import drafted
from perfcost.placement.problem import Problem


def checked(problem: Problem, devices: tuple[int, ...], found: tuple[Run, ...]) -> None:
    """Every unit once, on its device, after all that it reads; no two runs in a row on one."""
    done: set[int] = set()
    for device, chosen in found:
        assert chosen == tuple(sorted(chosen))
        for unit in chosen:
            assert devices[unit] == device and unit not in done
            assert done.union(chosen).issuperset(problem.before[unit])
        done.update(chosen)
    assert len(done) == len(problem.units)
    assert all(one[0] != other[0] for one, other in itertools.pairwise(found))


@settings(max_examples=60, deadline=None)
@given(graph=graphs(), third=st.booleans(), data=st.data())
def test_runs_can_run_whatever_waits(graph: Graph, third: bool, data: st.DataObject) -> None:
    problem = stated(graph, system(third=third))
    count = len(problem.units)
    devices = tuple(data.draw(st.lists(st.integers(0, 1 + third), min_size=count, max_size=count)))
    late = data.draw(st.sets(st.integers(0, count - 1)))
    early, found = runs(problem, devices), runs(problem, devices, late)
    checked(problem, devices, early)
    checked(problem, devices, found)
    assert len(found) <= len(early)
    if len(found) == len(early):
        place = {unit: n for n, (_, units) in enumerate(early) for unit in units}
        for n, (_, units) in enumerate(found):
            assert all(n == place[unit] or (unit in late and n > place[unit]) for unit in units)
    for changed, _ in delays(problem, turns(problem, devices), frozenset(late)):
        checked(problem, devices, runs(problem, devices, changed))


@settings(max_examples=40, deadline=None)
@given(graph=graphs(5), data=st.data())
def test_of_two_devices_no_order_has_fewer_calls(graph: Graph, data: st.DataObject) -> None:
    problem = stated(graph, system())
    count = len(problem.units)
    devices = tuple(data.draw(st.lists(st.integers(0, 1), min_size=count, max_size=count)))
    least = count
    for order in itertools.permutations(range(count)):
        place = {unit: n for n, unit in enumerate(order)}
        if all(place[w] < place[u] for u in range(count) for w in problem.before[u]):
            calls = [d for d, _ in itertools.groupby(devices[unit] for unit in order)]
            least = min(least, sum(calls))
    assert sum(device for device, _ in runs(problem, devices)) == least


def test_an_arm_that_waits_joins_the_later_run() -> None:
    problem = stated(branches(), system())
    slow = [n for n, op in enumerate(problem.graph.ops) if op.kind not in _FAST]
    devices = tuple(0 if unit in slow else 1 for unit in range(len(problem.units)))
    first, middle, last = runs(problem, devices)
    changes = dict(delays(problem, turns(problem, devices), frozenset()))
    waiting = runs(problem, devices, range(len(devices)))
    assert waiting[1] == middle and first[1] != waiting[0][1]
    # What is read in the middle cannot wait, and the arm beside it all can.
    assert waiting[0][1] == (0,) and set(waiting[2][1]) == {*first[1][1:], *last[1]}
    assert any(runs(problem, devices, late) == waiting for late in changes)


_FAST = ("CONV_2D", "CONCATENATION")


def test_fewer_bytes_lie_between_runs_where_an_arm_is_not_cut() -> None:
    problem = stated(branches(), system())
    devices = tuple(
        int(problem.graph.ops[unit].kind in _FAST) for unit in range(len(problem.units))
    )
    changes = {at: between_runs(problem, at) for _, at in _tuples(problem, devices)}
    early = between_runs(problem, turns(problem, devices)[1])
    # The arm's end alone waits: its input lies between runs, where its output did.
    assert min(changes.values()) <= early
    draft = drafted(problem, Roads(problem.system), devices, frozenset(range(len(devices))))
    assert draft.latency_ms == drafted(problem, Roads(problem.system), devices).latency_ms


def _tuples(
    problem: Problem, devices: tuple[int, ...]
) -> list[tuple[frozenset[int], tuple[int, ...]]]:
    found = delays(problem, turns(problem, devices), frozenset())
    return [(late, tuple(at)) for late, at in found]
