"""Motifs of two and three axes: dense stacks, gates, unrolled recurrence, attention."""

from __future__ import annotations

from perfcost.spaces.samplers.layers import activate, fused
from perfcost.spaces.samplers.net import elements
from perfcost.spaces.samplers.wild.net import WildNet
from perfcost.spaces.samplers.wild.pointwise import layer_norm, two_maps, unary, with_constant
from perfcost.spaces.writer.records import Tensor


def linear(net: WildNet, x: Tensor, channels: int, act: str = "") -> Tensor:
    """FULLY_CONNECTED over the last axis, within the budget."""
    rows = elements(x) // x.shape[-1]
    while channels > 1 and not net.has_room(x.shape[-1] * channels, rows):
        channels //= 2
    keep = len(x.shape) > 2
    y = net.fully_connected(x, channels, act=fused(act), keep_dims=keep)
    return activate(net, y, act)


def dense(net: WildNet, x: Tensor) -> Tensor | None:
    """One layer and mostly an activation."""
    dice = net.dice
    act = dice.pick("", "", "relu", "relu", net.act, "tanh", "logistic", "relu_alone")
    most = min(2048, 8 * net.width) if len(x.shape) == 2 else 512
    return linear(net, x, dice.channels(1 if dice.chance(10) else 4, max(8, most)), act)


