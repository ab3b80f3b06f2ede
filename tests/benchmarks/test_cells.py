"""The split of the measured table, and that the shipped laws are what it gives."""

from __future__ import annotations

import pytest

from benchmarks.cells import table
from perfcost.cells import Structure
from perfcost.cells.fit import predict
from perfcost.targets import CellsTarget, resolve
from perfcost.training.scores import score


@pytest.fixture(scope="module")
def rows() -> table.Table:
    if not table.PATH.is_file():
        pytest.skip("the measured latencies are not here")
    return table.read()


def test_twins_are_on_one_side(rows: table.Table) -> None:
    sides = [set(rows.networks[side]) for side in (rows.train, rows.calibration, rows.test)]
    assert len(sides[0]) + len(sides[1]) + len(sides[2]) == len(set.union(*sides)) == 5424
    assert set(rows.few) <= set(rows.train)
    assert len(rows.train) + len(rows.calibration) + len(rows.test) == len(rows.names) == 9444
    for first, second in table.swapped(rows)[:50]:
        keys = {Structure.of(rows.cells[row]).key for row in (first, second)}
        assert len(keys) == 1


@pytest.mark.parametrize("device", ["raspi4", "titan_rtx_256"])
def test_shipped_laws_are_as_good_as_they_say(rows: table.Table, device: str) -> None:
    target = resolve(f"nasbench201-{device}")
    assert isinstance(target, CellsTarget)
    found = predict(target.cell_ms, [rows.counts[row] for row in rows.test])
    scored = score(found, rows.ms[device][rows.test])
    assert scored is not None
    assert scored.mape == pytest.approx(target.errors["mape"], abs=0.006)
    assert scored.within_10 == pytest.approx(target.errors["within_10"], abs=0.06)
    # near what the times themselves repeat to
    assert scored.mape < 1.5 * table.noise(rows, device)[0] + 0.1
