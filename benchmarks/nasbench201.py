"""Prices of NAS-Bench-201 networks on 27 devices against their measured latencies.

    python benchmarks/nasbench201.py                              # our laws, all devices
    python benchmarks/nasbench201.py --brp-nas raspi4 gold_6226   # and BRP-NAS on the same cells
    python benchmarks/nasbench201.py --published raspi4           # BRP-NAS as it was published

Reads ``../shared/measured/nasbench201_latency_ms.csv``. Laws are fitted to as many cells as a
column says, intervals calibrated on others, and both scored on a third part; no network is in two
parts under two names (``benchmarks/cells/table.py``). As published, BRP-NAS is trained on 900 of
all 15,625 cells and scored on the others, networks that are constants included. Writes what it
worked out into ``benchmarks/results/nasbench201.{json,md}``, and leaves the rest there.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from baselines.brp_nas import Cell, Gcn  # noqa: E402
from benchmarks.cells import table  # noqa: E402
from benchmarks.cells.report import written  # noqa: E402
from benchmarks.comparing.figures import figures  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from perfcost.cells import fit  # noqa: E402
from perfcost.files import written_whole  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "nasbench201"
KINDS = ("input", "none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "output")
FEWER = (30, 100)
"""Cells to fit a law to, beside ``table.FEW`` and all."""


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


def scored(predicted: Any, labels: Any) -> dict[str, float]:
    """The figures that are kept."""
    found = figures(predicted, labels)
    return {
        "mape": found.mape, "within_5": found.within_5, "within_10": found.within_10,
        "spearman": found.spearman, "cells": found.graphs,
    }  # fmt: skip


def ours(rows: table.Table, device: str) -> dict[str, Any]:
    """Laws of a device, fitted to more and more cells."""
    ms = rows.ms[device]
    answer: dict[str, Any] = {"noise": table.noise(rows, device)}
    tested = [rows.counts[row] for row in rows.test]
    sets = {str(count): rows.few[:count] for count in (*FEWER, table.FEW)}
    for name, places in {**sets, "all": rows.train}.items():
        law = fit.fit([rows.counts[row] for row in places], ms[places])
        answer[name] = scored(fit.predict(law, tested), ms[rows.test])
    reach = fit.reach(law, [rows.counts[row] for row in rows.calibration], ms[rows.calibration])
    off = np.abs(np.log(ms[rows.test] / fit.predict(law, tested)))
    answer["covered"] = float(100 * (off <= np.log(reach)).mean())
    return answer


def brp_nas(rows: table.Table, device: str) -> dict[str, float]:
    """BRP-NAS on the same 900 cells and the same test."""
    net = Gcn(len(KINDS))
    net.fit([cell(rows.names[row]) for row in rows.few], rows.ms[device][rows.few])
    found = net.predict([cell(rows.names[row]) for row in rows.test])
    return scored(found, rows.ms[device][rows.test])


def published(device: str) -> dict[str, float]:
    """BRP-NAS on all cells, by name."""
    with table.PATH.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    order = np.random.Generator(np.random.Philox(1)).permutation(len(rows))
    cells = [cell(rows[place]["arch"]) for place in order]
    labels = np.array([float(rows[place][device]) for place in order])
    net = Gcn(len(KINDS))
    net.fit(cells[: table.FEW], labels[: table.FEW])
    return scored(net.predict(cells[table.FEW :]), labels[table.FEW :])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brp-nas", nargs="*", default=[], metavar="DEVICE")
    parser.add_argument("--published", nargs="*", default=[], metavar="DEVICE")
    options = parser.parse_args()
    rows = table.read()
    for device in (*options.brp_nas, *options.published):
        if device not in rows.ms:
            parser.error(f"no device {device!r}; there are {', '.join(rows.ms)}")
    for device in rows.ms:
        keep({"laws": {device: ours(rows, device)}})
    for device in options.brp_nas:
        keep({"brp_nas": {device: brp_nas(rows, device)}})
    for device in options.published:
        keep({"published": {device: published(device)}})


def keep(part: dict[str, dict[str, Any]]) -> None:
    """Puts one answer into the results on disk, so that nothing of a long run is lost."""
    path = RESULTS.with_suffix(".json")
    document = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    document["machine"] = describe()
    for name, answers in part.items():
        document[name] = document.get(name, {}) | answers
        print(name, json.dumps(answers), flush=True)
    with written_whole(path) as stream:
        stream.write((json.dumps(document, indent=1) + "\n").encode())
    with written_whole(RESULTS.with_suffix(".md")) as stream:
        stream.write(written(document).encode())


if __name__ == "__main__":
    main()
