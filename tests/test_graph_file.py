"""Graphs as files: what is written is read back, and what is no such file is refused by name."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from perfcost import graph_file
from perfcost.errors import CorruptModel, ModelError, NotAModel
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


WRONG: list[tuple[tuple[str | int, ...], object]] = [
    (("tensors", 0, "shape", 0), "1"),
    (("tensors", 0, "shape", 0), -5),
    (("tensors", 0, "shape", 0), 1.5),
    (("tensors", 0, "shape", 0), 2**70),
    (("tensors", 0, "dtype"), "int7"),
    (("tensors", 0, "dtype"), {}),
    (("tensors", 0, "name"), None),
    (("tensors", 0, "quantization", 0), ""),
    (("tensors", 0, "quantization", 1), [[1]]),
    (("ops", 0, "kind"), None),
    (("ops", 0, "inputs", 0), "0"),
    (("ops", 0, "attrs"), {"stride": [1, "x"]}),
    (("ops", 0, "attrs"), {"stride": [0, 1]}),
    (("ops", 0, "attrs"), {"padding": [1, 1]}),
    (("ops", 0, "attrs"), {"beta": float("nan")}),
    (("ops", 0, "attrs"), {"axis": {}}),
]


@pytest.mark.parametrize(("where", "value"), WRONG)
def test_a_wrong_field_is_named(
    where: tuple[str | int, ...], value: object, tmp_path: Path
) -> None:
    path = tmp_path / "g.json.gz"
    graph_file.save(read_tflite(zoo.build("mlperf_tiny_ad"), name="ad"), path)
    document = json.loads(gzip.decompress(path.read_bytes()))
    place = document["graph"]
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    with pytest.raises(ModelError):
        graph_file.read(path)


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bits(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "g.json.gz"
    graph_file.save(read_tflite(zoo.build("mlperf_tiny_ad"), name="ad"), path)
    rng = random.Random(seed)
    data = bytearray(path.read_bytes())
    data[rng.randrange(10, len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    with pytest.raises(ModelError):
        graph_file.read(path)
