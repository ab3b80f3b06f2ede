"""Labelled graphs as arrays: made once a shard, kept in a folder, read back at each training.

Making them means drawing, reading and pricing every graph again, some 30 ms each. The folder's
name carries a fingerprint of the code that decides the numbers, so that stale arrays are not read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from itertools import groupby, repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import perfcost
from perfcost.dataset.split import split_of
from perfcost.dataset.store import LabelRow, read
from perfcost.errors import LabelError
from perfcost.files import written_whole
from perfcost.frontends.tflite import read_tflite
from perfcost.hashing import skeleton_hash, structural_hash
from perfcost.network.doubt import Option, options_of
from perfcost.network.refine import Seen
from perfcost.physics import price
from perfcost.spaces import samplers
from perfcost.targets import resolve

SPLITS = ("train", "validation", "test")
METRICS = ("sram_bytes", "outside_bytes", "sram_peak", "outside_peak")
"""What is predicted of a whole graph beside its cycles: bytes moved, peak bytes."""

_CODE = (
    "physics",
    "network/features.py",
    "network/platforms.py",
    "network/refine.py",
    "frontends/tflite",
    "ops",
    "weights.py",
    "targets",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One graph on one target.

    Attributes:
        space, split: index in ``samplers.every()`` and in ``SPLITS``.
        target: its name.
        kinds, ops, edges: see ``features.GraphFeatures``.
        prices: see ``features.price_features``.
        hardware: see ``platforms.hardware_features``.
        prior: [ops] cycles by the laws.
        prior_bytes: [ops, 2] bytes moved in SRAM and outside it.
        prior_whole: [len(METRICS)] of the whole graph by the laws.
        cycles: the label; ``op_cycles`` [ops] is empty where the ops of the label are others.
        whole: [len(METRICS)] labels.
    """

    space: int
    split: int
    seed: int
    target: str
    kinds: NDArray[np.int32]
    ops: NDArray[np.float32]
    edges: NDArray[np.int32]
    prices: NDArray[np.float32]
    hardware: NDArray[np.float32]
    prior: NDArray[np.float64]
    prior_bytes: NDArray[np.float64]
    prior_whole: NDArray[np.float64]
    cycles: int
    op_cycles: NDArray[np.float64]
    whole: NDArray[np.float64]

    @property
    def options(self) -> list[tuple[Option, ...]]:
        """See ``doubt.options_of``."""
        return options_of(self.kinds, self.ops)


def fingerprint() -> str:
    """Of the code that decides the arrays."""
    root = Path(perfcost.__file__).parent
    digest = hashlib.sha256()
    for name in _CODE:
        place = root / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix in (".py", ".toml", ".json"):
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def samples_of(rows: Sequence[LabelRow]) -> Iterator[Sample]:
    """The samples of a shard's rows; refused graphs and those of 0 cycles are left out.

    Raises:
        LabelError: a graph that is drawn differs from the one that was labelled, or would be
            trained on although it lies in the test split.
    """
    spaces = samplers.every()
    for key, group in groupby(rows, key=lambda row: row.key):
        labelled = [row for row in group if not row.refusal and row.cycles > 0]
        if not labelled:
            continue
        graph = read_tflite(samplers.sample(key.space, key.seed, key.version), name=str(key))
        if structural_hash(graph) != labelled[0].structural_hash:
            raise LabelError(f"{key}: another graph than the one labelled; label it again")
        # A twin lies on the side of its parent: its own skeleton says nothing.
        parted = samplers.parent(key.space) == key.space
        if parted and skeleton_hash(graph) != labelled[0].skeleton_hash:
            raise LabelError(f"{key}: not of the split that its label says; label it again")
        split = SPLITS.index(split_of(labelled[0].skeleton_hash))
        for row in labelled:
            target = resolve(row.target)
            seen = Seen.of(graph, price(graph, target), target)
            yield Sample(
                spaces.index(key.space), split, key.seed, row.target, seen.kinds, seen.ops,
                seen.edges, seen.prices, seen.hardware, seen.prior, seen.prior_bytes,
                seen.prior_whole, row.cycles,
                _op_cycles(row, len(graph.ops)),
                np.array([row.sram_bytes_moved, row.outside_bytes_moved, row.sram_peak_bytes,
                          row.outside_peak_bytes], np.float64),
            )  # fmt: skip


def _op_cycles(row: LabelRow, ops: int) -> NDArray[np.float64]:
    """[ops] labels of ops; empty where they are of others.

    What a processor spends between ops (the way into a delegate) they share by their size, so that
    the prices of ops add up to that of the graph.
    """
    if len(row.op_cycles) != ops:
        return np.zeros(0)
    found = np.array(row.op_cycles, np.float64)
    total = found.sum()
    return found * (row.cycles / total) if row.events and total else found


def make(shard: Path, folder: Path, split: str = "") -> Path:
    """The file with the samples of a shard, made where it is not there yet.

    Args:
        split: of which alone they are made; all where empty, or where all are there.
    """
    whole = folder / fingerprint() / f"{shard.stem}.npz"
    path = whole.with_stem(f"{whole.stem}-{split}") if split and not whole.is_file() else whole
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [row for row in read(shard) if not split or split_of(row.skeleton_hash) == split]
    found = list(samples_of(rows))
    arrays: dict[str, Any] = {}
    for field in fields(Sample):
        values = [getattr(sample, field.name) for sample in found]
        if found and isinstance(values[0], np.ndarray):
            axis = 1 if field.name == "edges" else 0
            arrays[field.name] = np.concatenate(values, axis=axis)
            arrays[f"{field.name}_at"] = np.array([value.shape[axis] for value in values])
        else:
            arrays[field.name] = np.array(values)
    with written_whole(path) as stream:
        np.savez(stream, **arrays)
    return path


def _read(path: Path) -> Iterator[Sample]:
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    columns: list[Sequence[object]] = []
    for field in fields(Sample):
        counts = arrays.get(f"{field.name}_at")
        if counts is None:
            columns.append(arrays[field.name].tolist())
        else:
            axis = 1 if field.name == "edges" else 0
            columns.append(np.split(arrays[field.name], np.cumsum(counts)[:-1], axis=axis))
    for values in zip(*columns, strict=True):
        yield Sample(*values)


def make_all(shards: Sequence[Path], folder: Path, jobs: int, split: str = "") -> Iterator[Path]:
    """Makes the arrays of all shards, several at a time; yields each file when it is there."""
    with ProcessPoolExecutor(max(1, jobs)) as pool:
        yield from pool.map(make, shards, repeat(folder), repeat(split))


def load(paths: Sequence[Path]) -> list[Sample]:
    """All samples of some files."""
    return [sample for path in paths for sample in _read(path)]
