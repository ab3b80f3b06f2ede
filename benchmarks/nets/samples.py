"""Representative inputs: pictures of blobs, spectrograms, series, tokens; all seeded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks.nets.draws import Draws

Array = npt.NDArray[np.float32]


def _blobs(draws: Draws, height: int, width: int, channels: int) -> Array:
    """A picture in 0..255: random grids of 2 to 32 cells a side, coarse ones weigh more."""
    total = np.zeros((height, width, channels), dtype=np.int64)
    weights = 0
    for level, cells in enumerate((2, 4, 8, 16, 32)):
        grid = draws.below(256, cells, cells, channels)
        rows = np.arange(height) * cells // height
        columns = np.arange(width) * cells // width
        weight = 16 >> level
        total += weight * grid[rows][:, columns]
        weights += weight
    picture = total // weights - 128
    contrast, brightness = (int(x) for x in draws.below(256, 2))
    picture = picture * (128 + 2 * contrast) // 256 + 128 + (brightness - 128) // 2
    return np.clip(picture, 0, 255).astype(np.float32)


def sample(kind: str, shape: tuple[int, ...], name: str, index: int) -> npt.NDArray[np.generic]:
    """Input number `index` of the net `name`: `shape` without the batch.

    Kinds: `image255` (0..255), `image1` (-1..1), `unit` (0..1), `normal`, `series` (a random
    walk with a wave), `spectrum` (decaying magnitudes) and `tokens:N` (int32 ids below N).
    """
    draws = Draws("sample", name, index)
    if kind.startswith("tokens:"):
        vocabulary = int(kind.split(":")[1])
        rank = draws.below(65536, *shape) * draws.below(65536, *shape) >> 16  # small ids are common
        ids: npt.NDArray[np.int32] = (rank * vocabulary >> 16).astype(np.int32)
        return ids
    if kind == "normal":
        return draws.normal(*shape).astype(np.float32)
    if kind == "series":
        length, channels = shape
        steps: npt.NDArray[np.float64] = (
            np.cumsum(draws.below(33, length, channels) - 16, axis=0) / 64
        )
        period = 8 + int(draws.below(56, 1)[0])
        wave = np.abs(np.arange(length) % (2 * period) - period) / period - 0.5
        walk: Array = (steps - steps.mean(axis=0) + wave[:, None]).astype(np.float32)
        return walk
    if kind == "spectrum":
        length, channels = shape
        noise = np.abs(draws.normal(length, channels))
        peak = 1 + int(draws.below(length // 4, 1)[0])
        decay = 64.0 * peak / (peak + np.arange(length))
        return (noise * decay[:, None]).astype(np.float32)
    picture = _blobs(draws, *shape)
    scaled = {"image255": picture, "image1": picture / 127.5 - 1.0, "unit": picture / 255.0}
    return scaled[kind].astype(np.float32)


def batch(kind: str, shape: tuple[int, ...], name: str, count: int) -> npt.NDArray[np.generic]:
    """The first `count` inputs of a net, stacked."""
    return np.stack([sample(kind, shape, name, index) for index in range(count)])
