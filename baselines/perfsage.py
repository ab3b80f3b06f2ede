"""PerfSAGE as it was published (Chai et al., arXiv:2301.10999): GraphSAGE on the bare graph.

A node an op and a node a tensor that no op writes; an embedding of the kind, the output's shape
and the op's options; two layers of means over producers, normalised; the mean over nodes and one
number out. No law, no hardware, no label an op. Each net is trained for one target and metric with
the mean absolute percentage error as its loss.

Differences: all neighbours are read in place of samples of 25 and 10 (ours have seldom more), and
the number that comes out is in units of the median label, so that one rate of learning serves all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.counts import column
from baselines.dataset import Dataset
from baselines.errors import BaselineError
from baselines.weights import Floats, load_arrays, save_arrays, torch_module
from perfcost.network.features import KINDS, OP_FEATURES
from perfcost.training.samples import Sample

EMBEDDING = 32
WIDTH = 128
EPOCHS = 200
BATCH = 64
RATE = 0.01
CLIP = 5.0

_TENSOR = len(KINDS) + 1
"""Kind of a node that is a tensor; the number before it stands for unknown ops."""

_SHAPE = ("output_batch", "output_height", "output_width", "output_channels")
_OPTIONS = ("stride_height", "stride_width", "dilation", "padding")
_FEATURES = len(_SHAPE) + 2 * len(_OPTIONS) + 1


@dataclass(frozen=True, slots=True)
class _Nodes:
    """One graph: [nodes] kinds, [nodes, features] numbers, [2, edges] producer and consumer."""

    kinds: NDArray[np.int64]
    numbers: Floats
    edges: NDArray[np.int64]


def _nodes(graph: Sample) -> _Nodes:
    ops = len(graph.kinds)
    options = np.stack([column(graph, name) for name in _OPTIONS], axis=1)
    relu = graph.ops[:, OP_FEATURES.index("relu")][:, None]
    shapes = np.stack([column(graph, name) for name in _SHAPE], axis=1)
    own = np.concatenate((shapes, options, options > 0, relu), axis=1)
    tensors = [
        (op, shape)
        for op in range(ops)
        for shape in (_weights(graph, op), _input(graph, op))
        if shape is not None
    ]
    rows = np.zeros((len(tensors), _FEATURES))
    for number, (_, shape) in enumerate(tensors):
        rows[number, : len(_SHAPE)] = shape
    readers = np.array([op for op, _ in tensors], np.int64)
    more = np.stack((np.arange(ops, ops + len(tensors)), readers)).reshape(2, -1)
    kinds = np.concatenate((graph.kinds, np.full(len(tensors), _TENSOR)))
    return _Nodes(
        kinds.astype(np.int64), np.concatenate((own, rows)).astype(np.float32),
        np.concatenate((graph.edges.astype(np.int64), more), axis=1),
    )  # fmt: skip


def _at(graph: Sample, op: int, name: str) -> float:
    return float(np.expm1(np.float64(graph.ops[op, OP_FEATURES.index(name)])))


def _weights(graph: Sample, op: int) -> tuple[float, ...] | None:
    """The shape of an op's weights as far as the features tell it."""
    elements = _at(graph, op, "weight_elements")
    if elements < 0.5:
        return None
    kernel = max(1.0, _at(graph, op, "kernel_height")), max(1.0, _at(graph, op, "kernel_width"))
    outputs = max(1.0, _at(graph, op, "output_channels"))
    return outputs, *kernel, max(1.0, elements / (outputs * kernel[0] * kernel[1]))


def _input(graph: Sample, op: int) -> tuple[float, ...] | None:
    """The shape of a graph input that an op reads."""
    if graph.ops[op, OP_FEATURES.index("reads_graph_input")] < 0.5:
        return None
    return tuple(
        _at(graph, op, f"input_{extent}") for extent in ("batch", "height", "width", "channels")
    )


