"""Profiles of Arm cores: the built-in ones, a user's own, and what is wrong with a wrong one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from perfcost.errors import TargetError
from perfcost.targets import ArmCpuTarget, configurations, names, register, resolve
from perfcost.targets.families import FAMILIES

HEAD = 'name = "mine"\nextends = "cortex-a55"\n'


def core(name: str | Path) -> ArmCpuTarget:
    found = resolve(name)
    assert isinstance(found, ArmCpuTarget)
    return found


def test_built_in() -> None:
    a55, builtin = core("cortex-a55"), core("cortex-a55-builtin")
    assert (a55.clock_hz, a55.runtime, builtin.runtime) == (1.7e9, "xnnpack", "builtin")
    assert [(c.name, c.size_bytes, c.ways) for c in a55.caches] == [
        ("l1d", 32768, 4), ("l2", 65536, 4), ("l3", 262144, 16),
    ]  # fmt: skip
    assert [line.found_in for line in a55.missed_lines] == ["l2", "l3", "dram"]
    # 64 bytes in 24 cycles at 1.7 GHz.
    assert a55.memory("dram").bytes_per_cycle * a55.clock_hz == pytest.approx(4.5e9, rel=0.01)
    assert dataclasses.replace(builtin, runtime="xnnpack", name=a55.name) == a55
    assert a55.hash != builtin.hash
    assert configurations("cortex-a55") == []
    assert {"cortex-a55", "cortex-a55-builtin"} <= set(names())


@pytest.mark.parametrize(
    "given",
    [{"kind": "llvm", "mcpu": "cortex-a55"}, "llvm -mcpu=cortex-a55 -mtriple=aarch64-linux-gnu"],
)
def test_as_a_compiler_writes_it(given: object) -> None:
    assert resolve(given) == resolve("cortex-a55")


def test_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "board.toml"
    path.write_text(HEAD + "clock_hz = 1.2e9\n[caches.l3]\nsize_bytes = 524288\n")
    found = core(path)
    assert (found.name, found.clock_hz, found.caches[2].size_bytes) == ("mine", 1.2e9, 524288)
    assert found.hash != core("cortex-a55").hash
    assert register(path) == "mine"
    assert core("mine") == found


CASES = {
    "unknown runtime": ('runtime = "xnnpak"\n', "runtime: came 'xnnpak'.*did you mean 'xnnpack'"),
    "unknown core": ('core = "cortex-m7"\n', "core: came 'cortex-m7'"),
    "negative cycles": ("[missed_line_cycles.l2]\nload = -1\n", "missed_line_cycles.l2.load"),
    "NaN cycles": ("mispredicted_branch_cycles = nan\n", "mispredicted_branch_cycles: came nan"),
    "odd line": ("line_bytes = 48\n", "line_bytes: came 48, expected a power of two"),
    "odd size": ("[caches.l2]\nsize_bytes = 65000\n", "caches.l2.size_bytes: came 65000"),
    "too many streams": ("prefetch_streams = 1000\n", "prefetch_streams: came 1000"),
    "unknown key": ("[caches.l4]\nways = 2\n", "caches.l4: unknown key"),
    "clock of zero": ("clock_hz = 0\n", "clock_hz: came 0"),
    "colon": ('name = "a:b"\n', "without a colon"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_named(case: str, tmp_path: Path) -> None:
    text, words = CASES[case]
    path = tmp_path / "wrong.toml"
    head = HEAD.replace('name = "mine"\n', "") if text.startswith("name") else HEAD
    path.write_text((text + head) if text.startswith("name") else head + text)
    with pytest.raises(TargetError, match=words):
        resolve(path)


def test_levels_and_penalties_go_together(tmp_path: Path) -> None:
    figures = "{ load = 6, streamed_load = 2, store = 2 }"
    whole = f"""
        name = "small"
        family = "arm-cpu"
        source = "none"
        clock_hz = 1e9
        core = "cortex-a55"
        runtime = "builtin"
        mispredicted_branch_cycles = 8
        prefetch_streams = 4
        line_bytes = 64
        caches.l1d = {{ size_bytes = 32768, ways = 4 }}
        missed_line_cycles.dram = {figures}
        """
    path = tmp_path / "small.toml"
    path.write_text(whole)
    assert [line.found_in for line in core(path).missed_lines] == ["dram"]
    path.write_text(whole + f"missed_line_cycles.l2 = {figures}\n")
    with pytest.raises(TargetError, match=r"missed_line_cycles\.l2: expected exactly if"):
        resolve(path)
    path.write_text(whole + "caches.l3 = { size_bytes = 65536, ways = 4 }\n")
    with pytest.raises(TargetError, match=r"caches\.l2: missing"):
        resolve(path)


def test_choices_are_refused() -> None:
    with pytest.raises(TargetError, match="has no system configurations"):
        resolve("cortex-a55:Embedded")


def test_built_in_profiles_are_of_the_family_of_their_folder() -> None:
    for name in names():
        family = resolve(name).family
        assert FAMILIES[family].folder is not None, name