def gates(net: WildNet, x: Tensor) -> Tensor | None:
    """Gates of a recurrent cell (Cho et al., arXiv:1406.1078): products of squashed layers."""
    dice = net.dice
    width = min(x.shape[-1], 256)
    if not net.has_room(4 * x.shape[-1] * width, elements(x) // x.shape[-1]):
        return None
    state = linear(net, x, width)
    gate = linear(net, x, width, "logistic")
    new = linear(net, x, width, "tanh")
    if len({t.shape for t in (state, gate, new)}) > 1:
        return new
    if dice.chance(50):
        return net.add(net.mul(gate, new), net.mul(state, net.logistic(state)))
    rest = net.sub(net.constant(1.0), gate)
    return net.add(net.mul(gate, state), net.mul(rest, new))


def cell(net: WildNet, x: Tensor) -> Tensor | None:
    """An LSTM's step: one layer, SPLIT in four, squashed, multiplied."""
    width = min(128, x.shape[-1])
    if len(x.shape) != 2 or width < 2 or not net.has_room(4 * width * x.shape[-1]):
        return None
    a, b, c, d = net.split(linear(net, x, 4 * width), 4, 1)
    memory = net.mul(net.logistic(a), net.tanh(b))
    if net.dice.chance(50):
        memory = net.add(memory, net.mul(net.logistic(d), net.learned([1, width])))
    return net.mul(net.logistic(c), net.tanh(memory))


def unrolled(net: WildNet, x: Tensor) -> Tensor | None:
    """A recurrent layer written out: UNPACK, a step for each, PACK."""
    dice = net.dice
    if len(x.shape) != 3 or not 2 <= x.shape[1] <= 12 or not net.has_room(x.shape[1] * 40_000):
        return None
    width = dice.channels(4, 96)
    steps = net.unpack(x, 1)
    state, states = linear(net, steps[0], width, "tanh"), []
    states.append(state)
    for step in steps[1:]:
        both = net.add(linear(net, step, width), linear(net, state, width))
        if both.shape != states[0].shape:
            return states[-1]
        state = dice.pick(net.tanh, net.tanh, net.relu)(both)
        states.append(state)
    return net.pack(states, 1) if dice.chance(60) else state


def attention(net: WildNet, x: Tensor) -> Tensor | None:
    """Self-attention (Vaswani et al., arXiv:1706.03762) of ``[batch, tokens, width]``."""
    dice = net.dice
    if len(x.shape) != 3 or net.dtype != "int8" or x.shape[1] > 256 or x.shape[2] < 4:
        return None
    n, tokens, width = x.shape
    heads = dice.pick(*(h for h in (1, 2, 3, 4, 8) if width % h == 0 and width // h >= 2))
    if not net.has_room(4 * width * width, tokens) or heads * tokens * tokens > 300_000:
        return None
    made = [linear(net, x, width) for _ in range(3)]
    if any(y.shape != x.shape for y in made):
        return None
    query, key, value = (_heads(net, y, heads) for y in made)
    if dice.chance(60):
        query = net.mul(query, 0.25)
    scores = net.batch_matmul(query, key, adjoint_y=True)
    y = net.batch_matmul(net.softmax(scores), value)
    if heads > 1:
        y = net.transpose(y, [0, 2, 1, 3])
    y = linear(net, net.reshape(y, [n, tokens, width]), width)
    return net.add(x, y) if y.shape == x.shape else y


def _heads(net: WildNet, x: Tensor, heads: int) -> Tensor:
    n, tokens, width = x.shape
    if heads == 1:
        return x
    y = net.reshape(x, [n, tokens, heads, width // heads])
    return net.transpose(y, [0, 2, 1, 3])


def encoder(net: WildNet, x: Tensor) -> Tensor | None:
    """Attention and two dense layers, each with a norm and a shortcut."""
    dice = net.dice
    if len(x.shape) != 3:
        return None
    y = attention(net, x)
    if y is None:
        return None
    y = layer_norm(net, y) or y
    act = dice.pick("gelu", "gelu", "relu", "hard_swish", "swish")
    wide = linear(net, y, x.shape[2] * dice.pick(1, 2, 4), act)
    z = linear(net, wide, x.shape[2])
    return net.add(y, z) if z.shape == y.shape else z


def mixed(net: WildNet, x: Tensor) -> Tensor | None:
    """Dense layers over tokens, by TRANSPOSE, as in MLP-Mixer (arXiv:2105.01601)."""
    if len(x.shape) != 3 or x.shape[1] > 512:
        return None
    y = net.transpose(x, [0, 2, 1])
    y = linear(net, linear(net, y, max(4, x.shape[1] // 2), "gelu"), x.shape[1])
    y = net.transpose(y, [0, 2, 1])
    return net.add(x, y) if y.shape == x.shape else y


def halves(net: WildNet, x: Tensor) -> Tensor | None:
    """SPLIT of the last axis, something on each part, joined."""
    parts = net.dice.pick(2, 4)
    if x.shape[-1] % parts or x.shape[-1] < 2 * parts:
        return None
    done = [
        activate(net, p, net.dice.pick("tanh", "logistic", "relu_alone", ""))
        for p in net.split(x, parts)
    ]
    return net.concat(done)


def filtered(net: WildNet, x: Tensor) -> Tensor | None:
    """SVDF layers, as keyword spotters have them."""
    dice = net.dice
    if len(x.shape) != 2 or net.dtype != "int8" or not net.has_room(x.shape[1] * 128):
        return None
    for _ in range(dice.integer(1, 3)):
        x = net.svdf(x, dice.pick(16, 32, 64, 96), dice.integer(2, 32))
    return x


def shortcut(net: WildNet, x: Tensor) -> Tensor | None:
    """A dense layer and its input again."""
    y = linear(net, x, x.shape[-1], net.some_act())
    return net.add(x, y) if y.shape == x.shape else net.concat([x, y])


def reformed(net: WildNet, x: Tensor) -> Tensor | None:
    """Another rank: to tokens, to a map, or flat."""
    dice, count = net.dice, elements(x) // x.shape[0]
    n = x.shape[0]
    if len(x.shape) == 3 and dice.chance(40):
        return net.transpose(x, [0, 2, 1]) if elements(x) < 200_000 else None
    if len(x.shape) == 3 and dice.chance(30) and count <= 4096:
        return net.flatten_by_shape(x) if dice.chance(25) else net.reshape(x, [n, count])
    divisors = [d for d in (2, 3, 4, 5, 7, 8, 10, 16, 32) if count % d == 0 and count > d]
    if not divisors:
        return None
    first = dice.pick(*divisors)
    if len(x.shape) == 2 and dice.chance(50):
        return net.reshape(x, [n, first, count // first])
    if len(x.shape) == 3 and dice.chance(40):
        return net.expand_dims(x, dice.pick(1, 2))
    return net.reshape(x, [n, first, 1, count // first])


MOTIFS = (
    (40, dense),
    (8, gates),
    (5, cell),
    (6, unrolled),
    (10, encoder),
    (4, attention),
    (4, mixed),
    (6, halves),
    (8, shortcut),
    (3, filtered),
    (8, with_constant),
    (6, unary),
    (4, two_maps),
    (4, layer_norm),
    (6, reformed),
)
