"""The training itself: epochs, checkpoints, the running mean of the weights, early stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from perfcost.dataset.profile import profile_of
from perfcost.errors import WeightsError
from perfcost.files import written_whole
from perfcost.network.batch import collate
from perfcost.network.features import Floats
from perfcost.network.forward import Predictions, predict
from perfcost.training.config import Config
from perfcost.training.loss import Truth, loss
from perfcost.training.module import Network, TorchBatch
from perfcost.training.samples import Sample
from perfcost.training.scores import score

_QUANTILE_OPS = 200_000
_CHUNK = 64
_WARM_UP = 0.02
"""Share of the training in which the rate rises: at once, it kills layers (all ReLUs at 0)."""
_LEAST_GAIN = 1e-5
"""A validation error that is smaller by less is no progress."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """How one epoch went; errors in per cent."""

    number: int
    loss: float
    validation_mape: float
    best_mape: float


def quantile_edges(samples: Sequence[Sample], bins: int) -> Floats:
    """[values, bins + 1] quantiles of what goes in, over the ops of the samples."""
    values = np.concatenate([np.concatenate((s.ops, s.prices), axis=1) for s in samples])
    step = max(1, len(values) // _QUANTILE_OPS)
    edges = np.quantile(values[::step], np.linspace(0, 1, bins + 1), axis=0).T
    # values of few distinct levels: bins without width between them would see nothing
    even = np.linspace(values.min(axis=0), values.max(axis=0), bins + 1).T
    flat = (np.diff(edges, axis=1) <= 0).any(axis=1)
    edges[flat] = np.sort((edges[flat] + even[flat]) / 2, axis=1)
    found: Floats = edges.astype(np.float32)
    return found


def arrays_of(network: Network, average: Mapping[str, Tensor]) -> dict[str, Floats]:
    """The weights by name for ``network.forward``: the running means."""
    state = {**network.state_dict(), **average}
    return {name: value.detach().cpu().numpy().astype(np.float32) for name, value in state.items()}


def predictions(weights: Mapping[str, Floats], samples: Sequence[Sample]) -> Iterator[Predictions]:
    """Predictions of all samples, some at a time, in order."""
    for start in range(0, len(samples), _CHUNK):
        yield predict(weights, collate(samples[start : start + _CHUNK]))


def mape(weights: Mapping[str, Floats], samples: Sequence[Sample]) -> float:
    """The mean over spaces and targets of their mean absolute percentage errors."""
    cycles = np.concatenate([found.cycles for found in predictions(weights, samples)])
    groups: dict[tuple[int, str], list[int]] = {}
    for number, sample in enumerate(samples):
        groups.setdefault((sample.space, profile_of(sample.target)), []).append(number)
    labels = np.array([float(sample.cycles) for sample in samples])
    found = [score(cycles[numbers], labels[numbers]) for numbers in groups.values()]
    return float(np.mean([each.mape for each in found if each is not None]))


def train(
    training: Sequence[Sample],
    validation: Sequence[Sample],
    config: Config,
    folder: Path,
    report: Callable[[Epoch], None] = lambda epoch: None,
    kind: type[Network] = Network,
) -> dict[str, Floats]:
    """Trains a network, or goes on with one that was stopped; gives the best weights.

    A checkpoint is written after each epoch, whole. Whoever stops the run loses the epoch in the
    making; the run ends with the weights of an undisturbed one.

    Args:
        folder: of the checkpoint.
        kind: of network; what its weights compute is what ``network.forward`` computes of them.

    Raises:
        WeightsError: no samples, or a checkpoint of another training.
    """
    if not training or not validation:
        raise WeightsError(
            f"came {len(training)} graphs to train on and {len(validation)} to validate on, "
            "expected some of each; label more"
        )
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # Layers are small: a second thread gains little, and beside other work the two wait for each
    # other (100 s an epoch in place of 5).
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    torch.use_deterministic_algorithms(True, warn_only=device.type == "cuda")
    hardware = np.stack([sample.hardware for sample in training])
    network = kind(quantile_edges(training, config.bins), hardware, config.width, config.depth).to(
        device
    )
    optimizer = torch.optim.AdamW(network.parameters(), config.rate, weight_decay=config.decay)
    run = _Run(network, optimizer, config, len(training), device)
    run.restore(folder / "checkpoint.pt")
    while run.epoch < config.epochs and run.waited < config.patience:
        mean = run.one_epoch(training)
        weights = arrays_of(network, run.average)
        found = mape(weights, validation)
        run.finish_epoch(found, weights)
        run.save(folder / "checkpoint.pt")
        report(Epoch(run.epoch, mean, found, run.best))
    assert run.kept is not None
    return run.kept


class _Run:
    """What changes while a network is trained."""

    def __init__(
        self,
        network: Network,
        optimizer: torch.optim.Optimizer,
        config: Config,
        samples: int,
        device: torch.device,
    ) -> None:
        self.network, self.optimizer, self.config = network, optimizer, config
        self.samples, self.device = samples, device
        self.average = {name: value.clone() for name, value in self._trained()}
        self.epoch = 0
        self.waited = 0
        self.best = math.inf
        self.kept: dict[str, Floats] | None = None

    def _trained(self) -> Iterator[tuple[str, Tensor]]:
        for name, value in self.network.named_parameters():
            yield name, value.detach()

    def one_epoch(self, training: Sequence[Sample]) -> float:
        """One pass over the samples in an order of its own; the mean loss."""
        config = self.config
        generator = np.random.Generator(np.random.Philox(key=[config.seed, self.epoch]))
        order = generator.permutation(len(training))
        steps = math.ceil(len(order) / config.batch)
        total = 0.0
        self.network.train()
        for step in range(steps):
            chosen = order[step * config.batch : (step + 1) * config.batch]
            part = [training[number] for number in chosen]
            progress = (self.epoch + step / steps) / config.epochs
            warm = min(1.0, progress / _WARM_UP + 1 / (steps * config.epochs))
            for group in self.optimizer.param_groups:
                group["lr"] = warm * config.rate * 0.5 * (1 + math.cos(math.pi * progress))
            batch = TorchBatch.of(collate(part), self.device)
            value = loss(self.network(batch), Truth.of(part, self.device), batch, config)
            self.optimizer.zero_grad(set_to_none=True)
            value.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimizer.step()
            for name, parameter in self._trained():
                self.average[name].lerp_(parameter, 1 - self._kept_share(step, steps))
            total += float(value.detach())
        return total / steps

    def _kept_share(self, step: int, steps: int) -> float:
        done = self.epoch * steps + step
        return min(self.config.average, (1 + done) / (10 + done))

    def finish_epoch(self, found: float, weights: dict[str, Floats]) -> None:
        self.epoch += 1
        self.waited += 1
        if found < self.best * (1 - _LEAST_GAIN):
            self.best, self.kept, self.waited = found, weights, 0

    def save(self, path: Path) -> None:
        state = {
            "config": self.config.as_dict(), "samples": self.samples, "epoch": self.epoch,
            "waited": self.waited, "best": self.best,
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "kept": {name: torch.from_numpy(value) for name, value in (self.kept or {}).items()},
        }  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as stream:
            torch.save(state, stream)

    def restore(self, path: Path) -> None:
        if not path.is_file():
            return
        state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        if state["config"] != self.config.as_dict() or state["samples"] != self.samples:
            raise WeightsError(
                f"{path}: a checkpoint of another training ({state['samples']} graphs, "
                f"{state['config']}); give another folder, or remove it"
            )
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average = dict(state["average"])
        self.epoch, self.waited, self.best = state["epoch"], state["waited"], state["best"]
        kept = {name: value.cpu().numpy() for name, value in state["kept"].items()}
        self.kept = kept or None
