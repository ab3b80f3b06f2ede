"""The space ``detect``: boxes and classes from several maps of a light backbone."""

from __future__ import annotations

from perfcost.spaces.samplers.dice import Dice
from perfcost.spaces.samplers.image import bottleneck
from perfcost.spaces.samplers.layers import conv, depthwise, times, upsample
from perfcost.spaces.samplers.net import SampledNet
from perfcost.spaces.writer.records import Tensor

_SIZES = (96, 128, 160, 160, 192, 192, 224, 224, 256, 256, 288, 320, 320)
_CLASSES = (1, 1, 2, 3, 8, 20, 20, 80, 90)


def sample(dice: Dice) -> bytes:
    """One net of the space."""
    net = SampledNet(dice, dtype="uint8" if dice.chance(12) else "int8")
    return draw(net).build()


def draw(net: SampledNet) -> SampledNet:
    """A backbone, mostly a neck, and a head on each map."""
    dice = net.dice
    maps = _backbone(net)
    neck = dice.weighted(((35, "none"), (20, "extras"), (30, "pyramid"), (15, "path")))
    if neck == "extras":
        maps = _extras(net, maps)
    elif neck != "none":
        maps = _pyramid(net, maps, back=neck == "path")
    dice.weighted(((50, _ssd), (35, _yolo), (15, _centres)))(net, maps)
    return net


def _backbone(net: SampledNet) -> list[Tensor]:
    """Maps at strides 8, 16 and 32 of a light net; one kind of block a net."""
    dice = net.dice
    size, percent = dice.pick(*_SIZES), dice.pick(25, 35, 50, 50, 75)
    tall = size if dice.chance(70) else size * dice.pick(3, 5, 6) // 4
    kind = dice.pick("bottleneck", "bottleneck", "separable", "residual", "csp")
    act = dice.pick("relu6", "relu6", "relu", "leaky_relu", "swish", "hard_swish")
    colours = dice.pick(3, 3, 3, 3, 3, 1)
    x = net.input([1, tall, size, colours])
    x = conv(net, x, times(32, percent), dice.pick(3, 3, 3, 6), 2, act)
    maps, expansion = [], dice.pick(2, 3, 6)
    for i, channels in enumerate((32, 64, 128, 256)):
        width = times(channels, percent)
        for j in range(dice.pick(1, 1, 2, 2, 3)):
            x = _block(net, x, width, 2 if j == 0 else 1, kind, act, expansion)
        if i:
            maps.append(x)
    return maps[dice.pick(0, 0, 1) :]


