"""The space ``wild``: random nets over the op vocabulary of real files.

It decides whether nets that no task space draws are priced right: ops in every combination of
options, habits of converters (PAD and VALID, NCHW, float borders, uint8), boxes decoded with
constants, ops that leave the NPU. Random wiring as a space: Xie et al., arXiv:1904.01569.
"""

from __future__ import annotations

from perfcost.spaces.samplers import detect, image, keyword, superres
from perfcost.spaces.samplers.dice import Dice
from perfcost.spaces.samplers.wild import chain, ends, first, pieces, rare
from perfcost.spaces.samplers.wild.net import WildNet

# Percentage of nets of which only a piece is kept.
_PIECES = 12


def sample(dice: Dice) -> bytes:
    """One net of the space."""
    dtype = "uint8" if dice.chance(12) else "int8"
    ops = chain.goal_ops(dice)
    # Most real nets are in the middle of the range.
    macs = dice.log(500_000, 1_500_000_000) if dice.chance(66) else dice.log(10_000, 4_000_000_000)
    limit = max(100_000, min(5_000_000_000, 8 * macs))
    net = WildNet(dice, dtype=dtype, max_weights=dice.log(400_000, 6_000_000), max_macs=limit)
    kind = dice.weighted(
        ((52, "map"), (11, "line"), (7, "vector"), (9, "tokens"), (16, "task"), (5, "first"))
    )
    if kind == "task":
        _task(net)
    else:
        shape = _shape(net, kind, ops, macs)
        if kind == "first":
            first.draw(net, ops, shape)
        else:
            ends.finish(net, chain.grow(net, ends.start(net, shape), ops))
    return net.build_piece(pieces.draw(net)) if dice.chance(_PIECES) else net.build()


def sample_rare(dice: Dice) -> bytes:
    """One net of version 2: short nets of what version 1 draws too seldom, see ``rare``."""
    dtype = "uint8" if dice.chance(12) else "int8"
    macs = dice.log(300_000, 300_000_000)
    net = WildNet(dice, dtype=dtype, max_weights=dice.log(200_000, 3_000_000), max_macs=8 * macs)
    ops = dice.log(6, 60)
    rare.draw(net, ops)
    return net.build_piece(pieces.draw(net)) if dice.chance(_PIECES) else net.build()


def _shape(net: WildNet, kind: str, ops: int, macs: int) -> list[int]:
    """The input's shape; the net's width follows from it."""
    dice = net.dice
    if kind == "vector":
        net.width = dice.log(4, 512)
        return [1 if dice.chance(92) else dice.integer(2, 8), dice.channels(2, 2000)]
    if kind == "tokens":
        net.width = dice.channels(16, 192)
        return [1, dice.log(2, 200), net.width]
    batch = dice.integer(2, 6) if dice.chance(4) else 1
    if kind == "line":
        length, channels = dice.log(4, 1024), dice.channels(1, 256)
        net.width = dice.log(4, 128)
        return [batch, length, 1, channels] if dice.chance(65) else [batch, 1, length, channels]
    height, width = chain.image_size(net, ops, macs)
    channels = dice.weighted(((45, 3), (22, 1), (33, 0))) or dice.channels(2, 128)
    while height * width * channels * batch > 1_000_000 and channels > 3:
        channels = max(3, channels // 2)
    return [batch, height, width, channels]


def _task(net: WildNet) -> WildNet:
    """A net of one of the tasks with a wild net's habits."""
    net.max_weights, net.max_macs = 3_000_000, 2_000_000_000
    space = net.dice.pick(image, image, keyword, superres, detect, detect)
    if space is detect:
        detect.draw(net)
    else:
        space.family(net.dice)(net)
    return net
