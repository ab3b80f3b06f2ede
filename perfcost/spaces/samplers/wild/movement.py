"""Motifs that move elements: borders, cuts, joins, transposes, ops that leave the NPU."""

from __future__ import annotations

from perfcost.spaces.samplers.layers import shuffle
from perfcost.spaces.samplers.net import elements
from perfcost.spaces.samplers.wild.net import MAX_ELEMENTS, WildNet
from perfcost.spaces.writer.records import Tensor

# A TRANSPOSE moves an element or two a cycle: larger ones would be all that a net costs.
_MOST_MOVED = 400_000


def border(net: WildNet, x: Tensor) -> Tensor | None:
    """A PAD that no window needs: of rows, columns or channels."""
    dice = net.dice
    deep = x.shape[3] if dice.chance(25) else 0
    if elements(x) * (2 if deep else 1) > MAX_ELEMENTS // 2:
        return None
    if dice.chance(15):
        return mirror(net, x)
    sides = [(dice.integer(0, 3), dice.integer(0, 3)) for _ in range(2)]
    if deep:
        sides = [(0, 0), (0, 0)]
        ends = dice.pick((0, deep), (deep // 2, deep - deep // 2), (0, dice.integer(1, 8)))
    else:
        sides[0] = (sides[0][0], sides[0][1] + 1)
        ends = (0, 0)
    pad = net.pad_v2 if dice.chance(20) else net.pad
    return pad(x, [(0, 0), *sides, ends])


def mirror(net: WildNet, x: Tensor) -> Tensor | None:
    """MIRROR_PAD of rows and columns."""
    dice, by = net.dice, net.dice.pick(1, 1, 2, 3)
    if min(x.shape[1:3]) <= by:
        return None
    return net.mirror_pad(x, [(0, 0), (by, by), (by, by), (0, 0)], reflect=dice.chance(80))


def crop(net: WildNet, x: Tensor) -> Tensor | None:
    """SLICE or STRIDED_SLICE of rows, columns or channels."""
    dice = net.dice
    n, height, width, channels = x.shape
    if dice.chance(30) and channels > 3:
        first = dice.integer(0, channels // 2)
        size = dice.integer(1, channels - first)
        if dice.chance(50):
            return net.slice(x, [0, 0, 0, first], [n, height, width, size])
        return net.strided_slice(x, [0, 0, 0, first], [n, height, width, first + size])
    if min(height, width) < 4:
        return None
    top, left = dice.integer(0, 2), dice.integer(0, 2)
    step = dice.pick(1, 1, 1, 2)
    if step == 1 and dice.chance(50):
        return net.slice(x, [0, top, left, 0], [n, height - top - 1, width - left, channels])
    return net.strided_slice(x, [0, top, left, 0], x.shape, [1, step, step, 1])


def focus(net: WildNet, x: Tensor) -> Tensor | None:
    """Each second row and column, four times, joined (YOLOv5's first layer)."""
    n, height, width, channels = x.shape
    if height % 2 or width % 2 or min(height, width) < 4:
        return None
    parts = [
        net.strided_slice(x, [0, i, j, 0], [n, height, width, channels], [1, 2, 2, 1])
        for j in (0, 1)
        for i in (0, 1)
    ]
    return net.concat(parts, 3)


def blocks(net: WildNet, x: Tensor) -> Tensor | None:
    """DEPTH_TO_SPACE or SPACE_TO_DEPTH."""
    _n, height, width, channels = x.shape
    if elements(x) > 600_000:
        return None
    if channels % 4 == 0 and net.dice.chance(60):
        return net.depth_to_space(x, 2)
    if height % 2 == 0 and width % 2 == 0:
        return net.space_to_depth(x, 2)
    return None


def channels_first(net: WildNet, x: Tensor) -> Tensor | None:
    """A stretch of the net in NCHW, as converters from PyTorch leave it."""
    dice = net.dice
    n, height, width, channels = x.shape
    if elements(x) > _MOST_MOVED:
        return None
    y = net.transpose(x, [0, 3, 1, 2])
    way = dice.pick("pad", "pad", "pad", "leaky", "sum", "flat", "none", "requant", "deep")
    if way == "pad":
        by = dice.pick(1, 1, 2, 3)
        y = net.pad(y, [(0, 0), (0, 0), (by, by), (by, by)])
    elif way == "deep":
        y = net.pad(y, [(0, 0), (0, dice.integer(1, channels)), (0, 0), (0, 0)])
    elif way == "leaky":
        y = net.leaky_relu(y)
    elif way == "sum":
        y = net.add(y, net.learned([channels, 1, 1]) if dice.chance(50) else y)
    elif way == "requant":
        y = net.quantize(y)
    elif way == "flat":
        y = net.transpose(net.reshape(y, [n, channels, height * width]), [0, 2, 1])
        return net.reshape(y, [n, height, width, channels])
    if dice.chance(6):
        return y
    y = net.transpose(y, [0, 2, 3, 1])
    if way == "pad":
        # The border is for a window that comes next.
        return net.mix(y, net.some_channels(), net.some_kernel(y, 3), 1, "relu", padding="VALID")
    return y


def turned(net: WildNet, x: Tensor) -> Tensor | None:
    """A TRANSPOSE of a map, not undone."""
    if elements(x) > _MOST_MOVED // 2:
        return None
    orders = ([0, 2, 1, 3], [0, 3, 1, 2], [0, 1, 3, 2], [0, 2, 3, 1], [0, 3, 2, 1])
    return net.transpose(x, net.dice.pick(*orders))


def shuffled(net: WildNet, x: Tensor) -> Tensor | None:
    """Channel shuffle."""
    groups = net.dice.pick(2, 2, 3, 4)
    if x.shape[3] % groups or x.shape[3] == groups or elements(x) > _MOST_MOVED:
        return None
    return shuffle(net, x, groups)


def halves_first(net: WildNet, x: Tensor) -> Tensor | None:
    """Channel shuffle and split of a converted ShuffleNet: NCHW, five axes, GATHER of a half."""
    n, height, width, channels = x.shape
    half = channels // 2
    if n > 1 or channels % 2 or half < 2 or elements(x) > _MOST_MOVED:
        return None
    y = net.reshape(net.transpose(x, [0, 3, 1, 2]), [half, 2, height * width])
    y = net.reshape(net.transpose(y, [1, 0, 2]), [2, 1, half, height, width])
    kept, other = (net.transpose(_place(net, y, i), [0, 2, 3, 1]) for i in (0, 1))
    act = net.some_act()
    other = net.mix(other, half, act=act)
    other = net.mix(net.filter(other, net.some_kernel(other, 3)), half, act=act)
    return net.concat([kept, other], 3)


def _place(net: WildNet, x: Tensor, index: int) -> Tensor:
    """One place of the first axis, by a GATHER of a scalar."""
    y = net.gather(x, [index], 0)
    return net.squeeze(y, [0])


def by_rows(net: WildNet, x: Tensor) -> Tensor | None:
    """UNPACK or SPLIT of rows, a layer on some, PACK again."""
    n, height, _width, _channels = x.shape
    if not 2 <= height <= 8 or n > 1 or elements(x) > 100_000:
        return None
    axis = net.dice.pick(0, 1)
    rows = net.unpack(net.squeeze(x, [0]), 0) if axis == 0 else net.unpack(x, 1)
    done = [net.relu(r) if net.dice.chance(30) else r for r in rows]
    y = net.pack(done, axis)
    return net.expand_dims(y, 0) if axis == 0 else y


def repeated(net: WildNet, x: Tensor) -> Tensor | None:
    """The mean of a map, by TILE or by broadcast back on the map."""
    dice = net.dice
    _n, height, width, channels = x.shape
    if height * width > 5000 or height * width == 1 or elements(x) > 600_000:
        return None
    y = net.mean(x, keep_dims=True)
    if dice.chance(60):
        y = net.mix(y, channels, act=dice.pick("", "relu"))
    if y.shape[3] == channels and dice.chance(40):
        return net.add(x, y)
    y = net.tile(y, [1, height, width, 1])
    if y.shape == x.shape and dice.chance(50):
        return net.mul(x, y)
    return net.concat([x, y], 3)


def tiled(net: WildNet, x: Tensor) -> Tensor | None:
    """TILE along one axis."""
    if elements(x) > 300_000:
        return None
    repeats = net.dice.pick([1, 2, 1, 1], [1, 1, 2, 1], [1, 1, 1, 2], [1, 1, 1, 3], [1, 2, 2, 1])
    return net.tile(x, repeats)


def packed(net: WildNet, x: Tensor) -> Tensor | None:
    """PACK two maps; a RESHAPE or UNPACK follows."""
    dice = net.dice
    n, height, width, channels = x.shape
    if elements(x) > 400_000:
        return None
    y = net.relu(x) if dice.chance(50) else x
    if dice.chance(50):
        return net.reshape(net.pack([x, y], 4), [n, height, width, 2 * channels])
    if dice.chance(50):
        return net.reshape(net.pack([x, y], 2), [n, 2 * height, width, channels])
    a, b = net.unpack(net.pack([x, y], 1), 1)
    return net.maximum(a, b) if dice.chance(50) else net.add(a, b)


def parts(net: WildNet, x: Tensor) -> Tensor | None:
    """SPLIT or SPLIT_V, something on a part, joined again."""
    dice, channels = net.dice, x.shape[3]
    count = dice.pick(2, 3, 4)
    if channels < 2 * count:
        return None
    if channels % count == 0 and dice.chance(60):
        pieces = net.split(x, count, 3)
    else:
        sizes = [dice.integer(1, channels // count) for _ in range(count - 1)]
        pieces = net.split_v(x, [*sizes, channels - sum(sizes)], 3)
    done = [dice.pick(net.relu, net.logistic, net.tanh, _same)(p) for p in pieces]
    return net.concat(done, 3)


def _same(x: Tensor) -> Tensor:
    return x


_CPU_WAYS = (
    (26, "gather"), (26, "float"), (13, "resize"), (13, "max"), (8, "elu"), (8, "places"),
    (6, "best"),
)  # fmt: skip


def on_the_cpu(net: WildNet, x: Tensor) -> Tensor | None:
    """Ops that not all NPUs of the family run: GATHER, a float stretch, an odd RESIZE or axis."""
    dice = net.dice
    _n, height, width, channels = x.shape
    if elements(x) > 1_000_000:
        return None
    way = dice.weighted(_CPU_WAYS)
    if way == "gather":
        return net.gather(x, dice.order(channels), 3)
    if way == "resize" and min(height, width) > 1:
        return net.resize_bilinear(x, height + dice.integer(1, 5), width + 1, half_pixel=False)
    if way == "max":
        return net.reduce_max(x, [dice.pick(1, 2)], keep_dims=True)
    if way == "elu" and net.dtype == "int8":
        return net.elu(x)
    if way == "places":
        places = [[0, dice.integer(0, height - 1)] for _ in range(dice.integer(1, 2 * height))]
        return net.reshape(net.gather_nd(x, places), [1, len(places), width, channels])
    if way == "best" and 1 < channels <= 127:
        net.floor_divided(net.arg_max(x), dice.integer(2, 48))
        return x
    y = net.dequantize(x)
    if dice.chance(40):
        y = net.floating(y, dice.pick("LOG", "SQRT", "SIN", "NEG", "FLOOR", "LOGISTIC"))
    elif dice.chance(40):
        y = net.divided(y, 2.5)
    return net.quantize(y)


def remembered(net: WildNet, x: Tensor) -> Tensor | None:
    """Joins an earlier map where sizes agree, else keeps this one for later."""
    for old in reversed(net.kept):
        if old.index != x.index and old.shape[:3] == x.shape[:3] and len(old.shape) == 4:
            net.kept.remove(old)
            if old.shape == x.shape and net.dice.chance(50):
                return net.add(old, x)
            if elements(old) + elements(x) < MAX_ELEMENTS:
                return net.concat([old, x], 3)
    net.kept.append(x)
    return None
