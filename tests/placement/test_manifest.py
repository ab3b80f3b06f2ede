"""A manifest that lies is found out before anything runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="needs the extra 'label'")

import handmade

from perfcost.errors import PlacementError
from perfcost.placement.chain import Chain, drawn
from perfcost.placement.manifest import NAME, Value, read
from perfcost.placement.regions import Region
from perfcost.placement.split import split


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    regions = [Region("a", (0, 1)), Region("b", (2, 3, 4))]
    split(handmade.odd_edges(), regions, tmp_path / "parts")
    return tmp_path / "parts"


def rewritten(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    record = json.loads((folder / NAME).read_text())
    change(record)
    (folder / NAME).write_text(json.dumps(record))


LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "schema_version is 2, expected 1": lambda m: m.update(schema_version=2),
    "expected the fields": lambda m: m.pop("inputs"),
    "parts 0, file is 3, expected str": (lambda m: m["parts"][0].update(file=3)),
    "expected a name without a folder": lambda m: m["parts"][0].update(file="../000-a.tflite"),
    "ops is -1, expected a number": lambda m: m.update(ops=-1),
    "expected each of 5 once": lambda m: m["parts"][1].update(ops=[2, 3]),
    "before any wrote it": lambda m: m["parts"].reverse(),
    "nothing gives tensor 99": lambda m: m["outputs"][0].update(tensor=99),
    "expected one of float64": lambda m: m["inputs"][0].update(dtype="float31"),
    "expected a list": lambda m: m.update(parts={}),
    "shape is True": lambda m: m["inputs"][0].update(shape=[True]),
    "is not the file that the manifest names": lambda m: m["parts"][0].update(sha256="0" * 64),
    "cannot be read": lambda m: m["parts"][0].update(file="other.tflite"),
    "the manifest says 0 and 2": lambda m: m["parts"][0].update(inputs=[]),
}


@pytest.mark.parametrize("words", LIES)
def test_lies(words: str, folder: Path) -> None:
    Chain(folder)
    rewritten(folder, LIES[words])
    with pytest.raises(PlacementError, match=words):
        Chain(folder)


def test_a_file_that_was_changed(folder: Path) -> None:
    path = folder / "001-b.tflite"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(PlacementError, match=r"001-b\.tflite is not the file"):
        Chain(folder)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, "\xff"])
def test_no_manifest(text: str, folder: Path) -> None:
    (folder / NAME).write_bytes(text.encode("latin-1"))
    with pytest.raises(PlacementError, match="split"):
        read(folder)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(PlacementError, match=r"has no manifest\.json"):
        read(tmp_path / "none")
    (tmp_path / "file").write_text("x")
    with pytest.raises(PlacementError):
        read(tmp_path / "file")


X = np.zeros(handmade.SHAPE, np.float32)
WRONG: dict[str, dict[str, Any]] = {
    "is missing": {},
    "expected one of main_0": {"main_0": X, "other": X},
    "came float64 of shape": {"main_0": X.astype(np.float64)},
    r"expected float32 of shape \[1, 4\]": {"main_0": X[0]},
    r"came float32 of shape \[2, 4\]": {"main_0": np.zeros((2, 4), np.float32)},
}


@pytest.mark.parametrize("words", WRONG)
def test_inputs_that_do_not_fit(words: str, folder: Path) -> None:
    with pytest.raises(PlacementError, match=words):
        Chain(folder).run(WRONG[words])


def test_an_axis_left_open_takes_any_extent(tmp_path: Path) -> None:
    file = handmade.File()
    main = file.graph("main")
    x = main.tensor()
    main.edges([x], [main.unary("NEG", main.unary("ABS", x))])
    for tensor in main.table.tensors:
        tensor.shapeSignature = np.array([-1, 4], np.int32)
    split(file.build(), [Region("a", (0,)), Region("b", (1,))], tmp_path / "parts")
    chain = Chain(tmp_path / "parts")
    for batch in (1, 3, 2):
        value = np.arange(4 * batch, dtype=np.float32).reshape(batch, 4)
        [found] = chain.run({"main_0": value})
        assert np.array_equal(found, -value)
    with pytest.raises(PlacementError, match=r"expected float32 of shape \[-1, 4\]"):
        chain.run({"main_0": np.zeros((1, 5), np.float32)})


def test_drawn_inputs() -> None:
    shape = (100,)
    small = drawn(Value(0, "x", "int8", shape), 1)
    assert small.dtype == np.int8 and small.min() < -64 and small.max() > 64
    assert set(drawn(Value(0, "x", "int64", shape), 1)) == {0, 1}
    assert set(drawn(Value(0, "x", "bool", shape), 1)) == {False, True}
    floats = drawn(Value(0, "x", "float32", shape), 1)
    assert floats.dtype == np.float32 and -1 <= floats.min() < 0 < floats.max() < 1
    assert np.array_equal(floats, drawn(Value(0, "x", "float32", shape), 1))
    with pytest.raises(PlacementError, match="nothing is drawn"):
        drawn(Value(0, "x", "string", shape), 1)
