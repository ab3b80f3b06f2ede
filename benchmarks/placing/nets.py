"""The small networks of the proof: chains and branches built by hand, and graphs drawn by seed.

Built nets have ops that Vela refuses on an Ethos-U65 in the middle, at the ends or at every turn,
and sizes at which a call of the NPU (150 us) is now worth it and now not. Drawn ones are the first
seeds of a space whose convex sets of ops can all be labelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from perfcost.spaces import samplers
from perfcost.spaces.tflite_writer import NetBuilder, Tensor

Step = Callable[[NetBuilder, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Net:
    """A .tflite with a name that says how to make it again."""

    name: str
    kind: str
    data: bytes


def _shuffle(net: NetBuilder, x: Tensor) -> Tensor:
    """GATHER: channels in another order, as ShuffleNet has it."""
    half = x.shape[3] // 2
    return net.gather(x, [c // 2 + half * (c % 2) for c in range(2 * half)], 3)


def _blocks(net: NetBuilder, x: Tensor) -> Tensor:
    """SPACE_TO_DEPTH and back: two ops."""
    return net.depth_to_space(net.space_to_depth(x, 2), 2)


def _floats(net: NetBuilder, x: Tensor) -> Tensor:
    """DEQUANTIZE and QUANTIZE: two ops."""
    return net.quantize(net.dequantize(x))


def _over_depth(net: NetBuilder, x: Tensor) -> Tensor:
    """MEAN over the channels, times the map it came from: two ops."""
    return net.mul(x, net.mean(x, (3,), keep_dims=True))


REFUSED: dict[str, Step] = {
    "gather": _shuffle,
    "blocks": _blocks,
    "floats": _floats,
    "depth-mean": _over_depth,
}


def _conv(net: NetBuilder, x: Tensor) -> Tensor:
    return net.conv(x, x.shape[3], 3, act="relu")


def _separable(net: NetBuilder, x: Tensor) -> Tensor:
    return net.conv(net.depthwise(x, 3, act="relu6"), x.shape[3], 1, act="relu6")


def _residual(net: NetBuilder, x: Tensor) -> Tensor:
    return net.add(x, net.conv(net.conv(x, x.shape[3], 3, act="relu"), x.shape[3], 3))


def _two_arms(net: NetBuilder, x: Tensor) -> Tensor:
    half = x.shape[3] // 2
    left = net.conv(net.conv(x, half, 1, act="relu"), half, 3, act="relu")
    return net.concat([left, net.conv(net.max_pool(x, 3, 1, padding="SAME"), half, 1)])


LAYERS: dict[str, Step] = {
    "conv": _conv,
    "separable": _separable,
    "residual": _residual,
    "arms": _two_arms,
}


def built(name: str, size: int, channels: int, steps: Sequence[str]) -> Net:
    """A network of steps in a row, each a name of ``LAYERS`` or ``REFUSED``."""
    net = NetBuilder(seed=len(steps))
    x = net.input([1, size, size, channels])
    for step in steps:
        x = (LAYERS | REFUSED)[step](net, x)
    net.output(x)
    return Net(f"{name}-{size}x{channels}", "built", net.build())


def _crossed(size: int, channels: int, refused: str) -> Net:
    """Two arms of convolutions, what the NPU refuses in one of them, met by a sum."""
    net = NetBuilder(seed=2)
    x = _conv(net, net.input([1, size, size, channels]))
    left = _conv(net, REFUSED[refused](net, _conv(net, x)))
    net.output(_conv(net, net.add(left, _conv(net, _conv(net, x)))))
    return Net(f"arm-with-{refused}-{size}x{channels}", "built", net.build())


def _skipped(size: int, channels: int, refused: str) -> Net:
    """What the NPU refuses lies on the short way round two convolutions."""
    net = NetBuilder(seed=3)
    x = _conv(net, net.input([1, size, size, channels]))
    around = REFUSED[refused](net, x)
    net.output(_conv(net, net.add(_conv(net, _conv(net, x)), around)))
    return Net(f"skip-with-{refused}-{size}x{channels}", "built", net.build())


_MIDDLE = (
    (16, 16, "gather"), (24, 32, "gather"), (32, 32, "blocks"), (16, 64, "blocks"),
    (24, 16, "floats"), (32, 48, "floats"), (16, 32, "depth-mean"), (48, 24, "depth-mean"),
)  # fmt: skip
_TURNS = (
    (16, 16, "conv", "gather"), (32, 32, "conv", "gather"), (24, 48, "separable", "gather"),
    (16, 32, "conv", "floats"), (32, 64, "separable", "floats"), (24, 24, "residual", "blocks"),
    (12, 96, "conv", "depth-mean"), (48, 16, "separable", "depth-mean"),
)  # fmt: skip
_BRANCHED = ((16, 32, "gather"), (24, 32, "floats"), (24, 40, "blocks"), (20, 24, "depth-mean"))


def handmade() -> Iterator[Net]:
    """The built nets, small ones first within a family."""
    for size, channels, refused in _MIDDLE:
        yield built(f"middle-{refused}", size, channels,
                    ["conv", "separable", refused, "separable", "conv"])  # fmt: skip
    for size, channels, layer, refused in _TURNS:
        yield built(f"turns-{layer}-{refused}", size, channels, [layer, refused] * 3 + [layer])
    for size, channels, refused in _BRANCHED:
        yield _crossed(size, channels, refused)
        yield _skipped(size, channels, refused)
    yield built("first-gather", 24, 32, ["gather", "conv", "conv", "separable", "conv"])
    yield built("last-floats", 24, 32, ["conv", "separable", "conv", "conv", "floats"])
    yield built("arms-gather", 16, 32, ["arms", "gather", "conv"])
    yield built("supported", 24, 32, ["conv", "separable", "residual", "conv"])
    yield built("tiny", 8, 8, ["conv", "gather", "conv", "floats", "conv", "conv"])
    yield built("long-gather", 12, 24, (["conv", "separable", "gather"] * 5)[:-1])
    yield built("forty", 8, 16, ["separable", "gather", "conv"] * 10)


DRAWN = (
    ("wild", 2, (9_000_002, 9_000_021, 9_000_035, 9_000_047, 9_000_057)),
    ("wild", 1, (9_000_061, 9_000_069, 9_000_080)),
    ("superres", 1, (9_000_026, 9_000_038, 9_000_045)),
    ("keyword", 1, (9_000_000, 9_000_004, 9_000_005)),
)
"""(space, version, seeds): the first from 9,000,000 on, far from those of the datasets, that
``choosing.suitable`` takes. Graphs of ``image`` and ``detect`` have too many ops."""


def drawn() -> Iterator[Net]:
    """The drawn graphs."""
    for space, version, seeds in DRAWN:
        for seed in seeds:
            yield Net(f"{space}/{version}/{seed}", "drawn", samplers.sample(space, seed, version))
