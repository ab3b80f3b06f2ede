"""The other commands: what is in a file, which targets there are, samples, comparisons."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from perfcost import targets
from perfcost._version import __version__
from perfcost.cli.app import app
from perfcost.spaces import zoo

T = "ethos-u55-128"
runner = CliRunner()


def call(*args: object) -> Any:
    return runner.invoke(app, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nets")
    for name in ("mlperf_tiny_kws", "mlperf_tiny_ad"):
        (folder / name).write_bytes(zoo.build(name))
    (folder / "float").write_bytes(zoo.build("mlperf_tiny_kws", "float32"))
    return folder


def test_version() -> None:
    assert call("--version").stdout.strip() == f"perfcost {__version__}"


def test_targets() -> None:
    found = call("targets").stdout
    assert all(name in found for name in targets.names())
    assert "Shared_Sram" in found
    assert "Ethos_U55_Deep_Embedded" in call("targets", T).stdout
    assert call("targets", "no-such").exit_code == 2


def test_inspect(nets: Path) -> None:
    done = call("inspect", nets / "mlperf_tiny_kws", "--tensors")
    assert done.exit_code == 0, done.output
    for words in ("structural hash", "DEPTHWISE_CONV_2D", "MACs", "[1, 49, 10, 1] int8"):
        assert words in done.stdout
    bad = call("inspect", nets)
    assert bad.exit_code == 1 and "NotAModel" in bad.stderr


def test_diff(nets: Path) -> None:
    kws = nets / "mlperf_tiny_kws"
    same = call("diff", kws, kws)
    assert same.exit_code == 0 and same.stdout.startswith("same network")
    other = call("diff", kws, nets / "float")
    assert other.exit_code == 1
    assert "first difference: graph input 0 is int8, and float32" in other.stdout
    other = call("diff", kws, nets / "mlperf_tiny_ad")
    assert other.exit_code == 1 and "[1, 49, 10, 1], and [1, 640]" in other.stdout
    assert call("diff", kws, nets / "none").exit_code == 2


def test_sample(tmp_path: Path) -> None:
    assert call("sample", "--list").stdout.split() == [f"zoo/{name}" for name in zoo.names()]
    out = tmp_path / "x.tflite"
    done = call("sample", "zoo/mlperf_tiny_kws", "-o", out)
    assert done.exit_code == 0 and out.read_bytes() == zoo.build("mlperf_tiny_kws")
    wrong = call("sample", "zoo/mlperf_tiny_kvs")
    assert wrong.exit_code == 2 and "mlperf_tiny_kws" in wrong.output
    assert call("sample").exit_code == 2
    assert call("sample", "zoo/mlperf_tiny_kws", "-o", tmp_path / "no" / "x").exit_code == 1
    assert call("sample", "zoo/mlperf_tiny_kws", "-o", out, "--dtype", "int3").exit_code == 1


def test_label_says_what_to_install(nets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    done = call("label", nets / "mlperf_tiny_kws", "-t", T)
    assert done.exit_code == 2 and "pip install 'perfcost[label]'" in done.stderr


def test_label_puts_the_truth_beside_the_estimate(nets: Path, priced: Any) -> None:
    pytest.importorskip("ethosu")
    priced({"SOFTMAX": None})
    done = call("label", nets / "mlperf_tiny_kws", nets / "none", "-t", T, "--ops")
    assert done.exit_code == 1
    assert re.search(r"ethos-u55-128 │ +[0-9.]+ │ +0\.\d+ │ +[+-]", done.stdout), done.output
    assert "SOFTMAX (not run)" in done.stdout and "NotAModel" in done.stderr
    assert call("label", nets / "mlperf_tiny_kws", "-t", T).exit_code == 0


def started(*args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "perfcost", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_a_broken_pipe_ends_quietly(nets: Path) -> None:
    process = started("inspect", *[str(nets / "mlperf_tiny_kws")])
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() in (0, 141)


@pytest.mark.parametrize("ending", [">&-", ">/dev/full"])
@pytest.mark.parametrize("more", ["", "--json"])
def test_a_stdout_that_takes_nothing_is_no_traceback(nets: Path, ending: str, more: str) -> None:
    command = f"{sys.executable} -m perfcost estimate '{nets / 'mlperf_tiny_kws'}' -t {T} {more}"
    done = subprocess.run(
        ["sh", "-c", f"{command} {ending}"], capture_output=True, cwd=Path(__file__).parents[2]
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == (0 if ending == ">&-" else 1)


def test_ctrl_c_ends_quietly(nets: Path) -> None:
    files = [str(nets / "mlperf_tiny_kws")] * 5_000
    process = started("estimate", *files, "-t", T, "--json")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    assert process.stderr.read() == b""
    assert process.wait() == 130
