"""The sets of real networks that everything is measured on.

*development*: the ``npu_candidate`` files of ``../shared/models``, looked at while rules were
found; labelled on first use, labels kept under ``build/``. *streaming*: the int8 files there that
have several subgraphs and keep a state between calls, labelled alike. *test*: ``benchmarks/nets``,
shipped as graphs and labels, never looked at.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from benchmarks import labelled
from benchmarks.labelled import Row
from perfcost import graph_file
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.labels import label_many, labeller_for
from perfcost.targets import resolve

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "models"
NETS = ROOT / "benchmarks" / "nets"


@dataclass(frozen=True, slots=True)
class Case:
    """A network with its label on one target."""

    name: str
    graph: Graph
    row: Row


def _index() -> list[dict[str, str]]:
    """The rows of the list of files; none where the files are not at hand."""
    index = SHARED / "models.csv"
    if not index.is_file():
        return []
    with index.open(newline="") as file:
        return list(csv.DictReader(file))


def development_files() -> dict[str, Path]:
    """Name -> path of the development set; empty where the files are not at hand."""
    rows = [row["file"] for row in _index() if row["npu_candidate"] == "True"]
    return {name: SHARED / name for name in rows}


def streaming_files() -> dict[str, Path]:
    """Name -> path of the int8 files with several subgraphs."""
    rows = [row["file"] for row in _index() if row["dtype"] == "int8"]
    files = {name: SHARED / name for name in rows if name not in development_files()}
    return {
        name: path
        for name, path in files.items()
        if len(read_tflite(path.read_bytes(), name=name).subgraphs) > 1
    }


def _labelled(
    kind: str, files: dict[str, Path], target: str, jobs: int | None = None
) -> list[Case]:
    """The files of a set on one target; labelled where they have not been yet."""
    kept = ROOT / "build" / "labels" / f"{kind}-{target.replace(':', '-')}.parquet"
    wanted = resolve(target)
    known: dict[str, Row] = {}
    if kept.is_file():
        known = {row.net: row for row in labelled.read(kept) if row.target_hash == wanted.hash}
    missing = [name for name in files if name not in known]
    models = [files[name] for name in missing]
    for outcome in label_many(models, wanted, labeller_for([wanted]), jobs=jobs, timeout_s=600):
        name = missing[outcome.model_index]
        if outcome.label is None:
            print(f"{name} on {target}: no label, left out: {outcome.refusal}")
        else:
            digest = hashlib.sha256(files[name].read_bytes()).hexdigest()
            known[name] = Row.of(name, digest, outcome.label)
    if missing:
        kept.parent.mkdir(parents=True, exist_ok=True)
        labelled.save(list(known.values()), kept)
    return [
        Case(name, read_tflite(path.read_bytes(), name=name), known[name])
        for name, path in files.items()
        if name in known
    ]


def development(target: str, jobs: int | None = None) -> list[Case]:
    """The development set on one target."""
    return _labelled("development", development_files(), target, jobs)


def streaming(target: str, jobs: int | None = None) -> list[Case]:
    """The int8 networks with several subgraphs on one target."""
    return _labelled("streaming", streaming_files(), target, jobs)


def test(target: str) -> list[Case]:
    """The test set on one target, from what the repository ships."""
    wanted = resolve(target).hash
    rows = [row for row in labelled.read(NETS / "labels.parquet") if row.target_hash == wanted]
    return [Case(row.net, graph_file.read(NETS / "ir" / f"{row.net}.json.gz"), row) for row in rows]


NAMES = ("development", "streaming", "test")


def named(name: str, target: str, jobs: int | None = None) -> list[Case]:
    """The cases of a set by its name."""
    if name == "test":
        return test(target)
    return development(target, jobs) if name == "development" else streaming(target, jobs)
