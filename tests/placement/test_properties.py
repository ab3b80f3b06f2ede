"""Whatever is asked: no plan breaks a budget, a pin, support or the order of the ops."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from systems import system

from perfcost.builder import GraphBuilder, Value
from perfcost.errors import PlacementError
from perfcost.graph import Graph
from perfcost.placement import place


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Up to a dozen ops that read any earlier results; some work on floats."""
    build = GraphBuilder("drawn")
    made: list[Value] = [build.input((1, 8, 8, 8))]
    for _ in range(draw(st.integers(1, 8))):
        x = made[draw(st.integers(0, len(made) - 1))]
        kind = draw(st.sampled_from(["conv", "float", "add", "relu", "concat"]))
        if kind == "conv":
            made.append(build.conv2d(x, 8, draw(st.sampled_from([1, 3]))))
        elif kind == "relu":
            made.append(build.unary("RELU", x))
        elif kind == "float":
            wide = build.fully_connected(build.reshape(build.dequantize(x), (64, 8)), 8)
            made.append(build.quantize(build.reshape(wide, (1, 8, 8, 8))))
        else:
            y = made[draw(st.integers(0, len(made) - 1))]
            both = build.add(x, y)
            made.append(build.conv2d(build.concat([x, y]), 8, 1) if kind == "concat" else both)
    return build.build([made[-1], *draw(st.sets(st.sampled_from(made[1:]), max_size=2))])


@settings(max_examples=40, deadline=None)
@given(
    graph=graphs(),
    third=st.booleans(),
    call_us=st.sampled_from([0.0, 1.0, 30.0]),
    share=st.sampled_from([0.3, 0.8, 1.0, 10.0]),
    wants=st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(["cpu", "npu", "gpu"])), max_size=3
    ),
)
def test_no_plan_breaks_what_was_asked(
    graph: Graph, third: bool, call_us: float, share: float, wants: list[tuple[int, str]]
) -> None:
    names = ["cpu", "npu", "gpu"][: 3 if third else 2]
    pins = {op: name for op, name in wants if op < len(graph.ops) and name in names}
    free = place(graph, system(call_us=call_us, third=third))
    budget = max(1, int(share * free.memory_bytes.get("dram", 1)))
    try:
        found = place(graph, system(dram=budget, call_us=call_us, third=third), pins=dict(pins))
    except PlacementError as error:
        words = str(error)
        assert "budget" in words or "pinned" in words or "no device" in words, words
        return
    assert found.memory_bytes.get("dram", 0) <= budget
    assert all(left >= 0 for left in found.fits.values())
    for op, name in pins.items():
        assert found.device_of(op) == name
    done: set[int] = set(graph.inputs)
    seen: list[int] = []
    for placed in found.placed:
        assert placed.estimate.complete
        for op in placed.region.ops:
            given_to = [t for t in graph.ops[op].inputs if t >= 0]
            assert all(t in done or graph.tensors[t].constant is not None for t in given_to)
            done.update(graph.ops[op].outputs)
            seen.append(op)
    assert sorted(seen) == list(range(len(graph.ops)))
    assert found.bound_ms is not None and found.bound_ms <= found.latency_ms * (1 + 1e-9)
    if share == 10.0 and not pins:
        for other in found.alternatives:
            assert other.latency_ms is None or found.latency_ms <= other.latency_ms * (1 + 1e-9)
