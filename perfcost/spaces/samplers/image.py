"""The space ``image``: classifiers of pictures of 32 to 320 pixels."""

from __future__ import annotations

from perfcost.spaces.samplers.dice import Dice
from perfcost.spaces.samplers.layers import (
    activate,
    classify,
    conv,
    depthwise,
    draw_squeeze_excite,
    fused,
    shuffle,
    times,
)
from perfcost.spaces.samplers.net import Family, SampledNet
from perfcost.spaces.writer.records import Tensor

_SIZES = (32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320)
_CLASSES = (2, 10, 10, 20, 100, 101, 365, 1000, 1000, 1001)


def sample(dice: Dice) -> bytes:
    """One net of the space."""
    net = SampledNet(dice, dtype="uint8" if dice.chance(12) else "int8")
    return family(dice)(net).build()


def family(dice: Dice) -> Family:
    """One of the families, which draws a net into a builder."""
    return dice.weighted(((24, cells), (34, mobile), (12, plain), (18, residual), (12, shuffled)))


def cells(net: SampledNet) -> SampledNet:
    """NAS-Bench-201 (Dong and Yang, arXiv:2001.00326): three stages of one cell of four nodes.

    Width and depth vary around the benchmark's 16 channels and 5 cells.
    """
    dice = net.dice
    edges = [dice.pick("none", "skip", "conv1", "conv3", "pool") for _ in range(6)]
    width, depth = dice.pick(8, 12, 16, 16, 16, 24, 32), dice.pick(1, 2, 3, 4, 5, 5)
    size = dice.pick(32, 32, 32, 16, 64)
    x = net.conv(net.input([1, size, size, 3]), width, 3, act=dice.pick("", "relu"), norm=True)
    for stage in range(3):
        if stage:
            x = _reduction(net, x)
        for _ in range(depth):
            x = _cell(net, x, edges)
    classify(net, x, dice.pick(10, 10, 100, 120))
    return net


def _cell(net: SampledNet, x: Tensor, edges: list[str]) -> Tensor:
    nodes: list[Tensor | None] = [x]
    at = 0
    for reached in range(1, 4):
        total: Tensor | None = None
        for source in nodes[:reached]:
            kind = edges[at]
            at += 1
            if source is None or kind == "none":
                continue
            y = _edge(net, source, kind)
            total = y if total is None else net.add(total, y)
        nodes.append(total)
    return nodes[3] or x


def _edge(net: SampledNet, x: Tensor, kind: str) -> Tensor:
    if kind == "skip":
        return x
    if kind == "pool":
        return net.avg_pool(x, 3, 1)
    return net.conv(x, x.shape[3], 3 if kind == "conv3" else 1, act="relu", norm=True)


def _reduction(net: SampledNet, x: Tensor) -> Tensor:
    channels = 2 * x.shape[3]
    y = net.conv(x, channels, 3, 2, act="relu", norm=True)
    y = net.conv(y, channels, 3, norm=True)
    return net.add(y, net.conv(net.avg_pool(x, 2, 2), channels, norm=True))


