"""A wrong figure in the profile of any family is refused with the path of its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfcost.errors import TargetError
from perfcost.targets import EthosUTarget, names, resolve

_CLOCK = {"arm-cpu": "clock_hz", "host": "clock_hz", "gpu": "clock_hz"}
_BANDWIDTH = {
    "arm-cpu": "missed_line_cycles.dram.streamed_load",
    "host": "bytes_per_cycle",
    "gpu": "bytes_per_cycle",
}


def places(name: str) -> tuple[str, str]:
    """The keys of the clock and of a bandwidth in the profile of a target."""
    target = resolve(name)
    if isinstance(target, EthosUTarget):
        system = f"system_configs.{target.system_config}"
        return f"{system}.core_clock_hz", f"{system}.memories.sram.clock_scale"
    return _CLOCK[target.family], _BANDWIDTH[target.family]


def refusal(name: str, line: str, folder: Path) -> str:
    path = folder / "wrong.toml"
    path.write_text(f'name = "mine"\nextends = "{name}"\n{line}\n')
    with pytest.raises(TargetError) as caught:
        resolve(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("value", ["-1.0", "0", "nan", "inf", "true", '"1e9"'])
def test_a_clock_that_is_none(name: str, value: str, tmp_path: Path) -> None:
    clock, _ = places(name)
    assert f"{clock}: came" in refusal(name, f"{clock} = {value}", tmp_path)


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("value", ["nan", "inf", "-2"])
def test_a_bandwidth_that_is_none(name: str, value: str, tmp_path: Path) -> None:
    _, bandwidth = places(name)
    assert f"{bandwidth}: came" in refusal(name, f"{bandwidth} = {value}", tmp_path)


@pytest.mark.parametrize("name", names())
def test_an_unknown_key(name: str, tmp_path: Path) -> None:
    assert "colck_hz: unknown key" in refusal(name, "colck_hz = 1e9", tmp_path)
    assert "energy.pj_per_op: unknown key" in refusal(name, "energy.pj_per_op = 1", tmp_path)


@pytest.mark.parametrize("name", names())
def test_a_coefficient_that_is_none(name: str, tmp_path: Path) -> None:
    for value in ("-1", "nan"):
        text = f'energy.static_mw = {value}\nenergy.sources.static_mw = "x"'
        assert "energy.static_mw: came" in refusal(name, text, tmp_path)


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
