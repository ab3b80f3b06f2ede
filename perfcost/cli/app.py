"""The commands under one name."""

from __future__ import annotations

from typing import Annotated

import typer

from perfcost._version import __version__
from perfcost.cli.compare import diff
from perfcost.cli.datasets import dataset
from perfcost.cli.devices import targets
from perfcost.cli.ending import quiet
from perfcost.cli.look import inspect
from perfcost.cli.parts import run, split
from perfcost.cli.place import place
from perfcost.cli.price import estimate
from perfcost.cli.samples import sample
from perfcost.cli.training import evaluate, train
from perfcost.cli.truth import label

# Plain help and plain errors: they go into logs as often as onto a terminal.
app = typer.Typer(
    help="What neural networks cost on Arm Ethos-U NPUs, before they are compiled.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"perfcost {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it and end.")
    ] = False,
) -> None:
    """What neural networks cost on Arm Ethos-U NPUs, before they are compiled."""


for _command in (
    estimate,
    place,
    label,
    inspect,
    targets,
    diff,
    sample,
    train,
    evaluate,
    split,
    run,
):
    app.command()(quiet(_command))
app.add_typer(dataset, name="dataset")
