"""ResNet-18 and ResNet-50 as torchvision builds them: strides in the 3x3 convolutions."""

from __future__ import annotations

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor


def resnet18(net: NetBuilder) -> None:
    """[1, 224, 224, 3] to 1000 classes; He et al., arXiv:1512.03385."""
    _resnet(net, (2, 2, 2, 2), bottleneck=False)


def resnet50(net: NetBuilder) -> None:
    """[1, 224, 224, 3] to 1000 classes; He et al., arXiv:1512.03385, in its version 1.5."""
    _resnet(net, (3, 4, 6, 3), bottleneck=True)


def _resnet(net: NetBuilder, repeats: tuple[int, ...], bottleneck: bool) -> None:
    x = padded_conv(net, net.input([1, 224, 224, 3]), 64, 7, 2, "relu")
    x = net.max_pool(net.pad_image(x, 1), 3, 2, padding="VALID")
    for stage, count in enumerate(repeats):
        for i in range(count):
            stride = 2 if stage and i == 0 else 1
            x = _block(net, x, 64 << stage, stride, bottleneck)
    net.fully_connected(net.mean(x), 1000)


def _block(net: NetBuilder, x: Tensor, channels: int, stride: int, bottleneck: bool) -> Tensor:
    """Two 3x3 convolutions, or 1x1, 3x3, 1x1 with four times the channels; plus the input."""
    if bottleneck:
        y = net.conv(x, channels, act="relu", norm=True)
        y = padded_conv(net, y, channels, 3, stride, "relu")
        y = net.conv(y, 4 * channels, norm=True)
    else:
        y = padded_conv(net, x, channels, 3, stride, "relu")
        y = net.conv(y, channels, 3, norm=True)
    if y.shape != x.shape:
        x = net.conv(x, y.shape[3], 1, stride, norm=True)
    return net.add(x, y, act="relu")


def padded_conv(
    net: NetBuilder, x: Tensor, channels: int, kernel: int, stride: int, act: str = ""
) -> Tensor:
    """A convolution padded alike on all sides: a strided one needs a PAD, SAME would pad less."""
    if stride == 1:
        return net.conv(x, channels, kernel, act=act, norm=True)
    x = net.pad_image(x, kernel // 2)
    return net.conv(x, channels, kernel, stride, padding="VALID", act=act, norm=True)
