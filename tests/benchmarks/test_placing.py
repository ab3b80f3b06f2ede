"""The proof of placements: partitions, the best of them, and the rules of others."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

pytest.importorskip("ai_edge_litert", reason="needs the extra 'label'")

from baselines.placing import merge_compiler_regions, tflite_delegate
from benchmarks.placing import nets, vela_split
from benchmarks.placing.case import Case
from benchmarks.placing.choosing import suitable
from benchmarks.placing.costs import Region, hand_overs, total_ms
from benchmarks.placing.exact import best_plan, merged
from benchmarks.placing.ideals import TooMany, connected, convex_sets, ideals, units_of
from benchmarks.placing.measuring import spans
from benchmarks.placing.report import figures, near_share, regret, table, why_not
from benchmarks.placing.settling import Unlabelled, settled
from benchmarks.placing.truth import Store
from perfcost.builder import GraphBuilder, Value
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.placement.handing import Roads
from perfcost.placement.prices import Prices
from perfcost.placement.problem import Problem, state
from perfcost.targets.system_registry import resolve_system

CHAIN = [(), (0,), (1,), (2,)]
DIAMOND = [(), (0,), (0,), (1, 2)]


def drawn(seed: int, ops: int) -> Problem:
    """A graph of small int8 ops that read any earlier results, on imx93."""
    dice = random.Random(seed)
    build = GraphBuilder("drawn")
    made: list[Value] = [build.input((1, 4, 4, 8))]
    for _ in range(ops):
        x = dice.choice(made)
        two = dice.random() < 0.5
        made.append(build.add(x, dice.choice(made)) if two else build.unary("RELU", x))
    outputs = [made[-1], *dice.sample(made[1:], dice.randrange(2))]
    return stated(build.build(list(dict.fromkeys(outputs))))


def stated(graph: Graph) -> Problem:
    system = resolve_system("imx93")
    return state(graph, system, Prices(graph, system, None, False), {})


def is_convex(before: Sequence[Sequence[int]], chosen: int) -> bool:
    """By paths: none leaves the set and comes back."""
    tainted: set[int] = set()
    for unit, read in enumerate(before):
        inside = chosen >> unit & 1
        from_outside = any(other in tainted for other in read)
        if inside and from_outside:
            return False
        if not inside and any(chosen >> other & 1 or other in tainted for other in read):
            tainted.add(unit)
    return True


@pytest.mark.parametrize("seed", range(12))
def test_convex_sets_are_those_found_by_trying_all(seed: int) -> None:
    before = drawn(seed, 7).before
    every = [chosen for chosen in range(1, 1 << len(before)) if is_convex(before, chosen)]
    assert sorted(convex_sets(before)) == every


def test_a_chain_has_prefixes_and_intervals() -> None:
    assert ideals(CHAIN) == [0b0, 0b1, 0b11, 0b111, 0b1111]
    assert len(convex_sets(CHAIN)) == 10
    assert [units_of(chosen) for chosen in convex_sets(CHAIN)][-1] == (0, 1, 2, 3)


def test_too_many_sets_are_refused() -> None:
    apart: list[tuple[int, ...]] = [()] * 12
    with pytest.raises(TooMany):
        ideals(apart, 4000)
    with pytest.raises(TooMany):
        convex_sets(apart, 4000)
    assert len(convex_sets(apart[:5])) == 31


def test_what_data_joins_is_connected() -> None:
    after = [(1, 2), (3,), (3,), ()]
    assert connected(0b1111, DIAMOND, after) and connected(0b1110, DIAMOND, after)
    assert not connected(0b0110, DIAMOND, after)
    assert not connected(0b1001, DIAMOND, after)


def partitions(units: tuple[int, ...]) -> Iterator[list[tuple[int, ...]]]:
    """All ways to share out units."""
    if not units:
        yield []
        return
    first, rest = units[0], units[1:]
    for size in range(len(rest) + 1):
        for others in itertools.combinations(rest, size):
            left = tuple(unit for unit in rest if unit not in others)
            for found in partitions(left):
                yield [(first, *others), *found]


def can_run(problem: Problem, parts: Sequence[tuple[int, ...]]) -> bool:
    """Whether parts can run in this order."""
    done: set[int] = set()
    for part in parts:
        done.update(part)
        if not all(set(problem.before[unit]) <= done for unit in part):
            return False
    return True


def parted(problem: Problem, parts: Sequence[tuple[int, ...]], devices: Sequence[int]) -> bool:
    """Whether there is an order that can run, with something between any two of the host's."""
    regions = list(zip(devices, parts, strict=True))
    return any(
        can_run(problem, [part for _, part in order])
        and all(a or b for (a, _), (b, _) in itertools.pairwise(order))
        for order in itertools.permutations(regions)
    )


