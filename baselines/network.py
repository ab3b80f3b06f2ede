"""The network that perfcost ships, behind the interface of the baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Dataset, place_of
from baselines.errors import BaselineError
from baselines.weights import Floats
from perfcost.network import store
from perfcost.training import loop
from perfcost.training.samples import Sample


def answers(
    weights: Mapping[str, Floats], graphs: Sequence[Sample], place: int
) -> NDArray[np.float64]:
    """[graphs] what weights say of a metric, by its place (``dataset.place_of``)."""
    found = [np.zeros(0)]
    for answer in loop.predictions(weights, graphs):
        found.append(answer.cycles if place < 0 else answer.whole[:, place])
    return np.concatenate(found)


class Network:
    """Trained by ``perfcost train`` on all labels: ``fit`` only says what is asked."""

    def __init__(self) -> None:
        self._model = store.load(store.SHIPPED / "ethos-u")
        self._place: int | None = None

    @property
    def trained_on(self) -> int:
        """Labels that the weights were trained on, of all targets."""
        return sum(self._model.manifest["graphs"].values())

    def fit(self, dataset: Dataset, target: str, metric: str) -> None:
        self._place = place_of(metric)

    def predict(self, graphs: Sequence[Sample]) -> NDArray[np.float64]:
        if self._place is None:
            raise BaselineError("asked before it was fitted; call fit with target and metric first")
        return answers(self._model.weights, graphs, self._place)

    def save(self, folder: Path) -> None:
        raise BaselineError("the network is saved by perfcost train")

    def load(self, folder: Path) -> None:
        self._model = store.load(folder)
