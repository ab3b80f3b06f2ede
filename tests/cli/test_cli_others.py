"""The other commands: what is in a file, which targets there are, samples, comparisons."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from perfcost import labels, targets
from perfcost._version import __version__
from perfcost.cli import attempts, device_facts
from perfcost.cli.app import app
from perfcost.errors import TargetError
from perfcost.graph import Graph
from perfcost.labels import Label, Labeller, OpLabel, Outcome, families
from perfcost.network import store
from perfcost.schema import read
from perfcost.spaces import zoo
from perfcost.targets import Target
from perfcost.targets.cells_target import PREFIX

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
    found = runner.invoke(app, ["targets"], env={"COLUMNS": "100"}).stdout
    assert max(map(len, found.splitlines())) <= 100
    lines = {line.split("│")[1].strip(): line for line in found.splitlines() if "│" in line}
    assert {name for name in targets.names() if not name.startswith(PREFIX)} <= set(lines)
    assert PREFIX in found
    assert "energy memory" in lines[T] and "modelled/simulated" in lines[T]
    assert re.search(r"│ memory +│ modelled/measured +│ +- │", lines["host"])
    assert "Shared_Sram" in call("targets", T).stdout
    assert "Ethos_U55_Deep_Embedded" in call("targets", T).stdout
    assert call("targets", "no-such").exit_code == 2
    # many devices that price one space alone: a line here, a table of their own
    assert f"{PREFIX}<device>: 27 devices" in found
    assert "nasbench201-raspi4" not in found
    assert "nasbench201-raspi4" in call("targets", "nasbench201").stdout
    assert call("targets", "nasbench201-none").exit_code == 2


def test_targets_as_json() -> None:
    check = jsonschema.Draft202012Validator(read("target"))
    check.check_schema(read("target"))
    found = [json.loads(line) for line in call("targets", "--json").stdout.splitlines()]
    for each in found:
        check.validate(each)
    by_name = {each["target"]: each for each in found}
    assert list(by_name) == list(targets.names())
    assert by_name["host"]["error"] is None and by_name["host"]["metrics"] == ["latency", "memory"]
    assert by_name[T]["error"]["of"] == "network" and by_name[T]["error"]["mape_percent"] < 5
    assert by_name["cortex-a55"]["provenance"] == {"estimate": "modelled", "label": "simulated"}
    pi = by_name["nasbench201-raspi4"]
    assert pi["provenance"]["label"] == "measured" and pi["error"]["of"] == "laws"
    cells = call("targets", "nasbench201", "--json").stdout.splitlines()
    assert len(cells) == sum(name.startswith(PREFIX) for name in by_name)
    deep = [json.loads(line) for line in call("targets", T, "--json").stdout.splitlines()]
    assert len(deep) > 1 and all(each["system_config"] for each in deep)


def test_the_error_of_a_target_is_that_of_what_is_shipped(tmp_path: Path) -> None:
    rows = [row for row in store.errors(targets.resolve(T)) if row["target"] == T]
    scores = [row["network"] for row in rows if row["metric"] == "cycles"]
    graphs = sum(score["count"] for score in scores)
    found = device_facts.error(targets.resolve(T))
    assert found is not None and (found.graphs, found.of) == (graphs, "network")
    assert found.mape == pytest.approx(
        sum(score["mape"] * score["count"] for score in scores) / graphs
    )
    # Nobody has scored a profile of one's own, whatever it extends.
    own = tmp_path / "own.toml"
    own.write_text(f'name = "own"\nextends = "{T}"\n')
    assert device_facts.error(targets.resolve(own)) is None


def test_damaged_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ethos-u").mkdir()
    (tmp_path / "ethos-u" / "manifest.json").write_text("{")
    monkeypatch.setattr(store, "SHIPPED", tmp_path)
    done = call("targets")
    assert done.exit_code == 1 and "manifest.json: damaged" in done.stderr
    assert device_facts.error(targets.resolve("host")) is None


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


def test_label_of_a_core_names_the_program_that_is_missing(
    nets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    done = call("label", nets / "mlperf_tiny_kws", "-t", "cortex-a55", "-t", T)
    assert done.exit_code == 2 and "apt-get install qemu-user" in done.stderr
    made = call("dataset", "build", "--space", "image", "--count", 1, "--out", nets / "out",
                "-t", "cortex-a55")  # fmt: skip
    assert made.exit_code == 2 and "apt-get install qemu-user" in made.output


def test_label_without_an_estimate_shows_the_truth_alone(
    nets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A target of a family that is labelled and not priced yet; the source is a fake."""
    source = families.Source("counted", Sixty, lambda: None)
    monkeypatch.setitem(families.SOURCES, "arm-cpu", source)

    def many(models: list[str], targets: list[Target], labeller: Labeller, jobs: int) -> Any:
        for index, target in enumerate(targets):
            label = labeller.label(Path(models[0]).read_bytes(), target)
            yield Outcome(index, 0, target, label, None, 0.0)

    monkeypatch.setattr(labels, "label_many", many)
    monkeypatch.setattr(attempts, "estimate", no_laws)
    done = call("label", nets / "mlperf_tiny_kws", "-t", "cortex-a55", "--ops")
    assert done.exit_code == 0, done.output
    assert "counted ms" in done.stdout and re.search(r"cortex-a55 │ +- │ +0\.060", done.stdout)
    assert "CONV_2D" in done.stdout and "of no op" in done.stdout


def no_laws(graph: Graph, target: Target, **_: Any) -> Any:
    raise TargetError(f"no laws for {target.name}")


class Sixty:
    """0.06 ms for any network: 100,000 cycles of its first op, 2,000 of none."""

    name = version = "sixty"

    def label(self, model: bytes, target: Target) -> Label:
        ops = (OpLabel(index=0, cycles=100_000.0), OpLabel(index=-1, cycles=2_000.0))
        return Label(
            target=target.name, target_hash=target.hash, latency_ms=target.ms(102_000),
            cycles=102_000, macs=1, bytes_moved={}, peak_memory_bytes={}, ops=ops,
            provenance="simulated", settings={},
        )  # fmt: skip


def started(*args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "perfcost", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # A shell starts what it runs in the background with SIGINT ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
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
