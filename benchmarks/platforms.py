"""Networks of other platforms than Arm's NPUs beside the cost models of the field.

    python benchmarks/platforms.py [--targets T ...] [--jobs J]

Every model is fitted to the training graphs of the target's labels in the repository and asked for
the graphs held out, by space; Arm cores also for the *development* set of ``sets.py``, which is
labelled on first use. Prints and writes ``benchmarks/results/platforms.{json,md}`` and a summary.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from baselines import REGISTRY, Factory  # noqa: E402
from baselines.brp_nas import BrpNas  # noqa: E402
from baselines.dataset import LATENCY, Dataset, of_graphs  # noqa: E402
from baselines.errors import BaselineError  # noqa: E402
from benchmarks import sets  # noqa: E402
from benchmarks.comparing.figures import Figures, figures, paired  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.network import store  # noqa: E402
from perfcost.spaces import samplers  # noqa: E402
from perfcost.targets import resolve  # noqa: E402
from perfcost.training import loop, run  # noqa: E402
from perfcost.training.samples import Sample  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
DATA = {
    "cortex-a55": ROOT / "data" / "labels-arm-cpu",
    "cortex-a55-builtin": ROOT / "data" / "labels-arm-cpu",
    "gpu-nvidia-h200": ROOT / "data" / "labels-gpu",
}
"""Target -> folder of its labels."""
REAL = ("cortex-a55", "cortex-a55-builtin")
"""Targets that real networks can be labelled on anywhere."""
NETWORK, ALL, DEVELOPMENT = "network", "all held out", "development"

MODELS: dict[str, Factory] = {
    **{name: REGISTRY[name] for name in ("geometric mean", "macs", "macs and bytes", "graph trees",
                                         "laws", "kernel sum")},
    "brp-nas": lambda seed=1: BrpNas(steps=1_000, seed=seed),
}  # fmt: skip
"""What labels of whole graphs are enough for; ``kernel sum`` needs those of ops."""
NEEDS_OPS = ("kernel sum",)


@dataclass(frozen=True, slots=True)
class Row:
    """One model on one group of graphs; ``against`` says who is ahead of the network."""

    target: str
    group: str
    model: str
    figures: Figures
    against: str
    seconds: float


def predictions(target: str, graphs: Sequence[Sample]) -> NDArray[np.float64] | None:
    """Cycles by the shipped weights; None where none are shipped."""
    model = store.shipped(resolve(target))
    if model is None:
        return None
    found = loop.predictions(model.weights, graphs)
    return np.concatenate([answer.cycles for answer in found])


def real(target: str, jobs: int) -> list[Sample]:
    """The development set, labelled; nothing where its files are not at hand."""
    cases = [case for case in sets.development(target, jobs) if case.row.cycles > 0]
    graphs = of_graphs([case.graph for case in cases], target)
    return [
        replace(graph, cycles=round(case.row.cycles))
        for graph, case in zip(graphs, cases, strict=True)
    ]


def grouped(held_out: Sequence[Sample], others: Sequence[Sample]) -> dict[str, list[Sample]]:
    """Name -> graphs asked for: by space, all of them, the development set."""
    groups: dict[str, list[Sample]] = {}
    for sample in held_out:
        groups.setdefault(samplers.every()[sample.space], []).append(sample)
    groups = {name: groups[name] for name in samplers.every() if name in groups}
    groups[ALL] = list(held_out)
    return groups | ({DEVELOPMENT: list(others)} if others else {})


def compared(target: str, found: Sequence[Sample], jobs: int, names: Sequence[str]) -> list[Row]:
    """All models on all groups of a target's graphs."""
    own = [sample for sample in found if sample.target == target]
    training, held_out = run.split(own, "train"), run.split(own, "test")
    groups = grouped(held_out, real(target, jobs) if target in REAL else ())
    answers: dict[str, tuple[Mapping[str, NDArray[np.float64]], float]] = {}
    for name in names:
        if name in NEEDS_OPS and not any(len(sample.op_cycles) for sample in training):
            continue
        start = time.process_time()
        model = MODELS[name]()
        try:
            model.fit(Dataset(training), target, LATENCY)
            said = {group: model.predict(graphs) for group, graphs in groups.items()}
        except BaselineError as error:
            print(f"{target}, {name}: left out ({error})", flush=True)
            continue
        answers[name] = said, time.process_time() - start
        print(f"{target}: {name}", flush=True)
    ours = {group: predictions(target, graphs) for group, graphs in groups.items()}
    rows = []
    for group, graphs in groups.items():
        labels = np.array([float(sample.cycles) for sample in graphs])
        network = ours[group]
        if network is not None:
            rows.append(Row(target, group, NETWORK, figures(network, labels), "", float("nan")))
        for name, (said, seconds) in answers.items():
            against = ""
            if network is not None:
                off = [np.abs(each / labels - 1) for each in (said[group], network)]
                against = paired(off[0], off[1])
            rows.append(Row(target, group, name, figures(said[group], labels), against, seconds))
    return rows


def table(rows: Sequence[Row]) -> str:
    """Rows as Markdown."""
    lines = [
        "| target | graphs | model | number | MAPE | median | p95 | within 10 % | Spearman "
        "| beside the network |",
        "| --- " * 10 + "|",
    ]
    for row in rows:
        each = row.figures
        lines.append(
            f"| {row.target} | {row.group} | {row.model} | {each.graphs} | {each.mape:.2f} % "
            f"| {each.median:.2f} % | {each.p95:.1f} % | {each.within_10:.0f} % "
            f"| {each.spearman:.4f} | {row.against} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", nargs="+", default=list(DATA), choices=DATA)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "samples")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    rows: list[Row] = []
    for folder in dict.fromkeys(DATA[target] for target in options.targets):
        found = run.gather(folder, options.cache, options.jobs, lambda words: None)
        for target in options.targets:
            if DATA[target] == folder:
                rows += compared(target, found, options.jobs, options.models)
    text = table(rows)
    print(text)
    command = shlex.join(["python", "benchmarks/platforms.py", *sys.argv[1:]])
    document = {"command": command, "machine": describe(), "rows": [asdict(row) for row in rows]}
    with written_whole(RESULTS / "platforms.json") as stream:
        stream.write((json.dumps(document, indent=1) + "\n").encode())
    short = table([row for row in rows if row.group in (ALL, DEVELOPMENT)])
    for name, each in (("platforms", text), ("platforms-summary", short)):
        with written_whole(RESULTS / f"{name}.md") as stream:
            stream.write(f"`{command}` on {describe()}.\n\n{each}\n".encode())


if __name__ == "__main__":
    main()
