"""Names of targets: what resolves, to what, and what the error says if nothing does."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfcost.errors import TargetError
from perfcost.targets import EthosUTarget, Target, configurations, names, register, resolve
from perfcost.targets.schema import ACCELERATORS

DEFAULTS = {
    "ethos-u55": ("Ethos_U55_High_End_Embedded", "Shared_Sram"),
    "ethos-u65": ("Ethos_U65_High_End", "Dedicated_Sram"),
    "ethos-u85": ("Ethos_U85_SYS_DRAM_Mid", "Dedicated_Sram"),
}
OWN = """
name = "{name}"
extends = "ethos-u55-128"
[system_configs.Ethos_U55_High_End_Embedded.memories.flash]
clock_scale = 0.25
"""


@pytest.mark.parametrize("name", ACCELERATORS)
def test_every_named_target_loads_with_its_defaults(name: str) -> None:
    target = resolve(name)
    assert isinstance(target, EthosUTarget)
    assert (target.name, target.accelerator) == (name, name)
    assert (target.system_config, target.memory_mode.name) == DEFAULTS[target.family]
    size = int(name.rsplit("-", 1)[1])
    assert target.macs_per_cycle == size
    # A micro-block takes 8 MACs a cycle of each of its elements, on every family but U55-32.
    height, width, depth = target.ofm_ublock_hwc
    assert height * width * depth * 8 == target.macs_per_core_cycle * (
        1 if target.family != "ethos-u85" else target.cores
    )
    assert (target.shram is None) == (target.family == "ethos-u85")
    assert (target.buffers is None) == (target.family != "ethos-u85")
    assert resolve(target) is target


def test_reference_figures() -> None:
    u55 = resolve("ethos-u55-128")
    assert isinstance(u55, EthosUTarget)
    assert u55.clock_hz == 500e6
    assert u55.ms(500_000) == 1.0
    assert (u55.cache.bytes_per_cycle, u55.constants.bytes_per_cycle) == (8.0, 1.0)
    assert not u55.spills
    u65 = resolve("ethos-u65-256")
    assert isinstance(u65, EthosUTarget)
    assert (u65.cache.bytes_per_cycle, u65.arena.bytes_per_cycle) == (16.0, 3.75)
    assert u65.spills
    with pytest.raises(KeyError, match="no memory 'flash'"):
        u65.memory("flash")


def test_full_names_leave_out_defaults() -> None:
    base = "ethos-u65-256"
    full = f"{base}:Ethos_U65_High_End:Dedicated_Sram"
    assert resolve(full).name == base
    assert resolve(full).hash == resolve(base).hash
    assert resolve(f"{base}:Ethos_U65_Mid_End").name == f"{base}:Ethos_U65_Mid_End"
    other = f"{base}:Ethos_U65_High_End:Dedicated_Sram_384KB"
    capped = resolve(other)
    assert isinstance(capped, EthosUTarget)
    assert (capped.name, capped.cache_size_bytes) == (other, 384 * 1024)


@pytest.mark.parametrize("name", ACCELERATORS)
def test_every_configuration_resolves_by_its_name(name: str) -> None:
    built = configurations(name)
    assert len({t.name for t in built}) == len(built) == len({t.hash for t in built})
    for target in built:
        assert resolve(target.name) == target
        assert target.cache.name == "sram"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("ethos-u55-182", "did you mean 'ethos-u55-128'"),
        ("ethos-u55", "unknown target"),
        ("", "unknown target"),
        ("ethos-u55-128:Ethos_U55_High_End", "did you mean 'Ethos_U55_High_End_Embedded'"),
        ("ethos-u55-128:Ethos_U65_High_End", "choices: Ethos_U55_Deep_Embedded"),
        ("ethos-u65-256:Ethos_U65_High_End:Dedicated", "did you mean 'Dedicated_Sram'"),
        ("ethos-u55-128:", "expected name"),
        ("ethos-u55-128:a:b:c", "expected name"),
        ("ethos-u65-256:Ethos_U65_Embedded:Dedicated_Sram", "puts the arena in flash"),
        ("nowhere.toml", "nowhere.toml: cannot be read"),
        (3, "a int"),
    ],
)
def test_what_does_not_resolve_says_why(given: str, words: str) -> None:
    with pytest.raises(TargetError, match=words):
        resolve(given)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "board.toml"
    path.write_text(OWN.format(name="my-board"))
    target = resolve(path)
    assert isinstance(target, EthosUTarget)
    assert target.name == "my-board"
    assert target.constants.bytes_per_cycle == 2.0
    assert target.hash != resolve("ethos-u55-128").hash
    deep = resolve(f"{path}:Ethos_U55_Deep_Embedded")
    assert deep.clock_hz == 200e6
    assert len(configurations(path)) == 4


def test_a_file_without_extends(tmp_path: Path) -> None:
    built_in = Path(resolve.__code__.co_filename).parent / "ethos_u"
    family = (built_in / "family_u55.toml").read_text()
    limits, systems = family[family.index("[accelerator]\n") + 14 :].split("\n\n", 1)
    defaults = family[family.index("[defaults]") : family.index("[accelerator]")]
    own = (built_in / "ethos-u55-128.toml").read_text()
    own = own.replace('name = "ethos-u55-128"\nextends = "ethos-u55"', 'name = "whole"', 1)
    own = own.replace("source =", 'family = "ethos-u55"\nsource =', 1)
    own = own.replace("[accelerator]", f"[accelerator]\n{limits}", 1)
    path = tmp_path / "whole.toml"
    path.write_text(f"{own}\n{defaults}\n{systems}")
    assert resolve(path).hash == resolve("ethos-u55-128").hash


def test_registering(tmp_path: Path) -> None:
    path = tmp_path / "board.toml"
    path.write_text(OWN.format(name="registered-board"))
    assert register(path) == "registered-board"
    assert "registered-board" in names()
    assert resolve("registered-board") == resolve(path)
    with pytest.raises(TargetError, match="is taken by"):
        register(path)
    path.write_text(OWN.format(name="ethos-u55-64"))
    with pytest.raises(TargetError, match="built-in target"):
        register(path)


def test_a_target_is_a_value() -> None:
    first, second = resolve("ethos-u85-512"), resolve("ethos-u85-512")
    assert isinstance(first, Target)
    assert first == second
    assert len({first, second}) == 1
