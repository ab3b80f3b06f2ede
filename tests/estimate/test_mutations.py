"""Damaged files through the whole price: a named error or a finite answer, nothing else, soon.

``tests/frontends/test_tflite_mutations.py`` does the same for reading alone.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import perfcost
from perfcost.errors import ModelError
from perfcost.spaces import zoo

MAX_SECONDS = 2.0
TARGETS = ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256")
NETS = (
    "fsrcnn_small",
    "fsrcnn_depth_to_space",
    "mlperf_tiny_ad",
    "mlperf_tiny_ic",
    "mlperf_tiny_kws",
    "bert_tiny_encoder",
    "yolo_fastest",
)
WORDS = (0, 1, 64, 2**31 - 1, 2**31, 2**32 - 1, 0x7F800000)
TABLES = 6000
"""Bytes at either end of a file: there lie its tables, as against weights."""
LARGEST = 700_000


def place(rng: random.Random, data: bytearray, size: int) -> int:
    last = len(data) - size
    near = min(last, TABLES)
    return (rng.randrange(last), rng.randrange(near), last - 1 - rng.randrange(near))[
        rng.randrange(3)
    ]


def cut(rng: random.Random, data: bytearray) -> None:
    if rng.random() < 0.3:
        del data[rng.randrange(8, len(data)) :]


def flip(rng: random.Random, data: bytearray) -> None:
    data[place(rng, data, 1)] ^= 1 << rng.randrange(8)


def fill(rng: random.Random, data: bytearray) -> None:
    size = rng.randrange(1, 64)
    at = place(rng, data, size)
    data[at : at + size] = bytes([rng.randrange(256)]) * size


def swap(rng: random.Random, data: bytearray) -> None:
    size = rng.randrange(1, 64)
    a, b = place(rng, data, size), place(rng, data, size)
    data[a : a + size], data[b : b + size] = data[b : b + size], data[a : a + size]


def word(rng: random.Random, data: bytearray) -> None:
    at = place(rng, data, 4) // 4 * 4
    data[at : at + 4] = rng.choice(WORDS).to_bytes(4, "little")


def add(rng: random.Random, data: bytearray) -> None:
    at = place(rng, data, 4) // 4 * 4
    value = int.from_bytes(data[at : at + 4], "little") + rng.choice((-2, -1, 1, 2, 100, 65536))
    data[at : at + 4] = (value % 2**32).to_bytes(4, "little")


def small(rng: random.Random, data: bytearray) -> None:
    data[place(rng, data, 1)] = rng.randrange(5)


WAYS: tuple[Callable[[random.Random, bytearray], None], ...] = (
    cut,
    flip,
    fill,
    swap,
    word,
    add,
    small,
)


def mutated(data: bytes, seed: int) -> bytes:
    rng = random.Random(seed)
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        if len(changed) > 200:
            rng.choice(WAYS)(rng, changed)
    return bytes(changed)


def price(data: bytes, target: str) -> bool:
    """Whether it was priced; ModelError is the only other outcome."""
    start = time.monotonic()
    try:
        estimate = perfcost.estimate(data, target)
    except ModelError:
        priced = False
    else:
        priced = True
        figures = [
            estimate.latency_ms,
            *(op.latency_ms for op in estimate.ops),
            *estimate.memory_bytes.values(),
            *estimate.bytes_moved.values(),
        ]
        assert all(f is None or (math.isfinite(f) and f >= 0) for f in figures)
    assert time.monotonic() - start < MAX_SECONDS
    return priced


def check(data: bytes, seed: int) -> int:
    """How many targets priced the damaged file."""
    damaged = mutated(data, seed)
    return sum(price(damaged, target) for target in TARGETS)


@cache
def net(name: str) -> bytes:
    return zoo.build(name)


@pytest.mark.parametrize("part", range(8))
def test_damaged_nets(part: int) -> None:
    priced = sum(
        check(net(NETS[seed % len(NETS)]), seed) for seed in range(part * 25, part * 25 + 25)
    )
    assert priced  # the damage is not so great that nothing gets past the reader


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_damaged_real_files(part: int, real_models: list[dict[str, str]]) -> None:
    files = [row["path"] for row in real_models if int(row["bytes"]) < LARGEST]
    for seed in range(part * 100, part * 100 + 100):
        check(Path(files[seed % len(files)]).read_bytes(), seed)
