"""Motifs that compute each element from those at its place, and norms, softmax and means."""

from __future__ import annotations

from perfcost.spaces.samplers.net import elements
from perfcost.spaces.samplers.wild.net import WildNet
from perfcost.spaces.writer.records import Tensor


def with_constant(net: WildNet, x: Tensor) -> Tensor | None:
    """Arithmetic with a constant of any of the shapes that broadcast."""
    dice = net.dice
    channels = x.shape[-1]
    ways: list[tuple[int, tuple[int, ...]]] = [
        (40, (channels,)),
        (15, (*(1 for _ in x.shape[1:]), channels)),
        (15, (1,)),
        (10, ()),
        (10, (1, *x.shape[1:-1], 1)),
    ]
    if elements(x) < 400_000 and x.shape[0] == 1:
        ways.append((10, x.shape))
    constant = net.learned(dice.weighted(ways))
    kind = dice.weighted(((40, "mul"), (35, "add"), (12, "sub"), (6, "rsub"), (7, "minmax")))
    if kind == "rsub":
        return net.sub(constant, x)
    if kind == "minmax":
        return (net.maximum if dice.chance(50) else net.minimum)(x, constant)
    act = dice.pick("relu", "relu6") if dice.chance(16) else ""
    return {"mul": net.mul, "add": net.add, "sub": net.sub}[kind](x, constant, act=act)


def normed(net: WildNet, x: Tensor) -> Tensor | None:
    """A batch norm that was not folded: MUL and ADD with constants."""
    size = [x.shape[-1]]
    return net.add(net.mul(x, net.learned(size)), net.learned(size), act=net.dice.pick("", "relu"))


def unary(net: WildNet, x: Tensor) -> Tensor | None:
    """One op of one operand."""
    dice = net.dice
    ways = [net.quantize, net.relu, net.relu6, net.leaky_relu, net.tanh, net.logistic]
    ways += [net.hard_swish, net.gelu, net.relu_n1_to_1]
    if len(x.shape) >= 3:
        ways.append(net.prelu)
    if net.dtype == "int8":
        ways += [net.abs, net.exp]
    y = dice.pick(*ways)(x)
    return net.keep_range(x, y) if dice.chance(15) and net.same_range_may(y) else y


def two_maps(net: WildNet, x: Tensor) -> Tensor | None:
    """Arithmetic of a map with something made of it."""
    dice = net.dice
    y = dice.pick(net.relu, net.logistic, net.tanh, net.leaky_relu)(x)
    kinds = [net.add, net.mul, net.sub, net.maximum, net.minimum]
    if net.dtype == "int8":
        kinds.append(net.squared_difference)
    return dice.pick(*kinds)(x, y)


def clipped(net: WildNet, x: Tensor) -> Tensor | None:
    """MAXIMUM and MINIMUM with scalars."""
    return net.minimum(net.maximum(x, 0.0), net.dice.pick(1.0, 6.0, 20.0))


def layer_norm(net: WildNet, x: Tensor) -> Tensor | None:
    """A norm over the last axis, in pieces; without int8 kernels only its mean is taken off."""
    if elements(x) > 600_000 or x.shape[-1] == 1:
        return None
    mean = net.mean(x, [-1], keep_dims=True)
    centred = net.sub(x, mean)
    if net.dtype != "int8":
        return centred
    square = net.squared_difference(x, mean) if net.dice.chance(50) else net.mul(centred, centred)
    spread = net.rsqrt(net.add(net.mean(square, [-1], keep_dims=True), 1e-3))
    y = net.mul(centred, spread)
    return net.add(net.mul(y, net.learned(x.shape[-1:])), net.learned(x.shape[-1:]))


def means(net: WildNet, x: Tensor) -> Tensor | None:
    """MEAN, SUM or REDUCE_MAX over some axes; mostly brought back on the map."""
    dice = net.dice
    _n, height, width, _channels = x.shape
    axes = dice.weighted(((40, (1, 2)), (15, (1,)), (15, (2,)), (15, (3,)), (15, (2, 3))))
    if 3 in axes and height * width > 20_000:
        return None
    if dice.chance(15):
        kept = [1 if i in axes else size for i, size in enumerate(x.shape)]
        y = net.reshape(net.mean(x, axes), kept)
    elif dice.chance(80):
        y = net.mean(x, axes, keep_dims=True)
    elif dice.chance(50):
        y = net.sum(x, axes, keep_dims=True)
    else:
        y = net.reduce_max(x, axes, keep_dims=True)
    way = dice.pick("gate", "gate", "sub", "add")
    if way == "gate":
        return net.mul(x, net.logistic(y))
    return net.sub(x, y) if way == "sub" else net.add(x, y)


def softmax(net: WildNet, x: Tensor) -> Tensor | None:
    """SOFTMAX over channels or, by a TRANSPOSE or RESHAPE, over places; used as weights."""
    dice = net.dice
    n, height, width, channels = x.shape
    if elements(x) > 200_000 or channels == 1:
        return None
    if dice.chance(50):
        y = net.softmax(x, dice.pick(1.0, 1.0, 0.5))
    elif dice.chance(50):
        y = net.reshape(net.softmax(net.reshape(x, [n, height * width, channels])), x.shape)
    else:
        y = net.softmax(net.transpose(net.reshape(x, [n, height * width, channels]), [0, 2, 1]))
        y = net.reshape(net.transpose(y, [0, 2, 1]), x.shape)
    return net.mul(x, y)


def side_result(net: WildNet, x: Tensor) -> Tensor | None:
    """An output on the way: ARG_MAX, SOFTMAX, DEQUANTIZE; the net goes on with ``x``."""
    dice = net.dice
    if elements(x) > 300_000:
        return None
    way = dice.pick("arg_max", "softmax", "float", "logistic")
    if way == "arg_max" and 1 < x.shape[3] <= 127:
        best = net.arg_max_64(x) if dice.chance(30) else net.arg_max(x)
        if dice.chance(20):
            net.cast(best, dice.pick("uint8", "float32"))
    elif way == "softmax" and x.shape[3] > 1:
        net.softmax(x)
    elif way == "float":
        net.dequantize(x)
    else:
        net.logistic(x)
    return x
