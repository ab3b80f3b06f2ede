"""A model in parts gives what the whole gives, and what cannot be parted is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="needs the extra 'label'")

import handmade

from benchmarks import splitting
from benchmarks.splitting_case import TOLERANCE, drawn_regions, tried
from perfcost.errors import ModelError, PlacementError
from perfcost.frontends.tflite import read_tflite
from perfcost.labels import VelaLabeller
from perfcost.placement.chain import Chain, interpreter
from perfcost.placement.manifest import NAME, read
from perfcost.placement.regions import Region
from perfcost.placement.split import split
from perfcost.placement.units import units
from perfcost.schema import read as schema
from perfcost.spaces import samplers, zoo
from perfcost.targets import resolve

VALIDATOR = jsonschema.Draft202012Validator(schema("split"))
SMALL = ("mlperf_tiny_ad", "mlperf_tiny_kws", "mlperf_tiny_ic", "fsrcnn_small")


def on(**devices: tuple[int, ...]) -> list[Region]:
    return [Region(name.rstrip("_"), ops) for name, ops in devices.items()]


def equal(data: bytes, seeds: int = 2) -> dict[str, Any]:
    """Tries every way to cut it; the row, after a look at its distances."""
    row = tried(data, seeds)
    assert "refused" not in row, row
    limit = 0.0 if row["integer"] else TOLERANCE
    assert all(plan["distance"] <= limit for plan in row["plans"].values()), row
    return row


def chained(data: bytes, regions: list[Region], folder: Path, **inputs: Any) -> list[Any]:
    manifest = split(data, regions, folder)
    VALIDATOR.validate(json.loads((folder / NAME).read_text()))
    assert read(folder) == manifest
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        [NAME, *(part.file for part in manifest.parts)]
    )
    return Chain(folder).run(inputs)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema("split"))


@pytest.mark.parametrize("name", SMALL)
def test_zoo(name: str) -> None:
    assert equal(zoo.build(name))["integer"]


@pytest.mark.parametrize("name", SMALL[:2])
def test_zoo_in_floats(name: str) -> None:
    equal(zoo.build(name, "float32"))


@pytest.mark.parametrize("seed", range(8))
def test_drawn_graphs(seed: int) -> None:
    row = equal(samplers.sample("wild", seed), seeds=3)
    assert row["plans"]["drawn 0"]["regions"] >= 1


def test_a_state_goes_with_its_initialiser_and_is_kept(tmp_path: Path) -> None:
    data = handmade.running_sum(start=2.0)
    split(data, on(npu=(6,), cpu=(0, 1, 2, 3, 4, 5)), tmp_path / "parts")
    chain = Chain(tmp_path / "parts")
    x = np.array([[1, -1, 0, 3]], np.float32)
    for run in (1, 2, 3):
        total, size = chain.run({"sound": x})
        assert np.array_equal(total, -(2 + run * x))
        assert np.array_equal(size, np.abs(x))
    # NEG shares no state with what it reads.
    assert (5,) in units(read_tflite(data))
    equal(data)


def test_a_region_that_gives_nothing_back_runs(tmp_path: Path) -> None:
    regions = on(cpu=(0, 1, 2, 3, 4), gpu=(5, 6))
    x = np.ones(handmade.SHAPE, np.float32)
    total, _ = chained(handmade.running_sum(), regions, tmp_path / "parts", sound=x)
    assert np.array_equal(total, np.full(handmade.SHAPE, -3, np.float32))


def test_signatures_go_along(tmp_path: Path) -> None:
    split(handmade.running_sum(), on(a=(0, 1, 2, 3, 4), b=(5, 6)), tmp_path / "parts")
    first, second = (
        interpreter(path.read_bytes()).get_signature_list()
        for path in sorted((tmp_path / "parts").glob("*.tflite"))
    )
    assert first == {"serve": {"inputs": ["sound"], "outputs": ["tensor_3"]}}
    assert second == {"serve": {"inputs": ["sound", "tensor_3"], "outputs": ["size", "sum"]}} or (
        second["serve"]["outputs"] == ["sum", "size"]
    )


@pytest.mark.parametrize("flag", [True, False])
def test_control_flow_takes_its_bodies_along(flag: bool, tmp_path: Path) -> None:
    data = handmade.loop_and_choice()
    x = np.array([[0.5, -1, 2, 0]], np.float32)
    inputs = {"main_0": np.array(0, np.int32), "main_1": x, "main_2": np.array(flag)}
    regions = on(a=(0, 3), b=(1,), c=(2, 4))
    with pytest.raises(PlacementError, match=r"not convex|wait for each other"):
        split(data, regions, tmp_path / "parts")
    regions = on(d=(4,), a=(0,), c=(2, 3), b=(1,))
    size, count, same = chained(data, regions, tmp_path / "parts", **inputs)
    wanted = 2 * np.exp(8 * x) if flag else 2 * np.square(8 * x)
    assert np.allclose(size, wanted, rtol=1e-5)
    assert count == 3 and np.array_equal(same, x)
    parts = sorted((tmp_path / "parts").glob("*.tflite"))
    assert [len(read_tflite(p.read_bytes()).subgraphs) for p in parts] == [1, 3, 4, 1]
    equal(data)


def test_constants_and_inputs_among_the_outputs(tmp_path: Path) -> None:
    data = handmade.odd_edges()
    x = np.array([[1, 2, 3, 4]], np.float32)
    for place, regions in enumerate(
        (on(a=(0,), b=(1,), a_=(2,), b_=(3,), c=(4,)), on(a=(0, 1), b=(2, 3), a_=(4,)))
    ):
        folder = tmp_path / str(place)
        found = chained(data, regions, folder, main_0=x)
        total = x - np.arange(4)
        wanted = [np.abs(total) + total**2, x, [[0, 1, 2, 3]], total, total]
        assert all(map(np.array_equal, found, wanted))
    equal(data)


def test_an_op_on_constants_is_copied_and_hands_nothing_over(tmp_path: Path) -> None:
    manifest = split(handmade.odd_edges(), on(a=(0,), b=(1, 2, 3, 4)), tmp_path / "parts")
    first, second = manifest.parts
    assert (first.ops, second.ops) == ((0,), (1, 2, 3, 4))
    assert [value.tensor for value in second.inputs] == [0]
    ops = read_tflite((tmp_path / "parts" / second.file).read_bytes()).ops
    assert [op.kind for op in ops] == ["NEG", "ADD", "ABS", "SQUARE", "ADD"]


def test_metadata_that_a_runtime_reads_is_kept(tmp_path: Path) -> None:
    from ai_edge_litert import schema_py_generated as format_

    split(handmade.odd_edges(), on(a=(0, 1, 2, 3, 4)), tmp_path / "parts")
    [path] = (tmp_path / "parts").glob("*.tflite")
    model = format_.ModelT.InitFromObj(format_.Model.GetRootAs(path.read_bytes(), 0))
    [found] = model.metadata
    assert found.name == b"min_runtime_version"
    assert model.buffers[found.buffer].data.tobytes() == b"1.5.0"


REFUSED = {
    "in no region": on(a=(0, 1, 2), b=(4,)),
    "in the regions 0 and 1": on(a=(0, 1, 2), b=(2, 3, 4)),
    "expected 0..4": on(a=(0, 1, 2, 3, 4, 5)),
    "ascending": on(a=(1, 0), b=(2, 3, 4)),
    "at least one": on(a=(0, 1, 2, 3, 4), b=()),
    "is not convex": on(a=(0, 1, 4), b=(2, 3)),
    "wait for each other": on(a=(0, 1, 2, 4), b=(3,)),
}


@pytest.mark.parametrize("words", REFUSED)
def test_regions_that_do_not_fit_are_refused(words: str, tmp_path: Path) -> None:
    match = "not convex" if words == "wait for each other" else words
    with pytest.raises(PlacementError, match=match):
        split(handmade.odd_edges(), REFUSED[words], tmp_path / "parts")
    assert not list(tmp_path.iterdir())


def test_convex_regions_that_wait_for_each_other_are_refused(tmp_path: Path) -> None:
    file = handmade.File()
    main = file.graph("main")
    x = main.tensor()
    a, b = main.unary("NEG", x), main.unary("ABS", x)
    main.edges([x], [main.unary("ABS", a), main.unary("NEG", b)])
    # op 2 reads op 0, op 3 reads op 1: {0, 3} and {1, 2} are convex
    with pytest.raises(PlacementError, match="wait for each other"):
        split(file.build(), on(a=(0, 3), b=(1, 2)), tmp_path / "parts")


def test_a_unit_is_not_parted(tmp_path: Path) -> None:
    with pytest.raises(PlacementError, match="share a state"):
        split(handmade.running_sum(), on(a=(0, 1, 2), b=(3, 4, 5, 6)), tmp_path / "parts")


def test_no_model_and_a_folder_in_use_are_refused(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError):
        split(b"nothing", on(a=(0,)), tmp_path / "parts")
    data, regions = handmade.odd_edges(), on(a=(0, 1, 2, 3, 4))
    with pytest.raises(PlacementError, match="not an empty folder"):
        split(data, regions, tmp_path / "file")
    split(data, regions, tmp_path / "parts")
    before = (tmp_path / "parts" / NAME).read_bytes()
    with pytest.raises(PlacementError, match="not an empty folder"):
        split(data, regions, tmp_path / "parts")
    assert (tmp_path / "parts" / NAME).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "parts"]


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        split(handmade.odd_edges(), on(a=(0, 1, 2, 3, 4)), tmp_path / "parts")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", zoo.names())
def test_the_whole_zoo(name: str) -> None:
    equal(zoo.build(name), seeds=2)


@pytest.mark.slow
def test_real_files(real_models: list[dict[str, str]]) -> None:
    # In processes of their own: LiteRT crashes on some.
    tried_models = 0
    for row in real_models:
        found = splitting.tried("real", row["file"], Path(row["path"]).read_bytes(), 2)
        assert "failed" not in found, found
        if "refused" not in found:
            assert splitting.is_equal(found), found
            tried_models += 1
    assert tried_models >= 100


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobilenet_v2", "mlperf_tiny_kws", "yolo_fastest"])
def test_vela_compiles_regions(name: str, tmp_path: Path) -> None:
    data = zoo.build(name)
    regions = drawn_regions(read_tflite(data), 1)
    manifest = split(data, regions, tmp_path / "parts")
    for part in manifest.parts:
        label = VelaLabeller().label(
            (tmp_path / "parts" / part.file).read_bytes(), resolve("ethos-u65-256")
        )
        assert label.cycles > 0


def test_manifests_of_other_regions_differ(tmp_path: Path) -> None:
    one = split(handmade.odd_edges(), on(a=(0, 1, 2, 3, 4)), tmp_path / "one")
    two = split(handmade.odd_edges(), on(a=(0, 1), b=(2, 3, 4)), tmp_path / "two", system="imx93")
    assert dataclasses.replace(two, parts=one.parts, system=None) == one
