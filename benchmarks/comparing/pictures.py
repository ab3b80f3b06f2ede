"""The comparison as pictures: predicted against true, error by size, learning, error by time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.dataset import LATENCY
from benchmarks.comparing import models
from benchmarks.comparing.graphs import labels_of
from benchmarks.comparing.runs import Answers, Run
from benchmarks.comparing.splits import IN_DISTRIBUTION
from perfcost.files import written_whole
from perfcost.training.samples import Sample

SHOWN = (models.SHIPPED, models.STRONGEST, "nn-meter", "graph trees", "perfsage", "brp-nas")
_SIZES = 12
"""Groups of graphs by their latency."""
_GROUP = "wild"

Groups = Mapping[str, Mapping[str, Sequence[Sample]]]


def draw(
    folder: Path,
    content: Mapping[str, Any],
    retrained: Mapping[str, Any] | None,
    answers: Mapping[Run, Answers],
    groups: Groups,
) -> None:
    """Writes ``compare-*.svg`` into a folder.

    Args:
        content, retrained: documents of cells.
        answers: of the models that are shipped.
        groups: target -> group -> the graphs asked.
    """
    found = {
        run: answer for run, answer in answers.items()
        if run.metric == LATENCY and run.seed == 1 and run.model in SHOWN
    }  # fmt: skip
    cells = [cell for cell in content["cells"] if cell["metric"] == LATENCY and cell["seed"] == 1]
    for target in groups:
        of_target = {run.model: a for run, a in found.items() if run.split.target == target}
        if _GROUP in groups[target]:
            _predicted(
                folder / f"compare-predicted-{target}.svg", of_target, groups[target][_GROUP]
            )
            _by_size(folder / f"compare-by-size-{target}.svg", of_target, groups[target][_GROUP])
        _by_time(
            folder / f"compare-by-time-{target}.svg", [c for c in cells if c["target"] == target]
        )
        if retrained is not None:
            everything = [*cells, *retrained["cells"]]
            chosen = [c for c in everything if c["target"] == target and c["graphs"] == _GROUP]
            _curve(folder / f"compare-learning-{target}.svg", chosen)


def _figure(columns: int = 1) -> Any:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.2 * columns + 2, 4), layout="constrained")
    FigureCanvasSVG(figure)
    return figure


def _save(figure: Any, path: Path) -> None:
    import matplotlib as mpl

    # without a date and random names, so that the same figures give the same file
    with mpl.rc_context({"svg.hashsalt": "perfcost"}), written_whole(path) as stream:
        figure.savefig(stream, format="svg", metadata={"Date": None})


def _cycles(graphs: Sequence[Sample]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return labels_of(graphs, LATENCY)


def _predicted(path: Path, answers: Mapping[str, Answers], graphs: Sequence[Sample]) -> None:
    figure = _figure(len(answers))
    labels = _cycles(graphs)
    axes = figure.subplots(1, len(answers), sharex=True, sharey=True, squeeze=False)[0]
    for axis, (model, answer) in zip(axes, answers.items(), strict=True):
        axis.loglog(labels, answer.predicted[_GROUP], ".", markersize=2, rasterized=True)
        ends = labels.min(), labels.max()
        axis.loglog(ends, ends, color="black", linewidth=0.5)
        axis.set(title=model, xlabel=f"cycles of Vela, {_GROUP}")
    axes[0].set_ylabel("predicted cycles")
    _save(figure, path)


def _by_size(path: Path, answers: Mapping[str, Answers], graphs: Sequence[Sample]) -> None:
    figure = _figure(2)
    axis = figure.subplots()
    labels = _cycles(graphs)
    order = np.argsort(labels)
    parts = [part for part in np.array_split(order, _SIZES) if len(part)]
    for model, answer in answers.items():
        errors = 100 * np.abs(answer.predicted[_GROUP] / labels - 1)
        axis.loglog(
            [np.median(labels[part]) for part in parts],
            [np.nanmean(errors[part]) for part in parts], marker=".", label=model,
        )  # fmt: skip
    axis.set(xlabel=f"cycles of Vela, {_GROUP}", ylabel="MAPE, %")
    axis.legend()
    _save(figure, path)


def _by_time(path: Path, cells: Sequence[Mapping[str, Any]]) -> None:
    """Error and time of an answer, over all groups of graphs."""
    figure = _figure(2)
    axis = figure.subplots()
    for model in dict.fromkeys(cell["model"] for cell in cells):
        mine = [c for c in cells if c["model"] == model and c["figures"] is not None]
        if mine:
            time = np.mean([1000 / cell["graphs_a_second"] for cell in mine])
            error = np.mean([cell["figures"]["mape"] for cell in mine])
            axis.loglog(time, error, "o")
            axis.annotate(model, (time, error), xytext=(4, 2), textcoords="offset points", size=7)
    axis.set(xlabel="ms a graph, arrays at hand", ylabel="mean MAPE over groups, %")
    _save(figure, path)


def _curve(path: Path, cells: Sequence[Mapping[str, Any]]) -> None:
    figure = _figure(2)
    axis = figure.subplots()
    known = [
        cell for cell in cells
        if cell["split"] == IN_DISTRIBUTION or cell["split"].startswith("of ")
    ]  # fmt: skip
    for model in dict.fromkeys(cell["model"] for cell in known):
        points = sorted(
            (cell["labels"], cell["figures"]["mape"]) for cell in known
            if cell["model"] == model and cell["figures"] is not None
        )  # fmt: skip
        if len(points) > 1:
            axis.loglog(*zip(*points, strict=True), marker=".", label=model)
    axis.set(xlabel="labels trained on", ylabel=f"MAPE on {_GROUP}, %")
    axis.legend(fontsize=7)
    _save(figure, path)