def mobile(net: SampledNet) -> SampledNet:
    """Inverted bottlenecks: MobileNetV2 (Sandler et al., arXiv:1801.04381), V3 (Howard et al.,

    arXiv:1905.02244), EfficientNet (Tan and Le, arXiv:1905.11946), MnasNet (arXiv:1807.11626):
    kernel, expansion, squeeze-and-excite, activation and repeats are drawn for each stage.
    """
    dice = net.dice
    size, percent = dice.pick(*_SIZES), dice.pick(25, 35, 50, 50, 75, 100)
    main = dice.pick("relu6", "relu6", "relu", "hard_swish", "swish", "mixed")
    first = _first(net, size, times(dice.pick(16, 24, 32), percent), main)
    x, strides = first, dice.pick((1, 2, 2, 2, 1, 2), (1, 2, 2, 2, 1, 2, 1), (2, 2, 2, 1, 2))
    channels = dice.pick(16, 24)
    excite = dice.pick(0, 0, 30, 60, 100)
    deepest = dice.pick(2, 3, 3, 4)
    for stride in strides:
        act = dice.pick("relu", "relu6", "hard_swish") if main == "mixed" else main
        kernel, expansion = dice.pick(3, 3, 5, 5, 7), dice.pick(1, 3, 4, 6, 6)
        squeeze = dice.chance(excite)
        for i in range(dice.integer(1, deepest)):
            step = stride if i == 0 and min(x.shape[1:3]) > 3 else 1
            x = bottleneck(net, x, times(channels, percent), kernel, step, expansion, act, squeeze)
        channels = min(320, channels * dice.pick(10, 14, 17, 20) // 10)
    act = "relu" if main == "mixed" else main
    x = conv(net, x, times(dice.pick(480, 640, 960, 1280), min(100, 2 * percent)), act=act)
    classify(net, x, dice.pick(*_CLASSES))
    return net


def _first(net: SampledNet, size: int, channels: int, act: str, kernel: int = 3) -> Tensor:
    dice = net.dice
    colours = dice.weighted(((85, 3), (15, 1)))
    tall = size if dice.chance(85) else size * dice.pick(2, 3, 3, 5, 6) // 4
    x = net.input([1, tall, size, colours])
    act = "relu" if act == "mixed" else act
    return conv(net, x, channels, kernel, 2 if size > 48 or dice.chance(30) else 1, act)


def bottleneck(
    net: SampledNet,
    x: Tensor,
    channels: int,
    kernel: int,
    stride: int,
    expansion: int,
    act: str,
    squeeze: bool,
) -> Tensor:
    """Expand, filter each channel, gate, project; added to the input where shapes agree."""
    wide = min(960, x.shape[3] * expansion)
    y = conv(net, x, wide, act=act) if wide > x.shape[3] else x
    y = depthwise(net, y, kernel, stride, act)
    if squeeze:
        y = draw_squeeze_excite(net, y)
    y = net.conv(y, channels, norm=True)
    return net.add(x, y) if x.shape == y.shape else y


def plain(net: SampledNet) -> SampledNet:
    """MobileNetV1 (Howard et al., arXiv:1704.04861) and its like: depthwise and 1x1 in turn."""
    dice = net.dice
    size, percent = dice.pick(*_SIZES), dice.pick(12, 25, 25, 50, 75, 100)
    act = dice.pick("relu", "relu6", "relu6", "leaky_relu", "hard_swish")
    x = _first(net, size, times(32, percent), act)
    kernel = dice.pick(3, 3, 3, 5)
    for channels in (64, 128, 256, 512):
        for i in range(dice.integer(1, 3)):
            stride = 2 if i == 0 and min(x.shape[1:3]) > 3 else 1
            x = depthwise(net, x, kernel, stride, act)
            x = conv(net, x, times(channels, percent), act=act)
    if dice.chance(50) and net.has_room(x.shape[3] * times(1024, percent)):
        x = conv(net, depthwise(net, x, 3, 1, act), times(1024, percent), act=act)
    classify(net, x, dice.pick(*_CLASSES))
    return net


def residual(net: SampledNet) -> SampledNet:
    """ResNets (He et al., arXiv:1512.03385), basic or bottleneck, of narrow to common width.

    The shortcut is a strided 1x1 convolution, or a pool first (ResNet-D, arXiv:1812.01187).
    """
    dice = net.dice
    size, percent = dice.pick(*_SIZES), dice.pick(12, 25, 25, 35, 50)
    act = dice.pick("relu", "relu", "relu", "relu6", "swish", "leaky_relu")
    deep, pooled, squeeze = dice.chance(40), dice.chance(25), dice.chance(15)
    x = _first(net, size, times(64, percent), act, dice.pick(3, 3, 5, 7))
    if size > 64 and dice.chance(70):
        x = net.max_pool(x, 3, 2)
    for stage in range(dice.integer(3, 4)):
        channels = times(64 << stage, percent)
        for i in range(dice.integer(1, 3)):
            if i and not net.has_room(18 * channels * channels):
                break
            stride = 2 if stage and i == 0 else 1
            x = _residual_block(net, x, channels, stride, act, deep, pooled, squeeze)
    classify(net, x, dice.pick(*_CLASSES))
    return net


def _residual_block(
    net: SampledNet,
    x: Tensor,
    channels: int,
    stride: int,
    act: str,
    deep: bool,
    pooled: bool,
    squeeze: bool,
) -> Tensor:
    if deep:
        y = conv(net, x, channels, 1, 1, act)
        y = conv(net, y, channels, 3, stride, act)
        y = net.conv(y, 2 * channels, norm=True)
    else:
        y = conv(net, x, channels, 3, stride, act)
        y = net.conv(y, channels, 3, norm=True)
    if squeeze:
        y = draw_squeeze_excite(net, y)
    if y.shape != x.shape:
        if pooled and stride == 2:
            x, stride = net.avg_pool(x, 2, 2), 1
        x = net.conv(x, y.shape[3], 1, stride, norm=True)
    return activate(net, net.add(x, y, act=fused(act)), act)


def shuffled(net: SampledNet) -> SampledNet:
    """Joined branches: ShuffleNetV2 (Ma et al., arXiv:1807.11164), SqueezeNet (arXiv:1602.07360),

    GhostNet (arXiv:1911.11907); one kind of block a net.
    """
    dice = net.dice
    size, percent = dice.pick(*_SIZES), dice.pick(25, 50, 50, 75, 100)
    kind = dice.pick(_shuffle_block, _fire, _ghost)
    act = dice.pick("relu", "relu", "relu6", "hard_swish")
    x = _first(net, size, times(24, percent), act)
    channels = dice.pick(32, 48, 64, 96)
    for _ in range(dice.integer(2, 4)):
        if min(x.shape[1:3]) > 3:
            x = net.max_pool(x, 3, 2) if dice.chance(50) else depthwise(net, x, 3, 2, "")
        x = conv(net, x, times(channels, percent), act=act)
        for _ in range(dice.integer(1, 4)):
            x = kind(net, x, act)
        channels *= 2
    classify(net, x, dice.pick(*_CLASSES))
    return net


def _shuffle_block(net: SampledNet, x: Tensor, act: str) -> Tensor:
    half = x.shape[3] // 2
    kept, y = net.split(x, 2)
    y = conv(net, y, half, act=act)
    y = conv(net, depthwise(net, y, 3), half, act=act)
    return shuffle(net, net.concat([kept, y]), 2)


def _fire(net: SampledNet, x: Tensor, act: str) -> Tensor:
    half = x.shape[3] // 2
    narrow = conv(net, x, max(4, half // 4), act=act)
    return net.concat([conv(net, narrow, half, act=act), conv(net, narrow, half, 3, 1, act)])


def _ghost(net: SampledNet, x: Tensor, act: str) -> Tensor:
    half = x.shape[3] // 2
    first = conv(net, x, half, act=act)
    y = net.concat([first, depthwise(net, first, 3, 1, act)])
    return net.add(x, y)
