"""The latency predictor of BRP-NAS (Dudziak et al., NeurIPS 2020), on any graph of ops.

A graph convolutional network (Kipf and Welling 2017) on the kinds of ops alone, one-hot, with a
global node that all others point to: four layers of 600, and one number from the global node. It
knows no shapes: within one search space with one frame they follow from the cell, elsewhere they
do not, and that is what it is here to show.

Settings as published (its repository's ``desktop_gcn_nasbench201_latency.yaml``): AdamW at 8e-4,
decay 5e-4, batches of 10, dropout of 0.002, 250 epochs on 900 cells. The rate falls along a cosine
in place of waiting for a plateau, so that no cells are set aside; on other graphs there are fewer
steps, of larger graphs, and the squared error is of logarithms: cells of one frame cost much the
same, these graphs differ by five decades.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Dataset
from baselines.errors import BaselineError
from baselines.weights import Floats, load_arrays, save_arrays, torch_module
from perfcost.network.features import KINDS
from perfcost.training.samples import Sample

WIDTH = 600
LAYERS = 4
BATCH = 10
RATE = 8e-4
DECAY = 5e-4
DROPOUT = 2e-3
STEPS = 22_500
"""Of training: 250 epochs of 900 cells in batches of 10."""

GRAPH_STEPS = 5_000
"""Of training on graphs of other kinds, each many times as large as a cell."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A graph of named ops: [nodes] kinds, [2, edges] producer and consumer."""

    kinds: NDArray[np.int64]
    edges: NDArray[np.int64]


class Gcn:
    """The network itself: cells in, one number each out.

    Args:
        kinds: how many there are.
        steps: of training.
        seed: of the first weights, the order of cells and what is dropped.
        logarithms: whether the squared error is of logarithms.
    """

    def __init__(
        self, kinds: int, steps: int = STEPS, seed: int = 1, *, logarithms: bool = False
    ) -> None:
        self._kinds, self._steps, self._seed = kinds, steps, seed
        self._logarithms = logarithms
        self.weights: dict[str, Floats] = {}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of all arrays."""
        sizes = [self._kinds + 1, *[WIDTH] * LAYERS]
        layers = {f"layer_{at}": (sizes[at], sizes[at + 1]) for at in range(LAYERS)}
        return {**layers, "out": (WIDTH,), "bias": (1,), "unit": (1,)}

    def fit(self, cells: Sequence[Cell], labels: NDArray[np.float64]) -> None:
        torch = torch_module()
        generator = torch.Generator().manual_seed(self._seed)
        unit = float(np.median(labels))
        weights = {}
        for name, shape in self.shapes.items():
            if name == "unit":
                continue
            reach = (6 / sum(shape)) ** 0.5 if name != "bias" else 0.0
            first = torch.empty(shape).uniform_(-reach, reach, generator=generator)
            weights[name] = first.requires_grad_()
        optimizer = torch.optim.AdamW(weights.values(), lr=RATE, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self._steps)
        scaled = np.log(labels / unit) if self._logarithms else labels / unit
        wanted = torch.tensor(scaled, dtype=torch.float32)
        order: list[int] = []
        for _ in range(self._steps):
            if len(order) < min(BATCH, len(cells)):
                order = torch.randperm(len(cells), generator=generator).tolist()
            chosen, order = order[:BATCH], order[BATCH:]
            found = self._forward(torch, weights, [cells[place] for place in chosen], generator)
            loss = ((found - wanted[chosen]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        # in half precision, as they are kept: 600 by 600 is much for so few kinds
        self.weights = {
            name: value.detach().numpy().astype(np.float16).astype(np.float32)
            for name, value in weights.items()
        }
        self.weights["unit"] = np.array([unit], np.float32)

    def predict(self, cells: Sequence[Cell]) -> NDArray[np.float64]:
        if not self.weights:
            raise BaselineError("asked before it was fitted or loaded; call fit or load first")
        torch = torch_module()
        weights = {name: torch.from_numpy(value) for name, value in self.weights.items()}
        found = [np.zeros(0)]
        with torch.no_grad():
            for start in range(0, len(cells), 64):
                answer = self._forward(torch, weights, cells[start : start + 64], None)
                scaled = answer.numpy().astype(np.float64)
                found.append(np.exp(scaled) if self._logarithms else scaled)
        return np.concatenate(found) * float(self.weights["unit"][0])

    def _forward(self, torch: Any, weights: Any, cells: Sequence[Cell], dropped: Any) -> Any:
        """[cells] the answer for each: label / median label, or its logarithm."""
        kinds, edges, ends = [], [], []
        start = 0
        for cell in cells:
            count = len(cell.kinds)
            own = np.arange(start, start + count)
            end = start + count
            kinds.append([*cell.kinds.tolist(), self._kinds])
            ones = np.stack((own, np.full(count, end)))
            edges.append(np.concatenate((cell.edges + start, ones), axis=1))
            ends.append(end)
            start = end + 1
        every = np.arange(start)
        pairs = np.concatenate((*edges, np.stack((every, every))), axis=1)
        degree = np.bincount(pairs[1], minlength=start), np.bincount(pairs[0], minlength=start)
        scale = 1 / np.sqrt(degree[0][pairs[1]] * degree[1][pairs[0]])
        producer, consumer = torch.from_numpy(pairs)
        strength = torch.from_numpy(scale.astype(np.float32))[:, None]
        flat = torch.tensor([kind for each in kinds for kind in each])
        # the first layer's product with one-hot rows picks rows
        hidden = weights["layer_0"][flat]
        for at in range(LAYERS):
            if at:
                hidden = hidden @ weights[f"layer_{at}"]
            spread = torch.zeros_like(hidden).index_add(0, consumer, hidden[producer] * strength)
            hidden = torch.relu(spread)
            if dropped is not None:
                keep = torch.rand(hidden.shape, generator=dropped) >= DROPOUT
                hidden = hidden * keep / (1 - DROPOUT)
        return hidden[torch.tensor(ends)] @ weights["out"] + weights["bias"]


class BrpNas:
    """The predictor behind the interface of the baselines: kinds of ops and their edges."""

    def __init__(self, steps: int = GRAPH_STEPS, seed: int = 1) -> None:
        self._net = Gcn(len(KINDS) + 1, steps, seed, logarithms=True)

    @staticmethod
    def _cells(graphs: Sequence[Sample]) -> list[Cell]:
        return [
            Cell(graph.kinds.astype(np.int64), graph.edges.astype(np.int64)) for graph in graphs
        ]

    def fit(self, dataset: Dataset, target: str, metric: str) -> None:
        labels = dataset.labels(target, metric)
        self._net.fit(self._cells(dataset.samples), labels)

    def predict(self, graphs: Sequence[Sample]) -> NDArray[np.float64]:
        return self._net.predict(self._cells(graphs))

    def save(self, folder: Path) -> None:
        halves = {
            name: value if name == "unit" else value.astype(np.float16)
            for name, value in self._net.weights.items()
        }
        save_arrays(halves, folder / "brp_nas.safetensors")

    def load(self, folder: Path) -> None:
        found = load_arrays(folder / "brp_nas.safetensors", self._net.shapes)
        self._net.weights = {name: value.astype(np.float32) for name, value in found.items()}
