"""A label that cannot be true is refused when it is made."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
from pool_fakes import make_label

from perfcost.errors import LabelError
from perfcost.labels import Label, Labeller, OpLabel, VelaLabeller
from perfcost.labels.protocol import check_units
from perfcost.targets import resolve

TARGET = resolve("ethos-u55-128")
GOOD = make_label(TARGET)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"latency_ms": math.nan}, "latency_ms is nan"),
        ({"latency_ms": -1.0}, "latency_ms is -1.0"),
        ({"latency_ms": 0.0}, "latency_ms is 0.0 although cycles"),
        ({"cycles": math.inf}, "cycles is inf"),
        ({"cycles": "1000"}, "cycles is '1000'"),
        ({"macs": True}, "macs is True"),
        ({"bytes_moved": {"sram": -1}}, "bytes_moved"),
        ({"bytes_moved": {"rom": 1}}, "bytes_moved"),
        ({"peak_memory_bytes": {"sram": math.nan}}, "peak_memory_bytes"),
        ({"provenance": "guessed"}, "provenance is 'guessed'"),
        ({"ops": ()}, "the cycles of the ops add up to 0.0, expected 1000.0"),
        ({"ops": (OpLabel(index=0, cycles=998.5),)}, "add up to 998.5"),
        ({"ops": (OpLabel(index=1, cycles=1000.0),)}, "position 0 has index 1"),
        ({"ops": (OpLabel(index=-1), OpLabel(index=1, cycles=1000.0))}, "position 0 has index -1"),
        ({"ops": (OpLabel(index=0, cycles=1000.0, on_npu=False),)}, "not on the NPU"),
        ({"ops": (OpLabel(index=0, cycles=1000.0, macs=-1),)}, "op 0"),
        ({"ops": (OpLabel(index=0, cycles=math.nan),)}, "op 0"),
        ({"events": {"l3_misses": -1}}, "events"),
        ({"events": {"l4_misses": 1}}, "events"),
        ({"ops": (OpLabel(index=0, cycles=1000.0, events={"instructions": -1}),)}, "op 0"),
        ({"events": {"l3_misses": 1}}, "l3_misses of the ops add up to 0, expected 1"),
    ],
)
def test_unsound(change: dict[str, Any], words: str) -> None:
    with pytest.raises(LabelError, match=words.replace("(", r"\(")):
        dataclasses.replace(GOOD, **change)


def test_sums_may_be_one_cycle_off_and_work_may_be_nobody_s() -> None:
    ops = (OpLabel(index=0, cycles=900.0), OpLabel(index=-1, cycles=99.5))
    assert dataclasses.replace(GOOD, ops=ops).ops == ops


def test_swapped_units_show() -> None:
    check_units(GOOD, TARGET)
    with pytest.raises(LabelError, match=r"expected 0\.002"):
        check_units(dataclasses.replace(GOOD, latency_ms=2.0), TARGET)


def test_there_and_back() -> None:
    text = json.dumps(GOOD.as_dict())
    assert Label.from_dict(json.loads(text)) == GOOD
    for broken in ({}, {**GOOD.as_dict(), "more": 1}, {**GOOD.as_dict(), "ops": [{"indx": 1}]}):
        with pytest.raises(LabelError, match="not a label"):
            Label.from_dict(broken)


def test_vela_is_a_labeller() -> None:
    assert isinstance(VelaLabeller(), Labeller)
    with pytest.raises(LabelError, match="expected one of Performance, Size"):
        VelaLabeller(optimise="Speed")
