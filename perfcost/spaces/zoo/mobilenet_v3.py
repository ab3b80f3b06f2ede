"""MobileNetV3 as Keras builds it and the converter writes it."""

from __future__ import annotations

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor
from perfcost.spaces.zoo.mobilenet import strided_depthwise

# (kernel, expanded channels, output channels, squeeze and excite, hard swish, stride)
_Block = tuple[int, int, int, bool, bool, int]
_SMALL: tuple[_Block, ...] = (
    (3, 16, 16, True, False, 2),
    (3, 72, 24, False, False, 2),
    (3, 88, 24, False, False, 1),
    (5, 96, 40, True, True, 2),
    (5, 240, 40, True, True, 1),
    (5, 240, 40, True, True, 1),
    (5, 120, 48, True, True, 1),
    (5, 144, 48, True, True, 1),
    (5, 288, 96, True, True, 2),
    (5, 576, 96, True, True, 1),
    (5, 576, 96, True, True, 1),
)
_LARGE: tuple[_Block, ...] = (
    (3, 16, 16, False, False, 1),
    (3, 64, 24, False, False, 2),
    (3, 72, 24, False, False, 1),
    (5, 72, 40, True, False, 2),
    (5, 120, 40, True, False, 1),
    (5, 120, 40, True, False, 1),
    (3, 240, 80, False, True, 2),
    (3, 200, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 480, 112, True, True, 1),
    (3, 672, 112, True, True, 1),
    (5, 672, 160, True, True, 2),
    (5, 960, 160, True, True, 1),
    (5, 960, 160, True, True, 1),
)


def mobilenet_v3_small(net: NetBuilder) -> None:
    """[1, 224, 224, 3] to 1000 classes; Howard et al., arXiv:1905.02244, table 2."""
    _mobilenet_v3(net, _SMALL, 1024)


def mobilenet_v3_large(net: NetBuilder) -> None:
    """[1, 224, 224, 3] to 1000 classes; Howard et al., arXiv:1905.02244, table 1."""
    _mobilenet_v3(net, _LARGE, 1280)


def _mobilenet_v3(net: NetBuilder, blocks: tuple[_Block, ...], head: int) -> None:
    x = net.input([1, 224, 224, 3])
    x = net.hard_swish(net.conv(x, 16, 3, 2, norm=True))
    for block in blocks:
        x = _block(net, x, block)
    x = net.hard_swish(net.conv(x, 6 * x.shape[3], norm=True))
    x = net.hard_swish(net.conv(net.mean(x, keep_dims=True), head))
    net.softmax(net.reshape(net.conv(x, 1000), [1, 1000]))


def _block(net: NetBuilder, x: Tensor, block: _Block) -> Tensor:
    kernel, expanded, channels, squeeze, swish, stride = block
    # HARD_SWISH is an op of its own; RELU fuses into the convolution.
    act = "" if swish else "relu"
    y = x
    if expanded != x.shape[3]:
        y = net.conv(y, expanded, act=act, norm=True)
        y = net.hard_swish(y) if swish else y
    y = strided_depthwise(net, y, kernel, stride, act)
    y = net.hard_swish(y) if swish else y
    if squeeze:
        y = squeeze_excite(net, y)
    y = net.conv(y, channels, norm=True)
    return net.add(x, y) if y.shape == x.shape else y


def squeeze_excite(net: NetBuilder, x: Tensor) -> Tensor:
    """Scale each channel by a hard sigmoid of all channels' means: relu6(v + 3) / 6."""
    channels = x.shape[3]
    v = net.mean(x, keep_dims=True)
    v = net.conv(v, multiple_of_8(channels / 4), act="relu")
    v = net.add(net.conv(v, channels), 3.0, act="relu6")
    return net.mul(x, net.mul(v, 1 / 6))


def multiple_of_8(value: float) -> int:
    """The nearest multiple of 8 that is not more than a tenth below ``value``."""
    near = max(8, int(value + 4) // 8 * 8)
    return near + 8 if near < 0.9 * value else near
