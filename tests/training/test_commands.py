"""``perfcost train`` and ``evaluate`` as a user runs them, killed in the middle and run again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from perfcost.network import store

CONFIG = "width = 8\ndepth = 1\nbins = 4\nepochs = 4\nbatch = 16\npatience = 9\n"


def perfcost(*words: str | Path, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "perfcost", *map(str, words)],
        capture_output=True, text=True, check=False, env=_environment(), **options,
    )  # fmt: skip


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    place = tmp_path_factory.mktemp("training")
    (place / "config.toml").write_text(CONFIG)
    done = perfcost("dataset", "build", "--space", "keyword", "--count", "96", "--target",
                    "ethos-u55-128", "--out", place / "labels", "--jobs", "2")  # fmt: skip
    assert done.returncode == 0, done.stderr
    return place


def words_of_train(folder: Path, out: str) -> list[str]:
    return ["train", "--data", str(folder / "labels"), "--cache", str(folder / "cache"),
            "--out", str(folder / out), "--config", str(folder / "config.toml"),
            "--jobs", "1"]  # fmt: skip


@pytest.fixture(scope="module")
def trained(folder: Path) -> Path:
    done = perfcost(*words_of_train(folder, "whole"))
    assert done.returncode == 0, done.stderr
    return folder / "whole"


def test_writes_weights_manifest_log_and_curve(trained: Path) -> None:
    model = store.load(trained)
    assert model.manifest["targets"] == ["ethos-u55-128"]
    assert model.interval_factor.keys() == {"ethos-u55"}
    assert {row["metric"] for row in model.manifest["errors"]} >= {"cycles", "sram_bytes"}
    assert len((trained / "epochs.jsonl").read_text().splitlines()) == 4
    assert (trained / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_killed_training_ends_with_the_same_weights(folder: Path, trained: Path) -> None:
    words = [sys.executable, "-m", "perfcost", *words_of_train(folder, "killed")]
    run = subprocess.Popen(words, stderr=subprocess.DEVNULL, env=_environment())
    deadline = time.monotonic() + 120
    while not (folder / "killed" / "epochs.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    done = perfcost(*words_of_train(folder, "killed"))
    assert done.returncode == 0, done.stderr
    assert store.load(folder / "killed").id == store.load(trained).id


def test_evaluate_gives_the_manifests_figures(folder: Path, trained: Path) -> None:
    done = perfcost("evaluate", "--data", folder / "labels", "--cache", folder / "cache",
                    "--weights", trained, "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    kept = store.load(trained).manifest["errors"]
    assert [row["network"]["mape"] for row in rows] == pytest.approx(
        [row["network"]["mape"] for row in kept], rel=1e-6
    )


def test_evaluate_alone_makes_only_what_it_needs(folder: Path, trained: Path) -> None:
    """Without the arrays of the training: those of the test split, and the same figures."""
    copy = folder / "recorded"
    shutil.copytree(trained, copy)
    store.record(copy, [])
    assert store.load(copy).manifest["errors"] == []
    done = perfcost("evaluate", "--data", folder / "labels", "--cache", folder / "another",
                    "--weights", copy, "--record")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert all(path.stem.endswith("-test") for path in (folder / "another").rglob("*.npz"))
    assert store.load(copy).manifest == store.load(trained).manifest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "dataset build --space image --count 1 --version 2 --out out".split(),
            "image has no version 2; its latest is 1",
        ),
        (["evaluate", "--data", "none", "--split", "train", "--record"], "not of 'train'"),
        (["train", "--data", "none", "--out", "out"], "no shards of labels"),
        (["evaluate", "--data", "none", "--weights", "none"], "no trained weights"),
        (["evaluate", "--data", "none", "--split", "tset"], "no split 'tset'"),
    ],
)
def test_wrong_input_is_named(words: list[str], said: str, tmp_path: Path) -> None:
    done = perfcost(*words, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert said in done.stderr and "Traceback" not in done.stderr
