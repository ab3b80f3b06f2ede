"""What LiteRT's GPU delegate asks of SwiftShader for one model, as a driver before it saw it.

    python benchmarks/vulkan/one_graph.py MODEL.tflite DRIVER.json LOG

Prints one JSON line. Set PERFCOST_DRIVER_BEHIND and PERFCOST_DRIVER_LOG before; DRIVER.json names
the built ``standing_before.c``. One process a model: what Vulkan holds is the process's.
"""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from perfcost.labels.measured import vulkan  # noqa: E402
from perfcost.labels.measured.gpu_runtime import GpuModel  # noqa: E402

_SHADERS_READ, _UNIFORM = 0x20, 0x10
_TEXEL_BYTES = {97: 8, 109: 16}
"""Vulkan's R16G16B16A16_SFLOAT and R32G32B32A32_SFLOAT: all that the delegate was seen to take."""


def read_log(text: str) -> dict[str, int]:
    """Bytes of what is live at the end of a log.

    ``held`` are images and buffers that shaders read and write: tensors and constants; ``uniforms``
    small parameters; ``staging`` buffers by which bytes go up and down; ``blocks`` the memory that
    all of it lies in, as it was asked of the driver.
    """
    things: dict[str, tuple[str, int]] = {}
    for line in text.splitlines():
        what, handle, *fields = line.split()
        key = what[0] + handle
        if what[1] == "-":
            things.pop(key, None)
        elif what == "B+":
            usage, kind = int(fields[1], 16), "staging"
            if usage & _SHADERS_READ:
                kind = "held"
            elif usage & _UNIFORM:
                kind = "uniforms"
            things[key] = kind, int(fields[0])
        elif what == "I+":
            texels = math.prod(map(int, fields[1:5]))
            things[key] = "held", texels * _TEXEL_BYTES[int(fields[0])]
        else:
            things[key] = "blocks", int(fields[0])
    found = dict.fromkeys(("held", "uniforms", "staging", "blocks"), 0)
    for kind, nbytes in things.values():
        found[kind] += nbytes
    return found


def main() -> None:
    model, driver, log = map(Path, sys.argv[1:])
    os.environ[vulkan.SWIFTSHADER_VARIABLE] = str(driver)
    vulkan.choose(True)
    net = GpuModel(model.read_bytes())
    account = net.account
    alone = account.gpu_ops is None and not account.refusals
    print(json.dumps({**read_log(log.read_text()), "alone": alone}))
    sys.stdout.flush()
    os._exit(0)  # the runtime talks while it ends


if __name__ == "__main__":
    main()
