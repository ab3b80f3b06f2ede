"""Published times of the i.MX 93, and the networks that they belong to.

``published.csv`` holds single figures of NXP's model zoo (github.com/NXP/eiq-model-zoo), each with
the page and commit that it was read from: `unit` is ``cpu`` (Cortex-A55 at 1.7 GHz, one thread) or
``npu`` (Ethos-U65 of 256 MACs at 1 GHz), `graph` the file that NXP timed with TFLite's
``benchmark_model``, `stated_mops` the zoo's own count of operations, two a MAC, empty where it
gives none. ``networks`` makes the same networks again.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("published.csv")
UNITS = ("cpu", "npu")


@dataclass(frozen=True, slots=True)
class Figure:
    """One published time."""

    network: str
    graph: str
    unit: str
    latency_ms: float
    stated_macs: int | None
    source: str
    commit: str


def figures() -> list[Figure]:
    """All rows of the table, in its order. ValueError for a row that is not sound."""
    found = []
    with TABLE.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            mops = float(row["stated_mops"]) if row["stated_mops"] else None
            figure = Figure(
                network=row["network"],
                graph=row["graph"],
                unit=row["unit"],
                latency_ms=float(row["latency_ms"]),
                stated_macs=None if mops is None else round(mops * 1e6 / 2),
                source=row["source"],
                commit=row["commit"],
            )
            if figure.unit not in UNITS or not figure.latency_ms > 0:
                raise ValueError(
                    f"{TABLE.name}, line {number}: came unit {figure.unit!r} and "
                    f"{figure.latency_ms} ms, expected one of {UNITS} and a time above 0"
                )
            found.append(figure)
    return found
