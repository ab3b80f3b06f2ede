"""Results that are committed: the README shows them, labels belong to the test set."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from benchmarks import readme

ROOT = Path(__file__).parents[2]
NETS = ROOT / "benchmarks" / "nets"


def test_readme_shows_the_results_as_they_are() -> None:
    text = (ROOT / "README.md").read_text()
    assert readme.filled(text) == text, "run: python benchmarks/readme.py"


def test_every_net_of_the_test_set_has_graph_and_labels() -> None:
    pytest.importorskip("pyarrow", reason="needs the extra 'label'")
    from benchmarks import labelled
    from perfcost import graph_file

    with (NETS / "index.csv").open(newline="") as file:
        index = {row["name"]: row for row in csv.DictReader(file)}
    rows = labelled.read(NETS / "labels.parquet")
    targets = {row.target for row in rows}
    assert {"ethos-u55-128", "ethos-u65-256"} <= targets
    assert {(row.net, row.target) for row in rows} == {(n, t) for n in index for t in targets}
    for name, entry in index.items():
        graph = graph_file.read(NETS / "ir" / f"{name}.json.gz")
        assert len(graph.ops) == int(entry["ops"]), name
    for row in rows:
        assert row.sha256 == index[row.net]["sha256"]
        assert sum(row.op_cycles) == pytest.approx(row.cycles, abs=1)
        assert len(row.op_cycles) == len(row.op_on_npu)


def test_labels_are_of_the_targets_as_they_are() -> None:
    pytest.importorskip("pyarrow", reason="needs the extra 'label'")
    from benchmarks import labelled
    from perfcost.targets import resolve

    for row in labelled.read(NETS / "labels.parquet"):
        assert row.target_hash == resolve(row.target).hash, row.target
