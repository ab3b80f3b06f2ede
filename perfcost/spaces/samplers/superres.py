"""The space ``superres``: pictures made larger."""

from __future__ import annotations

from perfcost.spaces.samplers.dice import Dice
from perfcost.spaces.samplers.layers import conv, depthwise, draw_squeeze_excite
from perfcost.spaces.samplers.net import Family, SampledNet
from perfcost.spaces.writer.records import Tensor

_SIZES = (24, 32, 40, 48, 60, 64, 80, 96, 112, 128, 160, 180)


def sample(dice: Dice) -> bytes:
    """One net of the space."""
    dtype = "uint8" if dice.chance(12) else "int8"
    net = SampledNet(dice, dtype=dtype, max_weights=2_000_000, max_macs=4_000_000_000)
    return family(dice)(net).build()


def family(dice: Dice) -> Family:
    """One of the families, which draws a net into a builder."""
    return dice.weighted(((28, shrinking), (24, anchored), (24, distilling), (24, residual)))


def _picture(net: SampledNet) -> Tensor:
    dice = net.dice
    height = dice.pick(*_SIZES)
    width = height if dice.chance(60) else min(320, height * dice.pick(4, 5, 6, 7) // 4)
    return net.input([1, height, width, dice.pick(1, 3, 3)])


def _room(net: SampledNet, x: Tensor, channels: int) -> bool:
    """Whether a 3x3 layer over the whole picture is within the budget."""
    return net.has_room(9 * x.shape[3] * channels, x.shape[1] * x.shape[2])


def _enlarge(net: SampledNet, x: Tensor, colours: int, scale: int) -> Tensor:
    """To ``scale`` times the rows and columns, one of the four ways in use."""
    dice = net.dice
    height, width = scale * x.shape[1], scale * x.shape[2]
    way = dice.weighted(((45, "blocks"), (25, "transposed"), (20, "resize"), (10, "twice")))
    if way == "transposed" and scale == 2:
        kernel, padding = dice.pick(2, 4, 4, 6, 9), dice.pick("SAME", "SAME", "SAME", "VALID")
        if net.has_room(kernel * kernel * x.shape[3] * colours, x.shape[1] * x.shape[2]):
            return net.transpose_conv(x, colours, kernel, 2, padding=padding)
    if way == "resize" and scale in (2, 4):
        x = net.resize_nearest(x, height, width, half_pixel=dice.chance(30) and scale == 2)
        return net.conv(x, colours, dice.pick(1, 3, 3, 5))
    if way == "twice" and scale == 4:
        for _ in range(2):
            x = net.depth_to_space(net.conv(x, 4 * dice.pick(8, 12, 16), 3), 2)
        return net.conv(x, colours, 3)
    x = net.conv(x, colours * scale * scale, 3)
    return net.depth_to_space(x, scale) if dice.chance(80) else x


def shrinking(net: SampledNet) -> SampledNet:
    """FSRCNN (Dong et al., arXiv:1608.00367): extract, shrink, map, expand, enlarge."""
    dice = net.dice
    x = _picture(net)
    colours, act = x.shape[3], dice.pick("prelu", "relu", "relu", "leaky_relu")
    wide, narrow = dice.pick(16, 24, 32, 48, 56, 64), dice.pick(5, 8, 12, 12, 16, 24)
    x = conv(net, x, wide, dice.pick(3, 5, 5), 1, act)
    x = conv(net, x, narrow, 1, 1, act)
    for _ in range(dice.integer(1, 8)):
        x = conv(net, x, narrow, dice.pick(3, 3, 3, 5), 1, act)
    if dice.chance(75):
        x = conv(net, x, wide, 1, 1, act)
    _enlarge(net, x, colours, dice.pick(2, 2, 3, 4))
    return net


def anchored(net: SampledNet) -> SampledNet:
    """ABPN (Du et al., arXiv:2105.09750): plain 3x3 layers, and the input itself repeated and

    added before blocks become pixels. ESPCN (Shi et al., arXiv:1609.05158) is the one without.
    """
    dice = net.dice
    image = _picture(net)
    colours, scale, act = image.shape[3], dice.pick(2, 2, 3, 4), dice.pick("relu", "relu", "prelu")
    width = dice.pick(8, 16, 28, 28, 32, 48)
    x = conv(net, image, width, dice.pick(3, 3, 5), 1, act)
    for _ in range(dice.integer(2, 8)):
        if not _room(net, x, width):
            break
        x = conv(net, x, width, 3, 1, act)
    x = net.conv(x, colours * scale * scale, 3)
    if dice.chance(60):
        x = net.add(x, net.concat([image] * (scale * scale)))
    if dice.chance(30):
        x = net.minimum(net.maximum(x, 0.0), 1.0)
    if dice.chance(90):
        net.depth_to_space(x, scale)
    return net


def distilling(net: SampledNet) -> SampledNet:
    """IMDN (Hui et al., arXiv:1909.11856) and RFDN (arXiv:2009.11551): a part is kept at each step.

    Kept parts are joined, mixed and gated.
    """
    dice = net.dice
    x = _picture(net)
    colours, act = x.shape[3], dice.pick("leaky_relu", "leaky_relu", "relu", "prelu")
    width, splits, gated = dice.pick(12, 16, 24, 32, 48), dice.chance(60), dice.chance(40)
    first = x = net.conv(x, width, 3)
    blocks = []
    for _ in range(dice.integer(1, 5)):
        if not net.has_room(36 * width * width, x.shape[1] * x.shape[2]):
            break
        x = _distil(net, x, act, splits, gated)
        blocks.append(x)
    if len(blocks) > 1 and dice.chance(70):
        x = conv(net, net.concat(blocks), width, 1, 1, act)
    if blocks:
        x = net.add(net.conv(x, width, 3) if _room(net, x, width) else x, first)
    _enlarge(net, x, colours, dice.pick(2, 2, 3, 4))
    return net


def _distil(net: SampledNet, x: Tensor, act: str, splits: bool, gated: bool) -> Tensor:
    width, kept, y = x.shape[3], [], x
    small = max(2, width // 4)
    for _ in range(net.dice.integer(2, 3)):
        if splits:
            y = conv(net, y, width, 3, 1, act)
            part, *rest = net.split(y, 4) if width % 4 == 0 else [y, y]
            kept.append(part)
            y = net.concat(rest) if len(rest) > 1 else rest[0]
        else:
            kept.append(conv(net, y, small, 1, 1, act))
            y = conv(net, y, width, 3, 1, act)
    kept.append(net.conv(y, small, 3))
    y = net.conv(net.concat(kept), width)
    if gated:
        y = draw_squeeze_excite(net, y)
    return net.add(x, y)


def residual(net: SampledNet) -> SampledNet:
    """EDSR-like (Lim et al., arXiv:1707.02921): residual blocks, plain or depthwise separable."""
    dice = net.dice
    image = _picture(net)
    colours, act = image.shape[3], dice.pick("relu", "relu", "relu", "leaky_relu", "prelu")
    width, split, scale = dice.pick(8, 12, 16, 24, 32, 64), dice.chance(30), dice.pick(2, 2, 3, 4)
    first = x = net.conv(image, width, 3)
    for _ in range(dice.integer(1, 8)):
        if not net.has_room(18 * width * width, x.shape[1] * x.shape[2]):
            break
        if split:
            y = conv(net, depthwise(net, x, 3), width, 1, 1, act)
            y = net.conv(depthwise(net, y, 3), width, norm=True)
        else:
            y = net.conv(conv(net, x, width, 3, 1, act), width, 3, norm=True)
        x = net.add(x, y)
    if dice.chance(60) and x is not first:
        x = net.add(x, first)
    y = _enlarge(net, x, colours, scale)
    rows = image.shape[1] * scale, image.shape[2] * scale
    if scale in (2, 4) and y.shape[1:] == (*rows, colours) and dice.chance(25):
        net.add(y, net.resize_nearest(image, *rows, half_pixel=False))
    return net
