"""Trees on the statistics of a whole graph: no law, no order of ops."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.counts import statistics
from baselines.dataset import Dataset
from baselines.trees import Trees
from perfcost.training.samples import Sample


class GraphTrees:
    """The logarithm of the cost from counts, totals and means of its ops."""

    def __init__(self, seed: int = 1) -> None:
        self._trees = Trees(seed=seed)

    @staticmethod
    def _rows(graphs: Sequence[Sample]) -> NDArray[np.float32]:
        return np.stack([statistics(graph) for graph in graphs]).astype(np.float32)

    def fit(self, dataset: Dataset, target: str, metric: str) -> None:
        labels = dataset.labels(target, metric)
        self._trees.fit(self._rows(dataset.samples), np.log(labels))

    def predict(self, graphs: Sequence[Sample]) -> NDArray[np.float64]:
        if not graphs:
            return np.zeros(0)
        return np.exp(self._trees.predict(self._rows(graphs)))

    def save(self, folder: Path) -> None:
        self._trees.save(folder / "graph.json.gz")

    def load(self, folder: Path) -> None:
        self._trees.load(folder / "graph.json.gz")
