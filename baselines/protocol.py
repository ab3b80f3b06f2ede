"""The interface that all baselines share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Dataset
from perfcost.training.samples import Sample


class Baseline(Protocol):
    """A cost model: fitted to labels of one target and metric, then asked for graphs.

    ``predict`` takes graphs as arrays (:func:`baselines.dataset.of_graphs`) and gives one number a
    graph, in the unit of the labels: cycles or bytes. ``load`` gives back what ``save`` wrote.
    Files are XGBoost's JSON or safetensors, never pickle. Whatever cannot be done raises
    :class:`baselines.errors.BaselineError`; no graph is priced 0 for want of a predictor.
    """

    def fit(self, dataset: Dataset, target: str, metric: str) -> None: ...

    def predict(self, graphs: Sequence[Sample]) -> NDArray[np.float64]: ...

    def save(self, folder: Path) -> None: ...

    def load(self, folder: Path) -> None: ...


class Factory(Protocol):
    """Makes a baseline that is not fitted yet; what draws nothing has no use for the seed."""

    def __call__(self, seed: int = 1) -> Baseline: ...
