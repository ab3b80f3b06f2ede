"""How wild nets begin and end."""

from __future__ import annotations

from perfcost.spaces.samplers.layers import classify
from perfcost.spaces.samplers.net import elements
from perfcost.spaces.samplers.wild.net import WildNet
from perfcost.spaces.writer.records import Tensor

_CLASSES = (1, 2, 3, 5, 10, 12, 20, 35, 100, 365, 1000)


def start(net: WildNet, shape: list[int]) -> Tensor:
    """The input; some are float, some uint8 in an int8 net, some NCHW or flat."""
    dice = net.dice
    way = dice.weighted(
        (
            (64, "own"),
            (14, "float"),
            (7, "other"),
            (6, "nchw"),
            (4, "flat"),
            (3, "scaled"),
            (2, "sound"),
        )
    )
    if way == "float":
        return net.quantize(net.input(shape, "float32"))
    if way == "other" and net.dtype == "int8":
        return net.quantize(net.bytes_input(shape))
    if way == "nchw" and len(shape) == 4:
        n, height, width, channels = shape
        x = net.input([n, channels, height, width], "float32" if dice.chance(40) else None)
        if x.dtype == "float32":
            x = net.quantize(x)
        return net.transpose(x, [0, 2, 3, 1])
    if way == "flat" and len(shape) > 2:
        count = elements(shape) // shape[0]
        return net.reshape(net.input([shape[0], count]), shape)
    if way == "sound" and len(shape) == 4:
        frames, size = dice.integer(8, 128), dice.pick(64, 128, 256, 512)
        x = net.quantize(net.spectrum(frames, size))
        return net.reshape(x, [1, frames, size // 2 + 1, 1])
    if way == "scaled":
        x = net.input(shape)
        x = net.mul(x, 1 / 128)
        return net.sub(x, net.learned([shape[-1]]) if dice.chance(50) else 0.5)
    return net.input(shape)


def finish(net: WildNet, x: Tensor) -> None:
    """A classifier, boxes, a mask, or nothing more."""
    dice = net.dice
    if not net.count:
        x = net.quantize(x)
    if len(x.shape) == 4:
        way = dice.weighted(((35, "classes"), (15, "boxes"), (10, "mask"), (10, "float"), (30, "")))
        if way == "classes":
            _classes(net, x)
        elif way == "boxes":
            _boxes(net, x)
        elif way == "mask":
            _mask(net, x)
        elif way == "float":
            net.dequantize(x)
        return
    way = dice.weighted(((35, "softmax"), (10, "logistic"), (15, "float"), (40, "")))
    if way == "softmax" and elements(x) < 100_000 and x.shape[-1] > 1:
        x = net.softmax(x)
        if dice.chance(20):
            net.dequantize(x)
    elif way == "logistic":
        net.logistic(x)
    elif way == "float":
        net.dequantize(x)


def _classes(net: WildNet, x: Tensor) -> None:
    classes = net.dice.pick(*_CLASSES)
    if max(x.shape[1:3]) > 128:
        x = net.avg_pool(x, 4, 4)
    if not net.has_room(x.shape[3] * classes):
        classes = 2
    y = classify(net, x, classes)
    if net.dice.chance(25):
        net.dequantize(y)


def _boxes(net: WildNet, x: Tensor) -> None:
    """SSD-like heads on one to three maps, joined."""
    dice = net.dice
    each, classes = dice.pick(1, 2, 3, 6), dice.pick(1, 2, 8, 20, 80)
    boxes: list[Tensor] = []
    scores: list[Tensor] = []
    for _ in range(dice.integer(1, 3)):
        n, height, width, _ = x.shape
        kernel = net.some_kernel(x, dice.pick(1, 3))
        wide = each * max(4, classes)
        if net.affordable(x, wide, kernel) < wide:
            break
        for found, values in ((boxes, 4), (scores, classes)):
            y = net.mix(x, each * values, kernel)
            if y.shape[1:] != (height, width, each * values):
                return
            found.append(net.reshape(y, [n, height * width * each, values]))
        if min(height, width) < 4:
            break
        x = net.mix(x, min(x.shape[3], 128), 3, 2, "relu")
    if not boxes:
        return
    box = net.concat(boxes, 1) if len(boxes) > 1 else boxes[0]
    score = net.concat(scores, 1) if len(scores) > 1 else scores[0]
    score = net.logistic(score) if dice.chance(70) or classes == 1 else net.softmax(score)
    way = dice.pick("float", "joined", "", "")
    if way == "float":
        net.dequantize(box)
        net.dequantize(score)
    elif way == "joined":
        net.concat([box, net.quantize(score)], 2)


def _mask(net: WildNet, x: Tensor) -> None:
    """Scores a place, enlarged, and mostly the best of them (ARG_MAX)."""
    dice = net.dice
    x = net.mix(x, dice.pick(2, 2, 3, 8, 19, 21))
    _n, height, width, classes = x.shape
    factor = dice.pick(1, 2, 2, 4)
    if factor > 1 and elements(x) * factor * factor < 1_000_000:
        x = net.resize_bilinear(x, height * factor, width * factor, half_pixel=False)
    if elements(x) < 600_000 and classes > 1:
        way = dice.pick("arg_max", "arg_max", "softmax", "logistic")
        ends = {"softmax": net.softmax, "logistic": net.logistic}
        ends["arg_max"] = net.arg_max_64 if dice.chance(40) else net.arg_max
        ends[way](x)
