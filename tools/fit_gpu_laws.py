"""Fits the laws of GPUs to measured graphs of the training split.

    python tools/fit_gpu_laws.py --data data/labels-gpu [--jobs 2]

Writes ``perfcost/physics/gpu/laws.json``: for each target the figures >= 0 with the least sum of
squared relative errors over its graphs, and how far they are off on the graphs of other splits.
Needs the extra ``benchmarks``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from perfcost.dataset import Store, split_of
from perfcost.dataset.store import read
from perfcost.files import written_whole
from perfcost.frontends.tflite import read_tflite
from perfcost.physics.gpu.laws import (
    BYTES,
    FILE,
    INFERENCE,
    MACS,
    OTHER,
    RESULT,
    RESULT_BYTES,
    Law,
    Terms,
    terms,
)
from perfcost.physics.gpu.support import refusal
from perfcost.spaces import samplers

LEAST_GRAPHS = 8
"""Graphs of the training split that have a kind; the launch of one of fewer is ``OTHER``'s."""
ROUNDS = 5
"""Of weighing graphs that are far off less: one that was measured wrongly must not bend a law."""
_COMMON = (INFERENCE, RESULT, RESULT_BYTES, MACS, BYTES)


@dataclass(frozen=True, slots=True)
class Measured:
    """One graph: the sum of its terms, its time in ns."""

    target: str
    trains: bool
    terms: Terms
    cycles: float


def read_shard(path: Path) -> list[Measured]:
    """The graphs of a shard that the GPU runs alone."""
    found = []
    labelled = (row for row in read(path) if not row.refusal and row.cycles)
    for key, group in groupby(labelled, key=lambda row: row.key):
        graph = read_tflite(samplers.sample(key.space, key.seed, key.version), name=str(key))
        if any(refusal(graph, place) for place in range(len(graph.ops))):
            continue
        total: Counter[str] = Counter()
        for own in terms(graph):
            total.update(own)
        for row in group:
            trains = split_of(row.skeleton_hash) == "train"
            found.append(Measured(row.target, trains, dict(total), float(row.cycles)))
    return found


def fitted(graphs: Sequence[Measured]) -> dict[str, float]:
    """The figures of one GPU."""
    from scipy.optimize import nnls

    counts = Counter(name for graph in graphs for name, count in graph.terms.items() if count)
    kinds = sorted(k for k, n in counts.items() if k not in _COMMON and n >= LEAST_GRAPHS)
    names = [*_COMMON, OTHER, *kinds]
    table = np.zeros((len(graphs), len(names)))
    for row, graph in zip(table, graphs, strict=True):
        for name, count in graph.terms.items():
            row[names.index(name if name in names else OTHER)] += count
    cycles = np.array([graph.cycles for graph in graphs])
    scale = np.maximum(table.max(axis=0), 1.0)
    doubt = np.ones(len(cycles))
    found = np.zeros(len(names))
    for _ in range(ROUNDS):
        share = doubt / cycles
        found, _ = nnls(table / scale * share[:, None], cycles * share, maxiter=10_000)
        off = np.abs(table / scale @ found / cycles - 1)
        doubt = 1 / np.sqrt(1 + (off / 0.1) ** 2)
    return {name: float(f"{v:.6g}") for name, v in zip(names, found / scale, strict=True)}


def scored(law: Law, graphs: Sequence[Measured]) -> dict[str, float]:
    """Errors in per cent."""
    off = [100 * abs(law.cycles(graph.terms) / graph.cycles - 1) for graph in graphs]
    return {
        "graphs": len(off),
        "mape": round(float(np.mean(off)), 2),
        "median": round(float(np.median(off)), 2),
        "p90": round(float(np.quantile(off, 0.9)), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of labels")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    by_target: dict[str, list[Measured]] = defaultdict(list)
    with ProcessPoolExecutor(options.jobs) as pool:
        for shard in pool.map(read_shard, Store(options.data).shards()):
            for graph in shard:
                by_target[graph.target].append(graph)
    # Of targets whose labels are not in the folder the laws stay as they are.
    document: dict[str, Any] = json.loads(FILE.read_text("utf-8")) if FILE.is_file() else {}
    for target, graphs in sorted(by_target.items()):
        training = [graph for graph in graphs if graph.trains]
        figures = fitted(training)
        held_out = scored(Law(figures), [graph for graph in graphs if not graph.trains])
        document[target] = {
            "fitted_to": len(training), "held_out": held_out, "figures": figures,
        }  # fmt: skip
        print(f"{target}: fitted to {len(training)} graphs, held out {held_out}")
    if not by_target:
        sys.exit(f"{options.data}: no labels of GPUs")
    with written_whole(FILE) as stream:
        stream.write((json.dumps(document, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
