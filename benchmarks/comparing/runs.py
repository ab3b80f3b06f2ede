"""One model fitted once and asked for the graphs of a split; what it said is kept in a file."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Dataset
from baselines.errors import BaselineError
from baselines.network import Network
from baselines.nn_meter import NnMeter
from baselines.protocol import Baseline
from benchmarks.comparing import models
from benchmarks.comparing.graphs import labelled
from benchmarks.comparing.splits import IN_DISTRIBUTION, Split
from perfcost.files import written_whole
from perfcost.training.samples import Sample


@dataclass(frozen=True, slots=True)
class Run:
    """A model with a seed, in a split, for a metric."""

    split: Split
    metric: str
    model: str
    seed: int = 1

    @property
    def place(self) -> Path:
        """Where its files are kept, below any folder."""
        name = f"{self.model} {self.seed}".replace(",", "").replace(" ", "-")
        return Path(self.split.name.replace(" ", "-"), self.split.target, self.metric, name)

    @property
    def weights(self) -> Path:
        """Where its weights are kept, of the split that is shipped."""
        return self.place.relative_to(self.place.parts[0])


@dataclass(frozen=True, slots=True)
class Fit:
    """What fitting took.

    Attributes:
        labels: that were trained on: graphs, or kernels in isolation.
        cpu_seconds: of one core, arrays of the graphs at hand.
    """

    labels: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model said.

    Attributes:
        predicted: group -> [graphs]; not a number where the model has no answer.
        seconds: group -> that the answers took.
    """

    fit: Fit
    predicted: Mapping[str, NDArray[np.float64]]
    seconds: Mapping[str, float]


def fitted(run: Run, training: Sequence[Sample], weights: Path | None) -> tuple[Baseline, Fit]:
    """A model fitted to graphs; saved in the folder if one is given."""
    model = models.factory(run.model, run.split)(seed=run.seed)
    graphs = labelled(training, run.metric)
    dataset = Dataset(
        graphs, others={graph.target for graph in graphs} if run.split.profile else ()
    )
    start = time.process_time()
    model.fit(dataset, run.split.target, run.metric)
    labels = model.trained_on if isinstance(model, NnMeter) else len(graphs)
    fit = Fit(labels, time.process_time() - start)
    if weights is not None:
        model.save(weights)
        with written_whole(weights / "fit.json") as stream:
            document = {"labels": fit.labels, "cpu_seconds": round(fit.cpu_seconds, 1)}
            stream.write((json.dumps(document) + "\n").encode())
    return model, fit


def shipped(run: Run, weights: Path) -> tuple[Baseline, Fit]:
    """A model as it is shipped.

    Raises:
        BaselineError: a file of it is missing or broken.
    """
    if run.model == models.SHIPPED:
        network = Network()
        network.fit(Dataset([]), run.split.target, run.metric)
        return network, Fit(network.trained_on, float("nan"))
    model = models.factory(run.model, run.split)(seed=run.seed)
    model.load(weights)
    found = json.loads((weights / "fit.json").read_text())
    return model, Fit(int(found["labels"]), float(found["cpu_seconds"]))


def asked(model: Baseline, fit: Fit, groups: Mapping[str, Sequence[Sample]]) -> Answers:
    """The answers of a model to all groups of graphs."""
    predicted, seconds = {}, {}
    for name, graphs in groups.items():
        start = time.perf_counter()
        predicted[name] = _answers(model, graphs)
        seconds[name] = time.perf_counter() - start
    return Answers(fit, predicted, seconds)


def _answers(model: Baseline, graphs: Sequence[Sample]) -> NDArray[np.float64]:
    """Not a number where a model has no answer for a graph."""
    try:
        return model.predict(graphs)
    except BaselineError:
        if len(graphs) == 1:
            return np.array([np.nan])
        return np.concatenate([_answers(model, [graph]) for graph in graphs])


def kept(run: Run, folder: Path) -> Answers | None:
    """Answers that were kept; none where there are none."""
    path = folder / run.place.with_name(f"{run.place.name}.npz")
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    labels, cpu_seconds = arrays.pop("fit").tolist()
    predicted = {
        name.removeprefix("of "): array for name, array in arrays.items() if name.startswith("of ")
    }
    seconds = {name: float(arrays[f"seconds {name}"]) for name in predicted}
    return Answers(Fit(int(labels), cpu_seconds), predicted, seconds)


def keep(run: Run, answers: Answers, folder: Path) -> None:
    """Keeps answers for ``kept``."""
    path = folder / run.place.with_name(f"{run.place.name}.npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"of {name}": array for name, array in answers.predicted.items()}
    arrays |= {f"seconds {name}": np.array(value) for name, value in answers.seconds.items()}
    with written_whole(path) as stream:
        np.savez(stream, fit=np.array([answers.fit.labels, answers.fit.cpu_seconds]), **arrays)


def is_shipped(split: Split) -> bool:
    """Whether weights of a split's models are part of the repository."""
    return split.name == IN_DISTRIBUTION
