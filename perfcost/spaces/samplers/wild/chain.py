"""A wild net: motifs one after another, sized to a drawn number of ops and MACs."""

from __future__ import annotations

import math
from collections.abc import Callable

from perfcost.spaces.samplers.dice import Dice
from perfcost.spaces.samplers.net import elements
from perfcost.spaces.samplers.wild import boxes, movement, pointwise, sequences, spatial
from perfcost.spaces.samplers.wild.net import MAX_ELEMENTS, WildNet
from perfcost.spaces.writer.records import Tensor

Motif = Callable[[WildNet, Tensor], Tensor | None]
Weighted = tuple[int, Motif]

_SPATIAL: tuple[Weighted, ...] = (
    (170, spatial.convolution),
    (240, spatial.separable),
    (90, spatial.residual),
    (240, spatial.bottleneck),
    (50, spatial.inception),
    (10, spatial.few_channels),
    (9, spatial.multiplied),
    (10, spatial.dilated_depthwise),
    (22, spatial.gated),
    (10, spatial.attended),
    (30, spatial.shrinking_pool),
    (16, spatial.smoothing_pool),
    (14, spatial.pyramid_pool),
    (16, spatial.holes),
    (30, spatial.hourglass),
    (22, spatial.split_branch),
    (16, spatial.grouped),
    (10, spatial.line_kernels),
    (12, spatial.transposed),
    (26, spatial.enlarged),
    (16, spatial.wide_shortcut),
)
_MOVEMENT: tuple[Weighted, ...] = (
    (18, movement.border),
    (14, movement.crop),
    (8, movement.focus),
    (12, movement.blocks),
    (34, movement.channels_first),
    (10, movement.turned),
    (12, movement.shuffled),
    (8, movement.halves_first),
    (8, movement.by_rows),
    (14, movement.repeated),
    (8, movement.tiled),
    (10, movement.packed),
    (12, movement.parts),
    (14, movement.on_the_cpu),
    (40, movement.remembered),
)
_POINTWISE: tuple[Weighted, ...] = (
    (24, pointwise.with_constant),
    (14, pointwise.normed),
    (20, pointwise.unary),
    (14, pointwise.two_maps),
    (5, pointwise.clipped),
    (8, pointwise.layer_norm),
    (12, pointwise.means),
    (7, pointwise.softmax),
    (8, pointwise.side_result),
    (26, boxes.decode),
)
_MAPS = (*_SPATIAL, *_MOVEMENT, *_POINTWISE)
# A net of one author uses some motifs again and again and most of them never.
_FAVOURITES = 4


def goal_ops(dice: Dice) -> int:
    """How many ops a net gets, about."""
    low, high = dice.weighted(
        ((12, (2, 11)), (23, (12, 27)), (33, (28, 68)), (22, (69, 125)), (10, (126, 260)))
    )
    return dice.log(low, high)


def image_size(net: WildNet, ops: int, macs: int) -> tuple[int, int]:
    """Rows and columns, and with them the net's width, so that the MACs come out right."""
    dice = net.dice
    height, share = dice.log(10, 320), max(1, 8 * macs // ops)
    width = height if dice.chance(60) else max(4, min(512, height * dice.integer(3, 14) // 6))
    # A layer of 9 weights a pair of channels at half of the size: its MACs are the net's share.
    for _ in range(12):
        channels = math.isqrt(share * 4 // (9 * height * width))
        if channels < 20 and height > 4:
            height, width = max(4, height * 3 // 4), max(4, width * 3 // 4)
        elif channels > 200:
            height, width = min(512, height * 4 // 3 + 1), min(512, width * 4 // 3 + 1)
        else:
            break
    net.width = max(4, min(256, math.isqrt(share * 4 // (9 * height * width))))
    return height, width


def grow(net: WildNet, x: Tensor, ops: int) -> Tensor:
    """Motifs until there are as many ops as asked for."""
    dice = net.dice
    favourites = [dice.weighted(_SPATIAL) for _ in range(dice.integer(1, _FAVOURITES))]
    strays = dice.pick(10, 20, 40, 80, 100)
    net.shrink = max(1, 160 // max(6, ops // 3))
    for _ in range(3 * ops + 20):
        if net.count >= ops:
            break
        if elements(x) > MAX_ELEMENTS and len(x.shape) == 4:
            x = net.max_pool(x, 2, 2)
            continue
        if len(x.shape) == 4:
            motif = dice.weighted(_MAPS) if dice.chance(strays) else dice.pick(*favourites)
            if net.count and 4 * x.shape[3] < net.width and dice.chance(50):
                motif = spatial.convolution
            if motif in favourites and _spent(net, x):
                motif = dice.weighted((*_MOVEMENT, *_POINTWISE))
        else:
            motif = dice.weighted(sequences.MOTIFS)
        x = motif(net, x) or x
    return x


def _spent(net: WildNet, x: Tensor) -> bool:
    """Whether hardly any convolution of this map is within the budget."""
    return net.affordable(x, 8, 3) < 4
