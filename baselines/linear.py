"""Cost as a linear function of what a graph computes and moves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from baselines import counts
from baselines.dataset import Dataset
from baselines.errors import BaselineError
from baselines.files import read_json
from perfcost.files import written_whole
from perfcost.training.samples import Sample


class Linear:
    """A sum of terms a graph, each with a weight that is not negative.

    Least squares of the relative error: of label / label against terms / label.

    Args:
        with_bytes: MACs, bytes and a constant; else MACs and a constant.
    """

    def __init__(self, *, with_bytes: bool) -> None:
        self._with_bytes = with_bytes
        self._weights: NDArray[np.float64] | None = None

    def _terms(self, graphs: Sequence[Sample]) -> NDArray[np.float64]:
        rows = []
        for graph in graphs:
            terms = [counts.macs(graph).sum()]
            if self._with_bytes:
                terms.append(counts.tensor_bytes(graph).sum())
            rows.append([*terms, 1.0])
        return np.array(rows, np.float64).reshape(-1, 2 + self._with_bytes)

    def fit(self, dataset: Dataset, target: str, metric: str) -> None:
        labels = dataset.labels(target, metric)
        terms = self._terms(dataset.samples) / labels[:, None]
        scale = terms.max(axis=0)
        scale[scale == 0] = 1.0
        self._weights = nnls(terms / scale, np.ones(len(labels)))[0] / scale

    def predict(self, graphs: Sequence[Sample]) -> NDArray[np.float64]:
        if self._weights is None:
            raise BaselineError("asked before it was fitted or loaded; call fit or load first")
        return np.asarray(self._terms(graphs) @ self._weights, np.float64)

    def save(self, folder: Path) -> None:
        if self._weights is None:
            raise BaselineError("nothing to save: not fitted yet")
        folder.mkdir(parents=True, exist_ok=True)
        with written_whole(folder / "linear.json") as stream:
            document = {"with_bytes": self._with_bytes, "weights": self._weights.tolist()}
            stream.write((json.dumps(document) + "\n").encode())

    def load(self, folder: Path) -> None:
        path = folder / "linear.json"
        document = read_json(path)
        weights = document.get("weights")
        wanted = 2 + self._with_bytes
        if (
            document.get("with_bytes") is not self._with_bytes
            or not isinstance(weights, list)
            or len(weights) != wanted
            or not all(isinstance(weight, float) and weight >= 0 for weight in weights)
        ):
            raise BaselineError(f"{path}: expected {wanted} weights of 0 or more")
        self._weights = np.array(weights, np.float64)
