"""Writes `index.csv`, the committed list of the nets and the hashes of their int8 files."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

from benchmarks.nets.registry import Net
from benchmarks.nets.tensors import read_ops

INDEX = Path(__file__).with_name("index.csv")
COLUMNS = (
    "name",
    "family",
    "task",
    "source",
    "input_shape",
    "data",
    "parameters",
    "published_parameters",
    "ops",
    "macs",
    "published_macs",
    "bytes",
    "sha256",
    "tf_version",
)


def _row(net: Net, folder: Path) -> dict[str, object]:
    path = folder / f"{net.name}.tflite"
    shape, parameters, version = (folder / f"{net.name}.txt").read_text().split()
    ops = list(read_ops(path))
    data = path.read_bytes()
    return {
        "name": net.name,
        "family": net.family,
        "task": net.task,
        "source": net.source,
        "input_shape": shape,
        "data": net.data,
        "parameters": parameters,
        "published_parameters": net.published_parameters or "",
        "ops": len(ops),
        "macs": sum(op.macs for op in ops),
        "published_macs": net.published_macs or "",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "tf_version": version,
    }


def write(nets: dict[str, Net], folder: Path) -> None:
    """Write a row for every net that the folder holds."""
    rows = [_row(n, folder) for n in nets.values() if (folder / f"{n.name}.tflite").exists()]
    with INDEX.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
