"""Control flow is priced as its bodies, as often as they run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hand_graphs import chain, file_of, op

import perfcost
from perfcost.errors import InvalidGraph, ModelTooLarge, Unsupported
from perfcost.graph import Graph

pytestmark = pytest.mark.usefixtures("laws_alone")

T = "ethos-u55-128"
Put = Callable[..., None]
CYCLES = {"ADD": 1000.0, "MUL": 10_000.0, "LESS": 100.0, "WHILE": None, "IF": None, "CALL": None,
          "CALL_ONCE": None, "FLOAT": None}  # fmt: skip


@pytest.fixture(autouse=True)
def _physics(priced: Put) -> None:
    priced(CYCLES)


def codes(estimate: perfcost.Estimate) -> list[str]:
    return [note.code for note in estimate.warnings]


def loop(*body: str) -> Graph:
    return file_of(
        chain("ADD", op("WHILE", bodies=(1, 2))),
        chain("LESS", index=1),
        chain(*body, index=2),
    )


def test_a_loop_is_one_round_and_a_warning_by_default() -> None:
    found = perfcost.estimate(loop("MUL"), T)
    assert found.latency_ms == pytest.approx(1 + 10.1)
    assert codes(found) == ["trip_count_default"]
    with pytest.raises(Unsupported, match="trip_counts"):
        perfcost.estimate(loop("MUL"), T, strict=True)


@pytest.mark.parametrize(
    "counts", [7, {1: 7}, {"WHILE": 7}, {"WHILE at subgraph 0, op 1": 7}, {1: 7, "WHILE": 3}]
)
def test_trip_counts_by_op_by_name_by_kind_or_for_all(counts: object) -> None:
    found = perfcost.estimate(loop("MUL"), T, trip_counts=counts)
    assert found.latency_ms == pytest.approx(1 + 7 * 10.1)
    assert "trip_count_default" not in codes(found)
    assert found.bytes_moved == {"sram": 10 + 7 * 20}
    assert found.ops[1].supported


def test_no_rounds_cost_nothing() -> None:
    assert perfcost.estimate(loop("MUL"), T, trip_counts=0).latency_ms == pytest.approx(1.0)


def test_a_count_for_no_op_is_said() -> None:
    found = perfcost.estimate(loop("MUL"), T, trip_counts={9: 4, "WHILE": 2})
    assert codes(found) == ["trip_count_unused"]


@pytest.mark.parametrize("bad", [-1, 1.5, True, 2**63, {"WHILE": -1}])
def test_counts_that_are_no_counts(bad: object) -> None:
    with pytest.raises(InvalidGraph, match="whole number"):
        perfcost.estimate(loop("MUL"), T, trip_counts=bad)


def test_the_op_itself_runs_on_the_cpu_and_so_the_price_is_not_complete() -> None:
    found = perfcost.estimate(loop("MUL"), T, trip_counts=2)
    assert not found.complete
    assert found.ops[1].reason is not None


def test_an_unsupported_body_has_no_price() -> None:
    graph = file_of(chain("ADD", op("CALL", bodies=(1,))), chain("FLOAT", index=1))
    found = perfcost.estimate(graph, T)
    assert found.latency_ms == 1.0
    assert found.ops[1].latency_ms is None and not found.ops[1].supported
    assert found.ops[1].reason is not None and found.ops[1].reason.code == "bodies_unsupported"


def test_if_is_its_dearer_branch_and_says_which() -> None:
    graph = file_of(chain(op("IF", bodies=(1, 2))), chain("ADD", index=1), chain("MUL", index=2))
    found = perfcost.estimate(graph, T)
    assert found.latency_ms == pytest.approx(10.0)
    assert codes(found) == ["branch_assumed"]
    assert "'else' branch, subgraph 2" in found.warnings[0].message


def test_a_count_for_all_is_for_loops_only() -> None:
    graph = file_of(chain(op("CALL", bodies=(1,))), chain("ADD", index=1))
    assert perfcost.estimate(graph, T, trip_counts=5).latency_ms == 1.0
    assert perfcost.estimate(graph, T, trip_counts={"CALL": 5}).latency_ms == 5.0


def test_an_initialiser_does_not_count() -> None:
    graph = file_of(chain("ADD", op("CALL_ONCE", bodies=(1,))), chain("FLOAT", "MUL", index=1))
    found = perfcost.estimate(graph, T)
    assert found.latency_ms == 1.0 and found.complete
    assert found.ops[1].latency_ms == 0.0


def test_nested_bodies_are_found_in_the_root() -> None:
    graph = file_of(
        chain(op("WHILE", bodies=(1,))),
        chain(op("WHILE", bodies=(2,)), index=1),
        chain("ADD", index=2),
    )
    assert perfcost.estimate(graph, T, trip_counts=4).latency_ms == pytest.approx(16.0)
    inner = {"WHILE at subgraph 1, op 0": 5, 0: 3}
    assert perfcost.estimate(graph, T, trip_counts=inner).latency_ms == pytest.approx(15.0)


def test_macs_count_with_the_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    from perfcost.estimation import pricing

    monkeypatch.setattr(pricing, "op_macs", lambda graph: (3,) * len(graph.ops))
    assert perfcost.estimate(loop("MUL"), T, trip_counts=10).model.macs == 3 + 3 + 10 * 6


def test_control_flow_that_calls_itself() -> None:
    graph = file_of(
        chain(op("CALL", bodies=(1,))),
        chain(op("CALL", bodies=(2,)), index=1),
        chain(op("CALL", bodies=(1,)), index=2),
    )
    with pytest.raises(InvalidGraph, match="calls itself"):
        perfcost.estimate(graph, T)
    with pytest.raises(InvalidGraph, match="0"):
        perfcost.estimate(file_of(chain(op("CALL", bodies=(0,)))), T)


def test_control_flow_that_nests_too_deeply() -> None:
    deep = [
        chain(op("CALL", bodies=(i + 1,)), index=i) if i < 60 else chain("ADD", index=i)
        for i in range(61)
    ]
    with pytest.raises(ModelTooLarge, match="32"):
        perfcost.estimate(file_of(*deep), T)


def test_calls_that_double_at_each_level_take_no_time() -> None:
    levels = [
        chain(*[op("CALL", bodies=(i + 1,))] * 2, index=i) if i < 30 else chain("ADD", index=i)
        for i in range(31)
    ]
    found = perfcost.estimate(file_of(*levels), T)
    assert found.latency_ms == pytest.approx(2.0**30)


def test_rounds_of_rounds_multiply() -> None:
    nested = file_of(
        chain(op("WHILE", bodies=(1,))),
        chain(op("WHILE", bodies=(2,)), index=1),
        chain("ADD", index=2),
    )
    found = perfcost.estimate(nested, T, trip_counts=2**40)
    assert found.latency_ms == pytest.approx(2.0**80)
