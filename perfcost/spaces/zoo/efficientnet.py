"""EfficientNet-Lite: EfficientNet without squeeze-and-excite, with RELU6, for integer hardware."""

from __future__ import annotations

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor

# (kernel, stride of the first, expansion, output channels, repeats)
_STAGES = (
    (3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4), (3, 1, 6, 320, 1),
)  # fmt: skip


def efficientnet_lite0(net: NetBuilder) -> None:
    """[1, 224, 224, 3] to 1000 classes; tensorflow/tpu models/official/efficientnet/lite."""
    x = net.input([1, 224, 224, 3])
    x = net.conv(x, 32, 3, 2, act="relu6", norm=True)
    for kernel, first, expansion, channels, repeats in _STAGES:
        for i in range(repeats):
            x = _block(net, x, kernel, first if i == 0 else 1, expansion, channels)
    x = net.conv(x, 1280, act="relu6", norm=True)
    net.softmax(net.fully_connected(net.mean(x), 1000))


def _block(
    net: NetBuilder, x: Tensor, kernel: int, stride: int, expansion: int, channels: int
) -> Tensor:
    y = x
    if expansion != 1:
        y = net.conv(y, x.shape[3] * expansion, act="relu6", norm=True)
    y = net.depthwise(y, kernel, stride, act="relu6", norm=True)
    y = net.conv(y, channels, norm=True)
    return net.add(x, y) if y.shape == x.shape else y
