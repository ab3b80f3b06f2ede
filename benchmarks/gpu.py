"""Prices on a real GPU beside what it was measured to take, on files that nobody trained on.

    python benchmarks/gpu.py

Reads the times of ``data/measured``, which `tools/label_on_gpu.py` took on a machine with that GPU,
prices the files of ``../shared/models`` by the
weights and by the laws alone, and writes ``benchmarks/results/gpu.{json,md}``. Files that the GPU
runs in part are left out: their times are those of two devices. Then how well labels repeat
(graphs labelled twice), and what int8 graphs take over their float32 twins in ``data/labels-gpu``.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import perfcost  # noqa: E402
from benchmarks import figures, sets  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from perfcost.dataset.store import Store  # noqa: E402
from perfcost.files import written_whole  # noqa: E402

TARGET = "gpu-nvidia-h200"
MEASURED = ROOT / "data" / "measured" / f"{TARGET}.json"
REPEATED = ROOT / "data" / "measured" / f"{TARGET}-repeated.json"
LABELS = ROOT / "data" / "labels-gpu"
RESULTS = ROOT / "benchmarks" / "results"


def repeatability() -> list[str]:
    """A line for each way in which graphs were labelled twice."""
    lines = []
    for way, pairs in json.loads(REPEATED.read_text("utf-8")).items():
        off = [100 * abs(a - b) / ((a + b) / 2) for a, b in pairs.values()]
        lines.append(
            f"Labelled twice, {way}: {len(off)} graphs differ by {statistics.median(off):.1f} % in "
            f"the median, {statistics.fmean(off):.1f} % in the mean."
        )
    return lines


def of_integers() -> str:
    """What int8 graphs take over their twins."""
    times = {(row.key.space, row.key.seed): row.cycles for row in Store(LABELS).rows()}
    ratios = [
        cycles / times[f"{space}-float32", seed]
        for (space, seed), cycles in times.items()
        if cycles and times.get((f"{space}-float32", seed))
    ]
    return (
        f"int8 over float32: {len(ratios)} graphs that the GPU runs alone in both, median "
        f"{statistics.median(ratios):.2f}."
    )


def main() -> None:
    measured = json.loads(MEASURED.read_text("utf-8"))
    rows, in_part = [], 0
    for name, found in measured.items():
        path = sets.SHARED / name
        if not path.is_file():
            sys.exit(f"no {path}: the measured files are not part of the repository")
        if found["cpu_ops"]:
            in_part += 1
            continue
        network = perfcost.estimate(path, TARGET)
        laws = perfcost.estimate(path, TARGET, network=False)
        if not network.complete or network.latency_ms is None or laws.latency_ms is None:
            print(f"{name}: the GPU ran all of it, the rules of support say otherwise; left out")
            continue
        low, high = network.latency_low_ms, network.latency_high_ms
        assert low is not None and high is not None
        truth = found["latency_ms"]
        rows.append((network.latency_ms / truth - 1, laws.latency_ms / truth - 1,
                     low <= truth <= high, name))  # fmt: skip
    ours, alone = (figures.errors([row[at] for row in rows]) for at in (0, 1))
    inside = 100 * sum(row[2] for row in rows) / len(rows)
    lines = ["| model | networks | MAPE | median | p95 | within 10 % |", "| --- " * 6 + "|"]
    for title, each in (("network", ours), ("laws alone", alone)):
        lines.append(
            f"| {title} | {each['networks']} | {each['mape_percent']:.2f} % "
            f"| {each['median_percent']:.2f} % | {each['p95_percent']:.1f} % "
            f"| {each['within_10_percent']:.0f} % |"
        )
    lines += ["", f"In the 90 % interval: {inside:.0f} %."]
    lines += [f"{in_part} files that the GPU runs in part are left out."]
    lines += ["", *repeatability(), of_integers()]
    text = "\n".join(lines)
    print(text)
    worst = sorted(rows, key=lambda row: -abs(row[0]))[:10]
    document = {
        "command": "python benchmarks/gpu.py", "machine": describe(), "target": TARGET,
        "network": ours, "laws": alone, "in_interval_percent": inside,
        "worst": [{"network": row[3], "error_percent": 100 * row[0]} for row in worst],
    }  # fmt: skip
    with written_whole(RESULTS / "gpu.json") as stream:
        stream.write((json.dumps(document, indent=1) + "\n").encode())
    with written_whole(RESULTS / "gpu.md") as stream:
        stream.write(f"`python benchmarks/gpu.py`; prices on {describe()}.\n\n{text}\n".encode())


if __name__ == "__main__":
    main()
