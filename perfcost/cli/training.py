"""``perfcost train`` and ``perfcost evaluate``: the network from labels, and how good it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfcost.cli.console import add_row, complain, console, table
from perfcost.errors import PerfcostError, WeightsError

if TYPE_CHECKING:
    from perfcost.training.run import Row

_Data = Annotated[Path, typer.Option(help="Folder of labels, of `perfcost dataset build`.")]
_Cache = Annotated[Path, typer.Option(help="Folder for graphs as arrays, made once.")]
_Jobs = Annotated[int, typer.Option(min=1, help="Processes that make arrays.")]


def _needs_torch() -> None:
    try:
        import torch  # noqa: F401
        import torch_geometric  # noqa: F401
    except ImportError as error:
        raise WeightsError(
            f"training needs torch and torch-geometric ({error}); install them with: "
            "pip install 'perfcost[train]'"
        ) from error


def train(
    data: _Data,
    out: Annotated[Path, typer.Option(help="Folder of the weights and the checkpoint.")],
    cache: _Cache = Path("build/samples"),
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    jobs: _Jobs = 2,
) -> None:
    """Train the network on labels. Stop it at any time: the next run goes on."""
    try:
        _needs_torch()
        from perfcost.training.config import read_config
        from perfcost.training.run import train as run

        rows = run(data, cache, out, read_config(config), jobs, _say)
    except PerfcostError as error:
        complain(type(error).__name__, error)
        raise typer.Exit(1) from None
    _show(rows)


def evaluate(
    data: _Data,
    weights: Annotated[
        Path | None, typer.Option(help="Folder of weights; those shipped for the labels' targets.")
    ] = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    cache: _Cache = Path("build/samples"),
    jobs: _Jobs = 2,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Put the scores of the test split into the manifest.")
    ] = False,
) -> None:
    """Score weights on labelled graphs, beside the laws alone."""
    try:
        _needs_torch()
        from perfcost.network import store
        from perfcost.training import run
        from perfcost.training.samples import SPLITS

        if split not in SPLITS:
            complain("error", f"no split {split!r}; there are {', '.join(SPLITS)}")
            raise typer.Exit(2)
        if record and split != "test":
            complain("error", f"the manifest holds scores of the test split, not of {split!r}")
            raise typer.Exit(2)
        given = None if weights is None else store.load(weights)
        found = run.gather(data, cache, jobs, _say, only=split)
        folder = weights or store.SHIPPED / run.folder_of(found)
        model = given or store.load(folder)
        rows = run.table(model.weights, model.interval_factor, found)
        if record:
            store.record(folder, run.errors(rows))
    except PerfcostError as error:
        complain(type(error).__name__, error)
        raise typer.Exit(1) from None
    if as_json:
        for row in rows:
            print(json.dumps(asdict(row)))
    else:
        _show(rows)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _show(rows: Sequence[Row]) -> None:
    made = table(
        "space", "target", "metric", "graphs", "laws MAPE", "MAPE", "95 % interval", "median",
        "p95", "within 5 %", "Spearman", "in interval", left=3,
    )  # fmt: skip
    for row in rows:
        found = row.network
        add_row(
            made,
            [row.space, row.target, row.metric, found.count, f"{row.prior.mape:.2f} %",
             f"{found.mape:.2f} %", f"{found.mape_low:.2f} - {found.mape_high:.2f}",
             f"{found.median:.2f} %", f"{found.p95:.1f} %", f"{found.within_5:.0f} %",
             f"{found.spearman:.4f}", "" if row.coverage is None else f"{row.coverage:.0f} %"],
        )  # fmt: skip
    console().print(made)
