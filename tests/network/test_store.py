"""Weights on disk: what is written is read back; what is damaged or stale is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from perfcost.errors import WeightsError
from perfcost.network import store
from perfcost.targets import resolve

MANIFEST = {
    "interval_factor": {"ethos-u55": 1.5},
    "familiar": {"options": [[1, 0, 2]], "sizes": [1.0, 2.0], "depth": 9},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store.save(tmp_path / "w", {"a": np.arange(6, dtype=np.float32).reshape(2, 3)}, MANIFEST)
    return tmp_path / "w"


def test_round_trip(folder: Path) -> None:
    model = store.load(folder)
    assert model.weights["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert model.interval_factor == {"ethos-u55": 1.5}
    assert model.familiar.options == frozenset({(1, 0, 2)})
    assert len(model.id) == 12


def test_same_weights_same_id(folder: Path, tmp_path: Path) -> None:
    store.save(tmp_path / "v", {"a": np.arange(6, dtype=np.float32).reshape(2, 3)}, MANIFEST)
    assert store.load(folder).id == store.load(tmp_path / "v").id


def test_no_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no trained weights"):
        store.load(tmp_path)


def test_damaged_weights(folder: Path) -> None:
    path = folder / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(WeightsError, match="damaged: install again"):
        store.load(folder)


@pytest.mark.parametrize("name", ["format", "features"])
def test_other_version(folder: Path, name: str) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest[name] = 99
    path.write_text(json.dumps(manifest))
    with pytest.raises(WeightsError, match="train them again"):
        store.load(folder)


@pytest.mark.parametrize("name", ["familiar", "interval_factor"])
def test_incomplete_manifest(folder: Path, name: str) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest[name]
    path.write_text(json.dumps(manifest))
    with pytest.raises(WeightsError, match="damaged weights"):
        store.load(folder)


def test_manifest_that_is_no_json(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")
    with pytest.raises(WeightsError, match="no trained weights"):
        store.load(folder)


def test_a_gpu_is_priced_by_its_own_weights_alone() -> None:
    own = store.shipped(resolve("gpu-nvidia-h200"))
    assert own is not None and own.manifest["targets"] == ["gpu-nvidia-h200"]
    assert store.shipped(resolve("gpu-swiftshader")) is None
    assert store.shipped(resolve("host")) is None
    both = [store.shipped(resolve(name)) for name in ("cortex-a55", "cortex-a55-builtin")]
    assert both[0] is not None and both[0] is both[1]
