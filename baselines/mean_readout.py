"""The network with one number a graph, read from the mean over its ops, as PerfSAGE reads it.

The price is the laws' price of the whole graph times one bounded ratio. The same layers as in the
network; no op has a price of its own, so labels an op have no say either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import LATENCY, Dataset
from baselines.errors import BaselineError
from baselines.weights import Floats, load_arrays, save_arrays, torch_module
from perfcost.network.batch import collate
from perfcost.training.config import Config
from perfcost.training.samples import Sample

_LAYERS = "network."
_HEAD = "ratio."


class MeanReadout:
    """Latency alone.

    Args:
        config: of the training, less what it says of losses and of stopping early.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._weights: dict[str, Floats] = {}

    def fit(self, dataset: Dataset, target: str, metric: str) -> None:
        torch = torch_module()
        if metric != LATENCY:
            raise BaselineError(f"metric {metric!r} came; the mean readout is fitted to latency")
        labels = np.log(dataset.labels(target, metric))
        config, samples = self._config, dataset.samples
        torch.manual_seed(config.seed)
        net = _made(torch, samples, config)
        optimizer = torch.optim.AdamW(net.parameters(), config.rate, weight_decay=config.decay)
        generator = np.random.Generator(np.random.Philox(config.seed))
        steps = config.epochs * math.ceil(len(samples) / config.batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.rate, steps, pct_start=0.1)
        for _ in range(config.epochs):
            order = generator.permutation(len(samples))
            for start in range(0, len(order), config.batch):
                chosen = order[start : start + config.batch]
                found = _answers(torch, net, [samples[place] for place in chosen])
                loss = (found - torch.from_numpy(labels[chosen])).abs().mean()
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
                schedule.step()
        self._weights = {name: value.numpy() for name, value in net.state_dict().items()}

    def predict(self, graphs: Sequence[Sample]) -> NDArray[np.float64]:
        if not self._weights:
            raise BaselineError("asked before it was fitted or loaded; call fit or load first")
        torch = torch_module()
        net = _made(torch, None, self._config, self._weights)
        found = [np.zeros(0)]
        with torch.no_grad():
            for start in range(0, len(graphs), 64):
                answer = _answers(torch, net, graphs[start : start + 64])
                found.append(np.exp(answer.numpy()))
        return np.concatenate(found)

    def save(self, folder: Path) -> None:
        save_arrays(self._weights, folder / "mean_readout.safetensors")

    def load(self, folder: Path) -> None:
        path = folder / "mean_readout.safetensors"
        found = load_arrays(path)
        edges = found.get(f"{_LAYERS}edges")
        if edges is None or edges.ndim != 2:
            raise BaselineError(f"{path}: no edges of bins in it; fit and save it again")
        torch = torch_module()
        try:
            _made(torch, None, self._config, found)
        except RuntimeError as error:
            line = str(error).strip().splitlines()[-1].strip()
            raise BaselineError(f"{path}: {line}; fit and save it again") from error
        self._weights = found


def _made(
    torch: Any,
    samples: Sequence[Sample] | None,
    config: Config,
    weights: dict[str, Floats] | None = None,
) -> Any:
    """The layers and a head: for samples to train on, or with weights."""
    from perfcost.training.loop import quantile_edges
    from perfcost.training.module import Network

    if samples is not None:
        edges = quantile_edges(samples, config.bins)
        hardware = np.stack([sample.hardware for sample in samples])
    else:
        assert weights is not None
        edges = weights[f"{_LAYERS}edges"]
        hardware = np.zeros((1, len(weights[f"{_LAYERS}hardware_mean"])), np.float32)
    head = torch.nn.Linear(config.width, 1)
    torch.nn.init.zeros_(head.weight)  # at the start, every price is its prior
    torch.nn.init.zeros_(head.bias)
    net = torch.nn.ModuleDict(
        {
            _LAYERS[:-1]: Network(edges, hardware, config.width, config.depth),
            _HEAD[:-1]: head,
        }
    )
    if weights is not None:
        net.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    return net


def _answers(torch: Any, net: Any, graphs: Sequence[Sample]) -> Any:
    """[graphs] logarithms of the cycles."""
    from perfcost.training.module import TorchBatch, bounded, sums

    batch = TorchBatch.of(collate(graphs), torch.device("cpu"))
    hidden = net[_LAYERS[:-1]].seen(batch)
    counts = sums(torch.ones(len(hidden), 1), batch)
    ratio = net[_HEAD[:-1]](sums(hidden, batch) / counts)[:, 0].double()
    return torch.log(sums(batch.prior, batch).clamp(min=1)) + bounded(ratio)
