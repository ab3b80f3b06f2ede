"""The network without one of the things that it knows, each time trained anew.

What it shall not know is taken out of the arrays before training and before each question, so that
the network itself and its training stay as they are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Dataset, place_of
from baselines.errors import BaselineError
from baselines.mean_readout import MeanReadout
from baselines.network import answers
from baselines.protocol import Factory
from baselines.silent import SilentNetwork
from baselines.weights import Floats, load_arrays, save_arrays
from perfcost.network.features import OP_FEATURES
from perfcost.network.platforms import ETHOS_U
from perfcost.training import loop
from perfcost.training.config import Config
from perfcost.training.module import VALUES, Network
from perfcost.training.samples import Sample

Blind = Callable[[Sample], Sample]

_VALIDATION = 20
"""One graph of so many is kept to stop by."""

_FLAT_CYCLES = 10_000.0
"""What every op costs where no law says so."""


def whole(sample: Sample) -> Sample:
    """Nothing is taken out."""
    return sample


def without_prior(sample: Sample) -> Sample:
    """No law: every op starts at the same cost, and no price is among the features."""
    ops = len(sample.kinds)
    flat = np.full(ops, _FLAT_CYCLES)
    return replace(
        sample, prices=np.zeros_like(sample.prices), prior=flat,
        prior_bytes=np.repeat(flat[:, None], 2, axis=1),
        prior_whole=np.full_like(sample.prior_whole, flat.sum()),
    )  # fmt: skip


def without_hardware(sample: Sample) -> Sample:
    """No figures of the accelerator."""
    return replace(sample, hardware=np.zeros_like(sample.hardware))


def without_entropy(sample: Sample) -> Sample:
    """No statistics of the weights."""
    ops = sample.ops.copy()
    for name in ("entropy_bits", "zero_fraction"):
        ops[:, OP_FEATURES.index(name)] = 0
    return replace(sample, ops=ops)


class Ablated:
    """The network of :mod:`perfcost.training` on graphs that lack something.

    Args:
        blind: takes it out.
        config: of the training.
        kind: of network.
    """

    def __init__(self, blind: Blind, config: Config, kind: type[Network] = Network) -> None:
        self._blind, self._config, self._kind = blind, config, kind
        self._weights: dict[str, Floats] = {}
        self._place = -1

    def fit(self, dataset: Dataset, target: str, metric: str) -> None:
        dataset.labels(target, metric)
        self._place = place_of(metric)
        graphs = [self._blind(sample) for sample in dataset.samples]
        training = [graph for number, graph in enumerate(graphs) if number % _VALIDATION]
        with tempfile.TemporaryDirectory() as folder:
            self._weights = loop.train(
                training, graphs[::_VALIDATION], self._config, Path(folder), kind=self._kind
            )

    def predict(self, graphs: Sequence[Sample]) -> NDArray[np.float64]:
        if not self._weights:
            raise BaselineError("asked before it was fitted or loaded; call fit or load first")
        return answers(self._weights, [self._blind(graph) for graph in graphs], self._place)

    def save(self, folder: Path) -> None:
        place = {"place": np.array([self._place], np.float32)} if self._weights else {}
        save_arrays({**self._weights, **place}, folder / "ablated.safetensors")

    def load(self, folder: Path) -> None:
        found = load_arrays(folder / "ablated.safetensors", self._shapes())
        self._place = int(found.pop("place")[0])
        self._weights = found

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of all that is saved."""
        config = self._config
        empty = self._kind(
            np.zeros((VALUES, config.bins + 1), np.float32),
            np.zeros((1, len(ETHOS_U.hardware)), np.float32), config.width, config.depth,
        )  # fmt: skip
        shapes = {name: tuple(value.shape) for name, value in empty.state_dict().items()}
        return {**shapes, "place": (1,)}


def _without(blind: Blind, **settings: float) -> Factory:
    return lambda seed=1: Ablated(blind, replace(Config(), seed=seed, **settings))  # type: ignore[arg-type]


ABLATIONS: dict[str, Factory] = {
    "network, same budget": _without(whole),
    "without messages": lambda seed=1: Ablated(whole, Config(seed=seed), SilentNetwork),
    "without prior": _without(without_prior),
    "without labels an op": _without(whole, op_weight=0.0),
    "without hardware": _without(without_hardware),
    "without entropy": _without(without_entropy),
    "mean readout": lambda seed=1: MeanReadout(Config(seed=seed)),
}
"""Name -> the network that lacks it; the first lacks nothing but labels."""
