"""The learning curve as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from perfcost.files import written_whole
from perfcost.training.loop import Epoch


def draw(epochs: Sequence[Epoch], path: Path) -> None:
    """A PNG of loss and validation error by epoch; nothing where matplotlib is missing."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return
    figure = Figure(figsize=(7, 4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    left = figure.add_subplot()
    right = left.twinx()
    numbers = [epoch.number for epoch in epochs]
    left.plot(numbers, [epoch.loss for epoch in epochs], color="tab:blue")
    right.plot(numbers, [epoch.validation_mape for epoch in epochs], color="tab:orange")
    left.set_xlabel("epoch")
    left.set_ylabel("training loss", color="tab:blue")
    right.set_ylabel("validation MAPE, %", color="tab:orange")
    with written_whole(path) as stream:
        figure.savefig(stream, format="png")
