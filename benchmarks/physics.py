"""How exact the laws alone are, on both sets of real networks.

    python benchmarks/physics.py [--targets T ...] [--jobs J]

Prints and writes ``benchmarks/results/physics.{json,md}``. Latency only: predicted by
``perfcost.physics`` against Vela's label. The development set needs ``../shared/models`` and is
labelled on first use (about a minute a target); the test set is in the repository.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import figures, sets  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from benchmarks.sets import Case  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.physics import price  # noqa: E402
from perfcost.targets import resolve  # noqa: E402

TARGETS = (
    "ethos-u55-128", "ethos-u65-256", "ethos-u55-64", "ethos-u65-512", "ethos-u85-256",
    "ethos-u65-256:Ethos_U65_High_End:Dedicated_Sram_384KB",
)  # fmt: skip
SETS = ("development", "test")
RESULTS = ROOT / "benchmarks" / "results"


def measure(cases: Sequence[Case], target: str) -> dict[str, object]:
    """Error figures of one set on one target; networks that run nothing on the NPU are counted."""
    profile = resolve(target)
    errors: list[tuple[float, str]] = []
    ops = agreed = empty = 0
    for case in cases:
        found = price(case.graph, profile)
        for op, on_npu in zip(found.ops, case.row.op_on_npu, strict=True):
            if on_npu is not None:
                ops += 1
                agreed += (op.reason is None) == on_npu
        if case.row.cycles <= 0:
            empty += 1
            continue
        cycles = math.fsum(op.cycles for op in found.ops if op.cycles is not None)
        errors.append((cycles / case.row.cycles - 1, case.name))
    worst = sorted(errors, key=lambda entry: -abs(entry[0]))[:10]
    return {
        **figures.errors([error for error, _ in errors]),
        "nothing_on_npu": empty,
        "ops": ops,
        "ops_supported_as_vela": agreed,
        "worst": [{"network": name, "error_percent": 100 * error} for error, name in worst],
    }


def table(results: dict[str, dict[str, dict[str, object]]]) -> str:
    lines = [
        "| target | set | networks | MAPE | median | p95 | within 5 % | within 10 % | support |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for target, by_set in results.items():
        for name, row in by_set.items():
            lines.append(
                f"| {target} | {name} | {row['networks']} | {row['mape_percent']:.2f} % "
                f"| {row['median_percent']:.2f} % | {row['p95_percent']:.1f} % "
                f"| {row['within_5_percent']:.0f} % | {row['within_10_percent']:.0f} % "
                f"| {row['ops_supported_as_vela']} of {row['ops']} ops |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", nargs="+", default=list(TARGETS))
    parser.add_argument("--jobs", type=int, default=None)
    options = parser.parse_args()
    results = figures.by_target_and_set(options.targets, SETS, options.jobs, measure)
    text = table(results)
    print(text)
    if not sets.development_files():
        print("no ../shared/models: the development set is left out, nothing is written")
        return
    RESULTS.mkdir(exist_ok=True)
    with written_whole(RESULTS / "physics.json") as stream:
        document = {"machine": describe(), "results": results}
        stream.write((json.dumps(document, indent=1) + "\n").encode())
    with written_whole(RESULTS / "physics.md") as stream:
        words = f"`python benchmarks/physics.py` on {describe()}.\n\n{text}\n"
        stream.write(words.encode())


if __name__ == "__main__":
    main()