@pytest.mark.parametrize("seed", range(16))
def test_the_best_plan_is_that_found_by_trying_all(seed: int) -> None:
    problem = drawn(100 + seed, 5)
    roads = Roads(problem.system)
    dice = random.Random(seed)
    prices: dict[Region, float | None] = {}

    def price(device: int, units: tuple[int, ...]) -> float | None:
        if (device, units) not in prices:
            # Near what a call costs, so that now one device wins, now the other, now both.
            ms = (0.02 if device else 0.08) * len(units) * dice.uniform(0.1, 1.9)
            prices[device, units] = None if device and dice.random() < 0.2 else ms
        return prices[device, units]

    count = len(problem.units)
    costs = []
    for parts in partitions(tuple(range(count))):
        for devices in itertools.product((0, 1), repeat=len(parts)):
            ms = total_ms(problem, roads, price, list(zip(devices, parts, strict=True)))
            if ms is not None and parted(problem, parts, devices):
                costs.append(ms)
    found, plan = best_plan(problem, roads, price, convex_sets(problem.before))
    assert found == pytest.approx(min(costs), rel=1e-9)
    assert total_ms(problem, roads, price, plan) == pytest.approx(found, rel=1e-9)


def chain(count: int) -> Problem:
    build = GraphBuilder("chain")
    x = build.input((1, 4, 4, 8))
    for _ in range(count):
        x = build.conv2d(x, 8, 3)
    return stated(build.build([x]))


def test_pieces_in_a_row_are_one_call_where_they_are_joined() -> None:
    problem = chain(4)
    roads = Roads(problem.system)
    single = [1 << unit for unit in range(4)]

    def price(device: int, units: tuple[int, ...]) -> float | None:
        return 0.001 if device else None

    joined, plan = best_plan(problem, roads, price, single, joined=True)
    apart, _ = best_plan(problem, roads, price, single)
    assert apart - joined == pytest.approx(3 * roads.call_ms[1])
    assert merged(plan) == ((1, (0, 1, 2, 3)),)
    assert hand_overs(merged(plan)) == 1


@pytest.mark.parametrize("cheap", [0, 1])
def test_either_device_can_have_it_all(cheap: int) -> None:
    problem = chain(3)

    def price(device: int, units: tuple[int, ...]) -> float | None:
        return 0.01 if device == cheap else 9.0

    _, plan = best_plan(problem, Roads(problem.system), price, convex_sets(problem.before))
    assert plan == ((cheap, (0, 1, 2)),)


def test_no_plan_where_no_device_runs_a_unit() -> None:
    problem = chain(3)

    def price(device: int, units: tuple[int, ...]) -> float | None:
        return None if 1 in units else 1.0

    found, plan = best_plan(problem, Roads(problem.system), price, convex_sets(problem.before))
    assert math.isinf(found) and plan == ()


# TensorFlow's own test of the helper: partitions {1}, {0,3,7,8}, {2,4,9}, {5,6} of one kind.
def test_tflite_takes_what_is_ready_of_one_kind() -> None:
    #  0 and 2 are supported and start; 1 waits for 0; 3 reads 1 and 2
    before: list[tuple[int, ...]] = [(), (0,), (), (1, 2)]
    found = tflite_delegate.partitions(before, [True, False, True, True])
    assert found == ((1, (0, 2)), (0, (1,)), (1, (3,)))


