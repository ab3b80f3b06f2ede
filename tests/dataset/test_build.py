"""Filling a store: what is written, what a kill costs, what is refused."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="needs the extra 'label'")

sys.path.insert(0, str(Path(__file__).parent))

from fakes import Counting, sample

from perfcost.dataset import GraphKey, LabelRow, Store, split_of
from perfcost.dataset.build import build
from perfcost.dataset.store import read, write
from perfcost.errors import LabelError
from perfcost.frontends.tflite import read_tflite
from perfcost.labels import EVENTS
from perfcost.ops.totals import graph_macs
from perfcost.targets import resolve

U55, U65 = resolve("ethos-u55-128"), resolve("ethos-u65-256")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_rows_are_there_with_refusals(tmp_path: Path) -> None:
    done = build("image", 1, range(0, 20), sample, [U55, U65], Counting(), tmp_path, jobs=1)
    rows = list(Store(tmp_path).rows())
    assert len(rows) == 40 and done.done == 20
    refused = [row for row in rows if row.refusal]
    assert {row.key.seed for row in refused} == {seed for seed in range(20) if seed % 5 == 3}
    assert all("seven channels" in row.refusal for row in refused)
    assert done.refused == len(refused)
    for row in rows:
        assert row.refusal or (row.cycles == sum(row.op_cycles) > 0)
        assert len(row.structural_hash) == len(row.skeleton_hash) == 32


def test_larger_graphs_are_left_out_and_said_to_be(tmp_path: Path) -> None:
    everything, small = tmp_path / "everything", tmp_path / "small"
    build("image", 1, range(0, 20), sample, [U55], Counting(), everything, jobs=1)
    sizes = {row.key.seed: row for row in Store(everything).rows() if not row.refusal}
    graphs = {seed: graph_macs(read_tflite(sample("image", seed))) for seed in range(20)}
    most = sorted(graphs.values())[10]
    done = build("image", 1, range(0, 20), sample, [U55], Counting(), small, jobs=1, max_macs=most)
    rows = {row.key.seed: row for row in Store(small).rows()}
    assert len(rows) == done.done == 20
    left_out = {seed for seed, macs in graphs.items() if macs > most}
    assert left_out == {seed for seed, row in rows.items() if "at most" in row.refusal} != set()
    assert all(rows[seed] == sizes[seed] for seed in sizes.keys() - left_out)


def test_same_skeleton_same_split(tmp_path: Path) -> None:
    build("image", 1, range(0, 12), sample, [U55], Counting(), tmp_path, jobs=1)
    by_depth: dict[int, set[str]] = {}
    for row in Store(tmp_path).rows():
        by_depth.setdefault(row.key.seed % 3, set()).add(row.skeleton_hash)
    assert all(len(hashes) == 1 for hashes in by_depth.values())
    assert split_of("000000000000" + "0" * 20) == "test"
    assert split_of(f"{999:012x}" + "0" * 20) == "train"


def test_killed_and_run_again_gives_the_undisturbed_files(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    build("image", 1, range(0, 600), sample, [U55], Counting(), whole, jobs=1)
    command = [sys.executable, str(Path(__file__).with_name("run_build.py")), str(killed)]
    process = subprocess.Popen(command)
    until = time.monotonic() + 60
    while time.monotonic() < until and not (killed.is_dir() and list(killed.glob("*.parquet"))):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    shards = list(killed.glob("*.parquet"))
    assert 1 <= len(shards) < 3
    subprocess.run(command, check=True, timeout=120)
    again = {name: data for name, data in contents(killed).items() if name.endswith(".parquet")}
    assert again == contents(whole)


def test_events_of_a_processor_are_kept_and_change_no_other_shard(tmp_path: Path) -> None:
    base = {"target": "t", "target_hash": "h", "structural_hash": "0" * 32,
            "skeleton_hash": "f" * 32}  # fmt: skip
    plain = LabelRow(key=GraphKey("wild", 1, 0), cycles=5, op_cycles=(5,), **base)
    counted = LabelRow(
        key=GraphKey("wild", 1, 1), cycles=7, op_cycles=(3, 4), events=tuple(range(len(EVENTS))),
        op_l1d_misses=(2, 1), op_l3_misses=(1, 0), **base,
    )  # fmt: skip
    write([plain], tmp_path / "plain.parquet")
    write([plain, counted], tmp_path / "both.parquet")
    assert read(tmp_path / "plain.parquet") == [plain]
    assert read(tmp_path / "both.parquet") == [plain, counted]
    parquet = pytest.importorskip("pyarrow.parquet")
    names = parquet.read_schema(tmp_path / "plain.parquet").names
    assert names[-1] == "refusal" and "events" not in names


def test_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    rows = [
        LabelRow(
            key=GraphKey("wild", 1, seed), target="t", target_hash="h", structural_hash="0" * 32,
            skeleton_hash="f" * 32, cycles=seed, op_cycles=(seed,),
        )
        for seed in range(5)
    ]  # fmt: skip
    write(rows, tmp_path / "a.parquet")
    write(rows[::-1], tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert read(tmp_path / "a.parquet") == rows


def test_bad_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="multiple of 256"):
        build("image", 1, range(3, 9), sample, [U55], Counting(), tmp_path)
    (tmp_path / "x.parquet").write_bytes(b"no parquet")
    with pytest.raises(LabelError, match="not a shard"):
        list(Store(tmp_path).rows())
