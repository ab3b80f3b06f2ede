"""Figures of one model on many graphs, and who is ahead of whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

from perfcost.training.scores import score

_DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Figures:
    """In per cent but ``graphs`` and the rank correlations.

    ``regret`` is how much slower the truly fastest of the predicted fastest 1 % is than the
    fastest of all.
    """

    graphs: int
    mape: float
    median: float
    p95: float
    within_5: float
    within_10: float
    spearman: float
    kendall: float
    regret: float


def figures(predicted: NDArray[np.float64], labels: NDArray[np.float64]) -> Figures:
    """Of predictions whose labels are all above 0."""
    found = score(predicted, labels)
    assert found is not None
    best = np.argsort(predicted, kind="stable")[: max(1, len(labels) // 100)]
    regret = 100 * (labels[best].min() / labels.min() - 1)
    return Figures(
        found.count, found.mape, found.median, found.p95, found.within_5, found.within_10,
        found.spearman, float(kendalltau(predicted, labels).statistic), float(regret),
    )  # fmt: skip


def paired(errors: NDArray[np.float64], ours: NDArray[np.float64]) -> str:
    """``ahead``, ``behind`` or ``equal``: a model beside the network, by a paired bootstrap.

    Mean absolute percentage errors of the same graphs; one is ahead where that of resampled graphs
    is lower in all but 2.5 % of the draws.
    """
    difference = errors - ours
    random = np.random.Generator(np.random.Philox(1))
    draws = random.integers(0, len(difference), (_DRAWS, len(difference)))
    low, high = np.percentile(difference[draws].mean(axis=1), (2.5, 97.5))
    return "behind" if low > 0 else "ahead" if high < 0 else "equal"
