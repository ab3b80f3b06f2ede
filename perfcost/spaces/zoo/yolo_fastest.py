"""Yolo-Fastest 1.1, up to the two maps of raw boxes."""

from __future__ import annotations

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor

_BOX_VALUES = 3 * (5 + 80)
# (expanded channels, output channels, stride, expanded channels of the residual blocks, how many)
_STAGES = (
    (8, 4, 1, 8, 1), (24, 8, 2, 32, 2), (32, 8, 2, 48, 2), (48, 16, 1, 96, 4), (96, 24, 2, 136, 4),
    (136, 48, 2, 224, 5),
)  # fmt: skip


def yolo_fastest(net: NetBuilder) -> None:
    """[1, 320, 320, 3] to [1, 10, 10, 255] and [1, 20, 20, 255].

    dog-qiuqiu/Yolo-Fastest, ModelZoo/yolo-fastest-1.1_coco; darknet's leaky units stay ops.
    """
    x = net.pad_image(net.input([1, 320, 320, 3]), 1, 0)
    x = net.leaky_relu(net.conv(x, 8, 3, 2, padding="VALID", norm=True))
    sums = []
    for expanded, channels, stride, inner, repeats in _STAGES:
        x = _block(net, x, expanded, channels, stride)
        for _ in range(repeats):
            x = net.add(x, _block(net, x, inner, channels, 1))
        sums.append(x)
    pools = [net.max_pool(x, k, 1) for k in (9, 5, 3)]
    x = net.leaky_relu(net.conv(net.concat([*pools, x]), 96, norm=True))
    coarse = _head(net, x)
    x = net.resize_nearest(x, 2 * x.shape[1], 2 * x.shape[2])
    net.output(coarse, _head(net, net.concat([x, sums[-2]])))


def _block(net: NetBuilder, x: Tensor, expanded: int, channels: int, stride: int) -> Tensor:
    x = net.leaky_relu(net.conv(x, expanded, norm=True))
    if stride == 2:
        # Darknet pads both sides; on an even side the last row is never read.
        x = net.pad_image(x, 1, 0)
    x = net.depthwise(x, 3, stride, padding="VALID" if stride == 2 else "SAME", norm=True)
    return net.conv(net.leaky_relu(x), channels, norm=True)


def _head(net: NetBuilder, x: Tensor) -> Tensor:
    for _ in range(2):
        x = net.leaky_relu(net.depthwise(x, 5, norm=True))
        x = net.conv(x, x.shape[3], norm=True)
    return net.conv(x, _BOX_VALUES)
