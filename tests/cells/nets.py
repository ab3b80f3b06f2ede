"""NAS-Bench-201 networks written in another way than ``spaces.nasbench201`` does, and near ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from perfcost.cells.names import EDGES
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.spaces.tflite_writer import NetBuilder, Tensor

FULL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_1x1~2|"
Make = Callable[[NetBuilder, Tensor], Tensor]


def conv1(net: NetBuilder, x: Tensor) -> Tensor:
    return net.conv(x, x.shape[3], 1, act="relu")


def conv3(net: NetBuilder, x: Tensor) -> Tensor:
    return net.conv(x, x.shape[3], 3, act="relu")


def pool(net: NetBuilder, x: Tensor) -> Tensor:
    return net.avg_pool(x, 3, 1)


def skip(net: NetBuilder, x: Tensor) -> Tensor:
    return x


_MAKE: tuple[Make | None, ...] = (None, skip, conv1, conv3, pool)


def of(cell: Sequence[int]) -> Make:
    """A cell as the space ``image`` has it: a ReLU after each convolution, part of it."""

    def make(net: NetBuilder, x: Tensor) -> Tensor:
        nodes: list[Tensor | None] = [x, None, None, None]
        for operation, (source, sink) in zip(cell, EDGES, strict=True):
            act, y, before = _MAKE[operation], nodes[source], nodes[sink]
            if act is not None and y is not None:
                made = act(net, y)
                nodes[sink] = made if before is None else net.add(before, made)
        assert nodes[3] is not None
        return nodes[3]

    return make


def network(
    cells: Sequence[Make],
    *,
    width: int = 16,
    size: int = 32,
    classes: int = 10,
    halve: str = "pool",
    head: str = "mean",
) -> Graph:
    """A frame around cells, a third of them in each stage."""
    net = NetBuilder(dtype="float32")
    x = net.conv(net.input([1, size, size, 3]), width, 3)
    for at, make in enumerate(cells):
        if at and at % (len(cells) // 3) == 0:
            x = _reduction(net, x, halve)
        x = make(net, x)
    if head == "mean":
        x = net.fully_connected(net.mean(x), classes)
    elif head == "pool":
        x = net.avg_pool(x, x.shape[1:3], padding="VALID")
        x = net.softmax(net.reshape(net.conv(x, classes), [1, classes]))
    else:
        x = net.fully_connected(x, classes)
    return read_tflite(net.build())


def _reduction(net: NetBuilder, x: Tensor, halve: str) -> Tensor:
    channels = 2 * x.shape[3]
    if halve == "pool":
        short = net.conv(net.avg_pool(x, 2, 2), channels)
    else:
        short = net.conv(x, channels, 1, 2)
    long = net.conv(net.conv(x, channels, 3, 2, act="relu"), channels, 3)
    return net.add(short, long)
