"""``perfcost estimate``: exit codes, JSON lines, tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hand_graphs import chain, op
from typer.testing import CliRunner

from perfcost import physics
from perfcost.cli import attempts, look
from perfcost.cli.app import app
from perfcost.schema import read
from perfcost.spaces import zoo

T = "ethos-u55-128"
U = "ethos-u65-256"
VALIDATOR = jsonschema.Draft202012Validator(read("estimate"))
runner = CliRunner()


@pytest.fixture(autouse=True)
def _physics(priced: Callable[..., None]) -> None:
    priced({"SOFTMAX": None}, memory_bytes={"sram": 100_000})


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("nets") / "kws.tflite"
    path.write_bytes(zoo.build("mlperf_tiny_kws"))
    return path


def call(*args: object) -> Any:
    return runner.invoke(app, [str(arg) for arg in args])


def lines(text: str) -> list[dict[str, Any]]:
    found = [json.loads(each) for each in text.splitlines()]
    for each in found:
        VALIDATOR.validate(each)
    return found


def test_json_one_line_a_file_and_target_in_order(net: Path, tmp_path: Path) -> None:
    done = call("estimate", net, tmp_path / "none", net, "-t", T, "--target", U, "--json")
    assert done.exit_code == 1
    found = lines(done.stdout)
    assert [(Path(e["file"]).name, e["target"]) for e in found] == [
        (name, target) for name in ("kws.tflite", "none", "kws.tflite") for target in (T, U)
    ]
    assert [e["error"] is None for e in found] == [True, True, False, False, True, True]
    assert found[2]["error"]["class"] == "NotAModel"
    assert found[0]["latency_ms"] > 0 and found[0]["complete"] is False


def test_all_answered_is_0(net: Path) -> None:
    assert call("estimate", net, "-t", T, "--json").exit_code == 0
    assert call("estimate", net, "-t", T).exit_code == 0


@pytest.mark.parametrize(
    "args",
    [
        ("none", "-t", "ethos-u99"),
        ("none",),
        ("-t", T),
        ("none", "-t", T, "--no-such-option"),
        ("none", "-t", T, "--trips", "x"),
        ("none", "-t", T, "--trips", "3", "--trips", "WHILE=2"),
        ("none", "-t", T, "--trips", "99999999999999999999"),
        ("none", "-t", T, "--input-shape", "x"),
        ("none", "-t", T, "--out", "/no/such/folder/x"),
        ("none", "-t", "no-such.toml"),
    ],
)
def test_usage_errors_are_2_and_come_before_any_file(args: tuple[str, ...]) -> None:
    done = call("estimate", *args)
    assert done.exit_code == 2
    assert "does not exist, expected a .tflite" not in done.output


def test_unknown_target_names_the_choices() -> None:
    assert "ethos-u55-128" in call("estimate", "none", "-t", "ethos-u55-129").output


def test_bad_files_cost_their_own_answer_only(net: Path, tmp_path: Path) -> None:
    data = net.read_bytes()
    bad = {"torn": data[:200], "empty": b"", "zip": b"PK\x03\x04", "head": data[:8]}
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    files = [tmp_path / name for name in bad]
    done = call("estimate", *files, tmp_path, net, "-t", T, "--json")
    assert done.exit_code == 1
    found = lines(done.stdout)
    classes = [e["error"] and e["error"]["class"] for e in found]
    expected = ["CorruptModel", "NotAModel", "NotAModel", "CorruptModel", "NotAModel", None]
    assert classes == expected
    assert found[0]["error"]["offset"] is not None


def test_a_fault_of_perfcost_costs_its_own_answer_only(
    net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(graph: object, target: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(physics, "price", fault)
    done = call("estimate", net, net, "-t", T, "--json")
    assert done.exit_code == 1
    assert [e["error"]["class"] for e in lines(done.stdout)] == ["ZeroDivisionError"] * 2


def test_out_is_whole_and_the_table_is_still_shown(net: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.jsonl"
    done = call("estimate", net, "-t", T, "--out", out)
    assert done.exit_code == 0 and "kws.tflite" in done.stdout
    assert len(lines(out.read_text())) == 1
    done = call("estimate", net, "-t", T, "--out", out, "--json")
    assert done.exit_code == 0 and done.stdout == ""


def test_out_is_no_file_to_read(net: Path, tmp_path: Path) -> None:
    before = net.read_bytes()
    (tmp_path / "link").symlink_to(net)
    for out in (net, tmp_path / "link"):
        done = call("estimate", net, "-t", T, "--out", out)
        assert done.exit_code == 2 and "would be lost" in done.stderr
    assert net.read_bytes() == before


def test_a_full_disk_ends_with_one_line(net: Path) -> None:
    done = call("estimate", net, "-t", T, "--out", "/dev/full")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: cannot write the answer (No space left")
    assert done.stderr.count("\n") == 1


def test_table_puts_targets_side_by_side(net: Path) -> None:
    done = call("estimate", net, "-t", T, "-t", U)
    header = next(line for line in done.stdout.splitlines() if T in line)
    assert U in header
    assert "*" in done.stdout and "does not run" in done.stdout


def test_many_targets_go_below_each_other_and_a_warning_is_said_once(
    net: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.tflite"
    again.write_bytes(net.read_bytes())
    names = ("cortex-a55", "gpu-swiftshader", "gpu-nvidia-h200", "ethos-u65-256")
    targets = [word for name in names for word in ("--target", name)]
    found = call("estimate", str(net), str(again), *targets)
    assert found.exit_code == 0
    rows = [line for line in found.stdout.splitlines() if any(name in line for name in names)]
    assert len(rows) == 8
    assert sum(net.name in row for row in rows) == 1
    assert found.stderr.count("no_event_law") == 1
    assert "warning: 2 files: no_event_law" in found.stderr
    missing = call("estimate", tmp_path / "a.tflite", tmp_path / "b.tflite", "--target", T)
    assert missing.stderr.count("error: ") == 2


def test_ops_table_gives_reasons(net: Path) -> None:
    done = call("estimate", net, "-t", T, "--ops")
    assert "DEPTHWISE_CONV_2D" in done.stdout and "int8 is needed" in done.stdout


def test_table_of_failures(tmp_path: Path) -> None:
    done = call("estimate", tmp_path / "none", "-t", T, "--ops")
    assert done.exit_code == 1
    assert "error" in done.stdout and "NotAModel" in done.stderr


def test_strict_fails_a_guess(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("estimate", net, "-t", T, "--strict").exit_code == 0
    monkeypatch.setattr(attempts, "load", lambda *args, **more: chain("BUILTIN_999"))
    done = call("estimate", net, "-t", T, "--strict", "--json")
    assert done.exit_code == 1
    assert lines(done.stdout)[0]["error"]["class"] == "Unsupported"


NAMES = ["\x1b[31mred", "a\nb", "\u202ex", "[bold]x", ":smile:", "\udcff\udcfe", "x" * 200]


@pytest.mark.parametrize("name", NAMES)
def test_nasty_file_names(name: str, net: Path, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.tflite"
    path.write_bytes(net.read_bytes())
    for more in ([], ["--ops"], ["--json"]):
        done = call("estimate", path, "-t", T, *more)
        assert done.exit_code == 0, done.output
        assert "\x1b" not in done.output and "\u202e" not in done.output
    assert "[bold]" not in name or "[bold]" in call("estimate", path, "-t", T).output


@pytest.mark.parametrize(
    "name",
    [b"a\0b", b"\x1b[2J\x1b[31m", b"\xff\xfe\xfd", b"x" * 10_000_000],
    ids=["nul", "ansi", "not-utf8", "10MB"],
)
def test_nasty_names_in_files(
    name: bytes, tmp_path: Path, priced: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of tensors and custom ops, as the reader hands them on."""
    text = name.decode("utf-8", "surrogateescape")
    graph = chain("ADD", op("CUSTOM", custom_code=text), name=text)
    graph = replace(graph, tensors=tuple(replace(t, name=text) for t in graph.tensors))
    monkeypatch.setattr(attempts, "load", lambda *args, **more: graph)
    monkeypatch.setattr(look, "load", lambda *args, **more: graph)
    path = tmp_path / "x"
    path.write_bytes(b"")
    for command in (
        ("estimate", path, "-t", T),
        ("estimate", path, "-t", T, "--ops"),
        ("estimate", path, "-t", T, "--json"),
        ("inspect", path, "--tensors"),
    ):
        done = call(*command)
        assert done.exit_code == 0, (command, done.output[:500], done.exception)
        assert len(done.output) < 20_000
        assert not set("\0\x1b") & set(done.output)
