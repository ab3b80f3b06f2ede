"""Networks that a fresh simulator runs once, so that it has translated the usual kernels.

The list is part of what a label means: another one shifts the heap that every network finds, and
with it the sets of the caches that data falls into (by 0.3 % of the time in the median).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from perfcost.cache import made_once
from perfcost.spaces import samplers, zoo

VERSION = "1"
NETS = (
    "mlperf_tiny_kws:int8",
    "mlperf_tiny_ic:int8",
    "mlperf_tiny_vww:int8",
    "mlperf_tiny_ad:int8",
    "fsrcnn_small:int8",
    "mlperf_tiny_ic:float32",
    "mlperf_tiny_kws:uint8",
)
"""Of the zoo: name and dtype."""
SEEDS = (
    ("wild", 6), ("wild", 8), ("wild", 9), ("wild", 2), ("superres", 5), ("keyword", 9),
)  # fmt: skip
"""Of the search spaces: space and seed."""


def folder() -> Path:
    """A folder with the files, made once."""
    text = f"{VERSION} {NETS} {SEEDS}"
    return made_once(f"arm-warm-{hashlib.sha256(text.encode()).hexdigest()[:12]}", _write)


def _write(into: Path) -> None:
    models = []
    for net in NETS:
        name, _, dtype = net.partition(":")
        models.append(zoo.build(name, dtype))
    models += [samplers.sample(space, seed) for space, seed in SEEDS]
    for number, model in enumerate(models):
        (into / f"{number:02d}.tflite").write_bytes(model)
