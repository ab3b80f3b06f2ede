"""Copies, slices and batches, and ops of few channels: small nets beside Vela."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from perfcost.frontends.tflite import read_tflite
from perfcost.physics import price
from perfcost.physics.price import GraphPrice
from perfcost.spaces.tflite_writer import NetBuilder, Tensor
from perfcost.targets import resolve

pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")

from perfcost.labels import Label, VelaLabeller

Build = Callable[[NetBuilder], object]
TARGETS = ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256")


def copied(shape: Sequence[int], to: Sequence[int]) -> Build:
    return lambda net: net.reshape(net.input(shape), to)


def seen_twice(shape: Sequence[int], to: Sequence[int]) -> Build:
    """A tensor that is read in its own shape and in another."""

    def build(net: NetBuilder) -> None:
        x = net.logistic(net.input(shape))
        net.tanh(net.reshape(x, to))
        net.add(x, x)

    return build


def seen_as(*shapes: Sequence[int]) -> Build:
    """A tensor that several views look at, and that is read as it is too."""

    def build(net: NetBuilder) -> None:
        x = net.logistic(net.input([1, 20, 30, 16]))
        for shape in shapes:
            net.tanh(net.reshape(x, shape))
        net.add(x, x)

    return build


def turned_and_back(net: NetBuilder) -> None:
    """Two transpositions that undo each other before an output with another shape."""
    x = net.max_pool(net.input([1, 20, 20, 4]), 1, 1)
    x = net.transpose(net.transpose(x, [0, 3, 1, 2]), [0, 2, 3, 1])
    net.reshape(x, [1, 800, 2])


def split(batch: int, axis: int, then: Callable[[NetBuilder, Tensor], Tensor]) -> Build:
    def build(net: NetBuilder) -> None:
        for part in net.split(net.logistic(net.input([batch, 8, 10, 32])), 2, axis):
            then(net, part)

    return build


def joined(batch: int, axis: int) -> Build:
    def build(net: NetBuilder) -> None:
        x = net.input([batch, 8, 10, 32])
        net.concat([net.add(x, x), net.add(x, x)], axis)

    return build


def spread(shape: Sequence[int]) -> Build:
    """The variance of a normalisation over the last axis."""

    def build(net: NetBuilder) -> None:
        x = net.logistic(net.input(shape))
        mean = net.reshape(net.mean(x, [len(shape) - 1]), [*shape[:-1], 1])
        net.add(net.squared_difference(x, mean), x)

    return build


def sloped(shape: Sequence[int]) -> Build:
    def build(net: NetBuilder) -> None:
        net.conv(net.prelu(net.conv(net.input(shape), shape[-1], 1)), 8, 1)

    return build


NETS: dict[str, Build] = {
    "copy of few channels": copied([1, 77, 127, 3], [1, 77, 381]),
    "copy of a row": copied([3000], [3, 1000]),
    "copy of five axes": copied([4, 6, 10, 5, 2], [24, 100]),
    "copy inside": seen_twice([1, 77, 127, 3], [1, 77, 381]),
    "copy inside of one channel": seen_twice([1, 300, 1], [1, 300]),
    "copy inside of a batch": seen_twice([2, 20, 30, 3], [2, 600, 3]),
    "copies for two views alike": seen_as([1, 600, 16], [1, 600, 16]),
    "copies for views of two kinds": seen_as([1, 600, 16], [1, 20, 480], [1, 600, 16]),
    "turned and back": turned_and_back,
    "split channels": split(1, -1, lambda net, x: net.tanh(x)),
    "split a batch's channels": split(2, -1, lambda net, x: net.tanh(x)),
    "split a batch's rows": split(2, 1, lambda net, x: net.add(x, x)),
    "pools of a batch's parts": split(2, -1, lambda net, x: net.max_pool(x, 2, 2)),
    "join a batch's channels": joined(2, -1),
    "join a batch's rows": joined(2, 1),
    "spread of tokens": spread([1, 45, 416]),
    "slopes of few channels": sloped([1, 60, 90, 6]),
    "slopes": sloped([1, 20, 20, 24]),
    "activation of rows": lambda net: net.logistic(
        net.fully_connected(net.input([99, 48]), 48)
    ),
}  # fmt: skip


def beside_vela(build: Build, target: str) -> tuple[Label, GraphPrice]:
    net = NetBuilder()
    build(net)
    data = net.build()
    label = VelaLabeller().label(data, resolve(target))
    return label, price(read_tflite(data), resolve(target))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NETS)
def test_cycles_and_bytes_are_those_of_vela(name: str, target: str) -> None:
    label, found = beside_vela(NETS[name], target)
    cycles = math.fsum(op.cycles or 0 for op in found.ops)
    assert cycles == pytest.approx(label.cycles, rel=0.012)
    for memory, nbytes in label.bytes_moved.items():
        moved = math.fsum(op.bytes_moved.get(memory, 0) for op in found.ops)
        assert moved == pytest.approx(nbytes, rel=0.04, abs=400), memory


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", [name for name in NETS if name.startswith(("copy", "copies"))])
def test_peaks_of_copies_are_those_of_vela(name: str, target: str) -> None:
    label, found = beside_vela(NETS[name], target)
    assert found.memory_bytes.get("sram", 0) == label.peak_memory_bytes["sram"]


@pytest.mark.parametrize("shape", [[1, 12], [600, 3], [1, 20, 30, 16], [4, 64, 64]])
def test_softmax_on_an_ethos_u85_needs_the_memory_of_vela(shape: list[int]) -> None:
    label, found = beside_vela(lambda net: net.softmax(net.input(shape)), "ethos-u85-256")
    assert found.memory_bytes["sram"] == label.peak_memory_bytes["sram"]
    assert math.fsum(op.cycles or 0 for op in found.ops) == label.cycles


def test_strided_slices_are_read_in_place() -> None:
    """The first layer of a YOLO: every other place, four times, joined."""
    net = NetBuilder()
    x = net.logistic(net.input([1, 64, 64, 16]))
    parts = [
        net.strided_slice(x, [0, row, column, 0], [1, 64, 64, 16], [1, 2, 2, 1])
        for row in (0, 1) for column in (0, 1)
    ]  # fmt: skip
    net.conv(net.concat(parts), 16, 3)
    data = net.build()
    target = resolve("ethos-u55-128")
    label = VelaLabeller().label(data, target)
    found = price(read_tflite(data), target)
    slices = range(1, 5)
    assert [op.cycles for op in label.ops if op.index in slices] == [0.0] * 4
    assert [found.ops[position].cycles for position in slices] == [0.0] * 4
    assert math.fsum(op.cycles or 0 for op in found.ops) == pytest.approx(label.cycles, rel=0.02)
