"""A wrong figure in the profile of any family is refused with the path of its key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfcost.errors import TargetError
from perfcost.targets import ArmCpuTarget, CellsTarget, EthosUTarget, names, resolve

DEVICES = [name for name in names() if not isinstance(resolve(name), CellsTarget)]
CELLS = [name for name in names() if name not in DEVICES]


def places(name: str) -> tuple[str, str]:
    """The keys of the clock and of a bandwidth in the profile of a target."""
    target = resolve(name)
    if isinstance(target, EthosUTarget):
        system = f"system_configs.{target.system_config}"
        return f"{system}.core_clock_hz", f"{system}.memories.sram.clock_scale"
    if isinstance(target, ArmCpuTarget):
        return "clock_hz", "missed_line_cycles.dram.streamed_load"
    return "clock_hz", "bytes_per_cycle"


def refusal(name: str, line: str, folder: Path) -> str:
    path = folder / "wrong.toml"
    path.write_text(f'name = "mine"\nextends = "{name}"\n{line}\n')
    with pytest.raises(TargetError) as caught:
        resolve(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("value", ["-1.0", "0", "nan", "inf", "true", '"1e9"'])
def test_a_clock_that_is_none(name: str, value: str, tmp_path: Path) -> None:
    clock, _ = places(name)
    assert f"{clock}: came" in refusal(name, f"{clock} = {value}", tmp_path)


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("value", ["nan", "inf", "-2"])
def test_a_bandwidth_that_is_none(name: str, value: str, tmp_path: Path) -> None:
    _, bandwidth = places(name)
    assert f"{bandwidth}: came" in refusal(name, f"{bandwidth} = {value}", tmp_path)


@pytest.mark.parametrize("name", DEVICES)
def test_an_unknown_key(name: str, tmp_path: Path) -> None:
    assert "colck_hz: unknown key" in refusal(name, "colck_hz = 1e9", tmp_path)
    assert "energy.pj_per_op: unknown key" in refusal(name, "energy.pj_per_op = 1", tmp_path)


@pytest.mark.parametrize("name", DEVICES)
def test_a_coefficient_that_is_none(name: str, tmp_path: Path) -> None:
    for value in ("-1", "nan"):
        text = f'energy.static_mw = {value}\nenergy.sources.static_mw = "x"'
        assert "energy.static_mw: came" in refusal(name, text, tmp_path)


@pytest.mark.parametrize(
    "line", ["batch = -1", "reach = nan", "cell_ms.frame = -2", "cell_ms.add = nan", "clock_hz = 1"]
)
def test_times_of_cells(line: str, tmp_path: Path) -> None:
    key = line.split(" = ")[0]
    assert re.search(rf"{re.escape(key)}: (came|unknown key)", refusal(CELLS[0], line, tmp_path))


ROOFLINE = """
name = "mine"
family = "roofline"
source = "a test"
clock_hz = 1e8
bytes_per_cycle = 4
op_overhead_cycles = 0
macs_per_cycle.int8 = 1
"""


@pytest.mark.parametrize(
    ("key", "value"),
    [("clock_hz", "-1"), ("bytes_per_cycle", "nan"), ("op_overhead_cycles", "-1"),
     ("macs_per_cycle.int8", "0"), ("colck", "1")],
)  # fmt: skip
def test_a_roofline(key: str, value: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    lines = [line for line in ROOFLINE.splitlines() if not line.startswith(f"{key} ")]
    path.write_text("\n".join([*lines, f"{key} = {value}"]))
    with pytest.raises(TargetError, match=key.replace(".", r"\.")):
        resolve(path)
