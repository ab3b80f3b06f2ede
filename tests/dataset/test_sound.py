"""Stored labels that cannot be are refused when they are read, of whichever target."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="needs the extra 'label'")

from typer.testing import CliRunner

from perfcost.cli.app import app
from perfcost.dataset.key import GraphKey
from perfcost.dataset.sound import faults
from perfcost.dataset.store import LabelRow, read, write
from perfcost.errors import LabelError
from perfcost.labels import EVENTS

GOOD = LabelRow(
    key=GraphKey("wild", 1, 7), target="t", target_hash="h", structural_hash="0" * 32,
    skeleton_hash="f" * 32, cycles=10, op_cycles=(4, 7), events=(1,) * len(EVENTS),
    op_l1d_misses=(1, 0), op_l3_misses=(0, 0),
)  # fmt: skip
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "negative": ({"cycles": -1, "op_cycles": ()}, "cycles is -1"),
    "negative op": ({"op_cycles": (5, -5)}, "op_cycles holds -5"),
    "negative bytes": ({"outside_bytes_moved": -64}, "outside_bytes_moved is -64"),
    "negative peak": ({"sram_peak_bytes": -1}, "sram_peak_bytes is -1"),
    "negative events": ({"events": (-2,) + (0,) * (len(EVENTS) - 1)}, "events holds -2"),
    "negative misses": ({"op_l3_misses": (0, -3)}, "op_l3_misses holds -3"),
    "other units": ({"cycles": 10, "op_cycles": (4_000, 6_000)}, "add up to 10000"),
}


@pytest.mark.parametrize("target", ["ethos-u55-128", "cortex-a55", "host", "gpu-swiftshader"])
@pytest.mark.parametrize("case", CASES)
def test_a_row_that_cannot_be(case: str, target: str, tmp_path: Path) -> None:
    change, words = CASES[case]
    path = tmp_path / "x.parquet"
    write([replace(GOOD, target=target, **change)], path)
    with pytest.raises(LabelError, match=f"on {target}: .*{words}.*label it again"):
        read(path)


def test_rounded_ops_and_refusals_are_sound(tmp_path: Path) -> None:
    refused = replace(GOOD, cycles=0, op_cycles=(), events=(), refusal="a reason")
    assert not list(faults(GOOD)) and not list(faults(refused))
    write([GOOD], tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet") == [GOOD]


def test_labels_of_no_time_are_counted(tmp_path: Path) -> None:
    free = replace(GOOD, key=GraphKey("wild", 1, 8), cycles=0, op_cycles=(0, 0))
    write([GOOD, free], tmp_path / "x.parquet")
    done = CliRunner().invoke(app, ["dataset", "info", str(tmp_path)], env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    assert "of 0 cycles" in done.output
    row = next(line for line in done.output.splitlines() if "wild" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")][2:5] == ["1", "1", "0"]
