"""Motifs that convolve and pool: each takes ``[batch, height, width, channels]``.

A motif gives back what the net goes on with, or ``None`` where the map does not suit it.
"""

from __future__ import annotations

from perfcost.spaces.samplers.layers import (
    activate,
    draw_squeeze_excite,
    fused,
    shuffle,
)
from perfcost.spaces.samplers.net import elements
from perfcost.spaces.samplers.wild.net import MAX_ELEMENTS, WildNet
from perfcost.spaces.writer.records import Tensor


def stride_of(net: WildNet, x: Tensor) -> int:
    """Mostly 1; the larger the map and the shorter the net, the more often 2."""
    side = max(x.shape[1:3])
    if side < 6:
        return 1
    octaves = side.bit_length() - 2
    return net.dice.pick(2, 2, 2, 2, 2, 3) if net.dice.chance(net.shrink * octaves) else 1


def widen(net: WildNet, stride: int) -> None:
    """Where rows get fewer, channels get more."""
    if stride > 1:
        net.width = min(512, net.width * net.dice.pick(4, 6, 6, 8) // 4)


def convolution(net: WildNet, x: Tensor) -> Tensor | None:
    """One convolution of any kernel."""
    dice, stride = net.dice, stride_of(net, x)
    widen(net, stride)
    padding = "VALID" if dice.chance(15) else "SAME"
    dilation = dice.pick(2, 2, 3, 4) if dice.chance(5) and stride == 1 else 1
    kernel, act = net.some_kernel(x), net.some_act()
    steps = net.some_stride(x, stride)
    if dice.chance(4) and min(x.shape[1:3]) > 6:
        steps = dice.pick((1, 2), (2, 1))
    return net.mix(x, net.some_channels(), kernel, steps, act, padding=padding, dilation=dilation)


def few_channels(net: WildNet, x: Tensor) -> Tensor | None:
    """Down to a few channels and on, as small nets for microcontrollers have it."""
    dice = net.dice
    size, stride = dice.pick(1, 3, 3, 5, 7), dice.pick(1, 1, 2)
    y = net.mix(
        x,
        dice.integer(1, 16),
        net.some_kernel(x, size),
        net.some_stride(x, stride),
        "relu",
        padding=dice.pick("SAME", "VALID"),
    )
    if dice.chance(40) and min(y.shape[1:3]) > 3:
        y = net.max_pool(y, dice.pick(2, 3), 2, padding=dice.pick("SAME", "VALID"))
    return y


def separable(net: WildNet, x: Tensor) -> Tensor | None:
    """Depthwise and 1x1."""
    dice, stride, act = net.dice, min(2, stride_of(net, x)), net.some_act()
    widen(net, stride)
    size = dice.pick(3, 3, 3, 3, 5, 5, 7, 2, 9)
    x = net.filter(x, net.some_kernel(x, size), net.some_stride(x, stride), act)
    return net.mix(x, net.some_channels(), act=act) if dice.chance(85) else x


def multiplied(net: WildNet, x: Tensor) -> Tensor | None:
    """Depthwise with several outputs a channel, often behind a squeeze to one channel."""
    dice = net.dice
    if x.shape[3] > 4 and not dice.chance(30):
        x = net.mix(x, 1)
    if x.shape[3] > 8 or elements(x) * 8 > MAX_ELEMENTS:
        return None
    times = dice.pick(2, 4, 8, 8, 16, 32) if x.shape[3] == 1 else dice.pick(2, 2, 4)
    stride = dice.pick(1, 2)
    size = net.some_kernel(x, dice.pick(3, 3, 5, 7))
    y = net.depthwise(
        x, size, net.some_stride(x, stride), multiplier=times, act=dice.pick("", "relu"), norm=True
    )
    return y


def dilated_depthwise(net: WildNet, x: Tensor) -> Tensor | None:
    """Depthwise with holes, as DeepLab has it."""
    rate = net.dice.pick(2, 2, 2, 3, 4)
    if min(x.shape[1:3]) < 2 * rate + 1:
        return None
    act = net.some_act()
    y = net.depthwise(x, 3, dilation=rate, act=fused(act), norm=True)
    return net.mix(activate(net, y, act), x.shape[3])


def residual(net: WildNet, x: Tensor) -> Tensor | None:
    """Two convolutions and the input again."""
    dice, act, channels = net.dice, net.some_act(), x.shape[3]
    size = dice.pick(1, 3, 3)
    if net.affordable(x, channels, size) < channels:
        return None
    y = net.mix(
        x, channels if dice.chance(70) else net.some_channels(), net.some_kernel(x, 3), 1, act
    )
    y = net.mix(y, channels, net.some_kernel(y, size))
    if y.shape != x.shape:
        return y
    if dice.chance(70):
        return activate(net, net.add(x, y, act=fused(act)), act)
    return net.relu(net.add(x, y))


def bottleneck(net: WildNet, x: Tensor) -> Tensor | None:
    """Expand, filter, project; sometimes gated."""
    dice, stride, act = net.dice, min(2, stride_of(net, x)), net.some_act()
    wide = x.shape[3] * dice.pick(1, 2, 3, 4, 6)
    if wide > 1024 or elements(x) // x.shape[3] * wide > MAX_ELEMENTS:
        return None
    y = net.mix(x, wide, act=act)
    y = net.filter(y, net.some_kernel(y, dice.pick(3, 3, 5, 7)), net.some_stride(y, stride), act)
    if dice.chance(25):
        y = draw_squeeze_excite(net, y)
    widen(net, stride)
    y = net.mix(y, x.shape[3] if stride == 1 and dice.chance(70) else net.some_channels(256))
    return net.add(x, y) if y.shape == x.shape else y


def gated(net: WildNet, x: Tensor) -> Tensor | None:
    """Squeeze and excite."""
    return draw_squeeze_excite(net, x) if net.has_room(x.shape[3] ** 2) else None


def attended(net: WildNet, x: Tensor) -> Tensor | None:
    """Scale each place by one value (spatial attention, Woo et al., arXiv:1807.06521)."""
    y = net.mix(x, 1, net.some_kernel(x, net.dice.pick(1, 3, 7)))
    return net.mul(x, net.logistic(y))


def inception(net: WildNet, x: Tensor) -> Tensor | None:
    """Several branches, joined (Szegedy et al., arXiv:1409.4842)."""
    dice, act, branches = net.dice, net.some_act(), []
    for _ in range(dice.integer(2, 4)):
        way = dice.weighted(((10, "same"), (25, "point"), (40, "deep"), (25, "pool")))
        if way == "same":
            y = x
        elif way == "pool":
            pool = net.max_pool if dice.chance(50) else net.avg_pool
            y = pool(x, net.some_kernel(x, 3), 1)
        else:
            y = net.mix(x, net.some_channels(128), act=act)
            if way == "deep":
                y = net.mix(y, net.some_channels(128), net.some_kernel(y, 3), 1, act)
        branches.append(y)
    if sum(map(elements, branches)) > MAX_ELEMENTS:
        return None
    return net.concat(branches, 3)


def shrinking_pool(net: WildNet, x: Tensor) -> Tensor | None:
    """A pool that halves the map."""
    dice = net.dice
    if max(x.shape[1:3]) < 4:
        return None
    widen(net, 2)
    size, stride = net.some_kernel(x, dice.pick(2, 2, 3, 4)), net.some_stride(x, 2)
    if dice.chance(30) and min(x.shape[1:3]) > 3:
        x, padding = net.pad_image(x, 1), "VALID"
    else:
        padding = dice.pick("SAME", "VALID") if min(x.shape[1:3]) > 4 else "SAME"
    return (net.avg_pool if dice.chance(40) else net.max_pool)(x, size, stride, padding=padding)


def smoothing_pool(net: WildNet, x: Tensor) -> Tensor | None:
    """A pool that keeps the map's size."""
    dice = net.dice
    if dice.chance(30):
        return net.avg_pool(x, net.some_kernel(x, dice.pick(2, 3, 3, 5)), 1)
    return net.max_pool(x, net.some_kernel(x, dice.pick(3, 3, 5, 9, 13)), 1)


def pyramid_pool(net: WildNet, x: Tensor) -> Tensor | None:
    """Maxima of growing reach, joined (SPP, He et al., arXiv:1406.4729)."""
    act, half = net.some_act(), max(1, x.shape[3] // 2)
    y = net.mix(x, half, act=act)
    pools = [y]
    for size in (5, 9, 13)[: net.dice.integer(2, 3)]:
        source, reach = (pools[-1], 5) if net.dice.chance(60) else (y, size)
        pools.append(net.max_pool(source, net.some_kernel(source, reach), 1))
    return net.mix(net.concat(pools, 3), x.shape[3], act=act)


def holes(net: WildNet, x: Tensor) -> Tensor | None:
    """ASPP (Chen et al., arXiv:1706.05587): branches of different dilation and the mean of all."""
    dice = net.dice
    _n, height, width, _channels = x.shape
    if min(height, width) < 4 or height * width > 10_000:
        return None
    each = net.some_channels(128)
    if net.affordable(x, 12 * each, 3) < 6 * each:
        return None
    if dice.chance(60) or max(height, width) > 64:
        y = net.mean(x, keep_dims=True)
    else:
        y = net.avg_pool(x, (height, width), (height, width), padding="VALID")
    y = net.mix(y, each, act="relu")
    branches = [
        net.resize_bilinear(y, height, width, half_pixel=False, align_corners=dice.chance(50))
    ]
    branches.append(net.mix(x, each, act="relu"))
    for rate in (2, 3, 4, 6, 12)[: dice.integer(0, 3)]:
        if min(height, width) > 2 * rate:
            branches.append(net.mix(x, each, 3, 1, "relu", dilation=rate))
    return net.mix(net.concat(branches, 3), each, act="relu")


def hourglass(net: WildNet, x: Tensor) -> Tensor | None:
    """Down, on, up and joined (U-Net, arXiv:1505.04597)."""
    dice, act = net.dice, net.some_act()
    _n, height, width, channels = x.shape
    if height % 2 or width % 2 or min(height, width) < 4 or 2 * elements(x) > MAX_ELEMENTS:
        return None
    y = net.mix(x, net.some_channels(192), 3, 2, act)
    y = net.mix(y, net.some_channels(192), 3, 1, act)
    if dice.chance(25) and net.affordable(y, channels, 3) == channels:
        y = net.transpose_conv(y, channels, dice.pick(2, 3, 4), 2)
    elif dice.chance(60):
        y = net.resize_nearest(y, height, width, half_pixel=dice.chance(40))
    else:
        y = net.resize_bilinear(y, height, width, half_pixel=dice.chance(60))
    if dice.chance(50):
        return net.concat([x, y], 3)
    y = net.mix(y, channels)
    return net.add(x, y) if y.shape == x.shape else y


def split_branch(net: WildNet, x: Tensor) -> Tensor | None:
    """Half of the channels goes through, half is convolved (arXiv:1807.11164)."""
    dice, act, channels = net.dice, net.some_act(), x.shape[3]
    if channels % 2 or channels < 4:
        return None
    kept, y = net.split(x, 2, 3)
    y = net.mix(y, channels // 2, act=act)
    y = net.mix(net.filter(y, net.some_kernel(y, 3)), channels // 2, act=act)
    x = net.concat([kept, y], 3)
    return shuffle(net, x, 2) if dice.chance(40) and x.shape[3] % 2 == 0 else x


def grouped(net: WildNet, x: Tensor) -> Tensor | None:
    """Grouped convolution, as one op or as SPLIT, convolutions and CONCATENATION."""
    dice, act, channels = net.dice, net.some_act(), x.shape[3]
    groups = dice.pick(2, 2, 4, 8)
    if channels % groups or channels < 2 * groups:
        return None
    able = net.affordable(x, channels, 3)
    if able < channels:
        return None
    if dice.chance(40):
        y = net.conv(x, channels, net.some_kernel(x, 3), act=fused(act), groups=groups, norm=True)
        return activate(net, y, act)
    parts = net.split(x, groups, 3)
    return net.concat(
        [net.mix(p, channels // groups, net.some_kernel(p, 3), 1, act) for p in parts], 3
    )


def line_kernels(net: WildNet, x: Tensor) -> Tensor | None:
    """A column kernel, then a row kernel."""
    size, act = net.dice.pick(3, 5, 7, 9, 11, 15), net.some_act()
    y = net.mix(x, net.some_channels(128), (size, 1) if x.shape[1] > 1 else 1, 1, act)
    return net.mix(y, net.some_channels(128), (1, size) if x.shape[2] > 1 else 1, 1, act)


def transposed(net: WildNet, x: Tensor) -> Tensor | None:
    """A transposed convolution that doubles the map."""
    dice = net.dice
    channels = net.some_channels(96)
    if elements(x) > 200_000 or min(x.shape[1:3]) < 2 or net.affordable(x, channels, 5) < channels:
        return None
    size, padding = dice.pick(2, 3, 4, 4, 5), dice.pick("SAME", "SAME", "VALID")
    return net.transpose_conv(x, channels, size, 2, padding=padding, act=dice.pick("", "", "relu"))


def enlarged(net: WildNet, x: Tensor) -> Tensor | None:
    """RESIZE of any of its ways; some leave the NPU."""
    dice = net.dice
    n, height, width, channels = x.shape
    factor = dice.pick(2, 2, 2, 2, 4, 8)
    rows, columns = height * factor, width * factor
    corners = dice.chance(25)
    if corners:
        rows, columns = (height - 1) * factor + 1, (width - 1) * factor + 1
    if dice.chance(5):
        rows, columns = height + dice.integer(1, 8), width + 3
    if height * width == 1:
        rows = columns = dice.pick(4, 8, 16)
    if n * rows * columns * channels > 1_500_000:
        return None
    half = not corners and dice.chance(40)
    resize = net.resize_bilinear if dice.chance(50) else net.resize_nearest
    return resize(x, rows, columns, align_corners=corners, half_pixel=half)


def wide_shortcut(net: WildNet, x: Tensor) -> Tensor | None:
    """Twice the channels at half the size; the shortcut is a pool and a PAD of channels."""
    dice = net.dice
    channels = 2 * x.shape[3]
    if min(x.shape[1:3]) < 4 or channels > 512 or net.affordable(x, channels, 3, 2) < channels:
        return None
    y = net.mix(x, channels, 3, 2, "relu")
    z = net.avg_pool(x, 2, 2) if dice.chance(50) else net.max_pool(x, dice.pick(1, 2), 2)
    extra = channels - z.shape[3]
    before = dice.pick(0, extra // 2)
    z = net.pad(z, [(0, 0), (0, 0), (0, 0), (before, extra - before)])
    widen(net, 2)
    return net.add(y, z, act="relu") if y.shape == z.shape else y
