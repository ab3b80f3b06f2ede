"""Cycles of missed lines, and the record that the plugin writes."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from perfcost.errors import LabelError
from perfcost.labels.arm_cpu.pricing import memory_cycles
from perfcost.labels.arm_cpu.runs import Segment, read_run
from perfcost.targets import ArmCpuTarget, resolve

MAGIC, SEGMENT, END = 0x3130435250464350, 1, 2


def target(text: str = "") -> ArmCpuTarget:
    found = resolve("cortex-a55")
    assert isinstance(found, ArmCpuTarget)
    return found


def segment(missed: list[list[int]]) -> Segment:
    none = np.zeros(0, np.uint64)
    return Segment(1, 0, 0, np.array(missed, np.int64), 0, 0, none, none)


def test_each_line_pays_for_where_it_is_found() -> None:
    # 10 loads: 4 found in L2, 3 in L3, 3 in DRAM; one streamed line and one store from DRAM.
    found = segment([[10, 1, 1], [6, 1, 1], [3, 1, 1]])
    assert memory_cycles(found, target()) == 4 * 6 + 3 * 22 + 3 * 238 + 24 + 24


def test_a_target_of_two_levels(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(
        """
        name = "small"
        family = "arm-cpu"
        source = "none"
        clock_hz = 1e9
        core = "cortex-a55"
        runtime = "builtin"
        mispredicted_branch_cycles = 8
        prefetch_streams = 4
        line_bytes = 64
        caches.l1d = { size_bytes = 32768, ways = 4 }
        missed_line_cycles.dram = { load = 100, streamed_load = 10, store = 5 }
        """
    )
    found = resolve(path)
    assert isinstance(found, ArmCpuTarget)
    assert memory_cycles(segment([[1, 2, 3]] * 3), found) == 100 + 20 + 15


def record(*words: int) -> bytes:
    return struct.pack(f"<{len(words)}Q", *words)


EVENTS = list(range(13))
GOOD = record(MAGIC, SEGMENT, 2, *EVENTS, 1, 7, 5, END, 1, 1, 7, 0x1000, 3, 0x0000000200000001, 3)


def test_a_record_is_read(tmp_path: Path) -> None:
    path = tmp_path / "record"
    path.write_bytes(GOOD)
    run = read_run(path, 1)
    assert run.addresses == {7: 0x1000}
    assert run.code == {7: struct.pack("<3I", 1, 2, 3)}
    (only,) = run.segments
    assert (only.border, only.accesses, only.stores, only.mispredicted) == (2, 0, 1, 12)
    assert only.missed.tolist() == [[2, 3, 4], [5, 6, 7], [8, 9, 10]]
    assert (only.blocks.tolist(), only.counts.tolist()) == ([7], [5])


def test_a_record_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "record"
    with pytest.raises(LabelError, match="not whole"):
        read_run(path, 1)
    for end in range(0, len(GOOD), 8):
        path.write_bytes(GOOD[:end])
        with pytest.raises(LabelError, match="not whole"):
            read_run(path, 1)
    path.write_bytes(GOOD)
    with pytest.raises(LabelError, match="expected 2, 4"):
        read_run(path, 4)
    path.write_bytes(GOOD + record(0))
    with pytest.raises(LabelError, match="too many"):
        read_run(path, 1)
