"""A kernel sum at its strongest: trees on each op, as a ratio to the laws, in its neighbourhood.

Every op that the laws give a command is a kernel: what Vela fuses costs 0 by the laws already. Its
row holds the op, the laws' price of it, and the same of the ops before and after it. The trees
learn the logarithm of label / law, clipped; a graph costs the sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import LATENCY, Dataset
from baselines.errors import BaselineError
from baselines.trees import Trees
from perfcost.training.samples import Sample

_CLIP = 2.0
_ADDED = 16.0
"""Cycles that are added to label and law, so that what is free has a ratio too."""


class KernelSum:
    """Latency alone: bytes and peaks have no labels an op."""

    def __init__(self, seed: int = 1) -> None:
        self._trees = Trees(rounds=500, seed=seed)

    def fit(self, dataset: Dataset, target: str, metric: str) -> None:
        if metric != LATENCY:
            raise BaselineError(
                f"metric {metric!r} came; a kernel sum needs labels an op, which only latency has"
            )
        dataset.labels(target, metric)
        known = [s for s in dataset.samples if len(s.op_cycles) == len(s.kinds) and len(s.kinds)]
        if not known:
            raise BaselineError("no graph with labels an op came; expected at least one")
        values = [_ratios(sample) for sample in known]
        # an op weighs as much as it matters to its graph, so that graphs count alike
        weights = [sample.op_cycles / sample.op_cycles.sum() + 1e-3 for sample in known]
        self._trees.fit(_rows(known), np.concatenate(values), np.concatenate(weights))

    def predict(self, graphs: Sequence[Sample]) -> NDArray[np.float64]:
        if not graphs:
            return np.zeros(0)
        cycles = self.by_op(graphs)
        owner = np.repeat(np.arange(len(graphs)), [len(graph.kinds) for graph in graphs])
        return np.bincount(owner, weights=cycles, minlength=len(graphs)).astype(np.float64)

    def by_op(self, graphs: Sequence[Sample]) -> NDArray[np.float64]:
        """[ops of all graphs] cycles of each op, of which ``predict`` gives the sums."""
        laws = np.concatenate([graph.prior for graph in graphs])
        ratios = np.exp(np.clip(self._trees.predict(_rows(graphs)), -_CLIP, _CLIP))
        cycles: NDArray[np.float64] = np.maximum((laws + _ADDED) * ratios - _ADDED, 0.0)
        return cycles

    def save(self, folder: Path) -> None:
        self._trees.save(folder / "kernels.json.gz")

    def load(self, folder: Path) -> None:
        self._trees.load(folder / "kernels.json.gz")


def _ratios(sample: Sample) -> NDArray[np.float64]:
    ratio = np.log((sample.op_cycles + _ADDED) / (sample.prior + _ADDED))
    return np.clip(ratio, -_CLIP, _CLIP)


def _rows(graphs: Sequence[Sample]) -> NDArray[np.float32]:
    return np.concatenate([_graph_rows(graph) for graph in graphs])


def _graph_rows(graph: Sample) -> NDArray[np.float32]:
    """[ops, features]: each op, the mean of the ops before it and of those after it."""
    kinds = graph.kinds[:, None].astype(np.float32)
    own = np.concatenate((graph.ops, graph.prices, kinds), axis=1)
    producer, consumer = graph.edges
    before = _means(own, consumer, producer)
    after = _means(own, producer, consumer)
    return np.concatenate((own, before, after), axis=1)


def _means(
    rows: NDArray[np.float32], of: NDArray[np.int32], beside: NDArray[np.int32]
) -> NDArray[np.float32]:
    """[ops, features] means of the rows beside each op; -1 where there are none."""
    total = np.zeros_like(rows)
    np.add.at(total, of, rows[beside])
    count = np.bincount(of, minlength=len(rows))[:, None]
    return np.where(count > 0, total / np.maximum(count, 1), np.float32(-1)).astype(np.float32)
