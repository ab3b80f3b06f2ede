"""Ops that become several commands on an Ethos-U55 or U65: small nets of one against Vela."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import pytest

from perfcost.frontends.tflite import read_tflite
from perfcost.physics import price
from perfcost.spaces.samplers.cpu_layers import CpuLayers
from perfcost.spaces.tflite_writer import NetBuilder, Tensor
from perfcost.targets import resolve

Build = Callable[[NetBuilder], Tensor]


def image(net: NetBuilder, shape: tuple[int, ...] = (1, 16, 16, 16)) -> Tensor:
    """The result of a convolution, so that what follows is inside the graph."""
    return net.conv(net.input(shape), shape[-1], 1)


def transposed(*order: int) -> Build:
    return lambda net: net.conv(net.transpose(image(net), order), 8, 1)


def of_five_axes(*order: int) -> Build:
    def build(net: NetBuilder) -> Tensor:
        x = net.transpose(net.reshape(image(net), (1, 4, 4, 16, 16)), order)
        return net.conv(net.reshape(x, (1, 16, 16, 16)), 8, 1)

    return build


def nearest(size: int) -> Build:
    return lambda net: net.conv(
        net.resize_nearest(image(net, (1, 8, 8, 16)), size, size, align_corners=True), 8, 1
    )


def bilinear(size: int, *, align_corners: bool, half_pixel: bool) -> Build:
    return lambda net: net.conv(
        net.resize_bilinear(
            image(net, (1, 8, 8, 16)), size, size, align_corners=align_corners,
            half_pixel=half_pixel,
        ), 8, 1,
    )  # fmt: skip


def product(*shape: int) -> Build:
    return lambda net: net.batch_matmul(net.input(shape), net.input(shape), adjoint_y=True)


NETS: dict[str, Build] = {
    "transpose_view": transposed(1, 0, 2, 3),
    "transpose_view_of_columns": transposed(1, 2, 0, 3),
    "depth_multiplier": lambda net: net.conv(net.depthwise(image(net), 3, multiplier=2), 8, 1),
    "transpose_alone": lambda net: net.transpose(net.input((1, 16, 16, 8)), (1, 0, 2, 3)),
    "transpose_2013": transposed(2, 0, 1, 3),
    "transpose_3201": transposed(3, 2, 0, 1),
    "transpose_1302": transposed(1, 3, 0, 2),
    "transpose_3012": transposed(3, 0, 1, 2),
    "transpose_2103": transposed(2, 1, 0, 3),
    "transpose_0312": transposed(0, 3, 1, 2),
    "transpose_of_two_images": lambda net: net.transpose(net.input((2, 8, 12, 16)), (1, 2, 0, 3)),
    "transpose_03124": of_five_axes(0, 3, 1, 2, 4),
    "transpose_01324": of_five_axes(0, 1, 3, 2, 4),
    "transpose_04231": of_five_axes(0, 4, 2, 3, 1),
    "resize_half_pixel": bilinear(16, align_corners=False, half_pixel=True),
    "resize_corners": bilinear(15, align_corners=True, half_pixel=False),
    "resize_corners_8": bilinear(57, align_corners=True, half_pixel=False),
    "resize_nearest_2": nearest(15),
    "resize_nearest_4": nearest(29),
    "resize_nearest_8": nearest(57),
    "groups": lambda net: net.conv(net.conv(image(net), 24, 1, groups=4), 8, 1),
    "groups_with_activation": lambda net: net.conv(
        net.conv(image(net, (1, 16, 16, 32)), 64, 3, groups=2, act="relu"), 8, 1
    ),
    "groups_of_one_channel": lambda net: net.conv(net.conv(image(net), 16, 3, groups=16), 8, 1),
    "sum_of_channels": lambda net: net.sum(image(net), (3,)),
    "sum_of_rows": lambda net: net.sum(image(net), (1,)),
    "sum_of_columns": lambda net: net.sum(image(net), (2,)),
    "max_of_image": lambda net: net.reduce_max(image(net), (1, 2)),
    "max_of_channels": lambda net: net.reduce_max(image(net), (3,)),
    "max_of_four_images": lambda net: net.reduce_max(net.input((4, 16, 16, 16)), (3,)),
    "max_kept": lambda net: net.reduce_max(image(net), (3,), keep_dims=True),
    "max_of_columns_and_channels": lambda net: net.reduce_max(image(net), (2, 3)),
}

TARGETS = ("ethos-u55-128", "ethos-u65-256")

PRODUCTS: dict[str, Build] = {
    "matmul_of_seven": product(1, 7, 9, 24),
    "matmul_of_eight": product(8, 8, 16),
    "matmul_large": product(1, 4, 128, 64),
    "matmul_by_turned": lambda net: net.batch_matmul(
        net.input((4, 16, 24)), net.transpose(net.input((4, 20, 24)), (0, 2, 1))
    ),
    "matmul_plain": lambda net: net.batch_matmul(
        net.input((1, 4, 16, 24)), net.input((1, 4, 24, 16))
    ),
}


def slow_operand(net: NetBuilder) -> Tensor:
    """An input that is added to what was made of it: both lie outside the cache of a U65."""
    x = net.input((1, 20, 20, 3))
    return net.add(net.conv(net.conv(x, 8, 3), 3, 1), x)


def filled(value: float) -> Build:
    def build(net: NetBuilder) -> Tensor:
        x = image(net)
        ends = [(0, 0), (1, 1), (1, 1), (0, 0)]
        assert isinstance(net, CpuLayers)
        return net.conv(net.pad_v2(x, ends, value), 8, 3, padding="VALID")

    return build


BETWEEN: dict[str, Build] = {
    "slow_operand": slow_operand,
    "padded_with_zero": filled(0.0),
    "padded_with_one": filled(1.0),
    "difference_of_a_column": lambda net: net.squared_difference(
        net.relu(net.input((1, 8, 16, 16))), net.relu(net.input((1, 8, 16, 1)))
    ),
}


def check(build: Build, target: str, off: float = 0.15) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    from perfcost.labels import VelaLabeller, label_many

    net = CpuLayers(seed=1)
    net.output(build(net))
    model = net.build()
    outcome = next(iter(label_many([model], target, VelaLabeller(), jobs=1)))
    assert outcome.label is not None, outcome.refusal
    found = price(read_tflite(model, name="net"), resolve(target))
    for label in outcome.label.ops:
        cycles = found.ops[label.index].cycles or 0.0
        assert cycles == pytest.approx(label.cycles, rel=off)
    total = math.fsum(op.cycles or 0.0 for op in found.ops)
    moved: Counter[str] = Counter()
    for op in found.ops:
        moved.update(op.bytes_moved)
    for memory, count in outcome.label.bytes_moved.items():
        # of small weights, 32 bytes more or less are a tenth
        assert moved[memory] == pytest.approx(count, rel=off, abs=100 if off > 0.1 else 0)
    assert total == pytest.approx(outcome.label.cycles, rel=off)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NETS)
def test_cycles_are_those_of_vela(name: str, target: str) -> None:
    check(NETS[name], target)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", BETWEEN)
def test_rules_between_ops_are_those_of_vela(name: str, target: str) -> None:
    check(BETWEEN[name], target)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", PRODUCTS)
def test_products_of_feature_maps_are_those_of_vela(name: str, target: str) -> None:
    check(PRODUCTS[name], target, off=1e-9)
