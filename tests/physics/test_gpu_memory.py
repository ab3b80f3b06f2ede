"""Memory and energy of estimates on GPUs, and memory on the processor at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

import perfcost
from perfcost import GraphBuilder
from perfcost.memory import X86, litert_bytes
from perfcost.memory.gpu import HALF_BUFFERS, HALF_TEXTURES, SINGLE_TEXTURES
from perfcost.physics.gpu import ASSUMED_ENERGY
from perfcost.physics.gpu.memory import UNCHECKED, memory_bytes, storage_of
from perfcost.spaces import zoo
from perfcost.targets import RooflineTarget, resolve

SOFT, H200, MALI = "gpu-swiftshader", "gpu-nvidia-h200", "gpu-mali-g610"


def _target(name: str) -> RooflineTarget:
    target = resolve(name)
    assert isinstance(target, RooflineTarget)
    return target


def test_how_tensors_are_stored_follows_the_vendor() -> None:
    kinds = [storage_of(_target(name)) for name in (SOFT, H200, MALI)]
    assert kinds == [SINGLE_TEXTURES, HALF_BUFFERS, HALF_TEXTURES]


@pytest.mark.parametrize("name", [SOFT, H200, MALI, "cortex-a55", "ethos-u65-256"])
def test_a_whole_estimate_has_all_three_with_provenance(name: str) -> None:
    found = perfcost.estimate(zoo.build("mlperf_tiny_ic", "int8"), name)
    assert found.complete and found.latency_ms and found.energy_mj and found.memory_bytes
    assert {"latency", "energy", "memory"} <= set(found.provenance)
    codes = {note.code for note in found.warnings}
    assert (ASSUMED_ENERGY in codes) is name.startswith("gpu-")
    assert (UNCHECKED in codes) is (name in (H200, MALI))


def test_energy_is_power_times_time_and_what_was_counted() -> None:
    soft = perfcost.estimate(zoo.build("mlperf_tiny_ic", "float32"), SOFT)
    table = _target(SOFT).energy
    assert table is not None and soft.latency_ms is not None
    assert soft.energy_mj == pytest.approx(soft.latency_ms * table.static_mw / 1e3)
    real = perfcost.estimate(zoo.build("mlperf_tiny_ic", "float32"), H200)
    table = _target(H200).energy
    assert table is not None and real.latency_ms is not None and real.energy_mj is not None
    waited = real.latency_ms * table.static_mw / 1e3
    assert waited < real.energy_mj < 1.1 * waited  # a small network waits


def test_areas_add_up_and_fit_a_memory_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(f'name = "own"\nextends = "{SOFT}"\nmemory_size_bytes = 1000000\n')
    found = perfcost.estimate(zoo.build("mlperf_tiny_ic", "float32"), str(own))
    memory = found.memory_bytes
    assert memory["dram"] == memory["arena"] + memory["weights"] + memory["workspace"]
    assert found.fits == {"dram": 1_000_000 - memory["dram"]} and found.fits["dram"] < 0
    assert perfcost.estimate(zoo.build("mlperf_tiny_ic", "float32"), SOFT).fits == {}


def test_what_the_delegate_refuses_takes_nothing_there() -> None:
    b = GraphBuilder("parts")
    x = b.input((1, 8, 8, 8), "float32")
    y = b.conv2d(x, 8, 3)
    z = b.op("CUMSUM", [y], shape=(1, 8, 8, 8), dtype="float32")
    graph = b.build([z])
    found = perfcost.estimate(graph, SOFT)
    alone = GraphBuilder("alone")
    conv = alone.build([alone.conv2d(alone.input((1, 8, 8, 8), "float32"), 8, 3)])
    assert not found.complete
    assert found.memory_bytes == perfcost.estimate(conv, SOFT).memory_bytes
    assert memory_bytes(graph, (), _target(SOFT)) == ({}, ())


def test_the_host_takes_what_litert_takes_on_x86() -> None:
    graph = perfcost.load(zoo.build("mlperf_tiny_kws", "int8"))
    found = perfcost.estimate(graph, "host")
    assert found.memory_bytes == litert_bytes(graph, X86, delegate=True)[0]
    assert found.energy_mj is None and found.provenance["memory"] == "modelled"
