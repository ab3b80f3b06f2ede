"""Writes what the repository ships of the test set: graphs without weights, and labels.

    python -m benchmarks.nets.label --nets build/nets

Reads the int8 .tflite files that ``benchmarks.nets.build`` made, checks each against the index,
and writes ``benchmarks/nets/ir/NAME.json.gz`` and ``benchmarks/nets/labels.parquet``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from pathlib import Path

from benchmarks.labelled import Row, save
from perfcost import graph_file
from perfcost.frontends.tflite import read_tflite
from perfcost.labels import VelaLabeller, label_many
from perfcost.targets import resolve

HERE = Path(__file__).parent
TARGETS = (
    "ethos-u55-128", "ethos-u65-256", "ethos-u55-64", "ethos-u65-512", "ethos-u85-256",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nets", type=Path, default=Path("build/nets"))
    parser.add_argument("--jobs", type=int, default=None)
    options = parser.parse_args()
    with (HERE / "index.csv").open(newline="") as file:
        index = {row["name"]: row["sha256"] for row in csv.DictReader(file)}
    files = {name: options.nets / f"{name}.tflite" for name in index}
    for name, path in files.items():
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != index[name]:
            sys.exit(f"{path}: SHA-256 {found}, the index says {index[name]}; build it again")
    (HERE / "ir").mkdir(exist_ok=True)
    for name, path in files.items():
        graph_file.save(read_tflite(path.read_bytes(), name=name), HERE / "ir" / f"{name}.json.gz")
    names = list(files)
    rows, refused = [], 0
    targets = [resolve(target) for target in TARGETS]
    for outcome in label_many(
        [files[name] for name in names], targets, VelaLabeller(), jobs=options.jobs, timeout_s=600
    ):
        name = names[outcome.model_index]
        if outcome.label is None:
            refused += 1
            print(f"{name} on {outcome.target.name}: {outcome.refusal}", flush=True)
        else:
            rows.append(Row.of(name, index[name], outcome.label))
            print(f"{name} on {outcome.target.name}: {outcome.label.latency_ms:.3f} ms", flush=True)
    save(rows, HERE / "labels.parquet")
    print(f"{len(rows)} labels, {refused} refusals")


if __name__ == "__main__":
    main()
