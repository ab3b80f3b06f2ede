"""How exact the laws alone are on graphs of the search spaces that nobody has looked at.

    python benchmarks/spaces.py [--count N] [--first SEED] [--targets T ...] [--jobs J]

Samples graphs, labels them with Vela, compares. Seeds below 1,000 were looked at while laws were
corrected; the default is from 1,000 on. Writes ``benchmarks/results/spaces.{json,md}``.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.machine import describe  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.frontends.tflite import read_tflite  # noqa: E402
from perfcost.labels import VelaLabeller, label_many  # noqa: E402
from perfcost.physics import price  # noqa: E402
from perfcost.spaces import samplers  # noqa: E402
from perfcost.targets import Target, resolve  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"


def measure(space: str, target: Target, seeds: range, jobs: int | None) -> dict[str, object]:
    """Error figures of one space on one target; graphs without a cycle are left out, counted."""
    models = [samplers.sample(space, seed) for seed in seeds]
    errors: list[float] = []
    refused = empty = 0
    for outcome in label_many(models, target, VelaLabeller(), jobs=jobs):
        if outcome.label is None:
            refused += 1
            continue
        if outcome.label.cycles <= 0:
            empty += 1
            continue
        found = price(read_tflite(models[outcome.model_index]), target)
        cycles = math.fsum(op.cycles for op in found.ops if op.cycles is not None)
        errors.append(abs(cycles / outcome.label.cycles - 1))
    ranked = sorted(errors)
    return {
        "graphs": len(errors),
        "refused": refused,
        "nothing_on_npu": empty,
        "mape_percent": 100 * statistics.fmean(errors),
        "median_percent": 100 * statistics.median(errors),
        "p95_percent": 100 * ranked[min(len(ranked) - 1, math.ceil(0.95 * len(ranked)) - 1)],
        "within_5_percent": 100 * sum(error <= 0.05 for error in errors) / len(errors),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--targets", nargs="+", default=["ethos-u55-128", "ethos-u65-256"])
    parser.add_argument("--jobs", type=int, default=None)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.count)
    lines = [
        "| target | space | graphs | MAPE | median | p95 | within 5 % |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    results: dict[str, dict[str, dict[str, object]]] = {}
    for name in options.targets:
        results[name] = {}
        for space in samplers.names():
            row = results[name][space] = measure(space, resolve(name), seeds, options.jobs)
            lines.append(
                f"| {name} | {space} | {row['graphs']} | {row['mape_percent']:.2f} % "
                f"| {row['median_percent']:.2f} % | {row['p95_percent']:.1f} % "
                f"| {row['within_5_percent']:.0f} % |"
            )
            print(lines[-1], flush=True)
    RESULTS.mkdir(exist_ok=True)
    words = (
        f"`python benchmarks/spaces.py --count {options.count} --first {options.first}` (version 1 "
        f"of the samplers) on {describe()}."
    )
    with written_whole(RESULTS / "spaces.md") as stream:
        stream.write(f"{words}\n\n{chr(10).join(lines)}\n".encode())
    with written_whole(RESULTS / "spaces.json") as stream:
        document = {"machine": describe(), "seeds": [seeds.start, seeds.stop], "results": results}
        stream.write((json.dumps(document, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
