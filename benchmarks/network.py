"""How exact the trained network is on real networks, beside the laws alone.

    python benchmarks/network.py [--targets T ...] [--sets S ...] [--jobs J] [--name N]

Prints and writes ``benchmarks/results/network.{json,md}``, ``network_worst.md`` (``--name`` in the
place of ``network``): latency error against the label by the shipped weights and by the laws, how
many labels lie in the 90 % interval (with the 95 % binomial interval of that share), its median
width, and how many networks are flagged as unlike the training set; then the ten worst of each set
but the test set, with the kinds of ops that are off. The test set is scored once a release: name it
only then, and it is not looked into.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import perfcost  # noqa: E402
from benchmarks import figures, sets  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from benchmarks.sets import Case  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.targets import resolve  # noqa: E402

TARGETS = ("ethos-u55-128", "ethos-u65-256")
RESULTS = ROOT / "benchmarks" / "results"


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share, in per cent (Wilson 1927)."""
    z = 1.96
    share, squared = hits / count, z * z / count
    middle = (share + squared / 2) / (1 + squared)
    reach = z * math.sqrt(share * (1 - share) / count + squared / (4 * count)) / (1 + squared)
    return 100 * (middle - reach), 100 * (middle + reach)


def _off(case: Case, found: perfcost.Estimate) -> dict[str, float]:
    """The kinds of ops that are off most: cycles too many or too few, in per cent of the label."""
    clock = resolve(found.target).clock_hz
    off: dict[str, float] = {}
    if len(case.row.op_cycles) != len(found.ops):
        return off
    for op, label in zip(found.ops, case.row.op_cycles, strict=True):
        own = (op.latency_ms or 0.0) * clock / 1e3
        off[op.kind] = off.get(op.kind, 0.0) + 100 * (own - label) / case.row.cycles
    return dict(sorted(off.items(), key=lambda item: -abs(item[1]))[:3])


def worst_table(results: dict[str, dict[str, dict[str, object]]]) -> str:
    """The ten worst of each set that may be looked at."""
    lines = ["| target | set | network | error | ops that are off |", "| --- " * 5 + "|"]
    for target, by_set in results.items():
        for name, row in by_set.items():
            if name == "test":
                continue
            for each in row["worst"]:  # type: ignore[attr-defined]
                off = [f"{kind} {share:+.2f} %" for kind, share in each["ops_off"].items()]
                lines.append(
                    f"| {target} | {name} | {each['network']} | {each['error_percent']:+.2f} % "
                    f"| {', '.join(off)} |"
                )
    return "\n".join(lines)


def measure(cases: Sequence[Case], target: str) -> dict[str, object]:
    """Figures of one set on one target; networks that run nothing on the NPU are left out."""
    clock = resolve(target).clock_hz
    rows = []
    for case in cases:
        if case.row.cycles <= 0:
            continue
        label = case.row.cycles / clock * 1e3
        found = perfcost.estimate(case.graph, target)
        laws = perfcost.estimate(case.graph, target, network=False)
        assert found.latency_ms is not None and laws.latency_ms is not None
        low, high = found.latency_low_ms, found.latency_high_ms
        if low is None or high is None:
            sys.exit("no trained weights in the package: train some, see docs/accuracy.md")
        rows.append(
            (found.latency_ms / label - 1, laws.latency_ms / label - 1, low <= label <= high,
             (high - low) / found.latency_ms, bool(found.in_distribution), case.name,
             _off(case, found))
        )  # fmt: skip
    inside = sum(row[2] for row in rows)
    worst = sorted(rows, key=lambda row: -abs(row[0]))[:10]
    return {
        **figures.errors([row[0] for row in rows]),
        "laws_mape_percent": 100 * statistics.fmean(abs(row[1]) for row in rows),
        "in_interval_percent": 100 * inside / len(rows),
        "in_interval_95_percent": wilson(inside, len(rows)),
        "median_width_percent": 100 * statistics.median(row[3] for row in rows),
        "unlike_training": sum(not row[4] for row in rows),
        "worst": [
            {"network": row[5], "error_percent": 100 * row[0], "ops_off": row[6]} for row in worst
        ],
    }


def table(results: dict[str, dict[str, dict[str, object]]]) -> str:
    lines = [
        "| target | set | networks | laws alone, MAPE | MAPE | median | p95 | within 5 % "
        "| within 10 % | in the interval (95 %) | its median width | unlike training |",
        "| --- " * 12 + "|",
    ]
    for target, by_set in results.items():
        for name, row in by_set.items():
            low, high = row["in_interval_95_percent"]  # type: ignore[misc]
            lines.append(
                f"| {target} | {name} | {row['networks']} | {row['laws_mape_percent']:.2f} % "
                f"| {row['mape_percent']:.2f} % | {row['median_percent']:.2f} % "
                f"| {row['p95_percent']:.1f} % | {row['within_5_percent']:.0f} % "
                f"| {row['within_10_percent']:.0f} % | {row['in_interval_percent']:.0f} % "
                f"({low:.0f} to {high:.0f}) | {row['median_width_percent']:.2f} % "  # type: ignore[has-type]
                f"| {row['unlike_training']} |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", nargs="+", default=list(TARGETS))
    parser.add_argument("--sets", nargs="+", default=["development"], choices=sets.NAMES)
    parser.add_argument("--jobs", type=int, default=None)
    parser.add_argument("--name", default="network", help="of the files of results")
    options = parser.parse_args()
    results = figures.by_target_and_set(options.targets, options.sets, options.jobs, measure)
    text, worst = table(results), worst_table(results)
    print(f"{text}\n\n{worst}")
    RESULTS.mkdir(exist_ok=True)
    with written_whole(RESULTS / f"{options.name}.json") as stream:
        document = {"machine": describe(), "results": results}
        stream.write((json.dumps(document, indent=1) + "\n").encode())
    with written_whole(RESULTS / f"{options.name}.md") as stream:
        command = shlex.join(["python", "benchmarks/network.py", *sys.argv[1:]])
        stream.write(f"`{command}` on {describe()}.\n\n{text}\n".encode())
    with written_whole(RESULTS / f"{options.name}_worst.md") as stream:
        stream.write(f"`{command}` on {describe()}.\n\n{worst}\n".encode())


if __name__ == "__main__":
    main()
