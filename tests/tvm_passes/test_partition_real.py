"""Real files that TVM imports: partitioned, they give what they did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tvm", reason="needs the extra 'tvm'")
pytest.importorskip("tflite", reason="needs the extra 'tvm'")

from perfcost.spaces import zoo
from tests.tvm_passes.running import imported, same
from tvm_integration import PartitionByCost

MODELS = Path(__file__).parents[3] / "shared" / "models"

REAL: list[str] = []

ZOO = ("mlperf_tiny_ad", "mlperf_tiny_ic", "mlperf_tiny_kws", "mlperf_tiny_vww")


def partitioned_is_same(module: Any, system: str, pins: dict[str, str]) -> None:
    partition = PartitionByCost(system, pins=pins)
    found = partition(module)
    assert partition.report.functions, partition.report.reason
    same(module, found)


@pytest.mark.slow
@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("system", ["imx93", "corstone-300"])
def test_networks_of_the_zoo(name: str, system: str) -> None:
    partitioned_is_same(imported(zoo.build(name)), system, {})


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_real_files(name: str) -> None:
    path = MODELS / name
    if not path.is_file():
        pytest.skip("needs ../shared/models")
    partitioned_is_same(imported(path.read_bytes()), "imx93", {})
