"""What the README shows works as it is shown."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from perfcost import targets
from perfcost.cli.app import app
from perfcost.spaces import zoo

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_python(
    priced: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    priced({})
    monkeypatch.chdir(tmp_path)
    Path("mobilenet_v2.tflite").write_bytes(zoo.build("mobilenet_v2"))
    names: dict[str, object] = {}
    for block in blocks("python"):
        exec(block, names)
    assert "graph" in names


def test_commands(
    priced: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    priced({})
    monkeypatch.chdir(tmp_path)
    Path("a.tflite").write_bytes(zoo.build("mlperf_tiny_kws"))
    Path("b.tflite").write_bytes(zoo.build("mlperf_tiny_kws"))
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    shown = [line.split("#")[0].split(">")[0].split() for line in commands]
    ran = 0
    for program, *args in filter(None, shown):
        # Labels need an extra, and have a test of their own.
        if program == "perfcost" and args[0] != "label":
            files = [name for name in os.listdir() if name.endswith(".tflite")]
            args = [f for arg in args for f in (files if arg == "*.tflite" else [arg])]
            done = CliRunner().invoke(app, args)
            assert done.exit_code == 0, (args, done.output)
            ran += 1
    assert ran >= 7


def test_target_names_in_the_text() -> None:
    for name in re.findall(r"`(ethos-[^`\s{]+)`", README):
        targets.resolve(name)
