"""Predictions against what LiteRT allocates, where its build is the one that is restated."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from benchmarks.litert_memory import VERSION
from perfcost.frontends.tflite import read_tflite
from perfcost.memory import litert_arena, xnnpack_workspace
from perfcost.spaces import samplers, zoo

pytest.importorskip("ai_edge_litert", reason="compares with LiteRT; install the extra label")
pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64"
    or sys.platform != "linux"
    or version("ai-edge-litert") != VERSION,
    reason=f"looks into the build of ai-edge-litert {VERSION} for Linux on x86-64",
)

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "litert_memory.py"


def _models() -> dict[str, bytes]:
    return {
        "wild": samplers.sample("wild", 1),
        "table_through_floats": samplers.sample("wild", 5001, 2),
        "detect": samplers.sample("detect", 2),
        "keyword_spotting_float": zoo.build("mlperf_tiny_kws", "float32"),
        "bert_int8": zoo.build("bert_tiny_encoder", "int8"),
    }


def _measured(path: Path, *options: str) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(path), *options],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    found: dict[str, int] = json.loads(lines[-1])
    return found


@pytest.mark.parametrize("name", list(_models()))
def test_arena_and_workspace_are_equal_to_the_byte(name: str, tmp_path: Path) -> None:
    data = _models()[name]
    path = tmp_path / "model.tflite"
    path.write_bytes(data)
    graph = read_tflite(data)
    own = litert_arena(graph)
    measured = _measured(path)
    assert measured["arena_bytes"] == own.arena_bytes
    assert measured["persistent_bytes"] == own.persistent_bytes
    delegated = xnnpack_workspace(graph)
    measured = _measured(path, "--delegate")
    assert measured["workspace_bytes"] == delegated.workspace_bytes
    assert measured["arena_bytes"] == delegated.arena_bytes
