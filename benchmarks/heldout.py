"""The shipped weights on graphs that they were not trained on, from their manifest.

    python benchmarks/heldout.py

Writes ``benchmarks/results/heldout.md``. The figures were measured at the end of the training
(``perfcost train``); ``perfcost evaluate --data data/labels`` measures them again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from perfcost.files import written_whole  # noqa: E402
from perfcost.network import store  # noqa: E402

WEIGHTS = store.SHIPPED / "ethos-u"
WORDS = {
    "cycles": "latency",
    "sram_bytes": "bytes moved in SRAM",
    "outside_bytes": "bytes moved outside SRAM",
    "sram_peak": "peak SRAM",
    "outside_peak": "peak outside SRAM",
}


FULL = ("ethos-u55-128", "ethos-u65-256")
"""Targets that all graphs are labelled on; on the others a few hundred are."""


def _change(rows: list[dict[str, Any]]) -> str:
    """MAPE of several rows together, by the laws and by the network."""
    count = sum(row["network"]["count"] for row in rows)
    laws, found = (
        sum(row[who]["mape"] * row["network"]["count"] for row in rows) / max(1, count)
        for who in ("prior", "network")
    )
    return f"{laws:.2f} % to {found:.2f} %"


def others() -> str:
    """One row a profile, all spaces together: MAPE by the laws alone and by the network."""
    rows = [row for row in store.load(WEIGHTS).manifest["errors"] if row["target"] not in FULL]
    lines = [
        f"| target | labels | {' | '.join(WORDS.values())} |",
        "| --- " * (2 + len(WORDS)) + "|",
    ]
    for target in sorted({row["target"] for row in rows}):
        of_target = [row for row in rows if row["target"] == target]
        labels = sum(row["network"]["count"] for row in of_target if row["metric"] == "cycles")
        cells = [_change([row for row in of_target if row["metric"] == name]) for name in WORDS]
        lines.append(f"| {target} | {labels} | {' | '.join(cells)} |")
    return "\n".join(lines)


def table() -> str:
    """One row a metric, target and space."""
    model = store.load(WEIGHTS)
    lines = [
        "| metric | target | space | graphs | laws alone, MAPE | MAPE (95 % interval) | median "
        "| p95 | within 5 % | in the 90 % interval |",
        "| --- " * 10 + "|",
    ]
    order = list(WORDS)
    rows = sorted(
        (row for row in model.manifest["errors"] if row["target"] in FULL),
        key=lambda row: (order.index(row["metric"]), row["target"], row["space"]),
    )
    for row in rows:
        found, laws = row["network"], row["prior"]
        covered = "" if row["coverage"] is None else f"{row['coverage']:.0f} %"
        lines.append(
            f"| {WORDS[row['metric']]} | {row['target']} | {row['space']} | {found['count']} "
            f"| {laws['mape']:.2f} % | {found['mape']:.2f} % ({found['mape_low']:.2f} to "
            f"{found['mape_high']:.2f}) | {found['median']:.2f} % | {found['p95']:.1f} % "
            f"| {found['within_5']:.0f} % | {covered} |"
        )
    return "\n".join(lines)


def main() -> None:
    text = (
        f"{table()}\n\nThe same on other targets, all spaces together, the laws alone to the "
        f"network; *otherwise* are other system configs and memory modes:\n\n{others()}"
    )
    print(text)
    with written_whole(ROOT / "benchmarks" / "results" / "heldout.md") as stream:
        stream.write(f"`python benchmarks/heldout.py`, weights {store.load(WEIGHTS).id}.\n\n"
                     f"{text}\n".encode())  # fmt: skip


if __name__ == "__main__":
    main()