def test_tflite_begins_with_the_kind_of_the_first_that_is_ready() -> None:
    before: list[tuple[int, ...]] = [(), (), (0,), (1,)]
    found = tflite_delegate.partitions(before, [False, True, True, False])
    assert found == ((0, (0,)), (1, (1, 2)), (0, (3,)))


def test_the_largest_partitions_are_kept_and_the_rest_falls_back() -> None:
    before: list[tuple[int, ...]] = [(), (0,), (1,), (2,), (3,), (4,), (5,)]
    supported = [True, False, True, True, False, True, True]
    assert tflite_delegate.largest(before, supported, 1) == (
        (0, (0, 1)),
        (1, (2, 3)),
        (0, (4, 5, 6)),
    )
    assert hand_overs(tflite_delegate.largest(before, supported, 2)) == 2
    assert tflite_delegate.largest(before, supported, 9) == tflite_delegate.partitions(
        before, supported
    )


def test_tvm_merges_with_parents_of_the_same_compiler() -> None:
    found = merge_compiler_regions.partitions(CHAIN, [True, True, False, True])
    assert found == ((1, (0, 1)), (0, (2,)), (1, (3,)))


def test_tvm_does_not_merge_where_a_path_would_come_back() -> None:
    # 0 -> 1 -> 3 and 0 -> 2 -> 3; 2 is the host's: 3 may join 1 or 0's region, not both ways.
    found = merge_compiler_regions.partitions(DIAMOND, [True, True, False, True])
    assert found == ((1, (0, 1)), (0, (2,)), (1, (3,)))


def test_tvm_merges_a_whole_diamond() -> None:
    assert merge_compiler_regions.partitions(DIAMOND, [True] * 4) == ((1, (0, 1, 2, 3)),)


@pytest.mark.parametrize("seed", range(30))
def test_rules_of_others_give_partitions_that_can_run(seed: int) -> None:
    problem = drawn(200 + seed, 9)
    dice = random.Random(seed)
    supported = [dice.random() < 0.6 for _ in problem.units]
    for found in (
        tflite_delegate.partitions(problem.before, supported),
        tflite_delegate.largest(problem.before, supported, 1),
        merge_compiler_regions.partitions(problem.before, supported),
    ):
        done: set[int] = set()
        for device, units in found:
            assert all(set(problem.before[u]) <= done.union(units) for u in units)
            assert device == 0 or all(supported[unit] for unit in units)
            done.update(units)
        assert sorted(u for _, units in found for u in units) == list(range(len(supported)))


def row(ours: float | None, cpu: float, best: float) -> dict[str, object]:
    common = {"hand_overs": 1, "seconds": 0.1, "labels": 0, "fell_back": False, "plan": []}
    methods = {"perfcost": {"ms": ours, **common}, "CPU only": {"ms": cpu, **common}}
    return {"net": "x", "best_ms": best, "methods": methods}


def test_figures_are_those_of_the_rows() -> None:
    rows = [row(1.1, 2.0, 1.0), row(2.0, 1.5, 1.0), row(None, 1.0, 1.0)]
    assert regret(rows[0], "perfcost") == pytest.approx(0.1)
    assert regret(rows[2], "perfcost") is None
    assert near_share(rows, ["CPU only"]) == pytest.approx(1 / 3)
    found = figures(rows, "perfcost")
    assert found["networks"] == 2 and found["not_placed"] == 1
    assert found["mean_regret_percent"] == pytest.approx(55)
    assert found["worst_regret_percent"] == pytest.approx(100)


def test_methods_without_a_plan_and_networks_without_a_truth_are_told() -> None:
    rows = [{**row(1.0, 1.0, 1.0), "why_not": {"Peer": "no SVDF"}} for _ in range(4)]
    left_out = {"net": "y", "best_ms": None, "why": "crashed"}
    lines = why_not([*rows, left_out])
    assert lines == [
        "- y is left out: crashed.",
        "- Peer, no plan for 4 (x, x, x and others): no SVDF",
        "",
    ]
    assert why_not([row(1.0, 1.0, 1.0)]) == []
    assert "| Peer | not run | | | | | | | |" in table(rows, ["Peer"])


