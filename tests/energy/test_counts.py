"""Energy is counts times coefficients: units by hand, sums, and what cannot be priced."""

from __future__ import annotations

import dataclasses
import math

import pytest

from perfcost import load
from perfcost.energy import Work, energy_mj, work_of_op
from perfcost.errors import PredictionError
from perfcost.physics import price
from perfcost.spaces import zoo
from perfcost.targets import EnergyCoefficients, Target, resolve


def target(**fields: object) -> Target:
    made = EnergyCoefficients(**fields)  # type: ignore[arg-type]
    return dataclasses.replace(resolve("ethos-u55-128"), clock_hz=1e6, energy=made)


def test_units_by_hand() -> None:
    device = target(
        pj_per_mac={"int8": 0.5}, pj_per_byte={"sram": 3.0, "flash": 200.0},
        pj_per_cycle=40.0, static_mw=7.0,
    )  # fmt: skip
    work = Work(latency_ms=2.0, macs={"int8": 4_000_000}, bytes_moved={"sram": 1e6, "flash": 1e4})
    # 2 uJ of MACs, 3 uJ and 2 uJ of bytes, 2000 cycles: 0.08 uJ, and 7 mW for 2 ms: 14 uJ.
    assert energy_mj(work, device) == pytest.approx((2 + 3 + 2 + 0.08 + 14) * 1e-3, rel=1e-12)


def test_events_by_hand() -> None:
    device = target(
        pj_per_instruction={"scalar": 10, "load": 20, "store": 30, "vector": 40, "mac": 50},
        pj_per_miss={"l1d": 100}, pj_per_byte={"dram": 112.0}, pj_per_mac={"int8": 1e6},
    )  # fmt: skip
    counts = {"scalar": 1, "load": 2, "store": 3, "vector": 4, "mac": 5}
    events = {f"{kind}_instructions": n * 1000 for kind, n in counts.items()}
    events |= {"instructions": 15_000, "l1d_misses": 500, "l3_misses": 10, "branch_misses": 3}
    work = Work(latency_ms=1.0, macs={"int8": 9}, bytes_moved={"dram": 640}, events=events)
    # The MACs are those of the instructions: they are not priced again.
    expected_pj = (10 + 40 + 90 + 160 + 250) * 1000 + 500 * 100 + 640 * 112
    assert energy_mj(work, device) == pytest.approx(expected_pj * 1e-9, rel=1e-12)
    assert energy_mj(dataclasses.replace(work, events=None), device) is None


def test_a_network_costs_what_its_ops_cost() -> None:
    for name in ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256"):
        device = resolve(name)
        graph = load(zoo.build("mlperf_tiny_ic"))
        priced = price(graph, device)
        parts = [work_of_op(graph, at, priced) for at in range(len(graph.ops))]
        energies = [energy_mj(part, device) for part in parts if part is not None]
        assert len(energies) == len(graph.ops) and all(e is not None and e >= 0 for e in energies)
        whole = Work(
            latency_ms=sum(part.latency_ms for part in parts if part),
            macs={"int8": sum(n for part in parts if part for n in part.macs.values())},
            bytes_moved={
                memory: sum(part.bytes_moved.get(memory, 0) for part in parts if part)
                for memory in ("sram", "dram", "flash")
            },
        )
        total = math.fsum(e for e in energies if e is not None)
        assert energy_mj(whole, device) == pytest.approx(total, rel=1e-9)
        assert total > 0


def test_work_without_a_coefficient_is_not_priced_as_free() -> None:
    device = target(pj_per_mac={"int8": 1.0}, pj_per_byte={"sram": 1.0})
    assert energy_mj(Work(latency_ms=1, macs={"uint8": 1000}), device) == pytest.approx(1e-6)
    assert energy_mj(Work(latency_ms=1, macs={"float32": 1}), device) is None
    assert energy_mj(Work(latency_ms=1, bytes_moved={"dram": 1.0}), device) is None
    assert energy_mj(Work(latency_ms=1, bytes_moved={"dram": 0.0}), device) == 0.0
    assert energy_mj(Work(latency_ms=1), dataclasses.replace(device, energy=None)) is None


@pytest.mark.parametrize("pj", [math.nan, math.inf, -1.0, 1e308])
def test_what_is_not_sound_is_refused(pj: float) -> None:
    device = target(pj_per_mac={"int8": pj})
    with pytest.raises(PredictionError, match="energy_mj on ethos-u55-128 came out as"):
        energy_mj(Work(latency_ms=1, macs={"int8": 10**12}), device)
