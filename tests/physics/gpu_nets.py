"""Networks of one op or two, and whether LiteRT's GPU delegate runs them; and the asking itself.

As a script: prints one line a network, its number and "runs", or why not. In a process of its own,
since drivers crash.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from perfcost.spaces.floats import float_twin
from perfcost.spaces.samplers.cpu_layers import CpuLayers

_MAP = (1, 8, 8, 16)


def _net(layer: Callable[[CpuLayers, object], object], shape=_MAP) -> bytes:
    net = CpuLayers(seed=3)
    layer(net, net.input(shape))
    return net.build()


def nets() -> dict[str, bytes]:
    """The int8 networks by name."""
    five, around = (1, 2, 4, 4, 8), [(0, 0), (1, 1), (1, 1), (0, 0)]
    return {
        "conv": _net(lambda n, x: n.conv(x, 8, 3, act="relu6")),
        "conv of 4 groups": _net(lambda n, x: n.conv(x, 8, 3, groups=4)),
        "depthwise": _net(lambda n, x: n.depthwise(x, 3)),
        "transpose_conv": _net(lambda n, x: n.transpose_conv(x, 8)),
        "transpose_conv with relu": _net(lambda n, x: n.transpose_conv(x, 8, act="relu")),
        "fully_connected": _net(lambda n, x: n.fully_connected(x, 8), (1, 32)),
        "fully_connected of a map": _net(lambda n, x: n.fully_connected(x, 8)),
        "add a channel's value": _net(lambda n, x: n.add(x, n.learned((16,)))),
        "add of rank 5": _net(lambda n, x: n.add(x, n.input(five)), five),
        "hard_swish": _net(lambda n, x: n.hard_swish(x)),
        "softmax": _net(lambda n, x: n.softmax(x), (1, 16)),
        "softmax of beta 2": _net(lambda n, x: n.softmax(x, 2.0)),
        "pack of rank 3": _net(lambda n, x: n.pack([x, n.relu(x)], 1), (1, 4, 8)),
        "pack of rank 4": _net(lambda n, x: n.pack([x, n.relu(x)], 1)),
        "mean": _net(lambda n, x: n.mean(x)),
        "reshape to rank 5": _net(lambda n, x: n.reshape(x, (1, 8, 8, 4, 4))),
        "pad": _net(lambda n, x: n.pad(x, around)),
        "pad of rank 2": _net(lambda n, x: n.pad(x, [(0, 0), (1, 1)]), (1, 8)),
        "pad of the batch": _net(lambda n, x: n.pad(x, [(0, 1), (0, 0), (0, 0), (0, 0)])),
        "mirror": _net(lambda n, x: n.mirror_pad(x, around, reflect=True)),
        "mirror with its edge": _net(lambda n, x: n.mirror_pad(x, around, reflect=False)),
        "space_to_depth": _net(lambda n, x: n.space_to_depth(x, 2)),
        "space_to_depth of batch 2": _net(lambda n, x: n.space_to_depth(x, 2), (2, 8, 8, 16)),
        "gather_nd": _net(lambda n, x: n.gather_nd(x, ((0, 1), (0, 2)))),
        "expand_dims": _net(lambda n, x: n.expand_dims(x, 1), (1, 4, 8)),
        "svdf": _net(lambda n, x: n.svdf(x, 8, 4), (1, 16)),
    }


def _answer(model: bytes) -> str:
    from perfcost.errors import LabelError
    from perfcost.labels.measured.cpu_runtime import CpuModel
    from perfcost.labels.measured.gpu_runtime import GpuModel

    try:
        gpu, cpu = GpuModel(model), CpuModel(model)
    except LabelError as error:
        return str(error)
    if gpu.account.refusals:
        return str(gpu.account.refusals)
    for ours, theirs in zip(gpu.outputs(), cpu.outputs(), strict=True):
        gap = abs(ours.ravel().astype(float) - theirs.ravel().astype(float)).max()
        if gap > 0.05 * abs(theirs.astype(float)).max():
            return f"results differ by {gap:g}"
    return "runs"


def main() -> None:
    from perfcost.labels.measured import vulkan

    vulkan.choose(software=True)
    for number, model in enumerate(nets().values()):
        for dtype, given in (("int8", model), ("float32", float_twin(model))):
            print(f"{number} {dtype} {_answer(given)}".replace("\n", " "), flush=True)


if __name__ == "__main__":
    sys.exit(main())
