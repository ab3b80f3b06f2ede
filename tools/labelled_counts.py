"""The counts of labelled graphs beside the events of their labels; drawn graphs are kept."""

from __future__ import annotations

import hashlib
import pickle
import zlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfcost import frontends, graph, spaces
from perfcost.dataset import GraphKey, split_of
from perfcost.dataset.store import read
from perfcost.files import written_whole
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.labels import EVENTS as LABELLED
from perfcost.physics.arm_cpu.events import EVENTS, counts
from perfcost.physics.arm_cpu.pricing import works
from perfcost.physics.arm_cpu.work import GONE
from perfcost.spaces import samplers
from perfcost.targets import ArmCpuTarget, resolve

Floats = NDArray[np.float64]
CACHE = Path(__file__).parents[1] / "build" / "arm-cpu-graphs"


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled graph on one target."""

    target: str
    training: bool
    laws: tuple[tuple[str, ...], ...]
    """For each op the names of its laws."""
    instructions: Floats
    """[ops, terms]"""
    misses: Floats
    """[ops, levels, terms]"""
    events: Floats
    """[``EVENTS``] of the label."""
    op_l1d: Floats
    """[ops], or none where the label has other ops than the graph."""
    op_l3: Floats
    runs: NDArray[np.bool_]
    """[ops]: whether the label has time for it; none where ``op_l1d`` has none."""


def read_shard(path: Path, cache: Path) -> list[Row]:
    """The graphs of a shard whose labels have events."""
    labelled = [row for row in read(path) if not row.refusal and row.events]
    graphs = drawn([key for key, _ in groupby(labelled, key=lambda row: row.key)], path, cache)
    found = []
    for row in labelled:
        target = resolve(row.target)
        if not isinstance(target, ArmCpuTarget):
            continue
        net = graphs[row.key]
        each = counts(net, target, works(net, target))
        # What is part of another op has no law.
        alive = np.array([GONE not in one.laws for one in each], bool)
        of_op = len(row.op_l1d_misses) == len(each)
        each = tuple(one for one, runs in zip(each, alive, strict=True) if runs)
        if not each:
            continue
        events = dict(zip(LABELLED, row.events, strict=True))
        found.append(
            Row(
                row.target,
                split_of(row.skeleton_hash) == "train",
                tuple(one.laws for one in each),
                np.array([one.instructions for one in each]),
                np.array([one.misses for one in each]),
                np.array([events[name] for name in EVENTS], np.float64),
                np.array(row.op_l1d_misses, np.float64)[alive] if of_op else np.zeros(0),
                np.array(row.op_l3_misses, np.float64)[alive] if of_op else np.zeros(0),
                np.array(row.op_cycles)[alive] > 0 if of_op else np.zeros(0, np.bool_),
            )
        )
    return found


def drawn(keys: list[GraphKey], path: Path, cache: Path) -> dict[GraphKey, Graph]:
    """The graphs of these keys; from the cache if the code that draws them is still the same."""
    kept = cache / f"{path.stem}-{_code()}.pickle.z"
    if kept.is_file():
        graphs: dict[GraphKey, Graph] = pickle.loads(zlib.decompress(kept.read_bytes()))
        if set(keys) <= set(graphs):
            return graphs
    graphs = {
        key: read_tflite(samplers.sample(key.space, key.seed, key.version), name=str(key))
        for key in keys
    }
    cache.mkdir(parents=True, exist_ok=True)
    with written_whole(kept) as stream:
        stream.write(zlib.compress(pickle.dumps(graphs, 5), 3))
    return graphs


@lru_cache(maxsize=1)
def _code() -> str:
    """A hash of what makes a graph of a key."""
    files = [Path(graph.__file__)]
    for package in (frontends, spaces):
        files += sorted(Path(package.__path__[0]).rglob("*.py"))
    text = b"".join(file.read_bytes() for file in files)
    return hashlib.sha256(text).hexdigest()[:12]
