"""Pieces that several spaces are made of."""

from __future__ import annotations

from perfcost.spaces.samplers.net import SampledNet
from perfcost.spaces.writer.convolutions import Pair, pair
from perfcost.spaces.writer.records import Tensor

# Activations that the converter fuses into the layer before.
FUSED = ("relu", "relu6")


def fused(act: str) -> str:
    """The activation that the layer itself carries."""
    return act if act in FUSED else ""


def activate(net: SampledNet, x: Tensor, act: str) -> Tensor:
    """The ops of an activation that is not fused; nothing for one that is."""
    if act in FUSED or not act:
        return x
    if act == "swish":
        return net.mul(x, net.logistic(x))
    if act == "hard_sigmoid_mul":  # hard swish before it had an op
        return net.mul(x, net.mul(net.add(x, 3.0, act="relu6"), 1 / 6))
    if act == "relu_alone":
        return net.relu(x)
    if act == "relu6_alone":
        return net.relu6(x)
    if act == "leaky_relu":
        return net.leaky_relu(x, net.dice.pick(0.1, 0.1, 0.2, 0.3, 0.01))
    if act == "gelu":
        return net.gelu(x, approximate=net.dice.chance(30))
    simple = {
        "hard_swish": net.hard_swish,
        "prelu": net.prelu,
        "logistic": net.logistic,
        "tanh": net.tanh,
        "elu": net.elu,
    }
    return simple[act](x)


def conv(
    net: SampledNet,
    x: Tensor,
    channels: int,
    kernel: Pair = 1,
    stride: Pair = 1,
    act: str = "",
    *,
    padding: str = "SAME",
    dilation: Pair = 1,
) -> Tensor:
    """A convolution and its activation."""
    y = net.conv(
        x, channels, kernel, stride, padding=padding, act=fused(act), dilation=dilation, norm=True
    )
    return activate(net, y, act)


def depthwise(
    net: SampledNet,
    x: Tensor,
    kernel: Pair = 3,
    stride: Pair = 1,
    act: str = "",
    *,
    padding: str = "SAME",
    dilation: Pair = 1,
    multiplier: int = 1,
) -> Tensor:
    """A depthwise convolution and its activation."""
    y = net.depthwise(
        x,
        kernel,
        stride,
        padding=padding,
        act=fused(act),
        dilation=dilation,
        multiplier=multiplier,
        norm=True,
    )
    return activate(net, y, act)


def border(x: Tensor, kernel: Pair, stride: Pair, style: str) -> list[tuple[int, int]] | None:
    """What a PAD before a VALID window adds: as Keras does ("keras") or alike on both sides."""
    pads = []
    for size, k, s in zip(x.shape[1:3], pair(kernel), pair(stride), strict=True):
        half = (k - 1) // 2
        before = max(0, half - 1 + size % 2) if style == "keras" and s > 1 else half
        pads.append((before, half))
    if not any(a + b for a, b in pads):
        return None
    return [(0, 0), *pads, (0, 0)]


def fits(x: Tensor, kernel: Pair, pads: list[tuple[int, int]] | None, dilation: int = 1) -> bool:
    """Whether a VALID window has at least one place."""
    grown = [n + (sum(pads[i + 1]) if pads else 0) for i, n in enumerate(x.shape[1:3])]
    return all(n >= (k - 1) * dilation + 1 for n, k in zip(grown, pair(kernel), strict=True))


