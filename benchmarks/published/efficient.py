"""Networks of inverted residuals with squeeze and excitation, as NXP's zoo has them."""

from __future__ import annotations

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor
from perfcost.spaces.zoo.mobilenet_v3 import multiple_of_8

# (kernel, stride of the first, expansion, output channels, repeats, squeezed)
_Stage = tuple[int, int, int, int, int, bool]
_MNASNET_A1: tuple[_Stage, ...] = (
    (3, 1, 1, 16, 1, False), (3, 2, 6, 24, 2, False), (5, 2, 3, 40, 3, True),
    (3, 2, 6, 80, 4, False), (3, 1, 6, 112, 2, True), (5, 2, 6, 160, 3, True),
    (3, 1, 6, 320, 1, False),
)  # fmt: skip
_EFFICIENTNET_B0: tuple[_Stage, ...] = (
    (3, 1, 1, 16, 1, True), (3, 2, 6, 24, 2, True), (5, 2, 6, 40, 2, True),
    (3, 2, 6, 80, 3, True), (5, 1, 6, 112, 3, True), (5, 2, 6, 192, 4, True),
    (3, 1, 6, 320, 1, True),
)  # fmt: skip


def mnasnet_a1_075(net: NetBuilder) -> None:
    """[1, 224, 224, 3] to 1000 classes; tensorflow/tpu, models/official/mnasnet, width 0.75."""
    x = net.input([1, 224, 224, 3])
    x = net.conv(x, multiple_of_8(32 * 0.75), 3, 2, act="relu", norm=True)
    x = _stages(net, x, _MNASNET_A1, 0.75, swish=False)
    x = net.conv(x, 1280, act="relu", norm=True)
    net.softmax(net.fully_connected(net.mean(x), 1000))


def whenet(net: NetBuilder) -> None:
    """[1, 224, 224, 3] to bins of yaw, pitch and roll: EfficientNet-B0; arXiv:2005.10353."""
    x = net.input([1, 224, 224, 3])
    x = _swish(net, net.conv(x, 32, 3, 2, norm=True))
    x = _stages(net, x, _EFFICIENTNET_B0, 1.0, swish=True)
    x = net.mean(_swish(net, net.conv(x, 1280, norm=True)))
    net.output(*(net.fully_connected(x, bins) for bins in (120, 66, 66)))


def _stages(
    net: NetBuilder, x: Tensor, stages: tuple[_Stage, ...], width: float, swish: bool
) -> Tensor:
    for kernel, first, expansion, channels, repeats, squeezed in stages:
        for i in range(repeats):
            squeeze = max(1, x.shape[3] // 4) if squeezed else 0
            stride = first if i == 0 else 1
            out = multiple_of_8(channels * width)
            x = _block(net, x, kernel, stride, expansion, out, squeeze, swish)
    return x


def _block(
    net: NetBuilder,
    x: Tensor,
    kernel: int,
    stride: int,
    expansion: int,
    channels: int,
    squeeze: int,
    swish: bool,
) -> Tensor:
    act = "" if swish else "relu"
    y = x
    if expansion != 1:
        y = net.conv(y, x.shape[3] * expansion, act=act, norm=True)
        y = _swish(net, y) if swish else y
    y = net.depthwise(y, kernel, stride, act=act, norm=True)
    y = _swish(net, y) if swish else y
    if squeeze:
        v = net.conv(net.mean(y, keep_dims=True), squeeze, act=act)
        v = _swish(net, v) if swish else v
        y = net.mul(y, net.logistic(net.conv(v, y.shape[3])))
    y = net.conv(y, channels, norm=True)
    return net.add(x, y) if y.shape == x.shape else y


def _swish(net: NetBuilder, x: Tensor) -> Tensor:
    """The converter writes it as a LOGISTIC and a MUL."""
    return net.mul(x, net.logistic(x))
