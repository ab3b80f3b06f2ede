"""Energy of a label: from what its source counted."""

from __future__ import annotations

import pytest

from perfcost.energy.labelled import label_energy_mj
from perfcost.labels.protocol import Label, OpLabel
from perfcost.targets import resolve

EVENTS = {"instructions": 1000, "scalar_instructions": 600, "load_instructions": 200,
          "store_instructions": 100, "vector_instructions": 60, "mac_instructions": 40,
          "l1d_misses": 8, "l2_misses": 4, "l3_misses": 2}  # fmt: skip


def label(name: str, events: dict[str, int]) -> Label:
    target = resolve(name)
    moved = {"dram": 128}
    op = OpLabel(index=0, cycles=1700.0, macs=640, bytes_moved=moved, events=events)
    return Label(
        target=name, target_hash=target.hash, latency_ms=target.ms(1700.0), cycles=1700.0, macs=640,
        bytes_moved=moved, peak_memory_bytes={}, ops=(op,), provenance="simulated", settings={},
        events=events,
    )  # fmt: skip


def test_a_processor_by_its_events() -> None:
    found = label_energy_mj(label("cortex-a55", EVENTS), resolve("cortex-a55"))
    pj = 600 * 12 + 200 * 15.5 + 100 * 15.5 + 60 * 15.2 + 40 * 16 + 8 * 55.1 + 4 * 99.8 + 128 * 112
    assert found == pytest.approx(pj * 1e-9, rel=1e-3)


def test_a_processor_whose_events_nobody_counted() -> None:
    assert label_energy_mj(label("cortex-a55", {}), resolve("cortex-a55")) is None


def test_an_npu_by_macs_and_bytes() -> None:
    found = label_energy_mj(label("ethos-u65-256", {}), resolve("ethos-u65-256"))
    assert found == pytest.approx((640 * 0.157 + 128 * 112) * 1e-9)
    wide = label_energy_mj(label("ethos-u65-256", {}), resolve("ethos-u65-256"), "int16")
    assert wide == pytest.approx((640 * 0.314 + 128 * 112) * 1e-9)


def test_a_device_without_coefficients() -> None:
    assert label_energy_mj(label("host", {}), resolve("host")) is None
