"""``perfcost label``: what the source of truth itself says, beside the estimate."""

from __future__ import annotations

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
from perfcost.errors import LabelError, PerfcostError, TargetError
from perfcost.estimation import Estimate
from perfcost.graph import Graph
from perfcost.labels.protocol import Label, Labeller
from perfcost.targets import Target


def label(
    files: arguments.Files,
    target: arguments.Names,
    ops: Annotated[bool, typer.Option("--ops", help="Also a table of the ops.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    trips: arguments.TripOptions = [],  # noqa: B006 (typer reads it and never changes it)
) -> None:
    """Show what the source of truth says beside the estimate: Arm's Vela, or a simulated core.

    Exit codes are those of estimate; a file that the source refuses has failed.
    """
    from perfcost.labels import labeller_for

    devices = arguments.resolve(target)
    counts = arguments.trip_counts(trips)
    try:
        labeller = labeller_for(devices)
    except LabelError as error:
        complain("error", error)
        raise typer.Exit(2) from None
    done = list(attempts(files, devices, Asked(trip_counts=counts)))
    try:
        failed = _show(done, devices, labeller, ops, jobs)
    except PerfcostError as error:
        complain("error", error)
        raise typer.Exit(1) from None
    if failed:
        raise typer.Exit(1)


def _show(
    done: list[Attempt], targets: list[Target], labeller: Labeller, ops: bool, jobs: int
) -> bool:
    """Prints the tables; whether a file failed."""
    from perfcost.labels import Outcome, label_many, source_of

    read = [attempt for attempt in done if attempt.graph is not None]
    files = [attempt.file for attempt in read]
    outcomes = list(label_many(files, targets, labeller, jobs=jobs)) if files else []
    by_place: dict[tuple[int, str], Outcome] = {
        (id(read[outcome.model_index]), outcome.target.name): outcome for outcome in outcomes
    }
    sources = " or ".join(dict.fromkeys(source_of(device).words for device in targets))
    made = table("model", "target", "estimate ms", f"{sources} ms", "error", left=2)
    failed = False
    out = console()
    for attempt in done:
        for device, answer in zip(targets, attempt.answers, strict=True):
            outcome = by_place.get((id(attempt), device.name))
            truth = outcome.label if outcome is not None else None
            unpriced = isinstance(answer, TargetError)
            failed |= truth is None or (isinstance(answer, Exception) and not unpriced)
            guess = answer.latency_ms if isinstance(answer, Estimate) else None
            time = None if truth is None else truth.latency_ms
            cells = [name_of(attempt.file), device.name, ms(guess), ms(time)]
            add_row(made, [*cells, error_percent(guess, time)])
            if isinstance(answer, Exception) and not unpriced:
                complain("error", attempt.file, *reason_of(answer))
            if outcome is not None and outcome.refusal is not None:
                refusal = outcome.refusal
                complain("error", attempt.file, device.name, refusal.kind, refusal.words)
            if ops and truth is not None and isinstance(answer, Estimate):
                out.print(_op_table(attempt, answer, truth, device))
            elif ops and truth is not None and attempt.graph is not None:
                out.print(_label_table(attempt.graph, truth, device))
    out.print(made)
    return failed


def _op_table(attempt: Attempt, answer: Estimate, truth: Label, target: Target) -> Table:
    """A row an op of the main subgraph, and one for work that no op accounts for."""
    from perfcost.labels import source_of

    made = table("op", "kind", "estimate ms", f"{source_of(target).words} ms", "error", left=2,
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


def _label_table(graph: Graph, truth: Label, target: Target) -> Table:
    """The same for a target that has no estimates yet."""
    from perfcost.labels import source_of

    made = table("op", "kind", f"{source_of(target).words} ms", left=2, title=target.name)
    kinds = {op.origin[0].index: op.kind for op in graph.ops if op.origin}
    for op in truth.ops:
        kind = kinds.get(op.index, "of no op" if op.index < 0 else "not in the graph")
        add_row(made, [str(op.index) if op.index >= 0 else "-", kind, ms(target.ms(op.cycles))])
    return made
