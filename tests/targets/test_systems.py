"""Systems: the built-in ones, a user's own file, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfcost.errors import TargetError
from perfcost.targets import System, is_system, names, resolve_system, system_names

OWN = """
name = "board"
source = "a test"
host = "cpu"
[devices.cpu]
target = "cortex-a55"
[devices.npu]
target = "ethos-u55-128"
[[links]]
between = ["cpu", "npu"]
hand_over_us = 10
synchronisation_us = 5
bandwidth_bytes_per_s = 1000000000
[links.sources]
hand_over_us = "a test"
synchronisation_us = "a test"
bandwidth_bytes_per_s = "a test"
[memories.sram]
size_bytes = 1000000
source = "a test"
"""


def written(folder: Path, text: str = OWN) -> Path:
    path = folder / "board.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", system_names())
def test_a_built_in_system_is_whole(name: str) -> None:
    found = resolve_system(name)
    assert found.name == name and is_system(name)
    assert found.host is found.devices[0]
    for device in found.devices[1:]:
        link = found.link(found.host.name, device.name)
        assert link is not None and link.call_ms > 0
        assert set(link.sources) >= {"hand_over_us", "synchronisation_us"}


def test_no_system_has_the_name_of_a_target() -> None:
    assert not set(system_names()) & set(names())
    assert not is_system("cortex-a55") and not is_system("no-such-thing") and not is_system(3)


def test_the_gpu_of_a_system_is_no_software_device() -> None:
    targets = [d.target.name for name in system_names() for d in resolve_system(name).devices]
    assert "gpu-mali-g610" in targets and "gpu-swiftshader" not in targets


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert is_system(path)
    found = resolve_system(path)
    assert [device.name for device in found.devices] == ["cpu", "npu"]
    link = found.link("npu", "cpu")
    assert link is not None
    assert link.call_ms == pytest.approx(0.015)
    assert link.ms_per_byte == pytest.approx(1e-6)
    assert found.memories[0].budget_bytes == 1_000_000
    assert isinstance(resolve_system(found), System)


def test_a_target_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('name = "own"\nextends = "cortex-a55"\nclock_hz = 1e9\n')
    found = resolve_system(written(tmp_path, OWN.replace('"cortex-a55"', '"own.toml"')))
    assert found.host.target.clock_hz == 1e9


def test_two_legs_where_there_is_no_link_of_their_own() -> None:
    found = resolve_system("a55-g610-u85")
    assert len(found.path("gpu", "npu")) == 2 and len(found.path("cpu", "npu")) == 1
    assert found.path("npu", "npu") == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('["cpu", "npu"]', '["cpu", "gpu"]', r"links\[0\].between\[1\].*'gpu'.*cpu, npu"),
        ('["cpu", "npu"]', '["npu", "npu"]', "to itself"),
        ('["cpu", "npu"]', '["cpu"]', "an array of 2"),
        ("= 1000000000", "= -1", r"bandwidth_bytes_per_s: came -1"),
        ("= 1000000000", "= 0", r"bandwidth_bytes_per_s: came 0"),
        ("hand_over_us = 10", "hand_over_us = nan", "hand_over_us"),
        ("hand_over_us = 10", "", "links.0..hand_over_us: missing"),
        ('bandwidth_bytes_per_s = "a test"', "", "sources.bandwidth_bytes_per_s: missing"),
        ('host = "cpu"', 'host = "cqu"', "did you mean 'cpu'"),
        ("[memories.sram]", "[memories.scratch]", "memories.scratch"),
        ("size_bytes = 1000000", "size_bytes = -5", "size_bytes: came -5"),
        ("size_bytes = 1000000", "size_bytes = 9\nbudget_bytes = 10", "more than size_bytes"),
        ('target = "ethos-u55-128"', 'target = "ethos-u56"', "devices.npu.target.*ethos-u56"),
        ("[devices.npu]", '[devices.dsp]\ntarget = "cortex-m55"\n[devices.npu]', "'dsp'"),
        ('name = "board"', 'name = "imx93"', "built-in system"),
        ('source = "a test"\nhost', "host", "source: missing"),
        ('host = "cpu"', 'host = "cpu"\nclock = 3', "clock: unknown key"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in OWN
    path = written(tmp_path, OWN.replace(old, new, 1))
    with pytest.raises(TargetError, match=words) as raised:
        resolve_system(path)
    assert str(path) in str(raised.value)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(TargetError, match="did you mean 'imx93'"):
        resolve_system("imx94")
    with pytest.raises(TargetError, match="came 3"):
        resolve_system(3)
