"""Nets in NCHW throughout: each window between two TRANSPOSEs, all else with channels first.

So does a converter that follows PyTorch's layout op by op; retinaface is one of its nets.
"""

from __future__ import annotations

from collections.abc import Callable

from perfcost.spaces.samplers.layers import FUSED, activate
from perfcost.spaces.samplers.wild.net import WildNet
from perfcost.spaces.writer.records import Tensor

_IN, _OUT = [0, 2, 3, 1], [0, 3, 1, 2]


def draw(net: WildNet, ops: int, shape: list[int]) -> None:
    """Blocks of a stem, convolutions, shortcuts and enlargements, then heads."""
    dice = net.dice
    net.borders, net.act = (
        "same",
        dice.pick("leaky_relu", "leaky_relu", "relu_alone", "prelu", "relu"),
    )
    n, height, width, channels = shape
    x = net.input([n, channels, height, width], "float32" if dice.chance(50) else None)
    x = net.quantize(x) if x.dtype == "float32" else x
    deep, ends = dice.chance(60), []
    for _ in range(ops):
        if net.count >= ops:
            break
        ends.append(x)
        x = _step(net, x, ends, deep)
    for source in ends[-dice.integer(1, 3) :]:
        _head(net, source)


def _step(net: WildNet, x: Tensor, earlier: list[Tensor], deep: bool) -> Tensor:
    dice = net.dice
    way = dice.weighted(((60, "block"), (18, "shortcut"), (10, "pool"), (6, "larger"), (6, "join")))
    side = min(x.shape[2:])
    stride = 2 if side > 6 and dice.chance(net.shrink * side.bit_length()) else 1
    if way == "pool" and side > 4:
        return _inside(net, x, lambda y: net.max_pool(y, dice.pick(2, 3), 2))
    if way == "larger" and side < 40:
        return _inside(
            net,
            x,
            lambda y: net.resize_nearest(y, 2 * y.shape[1], 2 * y.shape[2], half_pixel=False),
        )
    if way == "join":
        for old in reversed(earlier[:-1]):
            if old.shape[2:] == x.shape[2:]:
                return net.add(old, x) if old.shape == x.shape else net.concat([old, x], 1)
    if way == "shortcut":
        y = _window(net, _window(net, x, x.shape[1], 3, 1), x.shape[1], dice.pick(1, 3), 1, "")
        return net.add(x, y) if y.shape == x.shape else y
    if deep:
        x = _window(net, x, 0, dice.pick(3, 3, 5), stride)
        return _window(net, x, net.some_channels(256), 1, 1)
    return _window(net, x, net.some_channels(256), dice.pick(1, 3, 3), stride)


def _window(
    net: WildNet, x: Tensor, channels: int, kernel: int, stride: int, act: str | None = None
) -> Tensor:
    """PAD in NCHW, a convolution (depthwise where ``channels`` is 0) in NHWC, an activation."""
    name = net.act if act is None else act
    half = (kernel - 1) // 2
    if half:
        x = net.pad(x, [(0, 0), (0, 0), (half, half), (half, half)])
    y = net.transpose(x, _IN)
    fused = name if name in FUSED else ""
    if channels:
        y = net.mix(y, channels, kernel, stride, fused, padding="VALID" if half else "SAME")
    else:
        y = net.depthwise(y, kernel, stride, padding="VALID", act=fused, norm=True)
    y = net.transpose(y, _OUT)
    # A slope a channel would lie along the wrong axis.
    return activate(net, y, "leaky_relu" if name == "prelu" else name)


def _inside(net: WildNet, x: Tensor, layer: Callable[[Tensor], Tensor]) -> Tensor:
    return net.transpose(layer(net.transpose(x, _IN)), _OUT)


def _head(net: WildNet, x: Tensor) -> None:
    """Boxes or scores of each place: one more TRANSPOSE, then RESHAPE."""
    dice = net.dice
    each, values = dice.pick(1, 2, 3), dice.pick(2, 4, 10)
    y = net.mix(net.transpose(x, _IN), each * values)
    if y.shape[3] != each * values:
        return
    n, height, width, _ = y.shape
    if dice.chance(50):
        y = net.transpose(net.transpose(y, _OUT), _IN)
    y = net.reshape(y, [n, height * width * each, values])
    if dice.chance(40):
        y = net.softmax(y)
    if dice.chance(30):
        net.dequantize(y)
