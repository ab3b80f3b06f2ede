"""Laws of devices, from times that are known."""

from __future__ import annotations

from dataclasses import astuple
from itertools import product

import numpy as np
import pytest

from perfcost.cells import Counts, Structure, live
from perfcost.cells.fit import fit, predict, reach
from perfcost.targets.cells_target import CellMs

COUNTS = [
    Structure.of(cell).counts
    for cell in list(product(range(5), repeat=6))[::13]
    if any(cell) and live(cell) == cell
]


@pytest.mark.parametrize(
    "law",
    [CellMs(3.0, 1.0, 4.0, 0.5, 0.25, 0.0), CellMs(3.0, 1.0, 4.0, 0.5, 0.0, 0.75)],
    ids=["additions cost", "nothing costs more than an addition"],
)
def test_a_law_is_found_again_among_wild_times(law: CellMs) -> None:
    ms = predict(law, COUNTS)
    ms[::10] *= 3
    assert astuple(fit(COUNTS, ms)) == pytest.approx(astuple(law), abs=1e-3)


def test_no_time_is_below_0() -> None:
    # convolutions of 1x1 that make a network faster: no device has them
    columns = np.array([(5, -0.2, 2, 1)]) * np.array(
        [(1, c.conv_1x1, c.conv_3x3, c.avg_pool_3x3) for c in COUNTS]
    )
    law = fit(COUNTS, columns.sum(axis=1))
    assert law.conv_1x1 == 0
    assert min(astuple(law)) >= 0


def test_a_time_is_the_sum_of_its_parts() -> None:
    law = CellMs(10.0, 1.0, 2.0, 3.0, 0.5, 0.25)
    assert predict(law, [Counts(1, 2, 1, 2)]).tolist() == [10 + 1 + 4 + 3 + 1 + 0.25]


def test_an_interval_holds_its_share() -> None:
    law = CellMs(3.0, 1.0, 4.0, 0.5, 0.25, 0.0)
    spread = np.exp(np.random.Generator(np.random.Philox(3)).normal(0, 0.1, len(COUNTS)))
    ms = predict(law, COUNTS) * spread
    factor = reach(law, COUNTS, ms)
    assert factor == pytest.approx(np.exp(0.1645), rel=0.02)
    assert reach(law, COUNTS, predict(law, COUNTS)) == 1


def test_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        fit(COUNTS[:4], np.ones(4))
    with pytest.raises(ValueError, match="times above 0"):
        fit(COUNTS, np.zeros(len(COUNTS)))
