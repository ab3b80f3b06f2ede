"""The index of the held-out test nets, and that its smallest net rebuilds byte for byte."""

import csv
import hashlib
import re
import subprocess
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INDEX = ROOT / "benchmarks" / "nets" / "index.csv"
TF_DISTRIBUTIONS = ("tensorflow", "tensorflow-cpu", "tensorflow_cpu")


def rows() -> list[dict[str, str]]:
    with INDEX.open(newline="") as file:
        return list(csv.DictReader(file))


def tensorflow_version() -> str | None:
    """The installed version, without importing it."""
    for name in TF_DISTRIBUTIONS:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


def test_index_has_enough_nets_with_unique_names() -> None:
    names = [row["name"] for row in rows()]
    assert len(names) >= 25
    assert len(set(names)) == len(names)


def test_no_two_nets_are_the_same_file() -> None:
    hashes = [row["sha256"] for row in rows()]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row["name"]))
def test_index_row_is_well_formed(row: dict[str, str]) -> None:
    assert re.fullmatch(r"[a-z0-9_]+", row["name"])
    assert row["family"] and row["task"] and row["tf_version"]
    assert row["source"].startswith(("https://", "keras.applications."))
    assert re.fullmatch(r"1(x\d+)+", row["input_shape"]), "batch 1, every side known"
    assert re.fullmatch(r"[0-9a-f]{64}", row["sha256"])
    assert int(row["ops"]) > 0 and int(row["macs"]) > 0 and int(row["bytes"]) > 0
    if row["published_parameters"]:
        assert int(row["parameters"]) == int(row["published_parameters"])
    if row["published_macs"]:
        assert abs(int(row["macs"]) / int(row["published_macs"]) - 1) < 0.1


def test_smallest_net_rebuilds_to_the_same_bytes(tmp_path: Path) -> None:
    smallest = min(rows(), key=lambda row: int(row["bytes"]))
    if find_spec("tensorflow") is None:
        pytest.skip("tensorflow is not installed")
    version = tensorflow_version()
    if version != smallest["tf_version"]:
        pytest.skip(f"the index was made with TensorFlow {smallest['tf_version']}, not {version}")
    command = [sys.executable, "-m", "benchmarks.nets.build", "--out", str(tmp_path)]
    subprocess.run([*command, "--only", smallest["name"]], cwd=ROOT, check=True, timeout=300)
    data = (tmp_path / f"{smallest['name']}.tflite").read_bytes()
    assert hashlib.sha256(data).hexdigest() == smallest["sha256"]
