"""BRP-NAS's predictor on measured latencies of NAS-Bench-201 cells, as it was published.

    python benchmarks/nasbench201.py [--devices D ...] [--cells N]

Reads ``../shared/measured/nasbench201_latency_ms.csv``, trains on 900 cells a device and prints and
writes ``benchmarks/results/nasbench201.{json,md}``: how many of the others are within 10 %, and
the rank correlation.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from baselines.brp_nas import Cell, Gcn  # noqa: E402
from benchmarks.comparing.figures import figures  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from perfcost.files import written_whole  # noqa: E402

FIGURES = ROOT.parent / "shared" / "measured" / "nasbench201_latency_ms.csv"
DEVICES = ("gold_6226", "1080ti_1", "pixel3", "raspi4", "fpga", "eyeriss")
KINDS = ("input", "none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "output")


def cell(text: str) -> Cell:
    """A cell from its name, ``|op~from|+|op~from|op~from|+...``: an op a node, between sums."""
    steps = [part.strip("|").split("|") for part in text.split("+")]
    kinds = [KINDS.index("input")]
    edges: list[tuple[int, int]] = []
    made: list[list[int]] = [[0]]  # nodes whose sum a step of the cell is
    for step in steps:
        inside = []
        for word in step:
            name, _, source = word.rpartition("~")
            kinds.append(KINDS.index(name))
            node = len(kinds) - 1
            edges += [(before, node) for before in made[int(source)]]
            inside.append(node)
        made.append(inside)
    kinds.append(KINDS.index("output"))
    edges += [(before, len(kinds) - 1) for before in made[-1]]
    return Cell(np.array(kinds, np.int64), np.array(edges, np.int64).T)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", nargs="+", default=list(DEVICES))
    parser.add_argument("--cells", type=int, default=900, help="to train on")
    options = parser.parse_args()
    if not FIGURES.is_file():
        sys.exit(f"no {FIGURES}: these measured latencies are not part of the repository")
    with FIGURES.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    order = np.random.Generator(np.random.Philox(1)).permutation(len(rows))
    cells = [cell(rows[place]["arch"]) for place in order]
    results = {}
    lines = ["| device | cells | MAPE | within 10 % | Spearman |", "| --- " * 5 + "|"]
    for device in options.devices:
        labels = np.array([float(rows[place][device]) for place in order])
        net = Gcn(len(KINDS))
        net.fit(cells[: options.cells], labels[: options.cells])
        found = figures(net.predict(cells[options.cells :]), labels[options.cells :])
        results[device] = {"mape": found.mape, "within_10": found.within_10,
                           "spearman": found.spearman, "cells": found.graphs}  # fmt: skip
        lines.append(f"| {device} | {found.graphs} | {found.mape:.2f} % | {found.within_10:.1f} % "
                     f"| {found.spearman:.3f} |")  # fmt: skip
        print(lines[-1], flush=True)
    folder = ROOT / "benchmarks" / "results"
    with written_whole(folder / "nasbench201.json") as stream_out:
        document = {"machine": describe(), "trained_on": options.cells, "devices": results}
        stream_out.write((json.dumps(document, indent=1) + "\n").encode())
    with written_whole(folder / "nasbench201.md") as stream_out:
        text = "\n".join(lines)
        stream_out.write(
            f"`python benchmarks/nasbench201.py` on {describe()}.\n\n{text}\n".encode()
        )


if __name__ == "__main__":
    main()
