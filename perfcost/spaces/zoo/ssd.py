"""SSD detectors on MobileNetV2, up to the boxes and scores that non-maximum suppression reads."""

from __future__ import annotations

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor
from perfcost.spaces.zoo.mobilenet import V2_STAGES

_CLASSES = 91
# Output channels of the four extra feature maps; each has half as many in its 1x1 convolution.
_EXTRAS = (512, 256, 256, 128)


def ssd_mobilenet_v2(net: NetBuilder) -> None:
    """[1, 300, 300, 3] to 1917 boxes; TensorFlow Object Detection API, ssd_mobilenet_v2_coco."""
    _ssd(net, lite=False)


def ssdlite_mobilenet_v2(net: NetBuilder) -> None:
    """The same with depthwise separable heads; Sandler et al., arXiv:1801.04381, section 6.2."""
    _ssd(net, lite=True)


def _ssd(net: NetBuilder, lite: bool) -> None:
    maps = _features(net)
    boxes, scores = [], []
    for i, x in enumerate(maps):
        anchors = x.shape[1] * x.shape[2] * (3 if i == 0 else 6)
        box, score = (_head(net, x, anchors, n, lite) for n in (4, _CLASSES))
        boxes.append(box)
        scores.append(score)
    net.output(net.concat(boxes, 1), net.logistic(net.concat(scores, 1)))


def _features(net: NetBuilder) -> list[Tensor]:
    """The six maps: the expansion of block 13, the last layer, and four extras."""
    x = net.conv(net.input([1, 300, 300, 3]), 32, 3, 2, act="relu6", norm=True)
    maps = []
    for expansion, channels, repeats, first in V2_STAGES:
        for i in range(repeats):
            y = x
            if expansion != 1:
                y = net.conv(y, x.shape[3] * expansion, act="relu6", norm=True)
            if channels == 160 and i == 0:
                maps.append(y)
            y = net.depthwise(y, 3, first if i == 0 else 1, act="relu6", norm=True)
            y = net.conv(y, channels, norm=True)
            x = net.add(x, y) if y.shape == x.shape else y
    x = net.conv(x, 1280, act="relu6", norm=True)
    maps.append(x)
    for channels in _EXTRAS:
        x = net.conv(x, channels // 2, act="relu6", norm=True)
        x = net.depthwise(x, 3, 2, act="relu6", norm=True)
        x = net.conv(x, channels, act="relu6", norm=True)
        maps.append(x)
    return maps


def _head(net: NetBuilder, x: Tensor, anchors: int, values: int, lite: bool) -> Tensor:
    """``[1, anchors, values]`` predicted from one map."""
    per_place = anchors // (x.shape[1] * x.shape[2])
    if lite:
        x = net.conv(net.depthwise(x, 3, act="relu6", norm=True), per_place * values)
    else:
        x = net.conv(x, per_place * values, 3)
    return net.reshape(x, [1, anchors, values])
