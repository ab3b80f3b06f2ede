"""What the labellers say of regions, kept on disk by content: a run may stop and go on at any time.

A region is the file that ``perfcost split`` would write of it. One line of JSON a label, keyed by
the hash of the file, the target and the labeller's version.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfcost.graph import Graph
from perfcost.labels import label_many, labeller_for, source_of
from perfcost.labels.pool import Outcome
from perfcost.pieces import Cutter
from perfcost.placement.constants import with_copies
from perfcost.placement.manifest import sha256
from perfcost.targets import Target
from perfcost.targets.system import System

Key = tuple[int, tuple[int, ...]]
"""(position of the device, ops ascending)."""
TIMEOUT_S = 900.0


@dataclass(slots=True)
class Store:
    """Labels by content: digest of file, target and labeller -> ms, or why there is none."""

    path: Path
    known: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path.is_file():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    row = json.loads(line)
                except ValueError:
                    continue  # the line that was being written when a run was stopped
                self.known[row["key"]] = row

    def add(self, row: dict[str, Any]) -> None:
        self.known[row["key"]] = row
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")


class Truth:
    """The regions of one network on one system."""

    def __init__(self, model: bytes, graph: Graph, system: System, store: Store) -> None:
        self.graph, self.system, self._store = graph, system, store
        self._cutter = Cutter(model, graph.index)
        self._targets = [device.target for device in system.devices]
        self._versions = [
            f"{made.name}-{made.version}" for made in (source_of(t).make() for t in self._targets)
        ]
        self._keys: dict[Key, str] = {}

    def key_of(self, key: Key) -> str:
        """Under what a region's label is kept."""
        found = self._keys.get(key)
        if found is None:
            found = self._keys[key] = self._name(key, self.file(key))
        return found

    def _name(self, key: Key, data: bytes) -> str:
        target = self._targets[key[0]]
        return f"{sha256(data)}:{target.hash[:16]}:{self._versions[key[0]]}"

    def file(self, key: Key) -> bytes:
        """The .tflite of a region; the whole file where all ops are in it."""
        return self._cutter.part(with_copies(self.graph, key[1])).data

    def row(self, key: Key) -> dict[str, Any] | None:
        """What is known of a region; ``None`` before it was labelled."""
        return self._store.known.get(self.key_of(key))

    def ms(self, key: Key) -> float | None:
        """``None`` where the device does not run all of it. KeyError before it is labelled."""
        found = self._store.known[self.key_of(key)]
        left = found["left"]
        return None if left else found["ms"]

    def on_device(self, key: Key) -> list[bool]:
        """For each op of a region, whether the device runs it, by the label."""
        found = self._store.known[self.key_of(key)]
        ops = with_copies(self.graph, key[1])
        if found["ms"] is None:
            return [False] * len(key[1])
        return [op not in {ops[index] for index in found["left"]} for op in key[1]]

    def missing(self, keys: Iterable[Key]) -> list[Key]:
        """Those without a label."""
        return [key for key in dict.fromkeys(keys) if self.row(key) is None]


Wanted = tuple[Truth, Key]


def label_all(store: Store, wanted: Iterable[Wanted], jobs: int, deadline: float) -> int:
    """Labels what is missing until all is done or ``time.monotonic()`` is past the deadline.

    Returns:
        How many labels were made. One file under two names is labelled once.
    """
    sent: list[tuple[str, Target]] = []
    on_the_way: set[str] = set()

    def files() -> Iterator[tuple[bytes, Target]]:
        for truth, key in wanted:
            name = truth.key_of(key)
            if name in store.known or name in on_the_way:
                continue
            if time.monotonic() > deadline:
                return
            on_the_way.add(name)
            target = truth.system.devices[key[0]].target
            sent.append((name, target))
            yield truth.file(key), target

    stream = files()
    first = next(stream, None)
    if first is None:
        return 0

    def models() -> Iterator[bytes]:
        yield first[0]
        for data, _ in stream:
            yield data

    systems = {id(truth.system): truth.system for truth in _truths(wanted)}
    targets = [device.target for system in systems.values() for device in system.devices]
    outcomes = label_many(
        models(), lambda number: [sent[number][1]], labeller_for(targets),
        jobs=jobs, timeout_s=TIMEOUT_S, recycle_after=20_000, ordered=False,
    )  # fmt: skip
    made = 0
    for outcome in outcomes:
        if not _passing(outcome):
            store.add(_row(sent[outcome.model_index][0], outcome))
            made += 1
    return made


def _passing(outcome: Outcome) -> bool:
    """Whether there is no label because the machine was too busy: worth another try."""
    refusal = outcome.refusal
    if refusal is None:
        return False
    return refusal.kind in ("time-out", "crashed", "memory") or "in time" in refusal.words


def _truths(wanted: Iterable[Wanted]) -> Sequence[Truth]:
    return [truth for truth, _ in wanted]


def _row(name: str, outcome: Outcome) -> dict[str, Any]:
    label = outcome.label
    if label is None:
        why = outcome.refusal.words if outcome.refusal is not None else "no label"
        return {"key": name, "ms": None, "left": [], "why": why[:300], "s": outcome.wall_s}
    left = [op.index for op in label.ops if op.on_npu is False]
    return {"key": name, "ms": label.latency_ms, "left": left, "s": round(outcome.wall_s, 3)}
