"""Decoding of boxes with constants, as exporters of detectors write it."""

from __future__ import annotations

from collections.abc import Sequence

from perfcost.spaces.samplers.wild.net import WildNet
from perfcost.spaces.writer.records import Tensor

_CLASSES = (1, 2, 8, 20, 80)
_MOST = 1_500_000


def decode(net: WildNet, x: Tensor) -> Tensor | None:
    """A head on ``x``: centres, sizes and scores apart, computed with constants, and joined."""
    dice = net.dice
    n, height, width, _channels = x.shape
    each, classes = dice.pick(1, 2, 3, 3, 6), dice.pick(*_CLASSES)
    values, places = 5 + classes, height * width
    wide = each * values
    if n > 1 or places * wide > _MOST or net.affordable(x, wide) < wide:
        return None
    kernel = 3 if dice.chance(30) and net.affordable(x, wide, 3) == wide else 1
    y = net.mix(x, wide, kernel)
    shape = [1, places, each, values] if dice.chance(70) else [1, places * each, values]
    if y.shape[3] != wide or len(set(shape[1:])) < 2:
        return None
    if dice.chance(15):
        y = net.transpose(net.reshape(y, [1, places, values * each]), [0, 2, 1])
        y = net.transpose(y, [0, 2, 1])
    y = net.reshape(y, shape)
    if dice.chance(50):
        y = net.logistic(y)
    centre, size, rest = _cut(net, y)
    if dice.chance(60):
        centre = net.logistic(centre)
    centre = _with_constants(net, centre, dice.integer(0, 3))
    if dice.chance(40):
        size = net.logistic(size)
    if dice.chance(40):
        size = net.mul(size, size)
    elif dice.chance(20) and net.dtype == "int8":
        size = net.exp(size)
    size = _with_constants(net, size, dice.integer(0, 2))
    if dice.chance(50):
        rest = net.logistic(rest)
    if dice.chance(30):
        corners = [net.sub(centre, size), net.add(centre, size)]
    else:
        corners = [centre, size]
    z = net.concat([*corners, rest])
    if len(z.shape) == 4 and dice.chance(60):
        z = net.reshape(z, [1, places * each, values])
    if dice.chance(30):
        net.dequantize(z)
    return x


def _cut(net: WildNet, y: Tensor) -> list[Tensor]:
    """Centre, size and the rest along the last axis."""
    dice, values = net.dice, y.shape[-1]
    ends = ((0, 2), (2, 4), (4, values))
    way = dice.weighted(((60, "strided"), (20, "slice"), (20, "split")))
    if way == "split":
        return net.split_v(y, [2, 2, values - 4], -1)
    start = [0] * (len(y.shape) - 1)
    if way == "slice":
        return [net.slice(y, [*start, a], [*y.shape[:-1], b - a]) for a, b in ends]
    return [net.strided_slice(y, [*start, a], [*y.shape[:-1], b]) for a, b in ends]


def _with_constants(net: WildNet, x: Tensor, steps: int) -> Tensor:
    """Offsets of places, sizes of anchors, strides: one value, one a place or one an anchor."""
    dice = net.dice
    for _ in range(steps):
        shapes: list[Sequence[int]] = [(2,), (1, 2), (1,), (), (1, *x.shape[1:])]
        if len(x.shape) == 4:
            shapes += [(1, 1, x.shape[2], 2), (x.shape[2], 2), (1, x.shape[1], 1, 2)]
        kind = dice.pick(net.mul, net.mul, net.add, net.sub)
        x = kind(x, net.learned(dice.pick(*shapes)))
    return x
