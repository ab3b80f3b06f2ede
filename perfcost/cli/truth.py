"""``perfcost label``: what the compiler itself says, beside the estimate."""

from __future__ import annotations

import importlib.util
from typing import Annotated

import typer
from rich.table import Table

from perfcost.cli import arguments
from perfcost.cli.attempts import Asked, Attempt, attempts
from perfcost.cli.console import (
    add_row,
    complain,
    console,
    error_percent,
    ms,
    name_of,
    reason_of,
    table,
)
from perfcost.errors import PerfcostError
from perfcost.estimation import Estimate
from perfcost.labels.protocol import Label
from perfcost.targets import Target

_PACKAGE = "ethosu"


def label(
    files: arguments.Files,
    target: arguments.Names,
    ops: Annotated[bool, typer.Option("--ops", help="Also a table of the ops.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Compilers that run at a time.")] = 1,
    trips: arguments.TripOptions = [],  # noqa: B006 (typer reads it and never changes it)
) -> None:
    """Compile networks with Arm's Vela and show its time beside the estimate.

    Exit codes are those of estimate; a file that the compiler refuses has failed.
    """
    devices = arguments.resolve(target)
    counts = arguments.trip_counts(trips)
    if importlib.util.find_spec(_PACKAGE) is None:
        complain(
            "error",
            "labels come from Arm's compiler, the package ethos-u-vela, which is not installed; "
            "run: pip install 'perfcost[label]'",
        )
        raise typer.Exit(2)
    done = list(attempts(files, devices, Asked(trip_counts=counts)))
    try:
        failed = _show(done, devices, ops, jobs)
    except PerfcostError as error:
        complain("error", error)
        raise typer.Exit(1) from None
    if failed:
        raise typer.Exit(1)


def _show(done: list[Attempt], targets: list[Target], ops: bool, jobs: int) -> bool:
    """Prints the tables; whether a file failed."""
    from perfcost.labels import Outcome, VelaLabeller, label_many

    read = [attempt for attempt in done if attempt.graph is not None]
    files = [attempt.file for attempt in read]
    outcomes = list(label_many(files, targets, VelaLabeller(), jobs=jobs)) if files else []
    by_place: dict[tuple[int, str], Outcome] = {
        (id(read[outcome.model_index]), outcome.target.name): outcome for outcome in outcomes
    }
    made = table("model", "target", "estimate ms", "Vela ms", "error", left=2)
    failed = False
    out = console()
    for attempt in done:
        for device, answer in zip(targets, attempt.answers, strict=True):
            outcome = by_place.get((id(attempt), device.name))
            truth = outcome.label if outcome is not None else None
            failed |= isinstance(answer, Exception) or truth is None
            guess = answer.latency_ms if isinstance(answer, Estimate) else None
            time = None if truth is None else truth.latency_ms
            cells = [name_of(attempt.file), device.name, ms(guess), ms(time)]
            add_row(made, [*cells, error_percent(guess, time)])
            if isinstance(answer, Exception):
                complain("error", attempt.file, *reason_of(answer))
            if outcome is not None and outcome.refusal is not None:
                refusal = outcome.refusal
                complain("error", attempt.file, device.name, refusal.kind, refusal.words)
            if ops and truth is not None and isinstance(answer, Estimate):
                out.print(_op_table(attempt, answer, truth, device))
    out.print(made)
    return failed


def _op_table(attempt: Attempt, answer: Estimate, truth: Label, target: Target) -> Table:
    """A row an op of the main subgraph, and one for work that no op accounts for."""
    made = table("op", "kind", "estimate ms", "Vela ms", "error", left=2,
                 title=f"{name_of(attempt.file)} on {target.name}")  # fmt: skip
    by_index = {op.index: op for op in truth.ops}
    for op in answer.ops:
        found = by_index.pop(op.origin[0].index if op.origin else op.id, None)
        time = None if found is None or found.on_npu is False else target.ms(found.cycles)
        kind = op.kind if op.supported else f"{op.kind} (not run)"
        cells = [str(op.id), kind, ms(op.latency_ms), ms(time)]
        add_row(made, [*cells, error_percent(op.latency_ms, time)])
    for rest in by_index.values():
        add_row(made, ["-", "of no op", "-", ms(target.ms(rest.cycles)), "-"])
    return made
