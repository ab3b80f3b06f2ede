"""``perfcost place``: exit codes, the JSON record, tables, the picture."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from typer.testing import CliRunner

from perfcost.cli.app import app
from perfcost.cli.placements import spans
from perfcost.schema import read
from perfcost.spaces import zoo

VALIDATOR = jsonschema.Draft202012Validator(read("placement"))
runner = CliRunner()


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("nets") / "kws.tflite"
    path.write_bytes(zoo.build("mlperf_tiny_kws"))
    return path


def call(*args: object) -> Any:
    return runner.invoke(app, ["place", *(str(arg) for arg in args)])


def record(*args: object) -> dict[str, Any]:
    found = call(*args, "--json")
    answer: dict[str, Any] = json.loads(found.stdout)
    VALIDATOR.validate(answer)
    return answer | {"exit": found.exit_code}


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(read("placement"))


def test_a_record(net: Path) -> None:
    found = record(net, "-s", "imx93", "--explain", "0")
    assert found["exit"] == 0 and found["error"] is None
    plan = found["placement"]
    alone = sum(region["latency_ms"] for region in plan["regions"])
    assert found["latency_ms"] == pytest.approx(alone + plan["hand_over_ms"])
    placed = sorted(op for region in plan["regions"] for op in region["ops"])
    assert placed == [op["id"] for op in found["ops"]]
    assert [other["name"] for other in plan["alternatives"]] == [
        "cpu only",
        "npu wherever possible",
    ]
    assert {view["device"] for view in found["explanation"]["elsewhere"]} == {"cpu", "npu"}


def test_a_pin_is_kept(net: Path) -> None:
    found = record(net, "-s", "imx93", "--pin", "CONV_2D=cpu")
    assert {op["device"] for op in found["ops"] if op["kind"] == "CONV_2D"} == {"cpu"}


def test_what_fails_is_a_record_too(net: Path, tmp_path: Path) -> None:
    dark = tmp_path / "dark.toml"  # a system whose link has no energy
    text = (resources.files("perfcost.targets") / "systems" / "imx93.toml").read_text("utf-8")
    kept = (line for line in text.splitlines() if "pj_per_byte" not in line)
    dark.write_text("\n".join(kept).replace('name = "imx93"', 'name = "dark"'))
    for args in (
        (net, "-s", "imx93", "--pin", "CONV_2D=gpu"),
        (net, "-s", "imx93", "--explain", "no such op"),
        (tmp_path / "missing.tflite", "-s", "imx93"),
        (net, "-s", dark, "--objective", "energy"),
    ):
        found = record(*args)
        assert found["exit"] == 1 and found["error"]["message"]
        assert call(*args).exit_code == 1


@pytest.mark.parametrize(
    "args",
    [("-s", "imx94"), (), ("-s", "imx93", "--pin", "CONV_2D"), ("-s", "imx93", "--pin", "=cpu"),
     ("-s", "imx93", "--pin", "0=cpu", "--pin", "0=npu"), ("-s", "imx93", "--objective", "speed"),
     ("-s", "imx93", "--weight", "2"), ("-s", "imx93", "--verify", "--assume-int8")],
)  # fmt: skip
def test_wrong_usage_ends_with_2(net: Path, args: tuple[str, ...]) -> None:
    assert call(net, *args).exit_code == 2


def test_tables_and_picture(net: Path, tmp_path: Path) -> None:
    picture = tmp_path / "plan.svg"
    found = call(net, "-s", "imx93", "--svg", picture, "--explain", "0")
    assert found.exit_code == 0
    for words in ("with hand-overs", "cpu only", "npu wherever possible", "lower bound", "why not"):
        assert words in found.stdout
    root = ElementTree.parse(picture).getroot()
    assert root.tag.endswith("svg") and "kws" in "".join(root.itertext())


def test_the_picture_never_falls_on_the_model(net: Path) -> None:
    before = net.read_bytes()
    assert call(net, "-s", "imx93", "--svg", net).exit_code == 2
    assert net.read_bytes() == before


def test_a_system_is_a_target_of_estimate(net: Path) -> None:
    found = runner.invoke(app, ["estimate", str(net), "-t", "imx93", "-t", "cortex-a55", "--json"])
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    validator = jsonschema.Draft202012Validator(read("estimate"))
    for line in lines:
        validator.validate(line)
    assert [line["target"] for line in lines] == ["imx93", "cortex-a55"]
    assert lines[0]["placement"]["regions"] and lines[1]["placement"] is None
    table = runner.invoke(app, ["estimate", str(net), "-t", "imx93"])
    assert table.exit_code == 0 and "imx93" in table.stdout


def test_spans() -> None:
    assert spans([0, 1, 2, 5, 7, 8]) == "0-2 5 7-8"
    assert spans(range(0, 20, 2)) == "0 2 4 6 8 10 and 4 more"
