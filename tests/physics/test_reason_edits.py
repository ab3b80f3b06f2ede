"""After the edit that a reason suggests, the device runs the op: for every reason there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from edit_cases import EDITS, GPU, NPU, PEAKS, Edit
from support_cases import EXAMPLES

from perfcost import physics
from perfcost.graph import Graph
from perfcost.physics.price import Reason
from perfcost.targets import Memory, RooflineTarget, Target, resolve

_HERE = Path(physics.__file__).parent
_MADE = re.compile(r'(?:Rule|Reason)\(\s*"(\w+)"')


def target(name: str) -> Target:
    if name != PEAKS:
        return resolve(name)
    memory = Memory(
        name="dram", clock_scale=1.0, port_bytes_per_cycle=8.0, ports=1, burst_length_bytes=1,
        read_latency_cycles=0, write_latency_cycles=0, max_reads=1, max_writes=1,
    )  # fmt: skip
    return RooflineTarget(
        name=PEAKS, family="roofline", clock_hz=1e9, memories=(memory,),
        macs_per_cycle={"int8": 8.0}, op_overhead_cycles=0.0,
    )  # fmt: skip


def reasons(graph: Graph, name: str) -> list[Reason | None]:
    return [price.reason for price in physics.price(graph, target(name)).ops]


@pytest.mark.parametrize("case", EDITS, ids=lambda c: f"{c.target}-{c.code}-{c.name}")
def test_the_edit_helps(case: Edit) -> None:
    found = [reason for reason in reasons(case.before, case.target) if reason is not None]
    assert [reason.code for reason in found] == [case.code]
    assert all((found[0].constraint, found[0].tensor, found[0].value, found[0].edit))
    after = reasons(case.after, case.target)
    assert after[-1] is None
    assert not case.whole or not any(after), after


def codes(*places: str) -> set[str]:
    """The codes that the files of some rooms give."""
    files = [file for place in places for file in sorted(_HERE.glob(place))]
    assert files
    return {code for file in files for code in _MADE.findall(file.read_text(encoding="utf-8"))}


def test_every_reason_of_the_npu_has_an_edit_that_helps() -> None:
    tried = {e.code for e in EXAMPLES if e.edited is not None}
    tried |= {case.code for case in EDITS if case.target == NPU}
    assert codes("ethos_u/support/*.py") - tried <= {"no_feature_map"}


def test_every_reason_of_the_gpu_and_of_peaks_has_an_edit_that_helps() -> None:
    assert codes("gpu/*.py") == {case.code for case in EDITS if case.target == GPU}
    assert codes("roofline.py") == {case.code for case in EDITS if case.target == PEAKS}
