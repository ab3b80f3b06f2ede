"""Ops that an Ethos-U85 runs in its own way: small nets of one against Vela."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from perfcost.frontends.tflite import read_tflite
from perfcost.physics import price
from perfcost.physics.ethos_u.u85.transposes import steps
from perfcost.spaces.tflite_writer import NetBuilder, Tensor
from perfcost.targets import resolve

Build = Callable[[NetBuilder, Tensor], Tensor]
IMAGE = (1, 12, 12, 24)


def conv(net: NetBuilder, x: Tensor) -> Tensor:
    return net.conv(x, 24, 3)


NETS: dict[str, tuple[Sequence[int], Build]] = {
    "transpose": (IMAGE, lambda net, x: net.transpose(conv(net, x), (0, 3, 1, 2))),
    "transpose_of_four": ((2, 8, 12, 16), lambda net, x: net.transpose(x, (1, 2, 0, 3))),
    "matmul": ((1, 4, 32, 64), lambda net, x: net.batch_matmul(x, x, adjoint_y=True)),
    "squared_difference": (
        IMAGE,
        lambda net, x: net.squared_difference(conv(net, x), conv(net, x)),
    ),
    "maximum": (IMAGE, lambda net, x: net.maximum(conv(net, x), conv(net, x))),
    "broadcast": (
        IMAGE,
        lambda net, x: net.mul(conv(net, x), net.mean(conv(net, x), (1, 2), keep_dims=True)),
    ),
    "sum": (IMAGE, lambda net, x: net.sum(conv(net, x), (3,))),
    "reduce_max": (IMAGE, lambda net, x: net.reduce_max(conv(net, x), (3,))),
    "arg_max": (IMAGE, lambda net, x: net.arg_max(conv(net, x))),
    "resize_bilinear": (IMAGE, lambda net, x: net.resize_bilinear(conv(net, x), 24, 24)),
    "resize_nearest": (IMAGE, lambda net, x: net.resize_nearest(conv(net, x), 36, 36)),
    "prelu": (IMAGE, lambda net, x: net.prelu(conv(net, x))),
    "hard_swish": (IMAGE, lambda net, x: net.hard_swish(conv(net, x))),
    "softmax": (IMAGE, lambda net, x: net.softmax(conv(net, x))),
    "depth_multiplier": ((1, 12, 12, 8), lambda net, x: net.depthwise(x, 3, multiplier=2)),
    "transpose_conv": (
        (1, 12, 12, 16),
        lambda net, x: net.conv(net.transpose_conv(x, 16, 2, stride=2), 8, 1),
    ),
    "batch": ((4, 12, 12, 16), lambda net, x: net.conv(net.depthwise(x, 3), 8, 1)),
    "matrix": ((64, 256), lambda net, x: net.fully_connected(net.fully_connected(x, 128), 10)),
}


@pytest.mark.parametrize("name", NETS)
def test_cycles_are_those_of_vela(name: str) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    from perfcost.labels import VelaLabeller, label_many

    shape, build = NETS[name]
    net = NetBuilder(seed=1)
    net.output(build(net, net.input(shape)))
    model = net.build()
    outcome = next(iter(label_many([model], "ethos-u85-256", VelaLabeller(), jobs=1)))
    assert outcome.label is not None, outcome.refusal
    found = price(read_tflite(model, name=name), resolve("ethos-u85-256"))
    cycles = math.fsum(op.cycles or 0.0 for op in found.ops)
    assert cycles == pytest.approx(outcome.label.cycles, rel=0.04)


@pytest.mark.parametrize(
    ("shape", "perm", "expected"),
    [
        ((4, 5, 6), (0, 1, 2), []),
        ((4, 5, 6), (2, 1, 0), [((4, 5, 6), (2, 1, 0))]),
        (
            (2, 8, 12, 16), (3, 1, 0, 2),
            [((2, 96, 16), (2, 1, 0)), ((128, 12, 2), (0, 2, 1))],
        ),
        (
            (2, 8, 12, 16), (1, 2, 0, 3),
            [
                ((2, 8, 192), (1, 0, 2)), ((8, 2, 192), (1, 0, 2)), ((16, 12, 16), (0, 2, 1)),
                ((2, 128, 12), (2, 1, 0)), ((96, 16, 2), (0, 2, 1)), ((12, 8, 32), (1, 0, 2)),
            ],
        ),
    ],
)  # fmt: skip
def test_steps_of_a_permutation(
    shape: tuple[int, ...],
    perm: tuple[int, ...],
    expected: list[tuple[tuple[int, int, int], tuple[int, int, int]]],
) -> None:
    assert steps(shape, perm) == expected


@pytest.mark.parametrize("perm", [(3, 0, 2, 1), (1, 0, 3, 2), (2, 3, 0, 1), (0, 3, 2, 1)])
def test_steps_end_where_the_permutation_does(perm: tuple[int, ...]) -> None:
    numpy = pytest.importorskip("numpy")
    shape = (2, 3, 4, 5)
    start = numpy.arange(120).reshape(shape)
    current = start
    for extents, swap in steps(shape, perm):
        current = current.reshape(extents).transpose(swap)
    assert (current.ravel() == start.transpose(perm).ravel()).all()
