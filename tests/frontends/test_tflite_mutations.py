"""Row 4: damaged files give a named error or a graph, nothing else, and soon."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tflite_files import graph, model, op, tensor

from perfcost.errors import ModelError
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.hashing import price_key, skeleton_hash, structural_hash
from perfcost.ops import graph_bytes, graph_macs, graph_parameters
from perfcost.spaces.tflite_writer import NetBuilder

MAX_SECONDS = 2.0


@cache
def own_files() -> tuple[bytes, ...]:
    net = NetBuilder(seed=3)
    x = net.input([1, 16, 16, 3])
    x = net.conv(x, 8, 3, stride=2, act="relu6")
    y = net.depthwise(x, 3, act="relu6")
    x = net.concat([net.add(net.conv(y, 8), x), y])
    x = net.transpose_conv(net.pad_image(x, 1), 4)
    net.softmax(net.fully_connected(net.reshape(net.mean(x), [1, 4]), 3))
    step = op("WHILE", [0], [1], "WhileOptions", CondSubgraphIndex=1, BodySubgraphIndex=2)
    body = graph([tensor((1,)), tensor((1,))], [op("ABS", [0], [1])])
    plain = NetBuilder(dtype="float32")
    plain.softmax(plain.fully_connected(plain.input([1, 20]), 10))
    loop = model(graph([tensor((1,)), tensor((1,))], [step]), body, body)
    return net.build(), plain.build(), loop


def overwrite(rng: random.Random, data: bytearray) -> None:
    words = [b"\0" * 4, b"\xff" * 4, b"\x80\0\0\0", b"\xff\xff\xff\x7f", b"\x01\0\0\0"]
    at = rng.randrange(len(data) - 4) // 4 * 4
    data[at : at + 4] = rng.choice(words)


def flip(rng: random.Random, data: bytearray) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def copy(rng: random.Random, data: bytearray) -> None:
    size = rng.randrange(1, 64)
    source, target = rng.randrange(len(data) - size), rng.randrange(len(data) - size)
    data[target : target + size] = data[source : source + size]


def cut(rng: random.Random, data: bytearray) -> None:
    del data[rng.randrange(8, len(data)) :]


def shift(rng: random.Random, data: bytearray) -> None:
    data.insert(rng.randrange(8, len(data)), rng.randrange(256))


WAYS: tuple[Callable[[random.Random, bytearray], None], ...] = (overwrite, flip, copy, cut, shift)


def mutate(data: bytes, seed: int) -> bytes:
    rng = random.Random(seed)
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        if len(changed) > 128:
            rng.choice(WAYS)(rng, changed)
    return bytes(changed)


def use(data: bytes) -> str:
    """What became of a file: the name of an error, or ``Graph`` after all was asked of it."""
    start = time.monotonic()
    try:
        found = read_tflite(data)
        assert isinstance(found, Graph)
        structural_hash(found)
        skeleton_hash(found)
        price_key(found, "target", "weights")
        assert graph_macs(found) >= 0
        assert graph_bytes(found) >= 0
        assert graph_parameters(found) >= 0
        shapes = {found.tensors[t].name: (2, 3) for t in found.inputs}
        read_tflite(data, input_shapes=shapes)
        outcome = "Graph"
    except ModelError as error:
        outcome = type(error).__name__
    assert time.monotonic() - start < MAX_SECONDS
    return outcome


@pytest.mark.parametrize("seed", range(300))
def test_row_04_damaged_files(seed: int) -> None:
    files = own_files()
    use(mutate(files[seed % len(files)], seed))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(at=st.integers(0, 10_000), word=st.binary(min_size=1, max_size=8), which=st.integers(0, 2))
def test_row_04_overwritten_bytes(at: int, word: bytes, which: int) -> None:
    data = bytearray(own_files()[which])
    at %= len(data)
    data[at : at + len(word)] = word
    use(bytes(data))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(tail=st.binary(max_size=300))
def test_row_04_noise_after_a_header(tail: bytes) -> None:
    use(b"\x18\0\0\0TFL3" + tail)


def small_real(rows: list[dict[str, str]]) -> list[bytes]:
    return [Path(row["path"]).read_bytes() for row in rows if int(row["bytes"]) < 120_000]


@pytest.mark.parametrize("part", range(4))
def test_row_04_damaged_real_files(real_models: list[dict[str, str]], part: int) -> None:
    files = small_real(real_models)
    for seed in range(part * 25, part * 25 + 25):
        use(mutate(files[seed % len(files)], seed))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_row_04_two_thousand_damaged_files(part: int, real_models: list[dict[str, str]]) -> None:
    files = [*own_files(), *small_real(real_models)]
    for seed in range(1000 + part * 100, 1100 + part * 100):
        use(mutate(files[seed % len(files)], seed))
