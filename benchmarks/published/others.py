"""MobileNetV1 as TensorFlow 1 quantised it, YOLOv4-tiny and Wav2Letter."""

from __future__ import annotations

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor

# (output channels at width 1, stride) of each depthwise separable block.
_V1_BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip


def mobilenet_v1_025_128_slim(net: NetBuilder) -> None:
    """[1, 128, 128, 3] to 1001 classes; tensorflow/models, slim/nets/mobilenet_v1.py.

    Unlike Keras' it pads inside the convolutions and ends in an average pool.
    """
    x = net.conv(net.input([1, 128, 128, 3]), 8, 3, 2, act="relu6", norm=True)
    for channels, stride in _V1_BLOCKS:
        x = net.depthwise(x, 3, stride, act="relu6", norm=True)
        x = net.conv(x, channels // 4, act="relu6", norm=True)
    x = net.conv(net.avg_pool(x, 4, 4, padding="VALID"), 1001)
    net.softmax(net.reshape(x, [1, 1001]))


def yolov4_tiny(net: NetBuilder) -> None:
    """[1, 416, 416, 3] to two float maps of boxes; AlexeyAB/darknet, cfg/yolov4-tiny.cfg."""
    x = _leaky(net, net.input([1, 416, 416, 3]), 32, 3, 2)
    x = _leaky(net, x, 64, 3, 2)
    fine = x
    for channels in (64, 128, 256):
        whole, fine = _partial(net, x, channels)
        x = net.max_pool(net.concat([whole, fine]), 2, 2)
    x = _leaky(net, x, 512, 3)
    neck = _leaky(net, x, 256, 1)
    coarse = net.conv(_leaky(net, neck, 512, 3), 255)
    up = net.resize_bilinear(_leaky(net, neck, 128, 1), 26, 26)
    x = net.conv(_leaky(net, net.concat([up, fine]), 256, 3), 255)
    net.output(net.dequantize(x), net.dequantize(coarse))


def _partial(net: NetBuilder, x: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """A stage of which half the channels go deeper: the whole, and what the half became."""
    whole = _leaky(net, x, channels, 3)
    first = _leaky(net, net.split(whole, 2)[1], channels // 2, 3)
    second = _leaky(net, first, channels // 2, 3)
    return whole, _leaky(net, net.concat([second, first]), channels, 1)


def _leaky(net: NetBuilder, x: Tensor, channels: int, kernel: int, stride: int = 1) -> Tensor:
    """Convolution and LEAKY_RELU; a strided one is padded at the top and on the left."""
    padding = "SAME"
    if stride > 1:
        x, padding = net.pad(x, [[0, 0], [1, 0], [1, 0], [0, 0]]), "VALID"
    return net.leaky_relu(net.conv(x, channels, kernel, stride, padding=padding, norm=True))


def wav2letter(net: NetBuilder) -> None:
    """[1, 296, 39] (296 frames of 39 features) to 148 letters; arXiv:1609.03193, Arm's ML-zoo."""
    x = net.reshape(net.input([1, 296, 39]), [1, 1, 296, 39])
    x = net.leaky_relu(net.conv(x, 250, (1, 48), (1, 2), norm=True))
    for channels, kernel in (*((250, 7),) * 7, (2000, 32), (2000, 1)):
        x = net.leaky_relu(net.conv(x, channels, (1, kernel), norm=True))
    net.softmax(net.conv(x, 29))
