"""The four reference nets of MLPerf Tiny; Banbury et al., arXiv:2106.07597."""

from __future__ import annotations

from perfcost.spaces.writer.builder import NetBuilder

# (output channels, stride) of each depthwise separable block of the visual wake words net.
_VWW_BLOCKS = (
    (16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2),
    (128, 1), (128, 1), (128, 1), (128, 1), (128, 1), (256, 2), (256, 1),
)  # fmt: skip


def image_classification(net: NetBuilder) -> None:
    """ResNet-8: [1, 32, 32, 3] to the 10 classes of CIFAR-10."""
    x = net.conv(net.input([1, 32, 32, 3]), 16, 3, act="relu", norm=True)
    for channels, stride in ((16, 1), (32, 2), (64, 2)):
        y = net.conv(x, channels, 3, stride, act="relu", norm=True)
        y = net.conv(y, channels, 3, norm=True)
        if stride == 2:
            x = net.conv(x, channels, 1, stride)
        x = net.add(x, y, act="relu")
    x = net.avg_pool(x, 8, 8, padding="VALID")
    net.softmax(net.fully_connected(net.reshape(x, [1, 64]), 10))


def keyword_spotting(net: NetBuilder) -> None:
    """DS-CNN: [1, 49, 10, 1] (49 frames of 10 MFCCs) to 12 words."""
    x = net.conv(net.input([1, 49, 10, 1]), 64, (10, 4), 2, act="relu", norm=True)
    for _ in range(4):
        x = net.depthwise(x, 3, act="relu", norm=True)
        x = net.conv(x, 64, act="relu", norm=True)
    x = net.avg_pool(x, (25, 5), (25, 5), padding="VALID")
    net.softmax(net.fully_connected(net.reshape(x, [1, 64]), 12))


def visual_wake_words(net: NetBuilder) -> None:
    """MobileNetV1 0.25: [1, 96, 96, 3] to person or none."""
    x = net.conv(net.input([1, 96, 96, 3]), 8, 3, 2, act="relu", norm=True)
    for channels, stride in _VWW_BLOCKS:
        x = net.depthwise(x, 3, stride, act="relu", norm=True)
        x = net.conv(x, channels, act="relu", norm=True)
    x = net.avg_pool(x, 3, 3, padding="VALID")
    net.softmax(net.fully_connected(net.reshape(x, [1, 256]), 2))


def anomaly_detection(net: NetBuilder) -> None:
    """Deep autoencoder: [1, 640] (5 frames of 128 mels) to itself."""
    x = net.input([1, 640])
    for channels in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x = net.fully_connected(x, channels, act="relu")
    net.fully_connected(x, 640)