def test_numbers_in_short() -> None:
    assert spans((0, 1, 2, 5, 7, 8)) == "0-2,5,7-8"


def test_built_networks_have_what_they_are_named_after() -> None:
    found = {net.name: net for net in nets.handmade()}
    assert len(found) == 31
    assert len(read_tflite(found["forty-8x16"].data).ops) == 40
    for name, net in found.items():
        problem = stated(read_tflite(net.data))
        refused = [unit for unit, devices in enumerate(problem.allowed) if devices == (0,)]
        assert bool(refused) is not name.startswith("supported"), name
        assert len(convex_sets(problem.before)) <= 820, name


def test_drawn_networks_are_those_that_the_rule_takes() -> None:
    found = list(nets.drawn())
    assert len(found) == 14
    assert all(suitable(net.name.partition("/")[0], net.data, "imx93") for net in found)


def test_labels_are_kept_through_a_line_that_was_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "labels.jsonl"
    store = Store(path)
    store.add({"key": "a", "ms": 1.0, "left": []})
    with path.open("a") as stream:
        stream.write('{"key": "b", "ms"')
    assert Store(path).known == {"a": {"key": "a", "ms": 1.0, "left": []}}


def three_ops(path: Path) -> Case:
    """A convolution, a GATHER that Vela refuses, a convolution; nothing is labelled yet."""
    net = nets.built("three", 8, 8, ["conv", "gather", "conv"])
    return Case.of(net, resolve_system("imx93"), Store(path))


def label(case: Case, device: int, units: Sequence[int], ms: float, left: Sequence[int]) -> None:
    key = case.truth.key_of(case.key(device, units))
    case.truth._store.add({"key": key, "ms": ms, "left": list(left)})


def labelled(path: Path) -> Case:
    case = three_ops(path)
    label(case, 0, (0, 1, 2), 0.9, [])
    label(case, 0, (1,), 0.1, [])
    label(case, 1, (0, 1, 2), 0.2, [1])
    for unit in range(3):
        label(case, 1, (unit,), 0.05, [0] if unit == 1 else [])
    return case


def test_labels_say_what_the_npu_runs(tmp_path: Path) -> None:
    case = labelled(tmp_path / "labels.jsonl")
    assert case.supported == [True, False, True]
    assert case.hopeless == {1}
    assert case.price(1, (0, 1)) is None and case.price(1, (0,)) == 0.05
    keys = case.all_keys()
    assert len([key for key in keys if key[0] == 0]) == 6
    assert [key[1] for key in keys if key[0] == 1] == [(0,), (2,)]


def test_a_plan_falls_back_where_the_npu_leaves_an_op(tmp_path: Path) -> None:
    case = labelled(tmp_path / "labels.jsonl")
    apart = ((1, (0,)), (0, (1,)), (1, (2,)))
    assert settled(case, ((1, (0, 1, 2)),)) == (apart, True)
    assert settled(case, apart) == (apart, False)
    crossing = 2 * case.roads.call_ms[1] + sum(
        1 * 8 * 8 * 8 * case.roads.ms_per_byte[ends] for ends in ((0, 1), (1, 0)) for _ in range(2)
    )
    assert case.cost(apart) == pytest.approx(0.05 + 0.1 + 0.05 + crossing)
    with pytest.raises(Unlabelled) as missing:
        settled(case, ((0, (0, 1)), (1, (2,))))
    assert missing.value.keys == [(0, (0, 1))]


def test_velas_streams_are_regions(tmp_path: Path) -> None:
    case = labelled(tmp_path / "labels.jsonl")
    assert vela_split.split(case) == ((1, (0,)), (0, (1,)), (1, (2,)))


def test_a_stream_that_cannot_run_at_once_runs_in_parts(tmp_path: Path) -> None:
    case = labelled(tmp_path / "labels.jsonl")
    assert vela_split.in_turn(case, {0: 1, 2: 1}) == ((1, (0,)), (0, (1,)), (1, (2,)))
