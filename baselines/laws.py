"""Predictors that learn nothing of a graph: laws, a roofline, one number for all."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines import counts
from baselines.dataset import LATENCY, Dataset, prior_of
from baselines.errors import BaselineError
from baselines.files import read_json
from perfcost.files import written_whole
from perfcost.training.samples import Sample


class Scaled(ABC):
    """A law times one factor, so that none is punished for its unit.

    The factor is the geometric mean of label / law.
    """

    def __init__(self) -> None:
        self._factor: float | None = None
        self._metric = ""

    @abstractmethod
    def law(self, graph: Sample, metric: str) -> float:
        """What the law says of a graph, up to a factor."""

    def fit(self, dataset: Dataset, target: str, metric: str) -> None:
        labels = dataset.labels(target, metric)
        self._metric = metric
        laws = np.array([self.law(graph, metric) for graph in dataset.samples], np.float64)
        known = laws > 0
        self._factor = (
            float(np.exp(np.mean(np.log(labels[known] / laws[known])))) if any(known) else 1.0
        )

    def predict(self, graphs: Sequence[Sample]) -> NDArray[np.float64]:
        if self._factor is None:
            raise BaselineError("asked before it was fitted or loaded; call fit or load first")
        laws = [self.law(graph, self._metric) for graph in graphs]
        return self._factor * np.array(laws, np.float64)

    def save(self, folder: Path) -> None:
        if self._factor is None:
            raise BaselineError("nothing to save: not fitted yet")
        folder.mkdir(parents=True, exist_ok=True)
        with written_whole(folder / "factor.json") as stream:
            document = {"metric": self._metric, "factor": self._factor}
            stream.write((json.dumps(document) + "\n").encode())

    def load(self, folder: Path) -> None:
        path = folder / "factor.json"
        document = read_json(path)
        factor, metric = document.get("factor"), document.get("metric")
        if not isinstance(factor, float) or not factor > 0 or not isinstance(metric, str):
            raise BaselineError(f"{path}: expected a metric and a factor above 0")
        self._factor, self._metric = factor, metric


class Prior(Scaled):
    """The laws of :mod:`perfcost.physics` as they are: nothing is fitted."""

    def law(self, graph: Sample, metric: str) -> float:
        return prior_of(graph, metric)

    def fit(self, dataset: Dataset, target: str, metric: str) -> None:
        dataset.labels(target, metric)
        self._metric, self._factor = metric, 1.0


class Roofline(Scaled):
    """An op takes as long as its MACs at full rate or its tensors at the memory's, the longer one.

    Williams, Waterman, Patterson: Roofline (CACM 2009). Latency alone.
    """

    def law(self, graph: Sample, metric: str) -> float:
        if metric != LATENCY:
            raise BaselineError(f"metric {metric!r} came; a roofline tells latency alone")
        compute = counts.macs(graph) / max(1.0, counts.hardware(graph, "macs_per_cycle"))
        memory = counts.tensor_bytes(graph) / max(1e-9, counts.hardware(graph, "arena_bandwidth"))
        return float(np.maximum(compute, memory).sum())


class GeometricMean(Scaled):
    """The same number for every graph: what any predictor has to beat."""

    def law(self, graph: Sample, metric: str) -> float:
        return 1.0
