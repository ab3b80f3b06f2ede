"""The measures, on numbers that can be checked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from perfcost.training.scores import score


def test_by_hand() -> None:
    found = score(np.array([110.0, 96.0, 100.0, 50.0]), np.array([100.0, 100.0, 100.0, 100.0]))
    assert found is not None
    assert found.count == 4 and found.skipped == 0
    assert found.mape == pytest.approx((10 + 4 + 0 + 50) / 4)
    assert found.median == pytest.approx(7)
    assert found.within_5 == 50 and found.within_10 == 75
    assert found.mape_low <= found.mape <= found.mape_high
    assert math.isnan(found.spearman)


def test_labels_of_zero_are_left_out_and_counted() -> None:
    found = score(np.array([1.0, 2.0]), np.array([0.0, 2.0]))
    assert found is not None and (found.count, found.skipped, found.mape) == (1, 1, 0)
    assert score(np.array([1.0]), np.array([0.0])) is None


def test_rank_correlation() -> None:
    labels = np.array([1.0, 2.0, 3.0, 4.0])
    rising = score(labels**3, labels)
    falling = score(5 - labels, labels)
    assert rising is not None and rising.spearman == pytest.approx(1)
    assert falling is not None and falling.spearman == pytest.approx(-1)
    ties = score(np.array([1.0, 1.0, 2.0, 2.0]), labels)
    assert ties is not None and ties.spearman == pytest.approx(0.8944, abs=1e-4)


def test_interval_narrows_with_more_graphs() -> None:
    generator = np.random.Generator(np.random.Philox(1))
    labels = np.full(3000, 100.0)
    predicted = labels + generator.normal(0, 5, 3000)
    few, many = score(predicted[:30], labels[:30]), score(predicted, labels)
    assert few is not None and many is not None
    assert many.mape_high - many.mape_low < few.mape_high - few.mape_low
