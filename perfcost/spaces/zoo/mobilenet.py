"""MobileNetV1 and MobileNetV2 as Keras builds them and the converter writes them."""

from __future__ import annotations

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor

# (output channels, stride) of each depthwise separable block.
_V1_BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip
# (expansion, output channels, repeats, stride of the first).
V2_STAGES = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    (6, 320, 1, 1),
)  # fmt: skip


def mobilenet_v1(net: NetBuilder, width: float = 1.0, size: int = 224) -> None:
    """[1, size, size, 3] to 1000 classes; Howard et al., arXiv:1704.04861."""
    x = net.input([1, size, size, 3])
    x = net.conv(x, int(32 * width), 3, 2, act="relu6", norm=True)
    for channels, stride in _V1_BLOCKS:
        x = strided_depthwise(net, x, 3, stride, "relu6")
        x = net.conv(x, int(channels * width), act="relu6", norm=True)
    x = net.conv(net.mean(x, keep_dims=True), 1000)
    net.softmax(net.reshape(x, [1, 1000]))


def mobilenet_v2(net: NetBuilder) -> None:
    """[1, 224, 224, 3] to 1000 classes; Sandler et al., arXiv:1801.04381."""
    x = net.input([1, 224, 224, 3])
    x = net.conv(x, 32, 3, 2, act="relu6", norm=True)
    for expansion, channels, repeats, first in V2_STAGES:
        for i in range(repeats):
            x = inverted_residual(net, x, expansion, channels, first if i == 0 else 1)
    x = net.conv(x, 1280, act="relu6", norm=True)
    net.softmax(net.fully_connected(net.mean(x), 1000))


def strided_depthwise(net: NetBuilder, x: Tensor, kernel: int, stride: int, act: str) -> Tensor:
    """A depthwise convolution; Keras pads a strided one by hand, to be like other frameworks."""
    if stride == 1:
        return net.depthwise(x, kernel, act=act, norm=True)
    half = kernel // 2
    # On an even side the window would reach one row too far before the image.
    x = net.pad_image(x, half - (1 - x.shape[1] % 2), half)
    return net.depthwise(x, kernel, stride, padding="VALID", act=act, norm=True)


def inverted_residual(
    net: NetBuilder, x: Tensor, expansion: int, channels: int, stride: int
) -> Tensor:
    """Expand by 1x1, filter by depthwise 3x3, project by 1x1; a sum where shapes allow."""
    y = x
    if expansion != 1:
        y = net.conv(y, x.shape[3] * expansion, act="relu6", norm=True)
    y = strided_depthwise(net, y, 3, stride, "relu6")
    y = net.conv(y, channels, norm=True)
    return net.add(x, y) if y.shape == x.shape else y
