"""Graphs as files: what is written is read back, and what is no such file is refused by name."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from perfcost import graph_file
from perfcost.errors import CorruptModel, NotAModel
from perfcost.frontends.tflite import read_tflite
from perfcost.spaces import zoo


@pytest.mark.parametrize("net", ["mlperf_tiny_kws", "bert_tiny_encoder"])
def test_round_trip(net: str, tmp_path: Path) -> None:
    graph = read_tflite(zoo.build(net), name=net)
    graph_file.save(graph, tmp_path / "g.json.gz")
    assert graph_file.read(tmp_path / "g.json.gz") == graph


def test_same_graph_same_bytes(tmp_path: Path) -> None:
    graph = read_tflite(zoo.build("mlperf_tiny_ad"), name="ad")
    for name in ("a", "b"):
        graph_file.save(graph, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_missing_file_and_other_formats(tmp_path: Path) -> None:
    with pytest.raises(NotAModel, match="no saved graph"):
        graph_file.read(tmp_path / "none")
    (tmp_path / "text").write_text("{}")
    with pytest.raises(NotAModel, match="gzipped JSON"):
        graph_file.read(tmp_path / "text")


@pytest.mark.parametrize(
    "damage", [{"format": 99}, {"graph": None}, {"graph": {"tensors": [{"shape": "x"}]}}]
)
def test_damage_is_named(damage: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "g.json.gz"
    graph_file.save(read_tflite(zoo.build("mlperf_tiny_ad"), name="ad"), path)
    document = json.loads(gzip.decompress(path.read_bytes()))
    path.write_bytes(gzip.compress(json.dumps(document | damage).encode()))
    with pytest.raises(CorruptModel):
        graph_file.read(path)
