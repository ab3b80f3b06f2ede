"""Energy of estimates against labels: the truth is the label's own counts."""

from __future__ import annotations

import pytest

from benchmarks import energy_events
from benchmarks.energy_events import Case
from perfcost.targets import ArmCpuTarget, resolve

pytest.importorskip("pyarrow", reason="needs the extra 'label'")


def test_graphs_of_the_repo() -> None:
    found = list(energy_events.cases(energy_events.DATA, most=3))
    assert {case.target for case in found} <= {"cortex-a55", "cortex-a55-builtin"}
    for case in found:
        target = resolve(case.target)
        assert isinstance(target, ArmCpuTarget)
        # A core takes from 0.01 to 10 W by these coefficients: a swapped unit falls out.
        assert 10 < case.label_mj / target.ms(case.label_cycles) * 1e3 < 10_000
        assert case.estimate_mj is None or 0.1 < case.estimate_mj / case.label_mj < 10


def test_the_table_by_hand() -> None:
    some = [Case("wild", "t", 2.0, 3.0, 100), Case("wild", "t", 4.0, 4.0, 200),
            Case("wild", "t", 1.0, None, 50)]  # fmt: skip
    text = energy_events.report(some)
    assert "| t | 3 | 1 | 25.0 % | 25.0 % | 0.0 % | +25.0 % | 0.0 % |" in text
    none = energy_events.report([Case("wild", "t", 2.0, None, 100)])
    assert "| t | 1 | 1 | - | - | - | - | - |" in none
