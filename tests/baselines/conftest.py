"""Labelled graphs for the baselines: a shard of the dataset, drawn again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from perfcost.dataset.store import read
from perfcost.training.samples import Sample, samples_of

TARGET = "ethos-u55-128"
DATA = Path(__file__).parents[2] / "data" / "labels"


def _drawn(space: str, count: int) -> list[Sample]:
    pytest.importorskip("pyarrow", reason="needs the extra 'label'")
    shard = min(DATA.glob(f"{space}-v1-a0aabefb-*.parquet"))
    rows = [row for row in read(shard) if row.target == TARGET]
    return list(samples_of(rows[:count]))


@pytest.fixture(scope="session")
def graphs() -> list[Sample]:
    """Image and detection nets, in an order of their own."""
    found = [*_drawn("image", 180), *_drawn("detect", 40)]
    order = np.random.default_rng(7).permutation(len(found))
    return [found[place] for place in order]


@pytest.fixture(scope="session")
def fitted_on(graphs: list[Sample]) -> list[Sample]:
    return graphs[: len(graphs) * 4 // 5]


@pytest.fixture(scope="session")
def others(graphs: list[Sample]) -> list[Sample]:
    return graphs[len(graphs) * 4 // 5 :]


@pytest.fixture(scope="session")
def shuffled(fitted_on: list[Sample]) -> list[Sample]:
    """The same graphs, each with the labels of another."""
    order = np.random.default_rng(8).permutation(len(fitted_on))
    found = []
    for sample, place in zip(fitted_on, order, strict=True):
        other = fitted_on[place]
        # labels an op that add up to another graph's: no op keeps its own
        share = sample.op_cycles[::-1] / sample.op_cycles.sum()
        found.append(
            replace(sample, cycles=other.cycles, op_cycles=share * other.cycles, whole=other.whole)
        )
    return found
