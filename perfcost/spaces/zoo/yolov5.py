"""YOLOv5n with the decoding of boxes, as its exporter hands it to the converter."""

from __future__ import annotations

import numpy as np

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor

_CLASSES = 80
_ANCHORS = 3
_SIZE = 640


def yolov5n(net: NetBuilder) -> None:
    """[1, 640, 640, 3] to [1, 25200, 85]; Ultralytics YOLOv5 6.0, models/yolov5n.yaml.

    SiLU is a LOGISTIC and a MUL.
    """
    x = _conv(net, net.input([1, _SIZE, _SIZE, 3]), 16, 6, 2)
    x = _c3(net, _conv(net, x, 32, 3, 2), 32, 1)
    fine = x = _c3(net, _conv(net, x, 64, 3, 2), 64, 2)
    middle = x = _c3(net, _conv(net, x, 128, 3, 2), 128, 3)
    x = _pyramid_pool(net, _c3(net, _conv(net, x, 256, 3, 2), 256, 1))
    top = x = _conv(net, x, 128)
    x = _c3(net, net.concat([_twice(net, x), middle]), 128, 1, shortcut=False)
    side = x = _conv(net, x, 64)
    fine = _c3(net, net.concat([_twice(net, x), fine]), 64, 1, shortcut=False)
    x = net.concat([_conv(net, fine, 64, 3, 2), side])
    middle = _c3(net, x, 128, 1, shortcut=False)
    x = net.concat([_conv(net, middle, 128, 3, 2), top])
    coarse = _c3(net, x, 256, 1, shortcut=False)
    boxes = [_decode(net, x) for x in (fine, middle, coarse)]
    net.output(net.concat(boxes, 1))


def _conv(net: NetBuilder, x: Tensor, channels: int, kernel: int = 1, stride: int = 1) -> Tensor:
    """Convolution and SiLU; a strided one is padded alike on both sides."""
    padding = "SAME"
    if stride > 1:
        x, padding = net.pad_image(x, 2 if kernel == 6 else 1), "VALID"
    y = net.conv(x, channels, kernel, stride, padding=padding, norm=True)
    return net.mul(y, net.logistic(y))


def _c3(net: NetBuilder, x: Tensor, channels: int, repeats: int, shortcut: bool = True) -> Tensor:
    """Two branches of half the channels, one through bottlenecks; joined and mixed."""
    half = channels // 2
    deep = _conv(net, x, half)
    for _ in range(repeats):
        y = _conv(net, _conv(net, deep, half), half, 3)
        deep = net.add(deep, y) if shortcut else y
    return _conv(net, net.concat([deep, _conv(net, x, half)]), channels)


def _pyramid_pool(net: NetBuilder, x: Tensor) -> Tensor:
    """Three 5x5 maxima in a row, joined with their input (SPPF)."""
    channels = x.shape[3]
    pools = [_conv(net, x, channels // 2)]
    for _ in range(3):
        pools.append(net.max_pool(pools[-1], 5, 1))
    return _conv(net, net.concat(pools), channels)


def _twice(net: NetBuilder, x: Tensor) -> Tensor:
    return net.resize_nearest(x, 2 * x.shape[1], 2 * x.shape[2])


def _decode(net: NetBuilder, x: Tensor) -> Tensor:
    """``[1, places * anchors, 85]``: centre, size, objectness and class scores of each box."""
    places, values = x.shape[1] * x.shape[2], 5 + _CLASSES
    stride = _SIZE // x.shape[1]
    x = net.reshape(net.conv(x, _ANCHORS * values), [1, places, _ANCHORS, values])
    centre, size, scores = (
        net.logistic(net.strided_slice(x, [0, 0, 0, a], [1, places, _ANCHORS, b]))
        for a, b in ((0, 2), (2, 4), (4, values))
    )
    centre = net.mul(centre, 2.0)
    centre = net.mul(net.add(centre, _grid(places, _SIZE // stride)), float(stride))
    centre = net.mul(centre, np.full((1, 2), 1 / _SIZE, np.float32))
    size = net.mul(net.mul(size, size), _anchor_sizes(stride))
    size = net.mul(size, np.full((1, 2), 1 / _SIZE, np.float32))
    y = net.concat([centre, size, scores])
    return net.reshape(y, [1, places * _ANCHORS, values])


def _grid(places: int, columns: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """``[1, places, 1, 2]``: column and row of each place, less a half."""
    at = np.arange(places)
    xy = np.stack([at % columns, at // columns], -1).astype(np.float32) - np.float32(0.5)
    return xy.reshape(1, places, 1, 2)


def _anchor_sizes(stride: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """``[1, 1, 3, 2]``: four times width and height of the anchors of this stride."""
    pixels = {
        8: ((10, 13), (16, 30), (33, 23)),
        16: ((30, 61), (62, 45), (59, 119)),
        32: ((116, 90), (156, 198), (373, 326)),
    }
    return 4 * np.array(pixels[stride], np.float32).reshape(1, 1, 3, 2)