def _block(
    net: SampledNet, x: Tensor, width: int, stride: int, kind: str, act: str, expansion: int
) -> Tensor:
    if kind == "bottleneck":
        return bottleneck(net, x, width, net.dice.pick(3, 3, 5), stride, expansion, act, False)
    if kind == "separable":
        return conv(net, depthwise(net, x, 3, stride, act), width, act=act)
    if stride == 2:
        return conv(net, x, width, 3, 2, act)
    if kind == "residual":
        return net.add(x, conv(net, conv(net, x, width // 2, act=act), width, 3, 1, act))
    half = max(4, width // 2)
    deep = conv(net, x, half, act=act)
    deep = net.add(deep, conv(net, conv(net, deep, half, act=act), half, 3, 1, act))
    return conv(net, net.concat([deep, conv(net, x, half, act=act)]), width, act=act)


def _extras(net: SampledNet, maps: list[Tensor]) -> list[Tensor]:
    """Further maps of half the size each (Liu et al., arXiv:1512.02325)."""
    dice = net.dice
    x, found = maps[-1], maps[-2:]
    for _ in range(dice.integer(1, 4)):
        if min(x.shape[1:3]) < 2:
            break
        width = min(192, max(16, x.shape[3] * dice.pick(1, 1, 2) // 2))
        y = conv(net, x, width, act="relu6")
        if dice.chance(50):
            x = conv(net, depthwise(net, y, 3, 2, "relu6"), 2 * width, act="relu6")
        else:
            x = conv(net, y, 2 * width, 3, 2, "relu6")
        found.append(x)
    return found


def _pyramid(net: SampledNet, maps: list[Tensor], *, back: bool) -> list[Tensor]:
    """Coarse maps are enlarged and joined with finer ones (FPN, Lin et al., arXiv:1612.03144);

    ``back``: and the fine ones with coarser ones again (PANet, Liu et al., arXiv:1803.01534).
    """
    dice = net.dice
    width, act = (
        dice.pick(16, 24, 32, 48, 64, 96),
        dice.pick("relu6", "relu", "leaky_relu", "swish"),
    )
    joins, light = dice.chance(50), dice.chance(50)

    def mix(x: Tensor, stride: int = 1) -> Tensor:
        if light:
            return conv(net, depthwise(net, x, 3, stride, act), width, act=act)
        return conv(net, x, width, 3, stride, act)

    def merge(a: Tensor, b: Tensor) -> Tensor:
        if a.shape[1:3] != b.shape[1:3]:
            return b
        return net.concat([a, b]) if joins else net.add(a, b)

    sides = [conv(net, x, width) for x in maps]
    found = [mix(sides[-1])]
    for side in reversed(sides[:-1]):
        found.insert(0, mix(merge(upsample(net, found[0]), side)))
    if back:
        for i in range(1, len(found)):
            found[i] = mix(merge(mix(found[i - 1], 2), found[i]))
    return found


def _predict(net: SampledNet, x: Tensor, channels: int, kind: str) -> Tensor:
    if kind == "light":
        return net.conv(depthwise(net, x, 3, 1, "relu6"), channels)
    return net.conv(x, channels, 3 if kind == "plain" else 1)


def _ssd(net: SampledNet, maps: list[Tensor]) -> None:
    """SSD (arXiv:1512.02325) and SSDLite (arXiv:1801.04381): boxes and scores apart."""
    dice = net.dice
    classes, each = dice.pick(*_CLASSES) + 1, dice.pick(2, 3, 6)
    kind = dice.pick("light", "light", "plain", "point")
    boxes: list[Tensor] = []
    scores: list[Tensor] = []
    for x in maps:
        n, height, width, channels = x.shape
        if not net.has_room(9 * channels * each * (classes + 4), height * width):
            continue
        for found, values in ((boxes, 4), (scores, classes)):
            y = _predict(net, x, each * values, kind)
            found.append(net.reshape(y, [n, height * width * each, values]))
    if not boxes:
        net.conv(maps[-1], 4)
        return
    box = net.concat(boxes, 1) if len(boxes) > 1 else boxes[0]
    score = net.concat(scores, 1) if len(scores) > 1 else scores[0]
    score = net.logistic(score) if dice.chance(75) else net.softmax(score)
    if dice.chance(25):
        net.dequantize(box)
        net.dequantize(score)


def _yolo(net: SampledNet, maps: list[Tensor]) -> None:
    """YOLO heads (Redmon and Farhadi, arXiv:1804.02767): one tensor of all values a map."""
    dice = net.dice
    classes, each, gate = dice.pick(*_CLASSES), dice.pick(1, 3, 3), dice.chance(60)
    kind = dice.pick("point", "point", "plain", "light")
    joined = dice.chance(60)
    found = []
    for x in maps:
        n, height, width, channels = x.shape
        values = classes + 5
        if not net.has_room(9 * channels * each * values, height * width):
            continue
        y = _predict(net, x, each * values, kind)
        y = net.reshape(y, [n, height * width * each, values])
        found.append(net.logistic(y) if gate else y)
    if not found:
        net.conv(maps[-1], 5)
    elif joined and len(found) > 1:
        net.concat(found, 1)


def _centres(net: SampledNet, maps: list[Tensor]) -> None:
    """CenterNet-like (Zhou et al., arXiv:1904.07850) and FOMO: maps of scores and offsets."""
    dice = net.dice
    # The finest map of a pyramid, the last one of a backbone: no other is left over.
    x = max(maps, key=lambda y: y.index)
    width = dice.pick(16, 24, 32, 64)
    if not net.has_room(9 * x.shape[3] * width * 3, x.shape[1] * x.shape[2]):
        width = 8
    score = net.conv(conv(net, x, width, 3, 1, "relu"), dice.pick(*_CLASSES) + 1)
    score = net.softmax(score) if dice.chance(40) else net.logistic(score)
    if dice.chance(60):
        for values in (2, 2):
            net.conv(conv(net, x, width, 3, 1, "relu"), values)
    if dice.chance(30):
        net.max_pool(score, 3, 1)
