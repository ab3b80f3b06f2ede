"""The network beside the cost models of the field, on the same labels and splits.

    python benchmarks/compare.py [--targets T ...] [--spaces S ...] [--metrics M ...]
        [--models M ...] [--seeds N] [--retrain] [--quick] [--out DIR]

Loads the weights that the repository ships, draws held-out graphs again, asks every model for them
and for the real networks of ``sets.py``, and writes ``compare.{json,md}``, the README's summary and
pictures. What takes hours - spaces and profiles left out, fewer graphs - comes from
``compare-retrained.json``, which says what it was made by. ``--retrain`` makes all of that again;
stopped, it goes on where it was (``build/compare``; remove that to begin anew). Every model there
is trained on the same graphs.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from baselines.dataset import LATENCY, METRICS  # noqa: E402
from benchmarks.comparing import models, pictures, runs, splits, tables  # noqa: E402
from benchmarks.comparing.cells import Cell, cells_of  # noqa: E402
from benchmarks.comparing.graphs import Graphs, labelled  # noqa: E402
from benchmarks.comparing.runs import Answers, Run  # noqa: E402
from benchmarks.comparing.splits import Split  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.spaces import samplers  # noqa: E402
from perfcost.training.samples import Sample, fingerprint  # noqa: E402

WEIGHTS = ROOT / "data" / "baselines"
BUDGET = 16_000
RETRAINED = "compare-retrained.json"
QUICK_BUDGET = 400
QUICK_GRAPHS = 40


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    targets: tuple[str, ...]
    spaces: tuple[str, ...]
    metrics: tuple[str, ...]
    models: tuple[str, ...]
    seeds: int
    budget: int
    graphs: int
    jobs: int
    cache: Path
    out: Path
    weights: Path

    def runs(self, split: Split, metric: str) -> list[Run]:
        return [
            Run(split, metric, model, seed)
            for model in models.of_split(split, metric)
            if model in self.models or model == models.OURS
            for seed in models.seeds_of(model, split, self.seeds)
        ]

    def of_metric(self, split: Split) -> tuple[str, ...]:
        """Metrics of a split: out of distribution, latency alone."""
        return tuple(m for m in self.metrics if m == LATENCY or runs.is_shipped(split))

    def asked(self) -> Graphs:
        return Graphs(self.cache / "samples", self.jobs, self.graphs, self.spaces)

    @property
    def answers(self) -> Path:
        """Where answers of retrained models are kept; those of other arrays are others."""
        return self.cache / "compare" / f"{fingerprint()}-{self.budget}-{self.graphs}"


def wanted(groups: Mapping[str, Sequence[Sample]], metric: str) -> dict[str, list[Sample]]:
    """Group -> graphs that have a label of a metric."""
    found = {name: labelled(graphs, metric) for name, graphs in groups.items()}
    if metric != LATENCY:  # real networks were labelled with their latency
        found = {name: graphs for name, graphs in found.items() if name in samplers.names()}
    return {name: graphs for name, graphs in found.items() if graphs}


def train_split(options: Options, split: Split) -> str:
    """Fits all models of a split that were not fitted yet, and keeps their answers."""
    graphs = replace(options, jobs=1).asked()
    training: list[Sample] = []
    for metric in options.of_metric(split):
        for run in options.runs(split, metric):
            if runs.kept(run, options.answers) is not None:
                continue
            training = training or graphs.training(split)
            weights = options.weights / run.weights
            model, fit = runs.fitted(run, training, weights if runs.is_shipped(split) else None)
            answers = runs.asked(model, fit, wanted(graphs.asked(split), metric))
            runs.keep(run, answers, options.answers)
            print(f"{run.place}: fitted in {fit.cpu_seconds:.0f} s", flush=True)
    return f"{split.name}, {split.target}"


def retrain(options: Options) -> None:
    """Trains all models in all splits and writes what came out of those that take hours."""
    spaces, targets = options.spaces, options.targets
    others = [
        *splits.left_out(targets, spaces, options.budget), *splits.curve(targets, options.budget)
    ]  # fmt: skip
    parts = [*(splits.in_distribution(target, options.budget) for target in targets), *others]
    with ProcessPoolExecutor(options.jobs) as pool:
        for name in pool.map(train_split, [options] * len(parts), parts):
            print(f"{name}: done", flush=True)
    graphs = options.asked()
    cells = []
    for split in others:
        for metric in options.of_metric(split):
            groups = wanted(graphs.asked(split), metric)
            found = {run: runs.kept(run, options.answers) for run in options.runs(split, metric)}
            cells += cells_of({run: a for run, a in found.items() if a is not None}, groups)
    write_json(options.out / RETRAINED, document(cells))


def evaluate(options: Options) -> tuple[list[Cell], dict[Run, Answers], dict[str, Any]]:
    """Cells of the models that are shipped, with their answers and the graphs asked."""
    graphs = options.asked()
    cells: list[Cell] = []
    answers: dict[Run, Answers] = {}
    groups_of: dict[str, Any] = {}
    for target in options.targets:
        split = splits.in_distribution(target, options.budget)
        groups_of[target] = graphs.asked(split)
        for metric in options.metrics:
            groups = wanted(groups_of[target], metric)
            found: dict[Run, Answers] = {}
            for run in [Run(split, metric, models.SHIPPED), *options.runs(split, metric)]:
                weights = options.weights / run.weights
                found[run] = runs.asked(*runs.shipped(run, weights), groups)
            cells += cells_of(found, groups)
            answers |= found
            print(f"{target} {metric}: {len(found)} models asked", flush=True)
    return cells, answers, groups_of


def document(cells: Iterable[Cell]) -> dict[str, Any]:
    """Cells as JSON, with the command, the commit and the machine that they come from."""
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    command = shlex.join(["python", "benchmarks/compare.py", *sys.argv[1:]])
    return {
        "command": command, "commit": head.stdout.strip() or "unknown", "machine": describe(),
        "cells": [asdict(cell) for cell in cells],
    }  # fmt: skip


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        stream.write((json.dumps(content, indent=1) + "\n").encode())


def read_options() -> tuple[Options, argparse.Namespace]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    named = sorted(models.MODELS)
    add = parser.add_argument
    add("--targets", nargs="+", default=splits.TARGETS, choices=splits.TARGETS)
    add("--spaces", nargs="+", default=samplers.names(), choices=samplers.names())
    add("--metrics", nargs="+", default=METRICS, choices=METRICS)
    add("--models", nargs="+", default=named, choices=named)
    add("--seeds", type=int, default=3, help="of the network and the strongest of the others")
    add("--retrain", action="store_true", help="train all models again, in all splits: hours")
    add("--quick", action="store_true", help="few graphs: a look, no result")
    add("--budget", type=int, default=BUDGET, help="graphs that each model is trained on")
    add("--graphs", type=int, default=1_000, help="held-out graphs a space")
    add("--jobs", type=int, default=os.cpu_count() or 1)
    add("--cache", type=Path, default=ROOT / "build")
    add("--weights", type=Path, default=WEIGHTS)
    add("--out", type=Path, default=ROOT / "benchmarks" / "results")
    given = parser.parse_args()
    if given.quick:
        given.budget, given.graphs = min(given.budget, QUICK_BUDGET), QUICK_GRAPHS
    return (
        Options(
            tuple(given.targets), tuple(given.spaces), tuple(given.metrics), tuple(given.models),
            given.seeds, given.budget, given.graphs, given.jobs, given.cache, given.out,
            given.weights,
        ),
        given,
    )  # fmt: skip


def main() -> None:
    options, given = read_options()
    if given.retrain:
        retrain(options)
    cells, answers, groups = evaluate(options)
    retrained = options.out / RETRAINED
    others = json.loads(retrained.read_text()) if retrained.is_file() else None
    content = document(cells)
    write_json(options.out / "compare.json", content)
    summary = tables.summary(content, others)
    print(f"\n{summary}")
    for name, text in (("compare", tables.page(content, others)), ("compare-summary", summary)):
        with written_whole(options.out / f"{name}.md") as stream:
            stream.write(f"{text}\n".encode())
    pictures.draw(options.out, content, others, answers, groups)


if __name__ == "__main__":
    main()
