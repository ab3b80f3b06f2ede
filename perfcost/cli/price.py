"""``perfcost estimate``: prices files on targets, as a table or as JSON lines."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Annotated, BinaryIO

import typer

from perfcost.cli import arguments
from perfcost.cli.attempts import Asked, Attempt, attempts
from perfcost.cli.console import complain, console, reason_of
from perfcost.cli.tables import op_table, summary
from perfcost.estimation import Estimate
from perfcost.estimation.record import error_record, estimate_record, line
from perfcost.files import written_whole
from perfcost.targets import System, Target


def estimate(
    files: arguments.Files,
    target: arguments.Names,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object a file and target.")
    ] = False,
    ops: Annotated[bool, typer.Option("--ops", help="Also a table of the ops.")] = False,
    out: Annotated[
        str | None, typer.Option(help="Write the JSON to this file, whole or not at all.")
    ] = None,
    strict: Annotated[
        bool, typer.Option(help="Fail a file whose figures would rest on a guess.")
    ] = False,
    assume_int8: Annotated[
        bool, typer.Option("--assume-int8", help="Price a float network as if quantised to int8.")
    ] = False,
    signature: arguments.Signature = None,
    trips: arguments.TripOptions = [],  # noqa: B006 (typer reads it and never changes it)
    input_shape: arguments.ShapeOptions = [],  # noqa: B006
) -> None:
    """Price networks on targets, and on systems of several (as perfcost place would place them).

    Exit code 0: every file was answered; 1: at least one failed and the others were answered;
    2: wrong usage or an unknown target, before any file is read.
    """
    devices = arguments.resolve_any(target)
    shapes, counts = arguments.input_shapes(input_shape), arguments.trip_counts(trips)
    asked = Asked(signature, shapes, counts, strict, assume_int8)
    done: list[Attempt] = []
    failed = False
    with ExitStack() as stack:
        sink = _sink(out, files, stack)
        for attempt in attempts(files, devices, asked):
            failed |= bool(attempt.failures)
            if sink is not None:
                for text in _lines(attempt, devices):
                    sink.write(text.encode("ascii") + b"\n")
            if json and out is None:
                for text in _lines(attempt, devices):
                    print(text, flush=True)
            if not json:
                done.append(attempt)
    if not json:
        _show(done, devices, ops)
    if failed:
        raise typer.Exit(1)


def _sink(out: str | None, files: list[str], stack: ExitStack) -> BinaryIO | None:
    if out is None:
        return None
    if any(os.path.realpath(file) == os.path.realpath(out) for file in files):
        words = f"{out!r} is a file to read, and would be lost; give another"
        raise typer.BadParameter(words, param_hint="--out")
    try:
        return stack.enter_context(written_whole(out))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"cannot write {out!r}: {error}", param_hint="--out") from None


def _lines(attempt: Attempt, targets: list[Target | System]) -> list[str]:
    return [
        line(
            estimate_record(answer, attempt.file)
            if isinstance(answer, Estimate)
            else error_record(answer, attempt.file, attempt.name, target.name)
        )
        for answer, target in zip(attempt.answers, targets, strict=True)
    ]


def _show(done: list[Attempt], targets: list[Target | System], ops: bool) -> None:
    out = console()
    if ops:
        for attempt in done:
            made = op_table(attempt, targets)
            if made is not None:
                out.print(made)
    out.print(summary(done, targets))
    # The same of several targets is said once, a warning of several files too.
    files_of: dict[tuple[str, ...], list[str]] = {}
    for attempt in done:
        for note in dict.fromkeys(note for answer in attempt.answers for note in _notes(answer)):
            files_of.setdefault(note, []).append(attempt.file)
    for (kind, *words), files in files_of.items():
        whole = kind == "warning" and len(files) > 1
        for file in [f"{len(files)} files"] if whole else files:
            complain(kind, file, *words)


def _notes(answer: Estimate | Exception) -> list[tuple[str, ...]]:
    if isinstance(answer, Estimate):
        return [("warning", note.code, note.message) for note in answer.warnings]
    return [("error", *reason_of(answer))]
