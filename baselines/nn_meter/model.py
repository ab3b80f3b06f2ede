"""The predictor: one regressor a kernel type, and the sum over a graph's kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import LATENCY, Dataset
from baselines.errors import BaselineError
from baselines.nn_meter import fusion
from baselines.nn_meter.kernels import Kernel, split
from baselines.nn_meter.labels import KernelLabel, read
from baselines.trees import Trees
from perfcost.spaces import samplers
from perfcost.training.samples import Sample

LABELS = Path(__file__).parents[2] / "data" / "kernels"
FEWEST = 8
"""Labels that a kernel type needs for a regressor."""


def regressor() -> Trees:
    """One kernel type's, of log(1 + cycles)."""
    return Trees(80, depth=5, rate=0.2)


def shipped(target: str) -> tuple[list[KernelLabel], fusion.Rules]:
    """Labels and rules that the repository ships for a target.

    Raises:
        BaselineError: there are none; kernels have to be timed on a device before it can be priced.
    """
    return read(LABELS / f"{target}.parquet"), fusion.load(LABELS / f"{target}-fusion.json")


class NnMeter:
    """Latency alone; see the package. ``trained_on`` is the number of kernels.

    Args:
        labels: of kernels and the rules that they were split by, by target; of the graphs that it
            is fitted to, only the spaces and the number are used.
    """

    def __init__(
        self,
        labels: Callable[[str], tuple[Sequence[KernelLabel], fusion.Rules]] = shipped,
    ) -> None:
        self._labels = labels
        self._rules: fusion.Rules | None = None
        self.trained_on = 0
        self._trees: dict[str, Trees] = {}

    def fit(self, dataset: Dataset, target: str, metric: str) -> None:
        if metric != LATENCY:
            raise BaselineError(f"metric {metric!r} came; kernels were labelled with latency alone")
        dataset.labels(target, metric)
        spaces = {samplers.names()[sample.space] for sample in dataset.samples}
        labels, rules = self._labels(target)
        # no more labels than the others have, and of no space that they have not seen
        known = [label for label in labels if label.space in spaces]
        most = min(len(known), len(dataset.samples))
        known = [known[at] for at in np.linspace(0, len(known) - 1, most).astype(int)]
        by_type: dict[str, list[KernelLabel]] = {}
        for label in known:
            by_type.setdefault(label.kernel.type, []).append(label)
        self._rules, self._trees, self.trained_on = rules, {}, len(known)
        for kind, group in sorted(by_type.items()):
            if len(group) >= FEWEST:
                rows = np.stack([label.kernel.row for label in group])
                cycles = np.array([label.cycles for label in group], np.float64)
                self._trees[kind] = regressor()
                self._trees[kind].fit(rows, np.log1p(cycles))
        if not self._trees:
            raise BaselineError(
                f"{len(known)} labelled kernels came for {target}, expected {FEWEST} or more of a "
                "type; run python benchmarks/kernels.py"
            )

    def predict(self, graphs: Sequence[Sample]) -> NDArray[np.float64]:
        """Raises BaselineError: a graph has a kernel of a type without a predictor."""
        if self._rules is None:
            raise BaselineError("asked before it was fitted or loaded; call fit or load first")
        places: dict[str, list[int]] = {}
        rows: dict[str, list[NDArray[np.float32]]] = {}
        for place, graph in enumerate(graphs):
            for kernel in split(graph, self._rules):
                self._check(graph, kernel)
                places.setdefault(kernel.type, []).append(place)
                rows.setdefault(kernel.type, []).append(kernel.row)
        total = np.zeros(len(graphs))
        for kind, at in places.items():
            cycles = np.expm1(self._trees[kind].predict(np.stack(rows[kind])))
            np.add.at(total, at, np.maximum(cycles, 0.0))
        return total

    def _check(self, graph: Sample, kernel: Kernel) -> None:
        if kernel.type not in self._trees:
            raise BaselineError(
                f"graph {graph.seed}: no predictor for a kernel {kernel.type}, only for "
                f"{len(self._trees)} other types; label kernels of that type"
            )

    def save(self, folder: Path) -> None:
        if self._rules is None:
            raise BaselineError("nothing to save: not fitted yet")
        fusion.save(self._rules, folder / "fusion.json")
        for kind, trees in self._trees.items():
            trees.save(folder / f"kernel {kind}.json.gz")

    def load(self, folder: Path) -> None:
        self._rules = fusion.load(folder / "fusion.json")
        self._trees = {}
        for path in sorted(folder.glob("kernel *.json.gz")):
            kind = path.name.removeprefix("kernel ").removesuffix(".json.gz")
            self._trees[kind] = regressor()
            self._trees[kind].load(path)
        if not self._trees:
            raise BaselineError(f"{folder}: no regressors of kernels; fit and save it again")
