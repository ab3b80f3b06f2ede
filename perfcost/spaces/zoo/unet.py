"""U-Net for segmentation; Ronneberger et al., arXiv:1505.04597."""

from __future__ import annotations

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor


def unet(net: NetBuilder, width: int = 64, size: int = 128) -> None:
    """[1, size, size, 3] to a mask: the paper's channels, with batch norm and SAME padding."""
    x = _double(net, net.input([1, size, size, 3]), width)
    skips = []
    for level in range(1, 5):
        skips.append(x)
        x = _double(net, net.max_pool(x), width << level)
    for skip in reversed(skips):
        x = net.transpose_conv(x, skip.shape[3], 2, 2)
        x = _double(net, net.concat([skip, x]), skip.shape[3])
    net.logistic(net.conv(x, 1))


def _double(net: NetBuilder, x: Tensor, channels: int) -> Tensor:
    for _ in range(2):
        x = net.conv(x, channels, 3, act="relu", norm=True)
    return x
