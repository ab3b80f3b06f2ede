"""``place``: the best plan where that can be checked, pins, budgets, objectives, errors."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from systems import branches, link, mixed, peaks, system

import perfcost
from perfcost.builder import GraphBuilder
from perfcost.errors import PlacementError
from perfcost.graph import Graph
from perfcost.placement import explain, place
from perfcost.placement.handing import Roads
from perfcost.placement.plan import drafted, planned
from perfcost.placement.result import Placement
from perfcost.targets import Device, EnergyCoefficients, System, SystemMemory


def sound(found: Placement) -> None:
    """Every op runs once, regions can run in their order, and the sum is that of its parts."""
    ops = [op for region in found.regions for op in region.ops]
    assert sorted(ops) == list(range(len(found.graph.ops)))
    written = set(found.graph.inputs)
    for region in found.regions:
        assert list(region.ops) == sorted(region.ops)
        for op in region.ops:
            for tensor in found.graph.ops[op].inputs:
                if tensor >= 0 and found.graph.tensors[tensor].constant is None:
                    assert tensor in written
            written.update(found.graph.ops[op].outputs)
    alone = sum(placed.latency_ms for placed in found.placed)
    assert found.latency_ms == pytest.approx(alone + found.hand_over_ms)
    assert all(left >= 0 for left in found.fits.values())


def brute(found: Placement) -> float:
    """The least latency of all assignments."""
    problem = found.search.problem
    roads = Roads(problem.system)
    plans = (
        planned(problem, drafted(problem, roads, devices))
        for devices in itertools.product(*problem.allowed)
    )
    return min(plan.latency_ms for plan in plans if plan is not None)


@pytest.mark.parametrize("call_us", [0.0, 2.0, 40.0, 4000.0])
@pytest.mark.parametrize("graph", [mixed(), branches()], ids=lambda graph: graph.name)
def test_no_assignment_is_better(graph: Graph, call_us: float) -> None:
    found = place(graph, system(call_us=call_us))
    sound(found)
    assert found.latency_ms == pytest.approx(brute(found))


@pytest.mark.parametrize("call_us", [0.0, 2.0, 40.0])
def test_no_assignment_to_three_devices_is_better(call_us: float) -> None:
    found = place(mixed(), system(call_us=call_us, third=True))
    sound(found)
    assert found.latency_ms == pytest.approx(brute(found))


def test_floats_in_the_middle_go_to_the_host() -> None:
    found = place(mixed(2), system())
    floats = [n for n, op in enumerate(found.graph.ops) if op.kind == "FULLY_CONNECTED"]
    assert {found.device_of(op) for op in floats} == {"cpu"}
    assert {"npu", "cpu"} == {region.device for region in found.regions}
    assert found.bound_ms is not None and found.bound_ms <= found.latency_ms
    assert found.gap is not None and found.gap >= 0


def test_dear_calls_keep_all_at_home() -> None:
    found = place(mixed(2), system(call_us=1e6))
    assert [region.device for region in found.regions] == ["cpu"]
    assert found.hand_over_ms == 0 and not found.hand_overs


def test_it_is_never_worse_than_the_others_beside_it() -> None:
    for third in (False, True):
        found = place(branches(), system(third=third))
        for other in found.alternatives:
            assert other.latency_ms is None or found.latency_ms <= other.latency_ms


def test_a_tensor_crosses_once_to_each_device() -> None:
    found = place(branches(), system(), pins={"CONV_2D": "npu", "CONCATENATION": "cpu"})
    crossed = [(over.tensor, over.to) for over in found.hand_overs]
    assert len(crossed) == len(set(crossed))
    assert {over.source for over in found.hand_overs} == {"cpu", "npu"}


def test_ways_by_the_host_are_two_legs() -> None:
    build = GraphBuilder("two")
    made = build.build([build.unary("RELU", build.conv2d(build.input((1, 8, 8, 8)), 8, 3))])
    found = place(made, system(third=True), pins={"CONV_2D": "npu", "RELU": "gpu"})
    way = [(over.source, over.to) for over in found.hand_overs]
    assert way == [("cpu", "npu"), ("npu", "cpu"), ("cpu", "gpu"), ("gpu", "cpu")]


def test_pins_by_index_kind_and_name() -> None:
    graph = mixed(2)
    name = graph.tensors[graph.ops[0].outputs[0]].name
    for pins in ({0: "cpu"}, {"CONV_2D": "cpu"}, {name: "cpu"}, {"0": "cpu"}):
        found = place(graph, system(), pins=pins)
        assert found.device_of(0) == "cpu"


@pytest.mark.parametrize(
    ("pins", "words"),
    [
        ({0: "gpu"}, "no such device.*cpu, npu"),
        ({99: "cpu"}, "no op of that index"),
        ({"SOFTMAX": "cpu"}, "one of .*CONV_2D"),
        ({"FULLY_CONNECTED": "npu"}, "pinned to npu.*dtype.*take the pin away"),
        ({0: "cpu", "CONV_2D": "npu"}, "on two devices"),
    ],
)
def test_wrong_pins(pins: dict[int | str, str], words: str) -> None:
    with pytest.raises(PlacementError, match=words):
        place(mixed(), system(), pins=pins)


def test_a_budget_that_nothing_fits_says_by_how_much() -> None:
    with pytest.raises(PlacementError, match=r"dram: [\d,]+ bytes of a budget of 64, [\d,]+ too"):
        place(mixed(), system(dram=64))


def test_a_budget_is_kept_where_a_dearer_plan_fits() -> None:
    free = place(mixed(2), system())
    need = free.memory_bytes["dram"]
    at_home = place(mixed(2), system(call_us=1e6)).memory_bytes["dram"]
    assert at_home < need
    tight = place(mixed(2), system(dram=need - 1))
    sound(tight)
    assert tight.memory_bytes["dram"] < need and tight.latency_ms >= free.latency_ms


def test_an_op_that_nothing_runs() -> None:
    narrow = System(
        name="narrow",
        devices=(
            Device(name="cpu", target=peaks("one", {"int8": 1.0})),
            Device(name="npu", target=peaks("two", {"int8": 9.0})),
        ),
        links=(link("cpu", "npu"),),
        memories=(SystemMemory(name="dram", size_bytes=1 << 30, budget_bytes=1 << 30),),
        source="a test",
    )
    with pytest.raises(PlacementError, match=r"no device.*FULLY_CONNECTED.*cpu: dtype.*npu: dtype"):
        place(mixed(), narrow)


def _powered(plain: System, cpu_pj: float, npu_pj: float, link_pj: float | None) -> System:
    def coefficients(pj: float) -> EnergyCoefficients:
        return EnergyCoefficients(pj_per_mac={"int8": pj, "float32": pj}, pj_per_byte={"dram": 1.0})

    devices = tuple(
        replace(device, target=replace(device.target, energy=coefficients(pj)))
        for device, pj in zip(plain.devices, (cpu_pj, npu_pj), strict=True)
    )
    links = tuple(replace(each, pj_per_byte=link_pj) for each in plain.links)
    return replace(plain, devices=devices, links=links)


def test_energy_and_latency_may_differ() -> None:
    # The accelerator is fast and wastes energy.
    board = _powered(system(), 0.1, 1000.0, 1.0)
    by_time = place(mixed(), board)
    by_energy = place(mixed(), board, objective="energy")
    assert {region.device for region in by_time.regions} == {"cpu", "npu"}
    assert [region.device for region in by_energy.regions] == ["cpu"]
    assert by_energy.energy_mj is not None and by_time.energy_mj is not None
    assert by_energy.energy_mj < by_time.energy_mj
    assert by_energy.bound_ms is None and by_energy.gap is None
    both = place(mixed(), board, objective="weighted", weight=1.0)
    assert both.latency_ms == pytest.approx(by_time.latency_ms)


def test_energy_needs_coefficients_of_devices_and_links() -> None:
    with pytest.raises(PlacementError, match=r"energy.*cpu \(slow\), npu \(fast\), a link"):
        place(mixed(), system(), objective="energy")
    with pytest.raises(PlacementError, match="for a link"):
        place(mixed(), _powered(system(), 1.0, 1.0, None), objective="weighted")


@pytest.mark.parametrize("board", ["corstone-300", "imx93", "a55-g610-u85"])
def test_energy_on_each_system(board: str) -> None:
    build = GraphBuilder("small")
    x = build.conv2d(build.input((1, 16, 16, 8)), 8, 3)
    found = place(build.build([build.unary("RELU", x)]), board, objective="energy")
    assert found.energy_mj is not None and found.energy_mj > 0


@pytest.mark.parametrize(
    "options", [{"objective": "speed"}, {"objective": "weighted", "weight": 1.5}]
)
def test_wrong_objectives(options: dict[str, object]) -> None:
    with pytest.raises(PlacementError, match="expected"):
        place(mixed(), system(), **options)  # type: ignore[arg-type]


def test_a_system_is_a_target_of_estimate() -> None:
    board = system()
    found, plan = perfcost.estimate(mixed(2), board), place(mixed(2), board)
    assert found.latency_ms == plan.latency_ms and found.complete
    assert found.target == "test" and len(found.ops) == len(plan.graph.ops)
    assert found.placement is not None
    regions = found.placement["regions"]
    assert isinstance(regions, list)
    assert [region["device"] for region in regions] == [r.device for r in plan.regions]
    assert sum(op.latency_ms or 0.0 for op in found.ops) == pytest.approx(
        plan.latency_ms - plan.hand_over_ms
    )


def test_an_empty_graph_costs_nothing() -> None:
    build = GraphBuilder("nothing")
    found = place(build.build([build.input((1, 8))]), system())
    assert found.latency_ms == 0 and found.regions == ()


def test_explanations() -> None:
    found = place(mixed(), system())
    op = next(n for n, each in enumerate(found.graph.ops) if each.kind == "FULLY_CONNECTED")
    told = explain(found, op)
    here, there = told.elsewhere
    assert (told.device, here.chosen, there.chosen) == ("cpu", True, False)
    assert there.reason is not None and there.reason.code == "dtype" and there.reason.edit
    moved = explain(found, 0).elsewhere[0]
    assert moved.whole_ms is not None and moved.whole_ms >= found.latency_ms and moved.moves >= 1
    with pytest.raises(PlacementError, match="a name of 2 ops"):
        explain(found, "CONV_2D")
    with pytest.raises(PlacementError, match="no op of that name"):
        explain(found, "nothing")


def test_only_what_a_move_changes_is_priced_again() -> None:
    found = place(mixed(3), system())
    assert found.pieces < len(found.search.plans) * len(found.regions)