def squeeze_excite(net: SampledNet, x: Tensor, ratio: int, gate: str, pool: str) -> Tensor:
    """Scale each channel by a gate computed of all channels' means (Hu et al., arXiv:1709.01507).

    Args:
        net: to build in.
        x: ``[batch, height, width, channels]``.
        ratio: by how much the middle is narrower.
        gate: "logistic", "hard" (ADD, relu6, MUL) or "relu6".
        pool: "mean", "pool" (an average pool of the whole map) or "dense" (fully connected).
    """
    n, height, width, channels = x.shape
    middle = max(1, channels // ratio)
    if pool == "pool" and max(height, width) <= 64:
        v = net.avg_pool(x, (height, width), (height, width), padding="VALID")
    else:
        v = net.mean(x, keep_dims=pool != "dense")
    if pool == "dense" and len(v.shape) == 2:
        v = net.fully_connected(v, middle, act="relu")
        v = net.reshape(net.fully_connected(v, channels), [n, 1, 1, channels])
    else:
        v = net.conv(net.conv(v, middle, act="relu"), channels, act=fused(gate))
    if gate == "logistic":
        v = net.logistic(v)
    elif gate == "hard":
        v = net.mul(net.add(v, 3.0, act="relu6"), 1 / 6)
    return net.mul(x, v)


def draw_squeeze_excite(net: SampledNet, x: Tensor) -> Tensor:
    """``squeeze_excite`` with drawn choices."""
    dice = net.dice
    gate = dice.pick("logistic", "hard", "hard", "relu6")
    return squeeze_excite(
        net, x, dice.pick(2, 4, 4, 8, 16), gate, dice.pick("mean", "mean", "pool", "dense")
    )


def shuffle(net: SampledNet, x: Tensor, groups: int) -> Tensor:
    """Channel shuffle (Zhang et al., arXiv:1707.01083): RESHAPE, TRANSPOSE, RESHAPE."""
    n, height, width, channels = x.shape
    each = channels // groups
    if net.dice.chance(40):
        y = net.reshape(x, [n, height, width, groups, each])
        return net.reshape(net.transpose(y, [0, 1, 2, 4, 3]), x.shape)
    y = net.reshape(x, [n, height * width, groups, each])
    return net.reshape(net.transpose(y, [0, 1, 3, 2]), x.shape)


def classify(net: SampledNet, x: Tensor, classes: int) -> Tensor:
    """The end of a classifier: a mean or a pool, a dense or a 1x1 layer, mostly a softmax."""
    dice = net.dice
    n, height, width, channels = x.shape
    way = dice.weighted(((46, "mean"), (38, "pool"), (10, "flat"), (6, "filter")))
    whole = (height, width)
    if way == "flat" and not (
        height * width <= 64 and net.has_room(height * width * channels * classes)
    ):
        way = "mean"
    if way == "filter" and height * width <= 225 and net.has_room(height * width * channels):
        x = net.depthwise(x, whole, padding="VALID", act=dice.pick("", "relu"), norm=True)
    elif way == "pool" and max(height, width) <= 64:
        x = net.avg_pool(x, whole, dice.pick(whole, whole, (1, 1), (2, 2)), padding="VALID")
    elif way != "flat":
        x = net.mean(x, keep_dims=dice.chance(50))
    if len(x.shape) == 4 and x.shape[1] * x.shape[2] == 1 and dice.chance(35):
        x = net.reshape(net.conv(x, classes), [n, classes])
    else:
        if len(x.shape) == 4 and dice.chance(70):
            x = net.reshape(x, [n, x.shape[1] * x.shape[2] * x.shape[3]])
        x = net.fully_connected(x, classes)
    last = dice.weighted(((70, "softmax"), (20, ""), (10, "logistic")))
    if last == "softmax":
        return net.softmax(x)
    return net.logistic(x) if last else x


def times(channels: int, percent: int, multiple: int = 8) -> int:
    """``channels`` at a width of ``percent``, rounded to a multiple as MobileNets do."""
    if multiple == 1:
        return max(1, channels * percent // 100)
    near = max(multiple, (channels * percent + 50 * multiple) // (100 * multiple) * multiple)
    return near + multiple if near * 1000 < 9 * channels * percent else near


def upsample(net: SampledNet, x: Tensor, factor: int = 2) -> Tensor:
    """Twice (or more) the rows and columns, by a resize of a drawn kind."""
    height, width = x.shape[1] * factor, x.shape[2] * factor
    # Half pixel centres with a bilinear factor above 2 leave the NPU.
    if net.dice.chance(65):
        return net.resize_nearest(x, height, width, half_pixel=factor == 2 and net.dice.chance(40))
    return net.resize_bilinear(x, height, width, half_pixel=factor == 2 and net.dice.chance(60))
