"""Energies carried from one process to another, and that the profiles keep to that rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfcost.energy import energy_factor
from perfcost.targets import EnergyCoefficients, resolve

PROFILES = Path(__file__).parents[2] / "benchmarks" / "profiles"
# Horowitz, ISSCC 2014: pJ at 45 nm and 0.9 V.
MULTIPLY8, ADD8, ADD32, INSTRUCTION, REGISTER = 0.2, 0.03, 0.1, 70.0, 6.0
SRAM_32K, SRAM_1M = 20.0, 100.0  # 8 bytes
LPDDR4 = 14 * 8


def coefficients(name: str | Path) -> EnergyCoefficients:
    found = resolve(name).energy
    assert found is not None
    return found


def near(value: float) -> object:
    return pytest.approx(value, rel=5e-3)


def test_the_reference_is_one_and_smaller_costs_less() -> None:
    assert energy_factor(45, 0.9) == 1.0
    factors = [energy_factor(nm, 0.8) for nm in (90, 65, 45, 40, 32, 22, 20, 16, 14, 10, 7)]
    assert factors == sorted(factors, reverse=True)
    assert energy_factor(26, 0.8) == pytest.approx(
        (energy_factor(32, 0.8) + energy_factor(20, 0.8)) / 2
    )
    assert energy_factor(16, 0.7) < energy_factor(16, 0.8)


@pytest.mark.parametrize(("nm", "volts"), [(6, 0.8), (130, 1.2), (16, 0.3), (16, 1.9)])
def test_outside_the_source_nothing_is_said(nm: float, volts: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        energy_factor(nm, volts)


@pytest.mark.parametrize(
    ("name", "nm"), [("ethos-u55-32", 22), ("ethos-u65-512", 16), ("ethos-u85-2048", 16)]
)
def test_ethos_u(name: str, nm: int) -> None:
    factor, found = energy_factor(nm, 0.8), coefficients(name)
    mac = 2 * (MULTIPLY8 + ADD32) + SRAM_32K / 8 / 8
    assert found.pj_per_mac == {"int8": near(mac * factor), "int16": near(2 * mac * factor)}
    assert found.pj_per_byte["sram"] == near(SRAM_1M / 8 * factor)
    assert found.pj_per_byte["flash"] == near(1.8 * 50e-3 / 400e6 * 1e12)
    assert found.pj_per_byte.get("dram", LPDDR4) == LPDDR4
    assert (found.pj_per_cycle, found.static_mw) == (0.0, 0.0)


def test_cortex_a55() -> None:
    factor, found = energy_factor(16, 0.8), coefficients("cortex-a55")
    wide = INSTRUCTION + 3 * REGISTER
    assert found.pj_per_instruction == {
        "scalar": near(INSTRUCTION * factor),
        "load": near((INSTRUCTION + SRAM_32K) * factor),
        "store": near((INSTRUCTION + SRAM_32K) * factor),
        "vector": near((wide + 16 * ADD8) * factor),
        "mac": near((wide + 16 * (MULTIPLY8 + ADD32)) * factor),
    }
    l3 = SRAM_32K * (SRAM_1M / SRAM_32K) ** (3 / 5)
    assert found.pj_per_miss == {
        "l1d": near(8 * 2 * SRAM_32K * factor), "l2": near(8 * (l3 + SRAM_32K) * factor)
    }  # fmt: skip
    assert found.pj_per_byte == {"dram": LPDDR4}
    assert coefficients("cortex-a55-builtin") == found


@pytest.mark.parametrize(
    ("name", "nm", "volts"),
    [("cortex-m4-l4r5", 90, 1.2), ("cortex-m33-u575", 40, 1.1), ("cortex-m7-h7a3", 40, 1.1)],
)
def test_microcontrollers(name: str, nm: int, volts: float) -> None:
    factor, found = energy_factor(nm, volts), coefficients(PROFILES / f"{name}.toml")
    assert found.pj_per_cycle == near(INSTRUCTION * factor)
    assert found.pj_per_mac == {"int8": near((MULTIPLY8 + ADD32) * factor)}
    assert found.pj_per_byte == {"sram": near(SRAM_1M / 8 * factor)}
