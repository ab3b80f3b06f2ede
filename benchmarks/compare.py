"""The network beside the cost models of the field, on the same labels and splits.

    python benchmarks/compare.py [--targets T ...] [--metrics M ...] [--models M ...] [--budget N]
                                 [--graphs N] [--quick] [--cache DIR] [--out DIR] [--jobs J]

Every model is fitted to the same training graphs (at most ``--budget`` a target, evenly over the
search spaces; the network ships trained) and asked for the same graphs: held-out graphs of each
space, and the real networks of ``sets.py``. Writes ``compare.{json,md}`` and prints the table.
A paired bootstrap over graphs says who is ahead of the network (p < 0.05). Arrays of graphs are
made once and kept under ``--cache``.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from baselines import REGISTRY  # noqa: E402
from baselines.ablations import ABLATIONS  # noqa: E402
from baselines.dataset import LATENCY, METRICS, Dataset, of_graphs, place_of  # noqa: E402
from baselines.errors import BaselineError  # noqa: E402
from baselines.network import Network  # noqa: E402
from benchmarks import comparison, sets  # noqa: E402
from benchmarks.comparison import Figures  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from perfcost.dataset.split import split_of  # noqa: E402
from perfcost.dataset.store import Store, read  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.spaces import samplers  # noqa: E402
from perfcost.training import samples as arrays  # noqa: E402
from perfcost.training.samples import SPLITS, Sample  # noqa: E402

TARGETS = ("ethos-u55-128", "ethos-u65-256")
OURS = "network"
REAL = ("development", "test")
MODELS = {**REGISTRY, **ABLATIONS}
SLOW = ("brp-nas", "perfsage", *ABLATIONS)
"""Networks, which take longer to train than the rest: fitted where they are named."""
FAST = [name for name in MODELS if name not in SLOW]
QUICK = 4
"""Shards a space with ``--quick``: a look, no result."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One model on one set of graphs."""

    target: str
    metric: str
    graphs: str
    model: str
    labels: int
    fit_seconds: float
    graphs_a_second: float
    figures: Figures
    beside_network: str


def shards_of_space() -> dict[str, list[Path]]:
    """Space -> the shards whose graphs are labelled on all compared targets, in order."""
    kinds: dict[str, list[Path]] = {}
    for shard in Store(ROOT / "data" / "labels").shards():
        kinds.setdefault(shard.stem.rpartition("-")[0], []).append(shard)
    found: dict[str, list[Path]] = {}
    for shards in kinds.values():
        rows = read(shards[0])
        if {row.target for row in rows} == set(TARGETS):
            found.setdefault(rows[0].key.space, []).extend(shards)
    return found


