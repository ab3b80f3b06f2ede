"""What ops make an Arm core count, and which laws price that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfcost import GraphBuilder
from perfcost.graph import Graph
from perfcost.physics import price
from perfcost.physics.arm_cpu import event_laws, events
from perfcost.physics.arm_cpu.events import EVENTS, INSTRUCTION_TERMS, MISS_TERMS, MISSES, Counts
from perfcost.physics.arm_cpu.patches import patches
from perfcost.physics.arm_cpu.pricing import works
from perfcost.physics.arm_cpu.reuse import Stretch
from perfcost.targets import ArmCpuTarget, resolve


def target(name: str = "cortex-a55") -> ArmCpuTarget:
    found = resolve(name)
    assert isinstance(found, ArmCpuTarget)
    return found


def counts(graph: Graph, on: ArmCpuTarget) -> tuple[Counts, ...]:
    return events.counts(graph, on, works(graph, on))


def misses(found: Counts, level: str) -> dict[str, float]:
    return dict(zip(MISS_TERMS, found.misses[MISSES.index(level)], strict=True))


def chain(size: int, channels: int = 16) -> Graph:
    b = GraphBuilder("chain")
    x = b.conv2d(b.input((1, size, size, channels)), channels, 1)
    return b.build([b.conv2d(x, channels, 3)])


def test_bytes_farther_than_a_cache_are_lost() -> None:
    assert Stretch(100, 50, 80).far(80) == 0
    assert Stretch(100, 90, 120).far(80) == 100
    assert Stretch(100, 60, 100).far(70) == pytest.approx(75)
    assert Stretch(100, 100, 60).far(70) == pytest.approx(75)


def test_what_fits_a_cache_does_not_miss_it() -> None:
    small, large = counts(chain(16), target()), counts(chain(256), target())
    for found in small:
        assert sum(found.misses[MISSES.index("l3_misses")]) == 0
    first, second = (misses(found, "l3_misses") for found in large)
    # A map of 1 MiB: read from memory, and written over something that has long left.
    assert first["read"] == second["read"] == 256 * 256 * 16 / 64
    assert first["written"] == 256 * 256 * 16 / 64
    assert second["prepared"] == 256 * 256 * 9 * 8 / 64
    for found in large:
        l1d, l2, l3 = (sum(level) for level in found.misses)
        assert l1d >= l2 >= l3 > 0


def test_weights_are_gone_through_once_a_band() -> None:
    b = GraphBuilder("wide")
    graph = b.build([b.conv2d(b.input((1, 8, 8, 384)), 384, 3)])
    (found,) = counts(graph, target())
    weights = 384 * 384 * 9 + 384 * 4  # and biases
    assert misses(found, "l3_misses")["passes"] == pytest.approx(
        (8 * 8 / 4 - 1) * weights / 64, rel=1e-3
    )
    lines = dict(zip(INSTRUCTION_TERMS, found.instructions, strict=True))
    assert lines["bands"] == 8 * 8 / 4 and lines["gathered"] == 8 * 8 / 4 * 4 * 9


def test_more_taps_than_a_depthwise_kernel_has_make_groups() -> None:
    b = GraphBuilder("taps")
    x = b.depthwise_conv2d(b.input((1, 20, 20, 32)), 5)
    graph = b.build([b.depthwise_conv2d(x, 7)])
    five, seven = (patches(graph, op, "xnnpack") for op in graph.ops)
    # Neighbours share pointers: five new ones a place; of groups each place has its own 49.
    assert (five.groups, five.pointer_bytes) == (1, 20 * 20 * 5 * 8)
    assert (seven.groups, seven.pointer_bytes) == (32, 20 * 20 * 49 * 8)
    assert seven.gathered == 32 * 20 * 20 * 49
    assert patches(graph, graph.ops[1], "builtin").groups == 1


def test_own_kernels_copy_patches() -> None:
    graph = chain(32)
    pointwise, window = (patches(graph, op, "builtin") for op in graph.ops)
    assert pointwise.copied_bytes == 0
    assert window.copied_bytes == 32 * 32 * 9 * 16 and window.pointer_bytes == 0


def test_a_cache_that_is_not_there_keeps_nothing_more() -> None:
    whole = target()
    assert events.capacities(whole) == (32768, 98304, 360448)
    less = replace(whole, caches=whole.caches[:1])
    assert events.capacities(less) == (32768, 32768, 32768)
    (first, *_) = counts(chain(256), less)
    assert first.misses[0] == first.misses[1] == first.misses[2]


def test_an_odd_graph_has_counts_and_no_fault() -> None:
    b = GraphBuilder("odd")
    x = b.input((1, 0, 4, 8))
    graph = b.build([b.op("RELU", [x])])
    assert all(value >= 0 for one in counts(graph, target()) for value in one.instructions)


def law(event: str, value: float) -> tuple[float, ...]:
    terms = MISS_TERMS if event in MISSES else INSTRUCTION_TERMS
    return (value,) + (0.0,) * (len(terms) - 1)


def test_a_law_that_is_not_there_gives_way_to_a_wider_one(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {event: {"xnnpack convolution 8-bit": law(event, 7.0)} for event in EVENTS}
    monkeypatch.setattr(event_laws, "laws", lambda: known)
    first, *_ = counts(chain(16), target())
    found = event_laws.of_op(first)
    assert found is not None and found["scalar_instructions"] == 7.0
    # One event without a law leaves the op without all: its energy would be a part.
    del known["store_instructions"]["xnnpack convolution 8-bit"]
    assert event_laws.of_op(first) is None


def test_a_lower_level_does_not_miss_more_than_l1(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {event: {"xnnpack convolution 8-bit": law(event, 1.0)} for event in EVENTS}
    known["l3_misses"] = {"xnnpack convolution 8-bit": law("l3_misses", 50.0)}
    monkeypatch.setattr(event_laws, "laws", lambda: known)
    first, *_ = counts(chain(256), target())
    found = event_laws.of_op(first)
    assert found is not None and 0 < found["l3_misses"] == found["l1d_misses"]


@pytest.mark.parametrize("name", ["cortex-a55", "cortex-a55-builtin"])
def test_a_price_has_events_and_its_bytes_are_lines(name: str) -> None:
    on = target(name)
    found = price(chain(256), on)
    assert found.events is not None and len(found.events) == 2
    for op, counted in zip(found.ops, found.events, strict=True):
        assert counted is not None and set(counted) == set(EVENTS)
        assert all(value >= 0 for value in counted.values())
        assert op.bytes_moved["dram"] == counted["l3_misses"] * on.line_bytes > 0


def test_more_work_counts_more() -> None:
    def instructions(size: int) -> float:
        found = price(chain(size), target()).events
        assert found is not None and found[1] is not None
        return sum(value for name, value in found[1].items() if name.endswith("instructions"))

    assert 0 < instructions(16) < instructions(32) < instructions(64)


def test_the_caution_says_how_far_the_laws_are_off() -> None:
    score = event_laws.document()["scores"]["cortex-a55"]
    words = event_laws.caution(target())
    assert f"{score['energy']['median']:.0f} % in the median" in words
    assert f"{score['held_out']} graphs held out" in words
    assert "no graph of mine" in event_laws.caution(replace(target(), name="mine"))
