"""How good predictions are: the measures of the field, with their doubt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of predictions, in per cent where not said otherwise.

    Attributes:
        count: graphs with a label above 0; ``skipped`` are the others.
        mape, mape_low, mape_high: mean absolute percentage error, and its 95 % bootstrap interval.
        median, p95: of the absolute percentage errors.
        within_5, within_10: graphs whose error is at most that.
        spearman: rank correlation with the labels, from -1 to 1.
    """

    count: int
    skipped: int
    mape: float
    mape_low: float
    mape_high: float
    median: float
    p95: float
    within_5: float
    within_10: float
    spearman: float


def score(predicted: NDArray[np.float64], labels: NDArray[np.float64]) -> Score | None:
    """The score of predictions; ``None`` where no label is above 0."""
    counted = labels > 0
    wanted, found = labels[counted], predicted[counted]
    if not len(wanted):
        return None
    errors = 100 * np.abs(found - wanted) / wanted
    draws = np.random.Generator(np.random.Philox(1)).integers(
        0, len(errors), (_DRAWS, min(len(errors), 4000))
    )
    low, high = np.percentile(errors[draws].mean(axis=1), (2.5, 97.5))
    return Score(
        len(wanted), int((~counted).sum()), float(errors.mean()), float(low), float(high),
        float(np.median(errors)), float(np.percentile(errors, 95)),
        float(100 * (errors <= 5).mean()), float(100 * (errors <= 10).mean()),
        _spearman(found, wanted),
    )  # fmt: skip


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 0; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: NDArray[np.float64] = (ends - (counts + 1) / 2)[place]
    return means


def _spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    ranks = np.stack((_ranks(a), _ranks(b)))
    if len(a) < 2 or ranks.std(axis=1).min() == 0:
        return float("nan")
    found: NDArray[np.float64] = np.asarray(np.corrcoef(ranks))
    return float(found[0, 1])
