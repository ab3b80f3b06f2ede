"""The network of a NAS-Bench-201 cell as a .tflite file, on CIFAR-10 as the benchmark measures it.

Dong and Yang, arXiv:2001.00326, whose code has the ReLU before each convolution and the batch
normalisation after it; the latter is folded, as converters do. A converter joins a ReLU with the
sum or the convolution before it where nothing else reads that; here it stays an op of its own.
"""

from __future__ import annotations

import zlib

from perfcost.cells.names import AVG_POOL, CONV_3X3, EDGES, NONE, SKIP, Cell, live, parse, spell
from perfcost.errors import InvalidGraph
from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor

DEPTH = 5
CHANNELS = (16, 32, 64)


def nasbench201(arch: str, *, dtype: str = "float32", batch: int = 1) -> bytes:
    """The .tflite file of a network, with drawn weights.

    Args:
        arch: name of its cell, such as ``|nor_conv_3x3~0|+|none~0|skip_connect~1|+...``. Edges
            that lead nowhere are left out, as a converter does.
        dtype: "float32", as the benchmark's networks were measured, "int8" or "uint8".
        batch: images at once.

    Raises:
        Unsupported: no name of a cell, or an unknown dtype.
        InvalidGraph: the cell's output does not depend on its input: a converter would leave a
            constant.
    """
    cell = live(parse(arch))
    if not any(cell):
        raise InvalidGraph(
            f"the output of the cell {arch!r} does not depend on its input; give one with a path "
            "of edges that are not none from node 0 to node 3"
        )
    net = NetBuilder(dtype=dtype, seed=zlib.crc32(spell(cell).encode()))
    x = net.conv(net.input([batch, 32, 32, 3]), CHANNELS[0], 3, norm=True)
    for channels in CHANNELS:
        if channels != x.shape[3]:
            x = _reduction(net, x, channels)
        for _ in range(DEPTH):
            x = _cell(net, x, cell)
    # The last normalisation follows a sum, so it cannot be folded.
    x = net.add(net.mul(x, net.learned([x.shape[3]])), net.learned([x.shape[3]]), act="relu")
    net.fully_connected(net.mean(x), 10)
    return net.build()


def _convolution(net: NetBuilder, x: Tensor, channels: int, kernel: int, stride: int = 1) -> Tensor:
    return net.conv(net.relu(x), channels, kernel, stride, norm=True)


def _cell(net: NetBuilder, x: Tensor, cell: Cell) -> Tensor:
    nodes: list[Tensor | None] = [x, None, None, None]
    for operation, (source, sink) in zip(cell, EDGES, strict=True):
        y = nodes[source]
        if operation == NONE or y is None:
            continue
        if operation == AVG_POOL:
            y = net.avg_pool(y, 3, 1)
        elif operation != SKIP:
            y = _convolution(net, y, x.shape[3], 3 if operation == CONV_3X3 else 1)
        sofar = nodes[sink]
        nodes[sink] = y if sofar is None else net.add(sofar, y)
    assert nodes[3] is not None  # the cell is live
    return nodes[3]


def _reduction(net: NetBuilder, x: Tensor, channels: int) -> Tensor:
    y = _convolution(net, x, channels, 3, 2)
    y = _convolution(net, y, channels, 3)
    return net.add(y, net.conv(net.avg_pool(x, 2, 2), channels))
