"""The table of measured latencies (HELP, Lee et al., NeurIPS 2021), which is not in the repository.

Only networks whose edges all lead from input to output count: of another one, a file holds what is
left when the rest is dropped, and some of the devices were timed with it. Names of one structure
are one network, and on one side of the split.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfcost.cells.names import Cell, live, parse
from perfcost.cells.structure import Counts, Structure, named

PATH = Path(__file__).parents[3] / "shared" / "measured" / "nasbench201_latency_ms.csv"
FEW = 900
"""Cells to train on, as BRP-NAS."""
_TEST, _CALIBRATION = 0.2, 0.1
_SEED = 1

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """Rows of live cells.

    Attributes:
        names: of the cells, as in the file; ``cells`` and ``counts`` are theirs.
        networks: [rows] number of the structure.
        ms: device -> [rows] times.
        train, calibration, test: rows by side: 70, 10 and 20 % of the structures.
        few: ``FEW`` rows of ``train``.
    """

    names: list[str]
    cells: list[Cell]
    counts: list[Counts]
    networks: Places
    ms: dict[str, NDArray[np.float64]]
    train: Places
    calibration: Places
    test: Places
    few: Places


def read() -> Table:
    """The table; ends the program where it is not there."""
    if not PATH.is_file():
        sys.exit(f"no {PATH}: these measured latencies are not part of the repository")
    with PATH.open(newline="") as stream:
        rows = [(parse(row["arch"]), row) for row in csv.DictReader(stream)]
    rows = [(cell, row) for cell, row in rows if any(cell) and live(cell) == cell]
    rows.sort(key=lambda each: each[0])
    cells = [cell for cell, _ in rows]
    structures = [Structure.of(cell) for cell in cells]
    simplest = [named(structure) for structure in structures]
    order = sorted({cell for cell in simplest if cell is not None})
    random = np.random.Generator(np.random.Philox(_SEED))
    place = dict(zip(order, random.permutation(len(order)).tolist(), strict=True))
    networks = np.array([place[cell] for cell in simplest if cell is not None])
    first_test = round((1 - _TEST) * len(order))
    first_calibration = round((1 - _TEST - _CALIBRATION) * len(order))
    train = np.flatnonzero(networks < first_calibration)
    return Table(
        [row["arch"] for _, row in rows], cells, [each.counts for each in structures], networks,
        {device: np.array([float(row[device]) for _, row in rows])
         for device in rows[0][1] if device != "arch"},
        train, np.flatnonzero((networks >= first_calibration) & (networks < first_test)),
        np.flatnonzero(networks >= first_test), random.permutation(train)[:FEW],
    )  # fmt: skip


def swapped(table: Table) -> Places:
    """[pairs, 2] rows of cells in which nodes 1 and 2 change places: the same ops, in turn.

    Without an edge between the two that changes nothing, so the pair is one network, timed twice.
    """
    at = {cell: row for row, cell in enumerate(table.cells)}
    pairs = [
        (row, at[b, a, c, d, f, e])
        for (a, b, c, d, e, f), row in at.items()
        if c == 0 and at[b, a, c, d, f, e] > row
    ]
    return np.array(pairs)


def noise(table: Table, device: str) -> tuple[float, float]:
    """How far a time is from the true one, in per cent of it, as twins show it: two answers.

    Of pairs of ``swapped``, |a - b| / sqrt(2) over their mean, which is the mean absolute error of
    either where errors are normal; and of all names of one network, |a - mean| x sqrt(n / (n - 1)),
    which also has what the names add: a skip or none more to run.
    """
    ms = table.ms[device]
    pair = ms[swapped(table)]
    alone = np.abs(pair[:, 0] - pair[:, 1]) / np.sqrt(2) / pair.mean(axis=1)
    size = np.bincount(table.networks)[table.networks]
    mean = (np.bincount(table.networks, ms) / np.bincount(table.networks))[table.networks]
    several = size > 1
    far = np.abs(ms / mean - 1)[several] * np.sqrt(size[several] / (size[several] - 1))
    return float(100 * alone.mean()), float(100 * far.mean())
