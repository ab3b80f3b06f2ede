"""Answers beside labels: one cell a model, seed and group of graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.comparing import models
from benchmarks.comparing.figures import Figures, figures, paired
from benchmarks.comparing.graphs import labels_of
from benchmarks.comparing.runs import Answers, Run
from perfcost.training.samples import Sample


@dataclass(frozen=True, slots=True)
class Cell:
    """One model on one group of graphs.

    Attributes:
        answered: graphs that it had an answer for, of ``asked``; ``figures`` are of these.
        beside_network: ``ahead`` of it, ``equal`` or ``behind``, on what it answered; empty for
            the network itself.
    """

    split: str
    target: str
    metric: str
    graphs: str
    model: str
    seed: int
    labels: int
    cpu_seconds: float | None
    graphs_a_second: float
    asked: int
    answered: int
    figures: Figures | None
    beside_network: str


def cells_of(found: Mapping[Run, Answers], groups: Mapping[str, Sequence[Sample]]) -> list[Cell]:
    """The cells of one split and metric; its network is among the runs."""
    names = {run.model for run in found}
    reference = models.SHIPPED if models.SHIPPED in names else models.OURS
    [ours] = [a for run, a in found.items() if run.model == reference and run.seed == 1]
    cells = []
    for run, answers in found.items():
        for group, predicted in answers.predicted.items():
            labels = labels_of(groups[group], run.metric)
            known = np.isfinite(predicted)
            beside = ""
            if run.model != reference and known.any():
                theirs, own = (
                    _errors(p, labels)[known] for p in (predicted, ours.predicted[group])
                )
                beside = paired(theirs, own)
            seconds = answers.fit.cpu_seconds
            cells.append(
                Cell(
                    run.split.name, run.split.target, run.metric, group, run.model, run.seed,
                    answers.fit.labels, seconds if np.isfinite(seconds) else None,
                    len(labels) / max(1e-9, answers.seconds[group]), len(labels), int(known.sum()),
                    figures(predicted[known], labels[known]) if known.any() else None, beside,
                )
            )  # fmt: skip
    return cells


def _errors(predicted: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(predicted - labels) / labels
