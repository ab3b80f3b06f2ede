"""What LiteRT's GPU delegate asks of SwiftShader for one model, as a driver before it saw it.

    python benchmarks/vulkan/one_graph.py MODEL.tflite DRIVER.json LOG

Prints one JSON line. Set PERFCOST_DRIVER_BEHIND and PERFCOST_DRIVER_LOG before; DRIVER.json names
the built ``standing_before.c``. One process a model: what Vulkan holds is the process's.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from perfcost.labels.measured import vulkan  # noqa: E402
from perfcost.labels.measured.gpu_runtime import GpuModel  # noqa: E402

_STORAGE, _STORAGE_IMAGE, _UNIFORM = 0x20, 0x8, 0x10
_TEXEL_BYTES = {97: 8, 109: 16}
"""Vulkan's R16G16B16A16_SFLOAT and R32G32B32A32_SFLOAT: all that the delegate was seen to take."""


def read_log(text: str) -> dict[str, object]:
    """What is live at the end of a log, in bytes, by what it is for.

    Buffers that shaders read before the first image that a shader writes are constants, as are
    images that none writes; what comes after are the tensors of a run and its inputs and outputs.
    """
    buffers: dict[str, tuple[str, int]] = {}
    images: dict[str, tuple[str, int]] = {}
    blocks: dict[str, int] = {}
    running = False
    for line in text.splitlines():
        what, handle, *fields = line.split()
        if what == "B+":
            usage, kind = int(fields[1], 16), "staging"
            if usage & _STORAGE:
                kind = "in_out" if running else "constants"
            elif usage & _UNIFORM:
                kind = "uniforms"
            buffers[handle] = kind, int(fields[0])
        elif what == "I+":
            written = bool(int(fields[5], 16) & _STORAGE_IMAGE)
            running |= written
            extent = 1
            for side in fields[1:5]:
                extent *= int(side)
            nbytes = extent * _TEXEL_BYTES[int(fields[0])]
            images[handle] = "tensors" if written else "constants", nbytes
        elif what == "M+":
            blocks[handle] = int(fields[0])
        else:
            {"B-": buffers, "I-": images, "M-": blocks}[what].pop(handle, None)
    kinds = ("constants", "tensors", "in_out", "uniforms", "staging")
    held = [*buffers.values(), *images.values()]
    found: dict[str, object] = {
        kind: sum(nbytes for each, nbytes in held if each == kind) for kind in kinds
    }
    return found | {"blocks": sum(blocks.values())}


def main() -> None:
    model, driver, log = map(Path, sys.argv[1:])
    os.environ[vulkan.SWIFTSHADER_VARIABLE] = str(driver)
    vulkan.choose(True)
    net = GpuModel(model.read_bytes())
    account = net.account
    alone = account.gpu_ops is None and not account.refusals
    print(json.dumps(read_log(log.read_text()) | {"alone": alone}))
    sys.stdout.flush()
    os._exit(0)  # the runtime talks while it ends


if __name__ == "__main__":
    main()
