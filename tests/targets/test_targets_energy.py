"""The table [energy] of a profile: what it may hold, its sources, and the hash without it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
from pathlib import Path

import pytest

from perfcost import targets
from perfcost.errors import TargetError
from perfcost.targets import EnergyCoefficients, Target, registry, resolve
from perfcost.targets.cells_target import PREFIX

U55 = 'name = "mine"\nextends = "ethos-u55-128"\n'
ROOFLINE = """
name = "mine"
family = "roofline"
source = "a test"
clock_hz = 1e8
memory = "sram"
bytes_per_cycle = 4
op_overhead_cycles = 0
[macs_per_cycle]
int8 = 1
uint8 = 1
"""
SOURCES = '[energy.sources]\npj_per_mac = "made up"\npj_per_byte = "made up"\n'
MINE = ROOFLINE + "[energy]\npj_per_mac.int8 = 1.5\npj_per_byte.sram = 2\n" + SOURCES
CASES = {
    "negative": (
        U55 + '[energy]\npj_per_mac.int8 = -1\nsources.pj_per_mac = "x"\n',
        "energy.pj_per_mac.int8: came -1, expected a number >= 0",
    ),
    "not finite": (
        U55 + '[energy]\nstatic_mw = nan\nsources.static_mw = "x"\n', "energy.static_mw: came nan"
    ),
    "absurd": (
        U55 + '[energy]\npj_per_cycle = 1e12\nsources.pj_per_cycle = "x"\n',
        "energy.pj_per_cycle: came 1000000000000.0, expected at most",
    ),
    "text": (
        U55 + '[energy]\npj_per_byte.sram = "3"\nsources.pj_per_byte = "x"\n',
        "energy.pj_per_byte.sram: came '3' (a string)",
    ),
    "unknown memory": (
        U55 + '[energy]\npj_per_byte.sdram = 1\nsources.pj_per_byte = "x"\n',
        "energy.pj_per_byte.sdram: unknown key (did you mean",
    ),
    "unknown group": (U55 + "[energy]\npj_per_op = 1\n", "energy.pj_per_op: unknown key"),
    "no source": (
        U55 + "[energy]\npj_per_mac.int8 = 1\n", "energy.sources.pj_per_mac.int8: missing"
    ),
    "no source of one key": (
        U55 + '[energy]\npj_per_byte = {sram = 1, flash = 2}\nsources.pj_per_byte.sram = "x"\n',
        "energy.sources.pj_per_byte.flash: missing",
    ),
    "no source of a single figure": (
        U55 + "[energy]\nstatic_mw = 1\n", "energy.sources.static_mw: missing"
    ),
    "an empty source": (
        U55 + '[energy]\nstatic_mw = 1\nsources.static_mw = ""\n',
        "energy.sources.static_mw: came ''",
    ),
    "no table": (U55 + "energy = 3\n", "energy: came 3 (an integer), expected a table"),
    "sources that are none": (U55 + "[energy]\nsources = 3\n", "energy.sources: came 3"),
    "a memory left out": (
        ROOFLINE + '[energy]\npj_per_mac.int8 = 1\nsources.pj_per_mac = "x"\n',
        "energy.pj_per_byte.sram: missing",
    ),
    "a dtype left out": (MINE.replace("pj_per_mac.int8", "pj_per_mac.int16"),
                         "energy.pj_per_mac.int8: missing"),
    "a class left out": (
        'name = "x"\nextends = "host"\n[energy]\npj_per_instruction.load = 1\n'
        'pj_per_mac = {int8 = 1, float32 = 1}\npj_per_byte.dram = 1\n'
        '[energy.sources]\npj_per_instruction = "x"\npj_per_mac = "x"\npj_per_byte = "x"\n',
        "energy.pj_per_instruction.scalar: missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_table_names_the_key(tmp_path: Path, case: str) -> None:
    content, words = CASES[case]
    path = tmp_path / "wrong.toml"
    path.write_text(content)
    with pytest.raises(TargetError) as caught:
        resolve(path)
    assert f"{path}: {words}" in str(caught.value)


def test_a_users_own_table(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(MINE)
    found = resolve(path).energy
    assert found is not None
    assert found.pj_per_mac == {"int8": 1.5} and found.of_mac("uint8") == 1.5
    assert found.of_mac("float32") is None
    assert found.pj_per_byte == {"sram": 2.0} and found.sources["pj_per_mac"] == "made up"


def test_one_figure_laid_over_a_built_in_profile(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(U55 + '[energy]\nstatic_mw = 2.5\nsources.static_mw = "measured"\n')
    found, base = resolve(path).energy, resolve("ethos-u55-128").energy
    assert found is not None and base is not None
    assert found.static_mw == 2.5 and found.pj_per_byte == base.pj_per_byte
    assert found.sources == {**base.sources, "static_mw": "measured"}


def _all() -> dict[str, Target]:
    found: dict[str, Target] = {}
    for name in registry._built_in():  # other tests register targets of their own
        if name.startswith(PREFIX):  # of which nobody knows more than times
            continue
        chosen: list[Target] = [*targets.configurations(name)]
        for target in chosen or [resolve(name)]:
            found[target.name] = target
    return found


def test_energy_changes_no_hash() -> None:
    # Profiles by peaks and the GPU that was measured came later.
    known = {
        name: target
        for name, target in _all().items()
        if "roofline" not in target.family and name != "gpu-nvidia-h200"
    }
    # Of all 170 as they were before there were coefficients: labels are stored under them.
    hashes = json.dumps(sorted((name, target.hash) for name, target in known.items()))
    assert len(known) == 170
    assert hashlib.sha256(hashes.encode()).hexdigest() == (
        "d5e4b258aa442cf9638cd5e027c9bae1b28f1dbeedfacb08ddd5bc6f5137d909"
    )
    target = resolve("ethos-u55-128")
    other = dataclasses.replace(target, energy=EnergyCoefficients(static_mw=1.0))
    assert other.hash == target.hash and other != target and hash(other) == hash(target)
    assert pickle.loads(pickle.dumps(target)) == target


def test_which_targets_have_coefficients() -> None:
    without = {name for name, target in _all().items() if target.energy is None}
    assert without == {"host"}


def test_every_coefficient_has_a_source() -> None:
    for target in _all().values():
        if target.energy is None:
            continue
        for group in ("pj_per_mac", "pj_per_byte", "pj_per_instruction", "pj_per_miss"):
            for key in getattr(target.energy, group):
                words = target.energy.sources.get(group) or target.energy.sources[f"{group}.{key}"]
                assert len(words) > 20, (target.name, group, key)
        for memory in target.memories:
            assert memory.name in target.energy.pj_per_byte
