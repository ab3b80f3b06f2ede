"""Nets of options that small real nets have and a free draw of kernels seldom meets.

Spectrograms under long kernels (Google's speech commands nets), sound as a line of frames under
long depthwise kernels, gestures as narrow maps under pools of 3 (TensorFlow Lite Micro).
"""

from __future__ import annotations

from collections.abc import Callable

from perfcost.spaces.samplers.net import elements
from perfcost.spaces.samplers.wild import chain, ends
from perfcost.spaces.samplers.wild.net import WildNet
from perfcost.spaces.writer.records import Tensor

Motif = Callable[[WildNet, Tensor], Tensor | None]

# What the ends of a net cost in ops.
_ENDS = 3


def draw(net: WildNet, ops: int) -> None:
    """Two to five rare motifs, any others, and an end."""
    dice = net.dice
    shape = _spectrogram(net) if dice.chance(60) else _frames(net)
    x = ends.start(net, shape)
    motifs = _OF_MAPS if x.shape[2] > 1 else _OF_LINES
    for _ in range(dice.integer(2, 5)):
        x = dice.pick(*motifs)(net, x) or x
    x = chain.grow(net, x, max(net.count, ops - _ENDS))
    if dice.chance(35) and len(x.shape) == 4:
        _scores(net, x)
    else:
        ends.finish(net, x)


def _spectrogram(net: WildNet) -> list[int]:
    """Frames by coefficients."""
    dice = net.dice
    net.width = dice.channels(8, 144)
    return [1, dice.integer(15, 128), dice.pick(3, 6, 10, 10, 13, 20, 40), dice.pick(1, 1, 1, 3)]


def _frames(net: WildNet) -> list[int]:
    """A line of frames, each of many channels."""
    dice = net.dice
    net.width = dice.channels(16, 160)
    return [1, dice.integer(24, 250), 1, dice.channels(8, 128)]


def _tall(net: WildNet, x: Tensor) -> Tensor | None:
    """A kernel as long as a word and as wide as a few coefficients."""
    dice = net.dice
    kernel, stride = (dice.integer(8, 12), dice.integer(4, 7)), dice.pick((1, 1), (2, 2), (2, 1))
    if x.shape[1] < kernel[0] or x.shape[2] < 3:
        return None
    padding = dice.pick("SAME", "SAME", "VALID")
    act = dice.pick("relu", "relu", "relu", "relu6", "relu6")
    return net.mix(x, net.some_channels(160), kernel, stride, act, padding=padding)


def _narrow(net: WildNet, x: Tensor) -> Tensor | None:
    """A kernel over a whole narrow map."""
    dice = net.dice
    if x.shape[1] < 4 or x.shape[2] < 2:
        return None
    kernel = (dice.integer(4, 7), 3)
    return net.mix(x, net.some_channels(96), kernel, 1, "relu")


def _column(net: WildNet, x: Tensor) -> Tensor | None:
    """A kernel of one column."""
    dice = net.dice
    if x.shape[1] < 8:
        return None
    stride = dice.pick((1, 1), (2, 1), (2, 1))
    return net.mix(x, net.some_channels(128), (dice.integer(4, 7), 1), stride, "relu")


def _pooled(net: WildNet, x: Tensor) -> Tensor | None:
    """Every third row, and column where there are some."""
    dice = net.dice
    if x.shape[1] < 9 or (x.shape[2] < 3 and dice.chance(50)):
        return None
    stride = (3, 3) if x.shape[2] >= 3 else (3, 1)
    return net.max_pool(x, stride, stride, padding=dice.pick("SAME", "VALID"))


def _long_filter(net: WildNet, x: Tensor) -> Tensor | None:
    """A long kernel over each channel of a line, mostly with a 1x1 behind it."""
    dice = net.dice
    if x.shape[1] < 16:
        return None
    stride = dice.pick((1, 1), (1, 1), (2, 2))
    kernel = (dice.pick(8, 9, 9, 9, 10, 11, 13), 1)
    x = net.filter(x, kernel, stride, dice.pick("relu", "relu", ""))
    return net.mix(x, net.some_channels(160), act="relu") if dice.chance(75) else x


_OF_MAPS: tuple[Motif, ...] = (_tall, _tall, _tall, _tall, _narrow, _column, _pooled)
_OF_LINES: tuple[Motif, ...] = (_long_filter, _long_filter, _long_filter, _column, _pooled)


def _scores(net: WildNet, x: Tensor) -> None:
    """Scores of a few classes, as 16-bit shares where an int8 net's own would be too coarse."""
    dice = net.dice
    if elements(x) > 20_000:
        x = net.avg_pool(x, 4, 4)
    classes = dice.integer(2, 12)
    if not net.has_room(elements(x) * classes):
        ends.finish(net, x)
        return
    y = net.fully_connected(net.reshape(x, [x.shape[0], elements(x) // x.shape[0]]), classes)
    if net.dtype == "int8" and dice.chance(75):
        net.softmax_16(y)
    else:
        net.softmax(y)
