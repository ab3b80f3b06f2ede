"""The space ``keyword``: words and sounds in spectrograms, and small nets for microcontrollers."""

from __future__ import annotations

from perfcost.spaces.samplers.dice import Dice
from perfcost.spaces.samplers.image import bottleneck
from perfcost.spaces.samplers.layers import classify, conv, depthwise
from perfcost.spaces.samplers.net import Family, SampledNet
from perfcost.spaces.writer.convolutions import Pair
from perfcost.spaces.writer.records import Tensor

# (frames, features of a frame) as front ends make them.
_SHAPES = (
    (49, 10), (49, 10), (49, 40), (98, 40), (99, 13), (62, 20), (61, 13), (101, 40), (32, 40),
    (124, 129), (96, 64), (59, 49), (69, 70), (50, 10), (63, 25), (128, 40),
)  # fmt: skip
_CLASSES = (2, 4, 8, 10, 11, 12, 12, 12, 20, 35, 36)


def sample(dice: Dice) -> bytes:
    """One net of the space."""
    net = SampledNet(dice, dtype="uint8" if dice.chance(12) else "int8", max_weights=2_000_000)
    return family(dice)(net).build()


def family(dice: Dice) -> Family:
    """One of the families, which draws a net into a builder."""
    return dice.weighted(((35, separable), (25, temporal), (20, tiny), (12, plain), (8, dense)))


def _spectrogram(net: SampledNet) -> Tensor:
    """An input; some come flat or float, and are reshaped or quantised first."""
    dice = net.dice
    frames, features = dice.pick(*_SHAPES)
    if dice.chance(25):
        frames, features = dice.integer(20, 130), dice.integer(8, 80)
    shape = [1, frames, features, 1]
    way = dice.weighted(((70, "image"), (15, "flat"), (15, "float")))
    if way == "flat":
        x = net.input([1, frames * features])
        return net.reshape(x, shape)
    if way == "float":
        return net.quantize(net.input(shape, "float32"))
    return net.input(shape)


def separable(net: SampledNet) -> SampledNet:
    """DS-CNN (Zhang et al., arXiv:1711.07128)."""
    dice = net.dice
    x = _spectrogram(net)
    channels = dice.pick(16, 24, 32, 48, 64, 64, 76, 96, 128, 172, 276)
    act = dice.pick("relu", "relu", "relu", "relu6", "hard_swish")
    kernel = (dice.pick(3, 4, 8, 10), dice.pick(3, 4, 5, 10))
    x = conv(net, x, channels, kernel, dice.pick((2, 2), (2, 1), (1, 1), (1, 2)), act)
    for _ in range(dice.integer(2, 7)):
        if dice.chance(30):
            channels = dice.pick(32, 48, 64, 96, 128)
        x = depthwise(net, x, dice.pick(3, 3, 5), dice.pick(1, 1, 1, 1, 2), act)
        x = conv(net, x, channels, act=act)
    classify(net, x, dice.pick(*_CLASSES))
    return net


def temporal(net: SampledNet) -> SampledNet:
    """TC-ResNet (Choi et al., arXiv:1904.03814): features are channels, time is the only axis.

    Time lies along rows or along columns; blocks are plain or depthwise (MatchboxNet,
    arXiv:2004.08531).
    """
    dice = net.dice
    frames, features = dice.pick(*_SHAPES)
    upright = dice.chance(75)
    if dice.chance(30):
        x = net.input([1, frames, features, 1])
        x = net.reshape(x, [1, frames, 1, features] if upright else [1, 1, frames, features])
    else:
        x = net.input([1, frames, 1, features] if upright else [1, 1, frames, features])

    def along(size: int) -> tuple[int, int]:
        return (size, 1) if upright else (1, size)

    percent = dice.pick(50, 100, 100, 150, 200, 300)
    kernel, act, split = (
        dice.pick(3, 5, 9, 9, 9, 11, 15),
        dice.pick("relu", "relu6"),
        dice.chance(35),
    )
    both = dice.chance(40)
    x = conv(net, x, 16 * percent // 100, along(3), 1, act)
    for channels in (24, 32, 48, 64)[: dice.integer(1, 4)]:
        width = channels * percent // 100
        for i in range(dice.integer(1, 3)):
            stride: Pair = 1
            if i == 0 and max(x.shape[1:3]) > 4:
                stride = 2 if both else along(2)
            if split:
                y = conv(net, depthwise(net, x, along(kernel), stride), width, act=act)
                y = net.conv(depthwise(net, y, along(kernel)), width, norm=True)
            else:
                y = conv(net, x, width, along(kernel), stride, act)
                y = net.conv(y, width, along(kernel), norm=True)
            if y.shape != x.shape:
                x = conv(net, x, width, 1, stride, act)
            x = net.add(x, y, act=act)
    classify(net, x, dice.pick(*_CLASSES))
    return net


def tiny(net: SampledNet) -> SampledNet:
    """MCUNet-like (Lin et al., arXiv:2007.10319): narrow inverted bottlenecks of mixed kernels."""
    dice = net.dice
    act = dice.pick("relu6", "relu6", "relu", "hard_swish")
    x = conv(net, _spectrogram(net), dice.pick(8, 8, 16, 24), 3, dice.pick(1, 2), act)
    channels = dice.pick(8, 12, 16, 24)
    for _ in range(dice.integer(2, 6)):
        for i in range(dice.integer(1, 3)):
            stride = 2 if i == 0 and min(x.shape[1:3]) > 3 and dice.chance(70) else 1
            kernel, expansion = dice.pick(3, 5, 7), dice.pick(1, 3, 4, 5, 6)
            x = bottleneck(net, x, channels, kernel, stride, expansion, act, False)
        channels = min(160, channels * dice.pick(10, 13, 16, 20) // 10)
    classify(net, x, dice.pick(*_CLASSES))
    return net


def plain(net: SampledNet) -> SampledNet:
    """CNNs of one to four layers (Sainath and Parada, Interspeech 2015): convolution and pool."""
    dice = net.dice
    x = _spectrogram(net)
    for _ in range(dice.integer(1, 4)):
        kernel = (dice.integer(2, min(20, x.shape[1])), dice.integer(2, min(9, x.shape[2])))
        padding = dice.pick("SAME", "VALID")
        x = conv(net, x, dice.channels(4, 96), kernel, 1, "relu", padding=padding)
        if min(x.shape[1:3]) < 4:
            break
        if dice.chance(70):
            size = dice.pick((2, 2), (2, 2), (3, 3), (1, 3), (2, 1))
            x = net.max_pool(x, size, 2)
            if min(x.shape[1:3]) < 4:
                break
    classify(net, x, dice.pick(*_CLASSES))
    return net


def dense(net: SampledNet) -> SampledNet:
    """Stacks of dense layers over flattened frames (Chen et al., ICASSP 2014)."""
    dice = net.dice
    x = net.input([1, dice.pick(250, 490, 640, 1024, 1960)])
    for _ in range(dice.integer(2, 8)):
        x = net.fully_connected(x, dice.channels(8, 512), act=dice.pick("relu", "relu", ""))
    x = net.fully_connected(x, dice.pick(*_CLASSES, 640))
    if dice.chance(60):
        net.softmax(x)
    return net
