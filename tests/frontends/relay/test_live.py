"""A live Relay module, in the Python that still has Relay."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from benchmarks.placing.relay_python import NotRun, relay_python
from perfcost.spaces import zoo

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def environment() -> Path:
    """An interpreter with Relay."""
    try:
        return relay_python()
    except NotRun as why:
        pytest.skip(str(why))


# An activation that ends below 6 may be a RELU or a RELU6: the second network has such, and its
# structure is not the file's; it costs the same.
NETS = {"mlperf_tiny_ic": True, "mlperf_tiny_kws": False}


def test_live_modules_cost_what_their_files_cost(environment: Path, tmp_path: Path) -> None:
    for name, same in NETS.items():
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(zoo.build(name))
        script = ROOT / "examples" / "price_relay_module.py"
        said = subprocess.run(
            [str(environment), str(script), str(path), "ethos-u65-256"],
            capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert said.returncode == 0, said.stderr[-2000:]
        found = json.loads(said.stdout.splitlines()[-1])
        assert found["same_structure"] is same
        # weights that the importer turned around have another entropy by a hair
        assert found["relay_ms"] == pytest.approx(found["tflite_ms"], rel=0.01)
