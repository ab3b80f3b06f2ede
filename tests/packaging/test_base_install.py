"""What a user gets from `pip install perfcost`: a light base, complete, fast to import."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IMPORT_LIMIT_S = 0.3
HEAVY_MODULES = (
    "ai_edge_litert",
    "ethosu",
    "keras",
    "matplotlib",
    "onnx",
    "pandas",
    "pyarrow",
    "scipy",
    "tensorflow",
    "torch",
    "torch_geometric",
    "tvm",
    "xgboost",
)
HEAVY_DISTRIBUTIONS = (
    "ai-edge-litert",
    "apache-tvm",
    "apache-tvm-ffi",
    "ethos-u-vela",
    "keras",
    "matplotlib",
    "onnx",
    "pandas",
    "pyarrow",
    "scipy",
    "tensorflow",
    "tensorflow-cpu",
    "torch",
    "torch-geometric",
    "xgboost",
    "xgboost-cpu",
)
# Run in a folder without the sources, so that only what is installed is found.
REPORT = """
import json, sys
from importlib import metadata
import perfcost, perfcost.cli, perfcost.targets
print(json.dumps({
    "distributions": sorted({d.metadata["Name"] for d in metadata.distributions()}),
    "modules": sorted(sys.modules),
    "numpy": metadata.version("numpy"),
    "targets": list(perfcost.targets.names()),
    "version": perfcost.__version__,
    "where": perfcost.__file__,
}))
"""


def normal(name: str) -> str:
    """A distribution's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def output(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def fresh_install(python: str | Path, folder: Path, *also: str) -> Path:
    """Install the base into a new environment; return its interpreter."""
    output(python, "-m", "venv", folder)
    installed = folder / "bin" / "python"
    pip = (installed, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    output(*pip, ROOT, *also)
    return installed


def package_data() -> list[str]:
    """The files of the package that are not Python, relative to the root."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "perfcost").rglob("*")
        if path.suffix in {".json", ".toml", ".safetensors"} or path.name == "py.typed"
    )


def pythons_3_10() -> Iterator[str]:
    yield "python3.10"
    yield from sorted(map(str, Path.home().glob(".pyenv/versions/3.10*/bin/python")))


@lru_cache
def python_3_10() -> str | None:
    """A Python 3.10 that runs and can make environments: a name on the path may be a dead shim."""
    probe = "import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 10))"
    for python in pythons_3_10():
        try:
            done = subprocess.run([python, "-c", probe], capture_output=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return python
    return None


def check(python: Path, cwd: Path) -> dict[str, object]:
    """Hold an installed base to what it promises; return its report."""
    report = json.loads(output(python, "-c", REPORT, cwd=cwd))
    assert not Path(report["where"]).is_relative_to(ROOT / "perfcost")
    here = {normal(name) for name in report["distributions"]}
    assert here.isdisjoint(HEAVY_DISTRIBUTIONS)
    assert set(report["modules"]).isdisjoint(HEAVY_MODULES)
    assert any(name.startswith("ethos-u55-128") for name in report["targets"])
    home = Path(report["where"]).parents[1]
    assert [name for name in package_data() if not (home / name).is_file()] == []
    output(python, "-m", "pip", "check")
    output(python.parent / "perfcost", "--help", cwd=cwd)
    return dict(report)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the caller's Python settings reaches the interpreters under test."""
    for name in [name for name in os.environ if name.startswith(("PYTHON", "COV_"))]:
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("clean")
def test_import_is_fast() -> None:
    """The best of five counts: the first may compile, and other tests share the cores."""
    code = (
        "import time; start = time.perf_counter(); import perfcost;"
        "print(time.perf_counter() - start)"
    )
    seconds = []
    for _ in range(5):
        seconds.append(float(output(sys.executable, "-c", code, cwd=ROOT)))
        if seconds[-1] < IMPORT_LIMIT_S:
            return
    pytest.fail(f"import perfcost took {min(seconds):.3f} s at best, over {IMPORT_LIMIT_S} s")


@pytest.mark.usefixtures("clean")
def test_import_leaves_heavy_modules_alone() -> None:
    code = "import json, sys, perfcost; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(output(sys.executable, "-c", code, cwd=ROOT)))
    assert "perfcost" in loaded
    assert loaded.isdisjoint(HEAVY_MODULES)


def test_version_is_the_installed_one() -> None:
    import perfcost

    assert perfcost.__version__ == metadata.version("perfcost")


def test_base_requirements_are_light() -> None:
    requires = metadata.requires("perfcost") or []
    base = {normal(re.split(r"[^\w.-]", line)[0]) for line in requires if "extra ==" not in line}
    assert base == {"numpy", "flatbuffers", "safetensors", "typer", "rich", "tomli"}


@pytest.mark.slow
@pytest.mark.usefixtures("clean")
def test_base_install(tmp_path: Path) -> None:
    check(fresh_install(sys.executable, tmp_path / "venv"), tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("clean")
def test_base_install_on_python_3_10_with_numpy_1_26(tmp_path: Path) -> None:
    python = python_3_10()
    if python is None:
        tried = ", ".join(Path(name).name for name in pythons_3_10())
        pytest.skip(f"no Python 3.10 that runs and can make environments (tried {tried})")
    report = check(fresh_install(python, tmp_path / "venv", "numpy==1.26.*"), tmp_path)
    assert str(report["numpy"]).startswith("1.26.")
