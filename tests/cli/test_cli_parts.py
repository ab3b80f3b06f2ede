"""``perfcost split`` and ``perfcost run`` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from typer.testing import CliRunner

pytest.importorskip("ai_edge_litert", reason="needs the extra 'label'")

from perfcost.cli.app import app
from perfcost.frontends.tflite import read_tflite
from perfcost.placement.chain import interpreter
from perfcost.schema import read as schema
from perfcost.spaces import zoo

runner = CliRunner()


def call(*args: object) -> Any:
    return runner.invoke(app, [str(arg) for arg in args])


@pytest.fixture
def net(tmp_path: Path) -> Path:
    data = zoo.build("mlperf_tiny_ad")
    path = tmp_path / "net.tflite"
    path.write_bytes(data)
    ops = list(range(len(read_tflite(data).ops)))
    regions = [{"device": "ethos-u55-128", "ops": ops[:4]}, {"device": "a cpu", "ops": ops[4:]}]
    (tmp_path / "regions.json").write_text(json.dumps(regions))
    return path


def parts_of(net: Path, *more: object) -> Any:
    folder = net.parent
    return call(
        "split", net, "--regions", folder / "regions.json", "--out", folder / "parts", *more
    )


def test_split_and_run(net: Path) -> None:
    folder = net.parent
    done = parts_of(net)
    assert done.exit_code == 0, done.output
    assert "000-ethos-u55-128.tflite" in done.output and "001-a-cpu.tflite" in done.output
    whole = interpreter(net.read_bytes())
    whole.allocate_tensors()
    [given], [result] = whole.get_input_details(), whole.get_output_details()
    value = np.random.default_rng(3).integers(-128, 128, given["shape"], np.int8)
    whole.set_tensor(given["index"], value)
    whole.invoke()
    np.save(folder / "x.npy", value)
    name = json.loads((folder / "parts" / "manifest.json").read_text())["inputs"][0]["name"]
    done = call("run", folder / "parts", "--input", f"{name}={folder / 'x.npy'}",
                "--out", folder / "out", "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    record = json.loads(done.output)
    jsonschema.validate(record, schema("run"))
    [found] = record["outputs"]
    assert np.array_equal(np.load(found["file"]), whole.get_tensor(result["index"]))
    again = call("run", folder / "parts", "--out", folder / "out")
    assert again.exit_code == 1 and "not an empty folder" in again.stderr


def test_inputs_are_drawn_by_seed(net: Path) -> None:
    parts_of(net)
    records = [
        json.loads(call("run", net.parent / "parts", "--json", "--seed", seed).output)
        for seed in (1, 1, 2)
    ]
    assert records[0] == records[1] != records[2]
    assert records[0]["inputs"][0]["source"] == "drawn" and records[0]["outputs"][0]["file"] is None
    shown = call("run", net.parent / "parts")
    assert shown.exit_code == 0 and "drawn" in shown.output


def test_the_manifest_as_json(net: Path) -> None:
    done = parts_of(net, "--json")
    record = json.loads(done.output)
    jsonschema.validate(record, schema("split"))
    assert record == json.loads((net.parent / "parts" / "manifest.json").read_text())


def test_split_as_placed(net: Path) -> None:
    folder = net.parent
    done = call("split", net, "--system", "imx93", "--out", folder / "placed", "--json")
    assert done.exit_code == 0, done.output
    record = json.loads(done.output)
    jsonschema.validate(record, schema("split"))
    assert record["system"] == "imx93"
    placed = call("place", net, "--system", "imx93", "--json")
    (folder / "placed.json").write_text(placed.output)
    regions = json.loads(placed.output)["placement"]["regions"]
    assert [(p["device"], p["ops"]) for p in record["parts"]] == [
        (region["device"], region["ops"]) for region in regions
    ]
    again = call("split", net, "--regions", folder / "placed.json", "--out", folder / "again")
    assert again.exit_code == 0, again.output
    for file in (part["file"] for part in record["parts"]):
        assert (folder / "again" / file).read_bytes() == (folder / "placed" / file).read_bytes()


@pytest.mark.parametrize("options", [(), ("--system", "imx93", "--regions", "x.json")])
def test_one_way_to_say_what_runs_where(options: tuple[str, ...], net: Path) -> None:
    done = call("split", net, "--out", net.parent / "new", *options)
    assert done.exit_code == 2 and not (net.parent / "new").exists()
    done = call("split", net, "--out", net.parent / "new", "--system", "imx39")
    assert done.exit_code == 2 and "imx93" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ("3", "expected a list such as"),
        ('[{"device": "a"}]', "region 0"),
        ('[{"device": "a", "ops": [true]}]', "region 0"),
        ('[{"device": "a", "ops": [0, 1]}]', "is in no region"),
        ('{"regions": [{"device": "a", "ops": [0, 99]}]}', "has op 99"),
    ],
)
def test_bad_regions(text: str, words: str, net: Path) -> None:
    (net.parent / "regions.json").write_text(text)
    done = parts_of(net)
    assert done.exit_code == 1 and words in done.stderr and "PlacementError" in done.stderr
    assert not (net.parent / "parts").exists()


def test_bad_files_and_folders(net: Path) -> None:
    folder = net.parent
    assert parts_of(net.with_name("none.tflite")).exit_code == 1
    (folder / "text.tflite").write_text("no model")
    done = parts_of(folder / "text.tflite")
    assert done.exit_code == 1 and "NotAModel" in done.stderr
    (folder / "parts").mkdir()
    (folder / "parts" / "mine").write_text("x")
    done = parts_of(net)
    assert done.exit_code == 1 and "not an empty folder" in done.stderr
    assert [path.name for path in (folder / "parts").iterdir()] == ["mine"]
    done = call(
        "split", net, "--regions", folder / "regions.json", "--out", folder / "no" / "where"
    )
    assert done.exit_code == 1 and "Traceback" not in done.output
    assert call("run", folder / "nowhere").exit_code == 1


def test_bad_inputs(net: Path) -> None:
    folder = net.parent
    parts_of(net)
    name = json.loads((folder / "parts" / "manifest.json").read_text())["inputs"][0]["name"]
    np.save(folder / "wrong.npy", np.zeros(3))
    np.savez(folder / "several.npz", a=np.zeros(3))
    np.save(folder / "objects.npy", np.array([{}]), allow_pickle=True)
    (folder / "empty.npy").write_bytes(b"")
    cases = {
        f"{name}={folder / 'wrong.npy'}": "came float64 of shape [3]",
        f"{name}={folder / 'several.npz'}": "several arrays",
        f"{name}={folder / 'objects.npy'}": "cannot be read",
        f"{name}={folder / 'empty.npy'}": "cannot be read",
        f"{name}={folder / 'none.npy'}": "cannot be read",
        f"other={folder / 'wrong.npy'}": "expected one of",
    }
    for option, words in cases.items():
        done = call("run", folder / "parts", "--input", option, "--out", folder / "out")
        assert done.exit_code == 1 and words in done.stderr, (option, done.output)
        assert not (folder / "out").exists()
    assert call("run", folder / "parts", "--input", "no-equals").exit_code == 2
