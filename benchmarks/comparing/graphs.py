"""Labelled graphs as arrays for each split: made once a shard of the dataset, kept in a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import of_graphs, place_of
from benchmarks import sets
from benchmarks.comparing.splits import TARGETS, Split
from perfcost.dataset.store import Store, read
from perfcost.spaces import samplers
from perfcost.training import samples as arrays
from perfcost.training.samples import Sample

ROOT = Path(__file__).parents[2]
LABELS = ROOT / "data" / "labels"


@dataclass
class Graphs:
    """Draws, reads and prices what a split needs, and no more.

    Args:
        cache: folder of the arrays.
        jobs: processes that make them.
        most: graphs asked for a space and target.
        spaces: whose graphs are asked for.
    """

    cache: Path
    jobs: int
    most: int
    spaces: Sequence[str]
    _asked: dict[str, list[Sample]] = field(default_factory=dict, init=False)
    _real: dict[tuple[str, str], list[Sample]] = field(default_factory=dict, init=False)

    def training(self, split: Split) -> list[Sample]:
        """As many graphs of each space as the budget gives it, those that come first."""
        spaces = [name for name in samplers.names() if name != split.space]
        each = split.budget // len(spaces)
        return [s for space in spaces for s in self._first(space, split, "train", each)]

    def asked(self, split: Split) -> dict[str, list[Sample]]:
        """Group -> graphs that are asked for; a group without any is left out."""
        groups: dict[str, list[Sample]] = {}
        for space in self.spaces:
            if split.space in ("", space):
                for sample in self._held_out(space, split):
                    groups.setdefault(split.asks_for(sample), []).append(sample)
        groups.pop("", None)
        for name in split.real:
            if found := self.real(name, split.target):
                groups[name] = found
        return groups

    def _held_out(self, space: str, split: Split) -> list[Sample]:
        key = f"{space} {split.target}"
        if key not in self._asked:
            self._asked[key] = list(self._first(space, split, "test", self.most))
            print(f"{space} on {split.target}: {len(self._asked[key])} graphs", flush=True)
        return self._asked[key]

    def _first(self, space: str, split: Split, part: str, most: int) -> Iterator[Sample]:
        """Samples of a space from shards all over it, until there are enough."""
        count = 0
        for path in self._made(space, part, of_main_targets=not split.profile):
            for sample in arrays.load([path]):
                is_one = split.trains_on(sample) if part == "train" else split.asks_for(sample)
                if is_one and count < most:
                    count += 1
                    yield sample
            if count >= most:
                return

    def _made(self, space: str, part: str, *, of_main_targets: bool) -> Iterator[Path]:
        """Arrays of a space's shards, some shards ahead at a time."""
        shards = _shards()[space, of_main_targets]
        for start in range(0, len(shards), 2 * self.jobs):
            chosen = shards[start : start + 2 * self.jobs]
            yield from arrays.make_all(chosen, self.cache, self.jobs, part)

    def real(self, name: str, target: str) -> list[Sample]:
        """Real networks as labelled samples; those that run nothing on the NPU are left out."""
        if (name, target) not in self._real:
            cases = [case for case in sets.named(name, target, self.jobs) if case.row.cycles > 0]
            graphs = of_graphs([case.graph for case in cases], target)
            self._real[name, target] = [
                replace(sample, cycles=round(case.row.cycles))
                for sample, case in zip(graphs, cases, strict=True)
            ]
        return self._real[name, target]


def _shards() -> dict[tuple[str, bool], list[Path]]:
    """(Space, whether labelled on the main targets) -> shards, in an order that mixes them."""
    kinds: dict[str, list[Path]] = {}
    for shard in Store(LABELS).shards():
        kinds.setdefault(shard.stem.rpartition("-")[0], []).append(shard)
    found: dict[tuple[str, bool], list[Path]] = {}
    for shards in kinds.values():
        rows = read(shards[0])
        is_main = {row.target for row in rows} == set(TARGETS)
        found.setdefault((rows[0].key.space, is_main), []).extend(shards)
    order = np.random.Generator(np.random.Philox(1))
    return {
        key: [shards[at] for at in order.permutation(len(shards))] for key, shards in found.items()
    }


def labels_of(found: Sequence[Sample], metric: str) -> NDArray[np.float64]:
    """[samples] labels of a metric."""
    place = place_of(metric)
    return np.array([s.cycles if place < 0 else s.whole[place] for s in found], np.float64)


def labelled(found: Sequence[Sample], metric: str) -> list[Sample]:
    """Those whose label of a metric is above 0."""
    return [s for s, label in zip(found, labels_of(found, metric), strict=True) if label > 0]