def gather(cache: Path, jobs: int, budget: int, *, quick: bool) -> list[Sample]:
    """Samples to fit to, from shards all over each space, and all that are held out."""
    fitted: list[Path] = []
    others: list[Path] = []
    for shards in shards_of_space().values():
        rows = [row for row in read(shards[0]) if row.target == TARGETS[0]]
        kept = sum(split_of(row.skeleton_hash) == "train" for row in rows)
        wanted = -(-budget // (5 * max(1, kept))) + 1
        places = np.unique(np.linspace(0, len(shards) - 1, min(wanted, len(shards))).astype(int))
        fitted += [shards[place] for place in places]
        others += shards[:QUICK] if quick else shards
    found = []
    for split, shards in (("train", fitted), ("test", others)):
        for number, path in enumerate(arrays.make_all(shards, cache, jobs, split), 1):
            wanted_split = SPLITS.index(split)
            found += [s for s in arrays.load([path]) if s.split == wanted_split]
            if number % 20 == 0 or number == len(shards):
                print(f"{split} graphs: {number} of {len(shards)} shards", flush=True)
    return found


def evenly(found: Sequence[Sample], most: int) -> list[Sample]:
    """At most so many samples, as many of each space, those of the lowest seeds."""
    by_space: dict[int, list[Sample]] = {}
    for sample in sorted(found, key=lambda sample: sample.seed):
        by_space.setdefault(sample.space, []).append(sample)
    each = most // max(1, len(by_space))
    return [sample for group in by_space.values() for sample in group[:each]]


def real(name: str, target: str, jobs: int) -> list[Sample]:
    """Real networks as labelled samples; those that run nothing on the NPU are left out."""
    cases = [case for case in sets.named(name, target, jobs) if case.row.cycles > 0]
    graphs = of_graphs([case.graph for case in cases], target)
    return [
        replace(sample, cycles=round(case.row.cycles))
        for sample, case in zip(graphs, cases, strict=True)
    ]


def held_out(found: Sequence[Sample], target: str, most: int) -> dict[str, list[Sample]]:
    """Space -> graphs of the test split on a target."""
    test = SPLITS.index("test")
    of_target = [s for s in found if s.target == target and s.split == test]
    return {
        name: [sample for sample in of_target if sample.space == number][:most]
        for number, name in enumerate(samplers.names())
    }


def labelled(found: Sequence[Sample], metric: str) -> list[Sample]:
    """Those whose label of a metric is above 0."""
    place = place_of(metric)
    return [s for s in found if (s.cycles if place < 0 else s.whole[place]) > 0]


def labels_of(found: Sequence[Sample], metric: str) -> NDArray[np.float64]:
    place = place_of(metric)
    return np.array([s.cycles if place < 0 else s.whole[place] for s in found], np.float64)


def compare(
    found: Sequence[Sample], options: argparse.Namespace, target: str, metric: str
) -> list[Cell]:
    """All models on all sets of graphs of one target and metric."""
    train = SPLITS.index("train")
    usable = [s for s in found if s.target == target and s.split == train]
    training = evenly(labelled(usable, metric), options.budget)
    graphs = {
        name: labelled(group, metric)
        for name, group in held_out(found, target, options.graphs).items()
    }
    if metric == LATENCY:
        graphs |= {name: real(name, target, options.jobs) for name in REAL}
    graphs = {name: group for name, group in graphs.items() if group}
    cells: list[Cell] = []
    ours: dict[str, NDArray[np.float64]] = {}
    for name in (OURS, *options.models):
        model = Network() if name == OURS else MODELS[name]()
        start = time.perf_counter()
        try:
            model.fit(Dataset(training), target, metric)
        except BaselineError as error:
            print(f"{target} {metric}: {name} left out: {error}")
            continue
        seconds = time.perf_counter() - start
        count = model.trained_on if isinstance(model, Network) else len(training)
        for group, wanted in graphs.items():
            start = time.perf_counter()
            predicted = model.predict(wanted)
            rate = len(wanted) / max(1e-9, time.perf_counter() - start)
            labels = labels_of(wanted, metric)
            errors = np.abs(predicted - labels) / labels
            beside = "" if name == OURS else comparison.paired(errors, ours[group])
            ours.setdefault(group, errors)
            cells.append(
                Cell(target, metric, group, name, count, seconds, rate,
                     comparison.figures(predicted, labels), beside)
            )  # fmt: skip
        print(f"{target} {metric}: {name} in {seconds:.0f} s", flush=True)
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", nargs="+", default=list(TARGETS), choices=TARGETS)
    parser.add_argument("--metrics", nargs="+", default=[LATENCY], choices=METRICS)
    parser.add_argument("--models", nargs="+", default=FAST, choices=list(MODELS))
    parser.add_argument("--budget", type=int, default=16_000, help="training graphs a target")
    parser.add_argument("--graphs", type=int, default=2_000, help="held-out graphs a space")
    parser.add_argument("--quick", action="store_true", help="few shards: a look, no result")
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "samples")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if options.quick:
        options.budget = min(options.budget, 2_000)
    found = gather(options.cache, options.jobs, options.budget, quick=options.quick)
    cells = [
        cell
        for target in options.targets
        for metric in options.metrics
        for cell in compare(found, options, target, metric)
    ]
    text = comparison.table([asdict(cell) for cell in cells])
    print(f"\n{text}")
    options.out.mkdir(parents=True, exist_ok=True)
    with written_whole(options.out / "compare.json") as stream:
        document = {"machine": describe(), "budget": options.budget, "quick": options.quick,
                    "cells": [asdict(cell) for cell in cells]}  # fmt: skip
        stream.write((json.dumps(document, indent=1) + "\n").encode())
    with written_whole(options.out / "compare.md") as stream:
        command = shlex.join(["python", "benchmarks/compare.py", *sys.argv[1:]])
        words = f"`{command}` on {describe()}."
        stream.write(f"{words}\n\n{text}\n".encode())


if __name__ == "__main__":
    main()
