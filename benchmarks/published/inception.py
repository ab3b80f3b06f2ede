"""FaceNet512: Inception-ResNet v1 with 512 features, as DeepFace builds it in Keras."""

from __future__ import annotations

from perfcost.spaces.samplers.rarities import Rarities
from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.convolutions import Pair
from perfcost.spaces.writer.records import Tensor

# Each branch is a row of (channels, kernel).
_Branch = tuple[tuple[int, Pair], ...]
_BLOCK_35: tuple[_Branch, ...] = (((32, 1),), ((32, 1), (32, 3)), ((32, 1), (32, 3), (32, 3)))
_BLOCK_17: tuple[_Branch, ...] = (((128, 1),), ((128, 1), (128, (1, 7)), (128, (7, 1))))
_BLOCK_8: tuple[_Branch, ...] = (((192, 1),), ((192, 1), (192, (1, 3)), (192, (3, 1))))
# The last convolution of a branch that makes the picture smaller has stride 2 and no padding.
_REDUCE_A: tuple[_Branch, ...] = (((384, 3),), ((192, 1), (192, 3), (256, 3)))
_REDUCE_B: tuple[_Branch, ...] = (
    ((256, 1), (384, 3)),
    ((256, 1), (256, 3)),
    ((256, 1), (256, 3), (256, 3)),
)


def facenet512(net: Rarities) -> None:
    """uint8 [1, 160, 160, 3] to float [1, 512]; the features' scale is in the weights."""
    x = net.quantize(net.bytes_input([1, 160, 160, 3]))
    x = _conv(net, x, 32, 3, 2, "VALID")
    x = _conv(net, x, 32, 3, 1, "VALID")
    x = _conv(net, x, 64, 3)
    x = net.max_pool(x, 3, 2, padding="VALID")
    x = _conv(net, x, 80, 1)
    x = _conv(net, x, 192, 3, 1, "VALID")
    x = _conv(net, x, 256, 3, 2, "VALID")
    for _ in range(5):
        x = _residual(net, x, _BLOCK_35)
    x = _reduced(net, x, _REDUCE_A)
    for _ in range(10):
        x = _residual(net, x, _BLOCK_17)
    x = _reduced(net, x, _REDUCE_B)
    for i in range(6):
        x = _residual(net, x, _BLOCK_8, last=i == 5)
    net.dequantize(net.fully_connected(net.mean(x), 512))


def _conv(
    net: NetBuilder, x: Tensor, channels: int, kernel: Pair, stride: int = 1, padding: str = "SAME"
) -> Tensor:
    return net.conv(x, channels, kernel, stride, padding=padding, act="relu", norm=True)


def _residual(
    net: NetBuilder, x: Tensor, branches: tuple[_Branch, ...], last: bool = False
) -> Tensor:
    """Branches joined, brought to the input's channels and added; the last without RELU."""
    ends = []
    for branch in branches:
        y = x
        for channels, kernel in branch:
            y = _conv(net, y, channels, kernel)
        ends.append(y)
    # The factor on the branch is a scalar, which the converter folds into the weights.
    up = net.conv(net.concat(ends), x.shape[3])
    return net.add(x, up, act="" if last else "relu")


def _reduced(net: NetBuilder, x: Tensor, branches: tuple[_Branch, ...]) -> Tensor:
    ends = []
    for branch in branches:
        y = x
        for channels, kernel in branch[:-1]:
            y = _conv(net, y, channels, kernel)
        ends.append(_conv(net, y, *branch[-1], 2, "VALID"))
    ends.append(net.max_pool(x, 3, 2, padding="VALID"))
    return net.concat(ends)