class PerfSage:
    """See the module.

    Args:
        epochs: over all training graphs.
        seed: of the first weights and the order of graphs.
    """

    def __init__(self, epochs: int = EPOCHS, seed: int = 1) -> None:
        self._epochs, self._seed = epochs, seed
        self._weights: dict[str, Floats] = {}

    def fit(self, dataset: Dataset, target: str, metric: str) -> None:
        torch = torch_module()
        labels = dataset.labels(target, metric)
        graphs = [_nodes(sample) for sample in dataset.samples]
        numbers = np.concatenate([graph.numbers for graph in graphs])
        spread = numbers.std(axis=0)
        constants = {
            "mean": numbers.mean(axis=0),
            "spread": np.where(spread > 0, spread, 1).astype(np.float32),
            "unit": np.array([np.median(labels)], np.float32),
        }
        generator = torch.Generator().manual_seed(self._seed)
        weights = {
            name: torch.empty(shape).uniform_(-reach, reach, generator=generator).requires_grad_()
            for name, (shape, reach) in _SHAPES.items()
        }
        optimizer = torch.optim.Adam(weights.values(), lr=RATE)
        wanted = torch.tensor(labels / np.median(labels), dtype=torch.float32)
        for _ in range(self._epochs):
            order = torch.randperm(len(graphs), generator=generator).tolist()
            for start in range(0, len(order), BATCH):
                chosen = order[start : start + BATCH]
                found = _forward(torch, weights, constants, [graphs[place] for place in chosen])
                loss = ((found - wanted[chosen]).abs() / wanted[chosen]).mean()
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(list(weights.values()), CLIP)
                optimizer.step()
        trained = {name: value.detach().numpy() for name, value in weights.items()}
        self._weights = {**trained, **constants}

    def predict(self, graphs: Sequence[Sample]) -> NDArray[np.float64]:
        if not self._weights:
            raise BaselineError("asked before it was fitted or loaded; call fit or load first")
        torch = torch_module()
        weights = {name: torch.from_numpy(value) for name, value in self._weights.items()}
        found = [np.zeros(0)]
        with torch.no_grad():
            for start in range(0, len(graphs), BATCH):
                nodes = [_nodes(graph) for graph in graphs[start : start + BATCH]]
                answer = _forward(torch, weights, self._weights, nodes)
                found.append(answer.numpy().astype(np.float64) * float(self._weights["unit"][0]))
        return np.concatenate(found)

    def save(self, folder: Path) -> None:
        save_arrays(self._weights, folder / "perfsage.safetensors")

    def load(self, folder: Path) -> None:
        shapes = {name: shape for name, (shape, _) in _SHAPES.items()}
        self._weights = load_arrays(folder / "perfsage.safetensors", shapes | _CONSTANTS)


def _layer(inputs: int) -> tuple[tuple[int, int], float]:
    return (2 * inputs, WIDTH), (6 / (2 * inputs + WIDTH)) ** 0.5


_FIRST = EMBEDDING + _FEATURES
_SHAPES: dict[str, tuple[tuple[int, ...], float]] = {
    "embedding": ((_TENSOR + 1, EMBEDDING), 0.5),
    "layer_0": _layer(_FIRST),
    "layer_1": _layer(WIDTH),
    "out": ((WIDTH,), 0.2),
    "bias": ((1,), 0.0),
}
"""Name -> shape, and how far from 0 its first values reach."""

_CONSTANTS: dict[str, tuple[int, ...]] = {
    "mean": (_FEATURES,), "spread": (_FEATURES,), "unit": (1,)
}  # fmt: skip


def _forward(
    torch: Any, weights: Mapping[str, Any], constants: Mapping[str, Floats], graphs: list[_Nodes]
) -> Any:
    """[graphs] the cost of each, in units of the median label."""
    counts = [len(graph.kinds) for graph in graphs]
    starts = np.cumsum([0, *counts[:-1]])
    edges = np.concatenate([g.edges + at for g, at in zip(graphs, starts, strict=True)], axis=1)
    numbers = np.concatenate([graph.numbers for graph in graphs])
    numbers = (numbers - constants["mean"]) / constants["spread"]
    kinds = torch.from_numpy(np.concatenate([graph.kinds for graph in graphs]))
    hidden = torch.cat((weights["embedding"][kinds], torch.from_numpy(numbers)), dim=1)
    producer, consumer = torch.from_numpy(edges)
    total = len(kinds)
    degree = torch.zeros(total).index_add(0, consumer, torch.ones(len(consumer)))
    for name in ("layer_0", "layer_1"):
        seen = torch.zeros_like(hidden).index_add(0, consumer, hidden[producer])
        seen = seen / degree.clamp(min=1)[:, None]
        hidden = torch.relu(torch.cat((hidden, seen), dim=1) @ weights[name])
        hidden = torch.nn.functional.normalize(hidden, dim=1)
    owner = torch.repeat_interleave(torch.arange(len(graphs)), torch.tensor(counts))
    summed = torch.zeros(len(graphs), WIDTH).index_add(0, owner, hidden)
    mean = summed / torch.tensor(counts, dtype=torch.float32)[:, None]
    return mean @ weights["out"] + weights["bias"]
