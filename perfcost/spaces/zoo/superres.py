"""Nets that double the rows and columns of a picture's luminance."""

from __future__ import annotations

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor


def fsrcnn(net: NetBuilder, wide: int = 56, narrow: int = 12, depth: int = 4) -> None:
    """FSRCNN(d, s, m), [1, 128, 128, 1] to [1, 256, 256, 1]; Dong et al., arXiv:1608.00367."""
    net.transpose_conv(_fsrcnn_body(net, wide, narrow, depth), 1, 9, 2)


def fsrcnn_depth_to_space(net: NetBuilder) -> None:
    """FSRCNN(56, 12, 4) whose last layer is a 5x5 convolution and DEPTH_TO_SPACE.

    That is the sub-pixel form (Shi et al., arXiv:1609.05158) of a transposed convolution: 4 x 25
    weights a channel stand for the 81 of a 9 x 9 kernel, some of them always 0.
    """
    net.depth_to_space(net.conv(_fsrcnn_body(net, 56, 12, 4), 4, 5), 2)


def _fsrcnn_body(net: NetBuilder, wide: int, narrow: int, depth: int) -> Tensor:
    """Extract, shrink, map ``depth`` times, expand; PRELU after each."""
    x = net.prelu(net.conv(net.input([1, 128, 128, 1]), wide, 5))
    x = net.prelu(net.conv(x, narrow))
    for _ in range(depth):
        x = net.prelu(net.conv(x, narrow, 3))
    return net.prelu(net.conv(x, wide))
