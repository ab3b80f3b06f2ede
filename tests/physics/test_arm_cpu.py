"""What ops make an Arm core do, which law prices them, and what memory a run needs."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from perfcost import GraphBuilder
from perfcost.errors import PerfcostError
from perfcost.graph import Graph, Op
from perfcost.physics import price
from perfcost.physics.arm_cpu import events, laws
from perfcost.physics.arm_cpu.pricing import works
from perfcost.physics.arm_cpu.work import TERMS, Work
from perfcost.targets import ArmCpuTarget, resolve


def target(name: str = "cortex-a55") -> ArmCpuTarget:
    found = resolve(name)
    assert isinstance(found, ArmCpuTarget)
    return found


def net(dtype: str = "int8") -> Graph:
    b = GraphBuilder("net")
    x = b.conv2d(b.input((1, 8, 8, 12), dtype), 20, 1)
    x = b.conv2d(x, 16, 3, stride=2)
    x = b.depthwise_conv2d(x, 3)
    x = b.fully_connected(b.mean(x, (1, 2)), 10)
    return b.build([b.softmax(x)])


def counts(work: Work) -> dict[str, float]:
    return dict(zip(TERMS, work.counts, strict=True))


def test_tiles_that_are_not_full_cost_full_ones() -> None:
    pointwise, window, depthwise, *_ = map(counts, works(net(), target()))
    # 64 rows by 20 columns in tiles of 4 by 16, 12 deep in steps of 4
    assert pointwise["tiles"] == 16 * 2
    assert pointwise["macs"] == 16 * 2 * 4 * 16 * 12
    # 16 rows by 16 columns, 3 x 3 taps, 20 deep
    assert window["tiles"] == 4 and window["steps"] == 4 * 9
    assert window["macs"] == 4 * 64 * 9 * 20
    # 16 places, 16 channels in twos of 8
    assert depthwise["tiles"] == 32 and depthwise["macs"] == 16 * 16 * 9


@pytest.mark.parametrize(("kernel", "taps"), [((1, 3), 3), ((2, 2), 9), (5, 25)])
def test_taps_of_a_depthwise_kernel_are_filled_up(kernel: int | tuple[int, int], taps: int) -> None:
    b = GraphBuilder("net")
    graph = b.build([b.depthwise_conv2d(b.input((1, 8, 8, 8)), kernel)])
    [work] = works(graph, target())
    assert counts(work)["macs"] == 8 * 8 * 8 * taps


def test_more_taps_than_a_kernel_has_are_a_matrix_product_a_channel() -> None:
    b = GraphBuilder("net")
    graph = b.build([b.depthwise_conv2d(b.input((1, 96, 64, 96)), 7)])
    [work] = works(graph, target())
    assert work.laws[0].endswith("a group a channel")
    assert counts(work)["tiles"] == 96 * 96 * 64 / 4 and counts(work)["steps"] == 96 * 1536 * 49


@pytest.mark.parametrize(
    ("size", "stride", "dilation", "padding"),
    [(7, 1, 1, "SAME"), (8, 2, 1, "SAME"), (9, 1, 2, "SAME"), (9, 2, 1, "VALID")],
)
def test_own_kernels_of_windows_skip_the_padding(
    size: int, stride: int, dilation: int, padding: str
) -> None:
    b = GraphBuilder("net")
    x = b.input((1, size, size, 12), "int8")
    y = b.depthwise_conv2d(x, 5, stride=stride, dilation=dilation, padding=padding)
    graph = b.build([y])
    [work] = works(graph, target("cortex-a55-builtin"))
    [op] = graph.ops
    top = op.attrs["padding"][0]
    places = graph.tensors[op.outputs[0]].shape[1]
    seen = sum(
        0 <= place * stride - top + tap * dilation < size
        for place in range(places)
        for tap in range(5)
    )
    assert counts(work)["macs"] == 12 * seen**2
    assert counts(work)["left"] == 4 * seen**2  # 12 channels in vectors of 8


def test_columns_that_a_tile_lacks_are_counted() -> None:
    pointwise, window, *_ = map(counts, works(net(), target()))
    assert pointwise["torn"] == 16 * 4 * 16 * 12  # the second of two tiles across
    assert window["torn"] == 0
    assert pointwise["depth_left"] == 32 * (12 // 4) and window["depth_left"] == 4 * 9 * (4 // 4)


def tensors(*shapes: tuple[int, ...], dtype: str = "int8") -> tuple[GraphBuilder, list[int]]:
    b = GraphBuilder("net")
    return b, [b.input(shape, dtype) for shape in shapes]


@pytest.mark.parametrize(
    ("other", "loop", "runs", "left"),
    [
        ((1, 6, 5, 21), "alike", 1, 630 % 16),
        ((1, 1, 1, 1), "by one number", 1, 630 % 16),
        ((1, 1, 1, 21), "spread outside", 30, 30 * (21 % 16)),
        ((1, 6, 5, 1), "spread inside", 30, 30 * (21 % 16)),
        ((1, 6, 1, 21), "spread outside", 30, 30 * (21 % 16)),
        ((1, 6, 1, 1), "spread inside", 6, 6 * (105 % 16)),
    ],
)
def test_how_operands_are_spread_says_which_loop_runs(
    other: tuple[int, ...], loop: str, runs: int, left: int
) -> None:
    b, (x, y) = tensors((1, 6, 5, 21), other)
    [work] = works(b.build([b.mul(x, y)]), target("cortex-a55-builtin"))
    assert work.laws[0] == f"builtin MUL int8 {loop}"
    assert (counts(work)["runs"], counts(work)["left"]) == (runs, left)


def test_xnnpack_clamps_sums_of_floats_in_an_op_of_its_own() -> None:
    b, (x, y) = tensors((1, 4, 4, 8), (1, 4, 4, 8), dtype="float32")
    graph = b.build([b.add(x, y, activation="RELU")])
    assert works(graph, target())[0].laws[:2] == (
        "xnnpack ADD float32 alike clamped", "xnnpack ADD float32 clamped",
    )  # fmt: skip
    [own] = works(graph, target("cortex-a55-builtin"))
    assert own.laws[0] == "builtin ADD float32 alike"


@pytest.mark.parametrize(
    ("axes", "keep", "name"),
    [
        ((1, 2), True, "of images kept"),
        ((1, 2), False, "of images"),
        ((-1,), True, "of last axes"),
        ((1,), True, "of other axes"),
    ],
)
def test_axes_say_which_loop_reduces(axes: tuple[int, ...], keep: bool, name: str) -> None:
    b, (x,) = tensors((1, 6, 5, 21))
    [work] = works(b.build([b.mean(x, axes, keep_dims=keep)]), target("cortex-a55-builtin"))
    assert work.laws[0] == f"builtin MEAN int8 {name}"
    assert (counts(work)["runs"], counts(work)["left"]) == (30, 30 * 6)


@pytest.mark.parametrize(
    ("order", "name", "runs"),
    [
        ((0, 1, 2, 3), "copied", 1), ((0, 2, 1, 3), "last axis stays", 30),
        ((0, 3, 1, 2), "2 parts", 21), ((0, 3, 2, 1), "3 parts", 105),
    ],
)  # fmt: skip
def test_axes_that_stay_side_by_side_move_as_one(
    order: tuple[int, ...], name: str, runs: int
) -> None:
    b, (x,) = tensors((1, 6, 5, 21))
    [work] = works(b.build([b.transpose(x, order)]), target("cortex-a55-builtin"))
    assert work.laws[0] == f"builtin TRANSPOSE int8 {name}"
    assert counts(work)["runs"] == runs


def test_weights_that_no_cache_holds_are_missed_for_each_tile_of_rows() -> None:
    def passes(channels: int) -> dict[str, float]:
        b = GraphBuilder("net")
        graph = b.build([b.conv2d(b.input((1, 8, 8, channels)), channels, 3)])
        [found] = events.counts(graph, target(), works(graph, target()))
        terms = dict(zip(laws.TERMS, laws.amounts(works(graph, target())[0], found), strict=True))
        return {level: terms[f"{level} passes"] for level in laws.LEVELS}

    weights = 384 * 384 * 9 / 64
    assert passes(384)["l3_misses"] == pytest.approx((8 * 8 / 4 - 1) * weights, rel=0.01)
    # In two turns of 128 columns, whose weights stay in the caches.
    assert passes(256)["l3_misses"] == 0 and passes(256)["l1d_misses"] > 0
    assert passes(16) == {"l1d_misses": 0, "l3_misses": 0}


def test_what_xnnpack_merges_is_free() -> None:
    b = GraphBuilder("net")
    x = b.input((1, 8, 8, 8), "int8")
    padded = b.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    graph = b.build([b.conv2d(padded, 8, 3, padding="VALID")])
    pad, convolution = price(graph, target()).ops
    assert pad.cycles == 0 and convolution.cycles
    alone, _ = price(graph, target("cortex-a55-builtin")).ops
    assert alone.cycles


def test_floats_have_other_tiles() -> None:
    pointwise = counts(works(net("float32"), target())[0])
    # Of 20 columns, tiles of 8 would waste a sixth: tiles of 2 do not.
    assert pointwise["tiles"] == 11 * 10
    assert pointwise["macs"] == 11 * 10 * 6 * 2 * 12


def test_who_runs_an_op_picks_its_law() -> None:
    under_xnnpack = [work.laws[0].split()[0] for work in works(net(), target())]
    assert under_xnnpack == ["xnnpack"] * 5 + ["builtin"]  # no SOFTMAX of integers in XNNPACK
    alone = [work.laws[0] for work in works(net(), target("cortex-a55-builtin"))]
    assert alone[:3] == [
        "builtin CONV_2D int8 pointwise", "builtin CONV_2D int8 window",
        "builtin DEPTHWISE_CONV_2D int8 3x3 at once padded",
    ]  # fmt: skip
    assert alone[4] == "builtin FULLY_CONNECTED int8 vector"


def test_what_fits_the_caches_is_not_far() -> None:
    small, *_ = price(net(), target()).ops
    assert small.bytes_moved["dram"] < 8 * 8 * 12
    b = GraphBuilder("large")
    large = b.build([b.conv2d(b.input((1, 128, 128, 32)), 32, 1)])
    [op] = price(large, target()).ops
    assert op.bytes_moved["dram"] >= 2 * 128 * 128 * 32


def test_a_law_that_is_not_there_gives_way_to_a_wider_one(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"xnnpack convolution 8-bit": (7.0,) + (0.0,) * (len(laws.TERMS) - 1)}
    monkeypatch.setattr(laws, "laws", lambda: known)
    first, *_, last = price(net(), target()).ops
    assert first.cycles == 7.0
    assert last.cycles is None
    assert price(net("float32"), target()).ops[0].cycles is None  # a law of integers


@pytest.mark.parametrize("name", ["cortex-a55", "cortex-a55-builtin"])
@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_ops_have_prices_and_memory_adds_up(name: str, dtype: str) -> None:
    found = price(net(dtype), target(name))
    for op in found.ops:  # floats may have no law, and then no price
        assert op.cycles is not None or (op.reason is not None and op.reason.code == "no_law")
    assert dtype != "int8" or sum(op.cycles or 0.0 for op in found.ops[:3]) > 0
    assert [code for code, _ in found.warnings] == ["fitted_laws", "fitted_events"]
    parts = dict(found.memory_bytes)
    assert parts.pop("dram") == sum(parts.values())
    assert ("workspace" in parts) == (name == "cortex-a55")


def test_more_work_is_not_cheaper() -> None:
    def cycles(channels: int) -> float:
        b = GraphBuilder("net")
        graph = b.build([b.conv2d(b.input((1, 32, 32, 32)), channels, 3)])
        return price(graph, target()).ops[0].cycles or 0.0

    assert 0 < cycles(16) < cycles(64) < cycles(256)


def test_a_custom_op_is_not_run() -> None:
    graph = net()
    custom = Op("CUSTOM", graph.ops[0].inputs, graph.ops[0].outputs, {"custom_code": "Mine"})
    found = price(replace(graph, ops=(custom, *graph.ops[1:])), target())
    assert found.ops[0].cycles is None
    assert found.ops[0].reason is not None and found.ops[0].reason.code == "custom_op"


def test_an_op_without_a_law_has_no_price_and_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laws, "laws", dict)
    found = price(net(), target()).ops
    assert all(op.cycles is None for op in found)
    assert all(op.reason is not None and op.reason.code == "no_law" for op in found)


@pytest.mark.parametrize(
    ("axis", "runs"), [(0, 4), (1, 4), (3, 6 * 5 * 4)], ids=["first", "rows", "channels"]
)
def test_what_is_gathered_moves_in_stretches(axis: int, runs: int) -> None:
    b, (x,) = tensors((1, 6, 5, 21))
    y = b.op("GATHER", [x, b.constant((0, 0, 0, 0))], axis=axis, batch_dims=0)
    [work] = works(b.build([y]), target("cortex-a55-builtin"))
    assert counts(work)["runs"] == runs


def test_a_padded_map_moves_row_by_row() -> None:
    b, (x,) = tensors((1, 6, 5, 21))
    padded = b.pad(x, ((0, 0), (1, 1), (0, 2), (0, 0)))
    [work] = works(b.build([padded]), target("cortex-a55-builtin"))
    assert counts(work)["runs"] == 6
    b, (x,) = tensors((1, 6, 5, 21))
    [work] = works(b.build([b.pad(x, ((0, 0), (0, 0), (0, 0), (0, 3)))]), target())
    assert counts(work)["runs"] == 30


def test_own_pools_skip_the_padding() -> None:
    b, (x,) = tensors((1, 4, 4, 8))
    [work] = works(
        b.build([b.max_pool(x, 13, stride=1, padding="SAME")]), target("cortex-a55-builtin")
    )
    assert counts(work)["macs"] == 8 * 16 * 16  # each place sees the whole map


def odd_graphs() -> dict[str, Graph]:
    """Readers check structure, not sense: shapes, orders and strides may be any."""
    graph = net()
    first, *_, last = graph.ops
    x = graph.inputs[0]
    odd = {
        "no weights": replace(first, inputs=first.inputs[:1]),
        "weights left out": replace(first, inputs=(x, -1, -1)),
        "stride 0": replace(first, attrs={**first.attrs, "stride": (0, 0)}),
        "product of nothing": Op("FULLY_CONNECTED", first.inputs[:1], first.outputs, {}),
        "window of stride 0": Op(
            "DEPTHWISE_CONV_2D", first.inputs, first.outputs, {"stride": (0, 0)}
        ),
        "shapes that do not spread": Op("ADD", (x, first.inputs[2]), first.outputs, {}),
        "more axes in than out": Op("ADD", (x, x), last.outputs, {}),
        "no axes": Op("MEAN", (x,), first.outputs, {}),
    }
    found = {}
    for name, op in odd.items():
        others = (other for other in graph.ops if set(op.outputs).isdisjoint(other.outputs))
        found[name] = replace(graph, ops=(op, *others))
    for order in ((3, 3, 1, 0), (0, 9, 1, 2), (0, -1, 1, 2)):
        b, (value,) = tensors((1, 6, 5, 21))
        turned = b.op("TRANSPOSE", [value, b.constant(order)], shape=(1, 6, 5, 21))
        found[f"order {order}"] = b.build([turned])
    return found


@pytest.mark.parametrize("name", ["cortex-a55", "cortex-a55-builtin"])
@pytest.mark.parametrize("odd", odd_graphs())
def test_odd_ops_are_priced_or_refused_by_name(odd: str, name: str) -> None:
    graph = odd_graphs()[odd]
    with contextlib.suppress(PerfcostError):
        assert len(price(graph, target(name)).ops) == len(graph.ops)


def own_depthwise(size: int, stride: int, channels: int = 16, kernel: int = 3) -> str:
    b = GraphBuilder("net")
    x = b.input((1, size, size, channels), "int8")
    graph = b.build([b.depthwise_conv2d(x, kernel, stride=stride)])
    [work] = works(graph, target("cortex-a55-builtin"))
    return work.laws[0].removeprefix("builtin DEPTHWISE_CONV_2D int8 ")


def test_own_depthwise_kernels_need_even_padding() -> None:
    assert own_depthwise(15, 2) == "3x3 at once strided padded"
    assert own_depthwise(16, 2) == "row by row of 16 strided"  # padded after the map alone
    assert own_depthwise(16, 1) == "3x3 at once padded"
    assert own_depthwise(16, 1, channels=20) == "row by row"
    assert own_depthwise(16, 1, channels=12) == "row by row of 12"
    assert own_depthwise(16, 1, kernel=5) == "row by row of 16"


def test_own_depthwise_kernels_go_along_rows() -> None:
    b = GraphBuilder("net")
    high, wide = b.input((1, 64, 1, 24), "int8"), b.input((1, 1, 64, 24), "int8")
    graph = b.build([b.depthwise_conv2d(high, (9, 1)), b.depthwise_conv2d(wide, (1, 9))])
    first, second = works(graph, target("cortex-a55-builtin"))
    assert counts(first)["macs"] == counts(second)["macs"]
    assert counts(first)["runs"] > 50 * counts(second)["runs"] / 9


def test_xnnpack_pads_place_by_place() -> None:
    b = GraphBuilder("net")
    x = b.input((1, 10, 12, 8), "int8")
    both = b.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows = b.pad(x, ((0, 0), (1, 1), (0, 0), (0, 0)))
    of_both, of_rows = works(b.build([both, rows]), target())
    assert counts(of_both)["runs"] == 12 * 14
    assert counts(of_rows)["runs"] == 12


def test_matrices_are_transposed_in_tiles() -> None:
    b = GraphBuilder("net")
    graph = b.build([b.transpose(b.input((1, 6, 20, 33), "int8"), (0, 1, 3, 2))])
    [work] = works(graph, target())
    assert counts(work)["steps"] == 6
    assert counts(work)["tiles"] == 6 * 2 * 3


def test_what_takes_most_of_the_time_is_said() -> None:
    b = GraphBuilder("net")
    x = b.conv2d(b.input((1, 8, 8, 256), "int8"), 64, 3)
    graph = b.build([b.fully_connected(b.reshape(x, (1, 4096)), 1024)])
    first, *_, last = price(graph, target()).ops
    assert first.binding == "mac"
    assert last.binding == "weights"  # 4 MiB, each byte for one multiplication
