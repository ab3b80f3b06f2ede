"""``perfcost place``: which device of a system runs which part of a network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from perfcost import targets
from perfcost.cli import arguments
from perfcost.cli.console import complain, console, reason_of
from perfcost.errors import PerfcostError, TargetError
from perfcost.estimation.record import line
from perfcost.files import written_whole


def place(
    model: Annotated[str, typer.Argument(help="A file.", metavar="MODEL")],
    system: Annotated[
        str, typer.Option("--system", "-s", help="Name of a system or path of a TOML.")
    ],
    objective: Annotated[str, typer.Option(help="latency, energy or weighted.")] = "latency",
    weight: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the latency in the objective weighted.")
    ] = 0.5,
    pin: Annotated[
        list[str],
        typer.Option(
            help="Hold ops on a device; an op is its index, kind or result's name.",
            metavar="OP=DEVICE",
        ),
    ] = [],  # noqa: B006 (typer reads it and never changes it)
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    svg: Annotated[str | None, typer.Option(help="Draw the plan into this file.")] = None,
    explain: Annotated[
        str | None, typer.Option(help="Say why an op runs where it does.", metavar="OP")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Label the best three plans and take the truly best.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes of --verify.")] = 1,
    signature: arguments.Signature = None,
    trips: arguments.TripOptions = [],  # noqa: B006
    input_shape: arguments.ShapeOptions = [],  # noqa: B006
    assume_int8: Annotated[
        bool, typer.Option("--assume-int8", help="Place a float network as if quantised to int8.")
    ] = False,
) -> None:
    """Decide which device of a system runs which part of a network.

    Exit code 0: placed; 1: the file cannot be read or nothing fits; 2: wrong usage or an unknown
    system, before the file is read.
    """  # fmt: skip
    from perfcost import placement as placing
    from perfcost.estimation import load
    from perfcost.placement.objective import OBJECTIVES
    from perfcost.placement.record import failure_record, placement_record
    from perfcost.placement.verify import verify as verified_plans
    from perfcost.quantized import as_int8

    try:
        found = targets.resolve_system(system)
    except TargetError as error:
        raise typer.BadParameter(str(error), param_hint="--system") from None
    if objective not in OBJECTIVES:
        words = f"came {objective!r}, expected one of {', '.join(OBJECTIVES)}"
        raise typer.BadParameter(words, param_hint="--objective")
    pins = _pins(pin)
    shapes, counts = arguments.input_shapes(input_shape), arguments.trip_counts(trips)
    if verify and assume_int8:
        words = "labels are of the file as it is; leave --assume-int8 out"
        raise typer.BadParameter(words, param_hint="--verify")
    if svg is not None and os.path.realpath(svg) == os.path.realpath(model):
        raise typer.BadParameter(f"{svg!r} is the file to read; give another", param_hint="--svg")
    try:
        graph = load(model, signature=signature, input_shapes=shapes)
        if assume_int8:
            graph = as_int8(graph)
        plan = placing.place(
            graph, found, objective=objective, weight=weight, pins=pins, trip_counts=counts
        )
        truth = None
        if verify:
            plan, truth = verified_plans(plan, Path(model).read_bytes(), jobs=jobs)
        why = None if explain is None else placing.explain(plan, explain)
        if svg is not None:
            _draw(plan, svg)
    except Exception as error:
        if not isinstance(error, (PerfcostError, OSError)) and not json:
            raise
        if json:
            print(line(failure_record(error, model, os.path.basename(model))), flush=True)
        else:
            complain("error", model, *reason_of(error))
        raise typer.Exit(1) from None
    if json:
        print(line(placement_record(plan, model, explanation=why, verified=truth)), flush=True)
        return
    from perfcost.cli import placements

    out = console()
    for table in placements.tables(plan, model, why, truth):
        out.print(table)
    for note in plan.warnings:
        complain("warning", model, note.code, note.message)


def _pins(options: list[str]) -> dict[int | str, str]:
    pins: dict[int | str, str] = {}
    for option in options:
        key, equals, device = option.rpartition("=")
        if not equals or not key or not device:
            raise typer.BadParameter(f"came {option!r}, expected OP=DEVICE", param_hint="--pin")
        name: int | str = int(key) if key.isdecimal() else key
        if pins.setdefault(name, device) != device:
            words = f"{key} is pinned to {pins[name]} and to {device}; give one"
            raise typer.BadParameter(words, param_hint="--pin")
    return pins


def _draw(plan: object, path: str) -> None:
    from perfcost.placement import Placement
    from perfcost.report.placement_svg import placement_picture

    assert isinstance(plan, Placement)
    with written_whole(path) as stream:
        stream.write(placement_picture(plan).encode())
