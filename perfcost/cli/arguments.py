"""What the commands are given, checked before any file is read; a fault is a usage error (2)."""

from __future__ import annotations

from typing import Annotated

import typer

from perfcost import targets
from perfcost.errors import ModelError, TargetError
from perfcost.estimation.trips import TripCounts, Trips
from perfcost.targets import System, Target

Files = Annotated[list[str], typer.Argument(help="Files to read.", metavar="FILES...")]
Names = Annotated[
    list[str],
    typer.Option("--target", "-t", help="Name of a target or path of a TOML; may be repeated."),
]
Signature = Annotated[
    str | None, typer.Option(help="Entry point of a file with several; its first by default.")
]
TripOptions = Annotated[
    list[str],
    typer.Option(
        "--trips",
        help="How often loops run: N for all, or OP=N with the op's index, name or kind.",
        metavar="[OP=]N",
    ),
]
ShapeOptions = Annotated[
    list[str],
    typer.Option("--input-shape", help="Shape of an open input.", metavar="NAME=D,D,..."),
]


def resolve(names: list[str]) -> list[Target]:
    """The targets by name."""
    found = []
    for name in names:
        try:
            found.append(targets.resolve(name))
        except TargetError as error:
            raise typer.BadParameter(str(error), param_hint="--target") from None
    return found


def resolve_any(names: list[str]) -> list[Target | System]:
    """The targets and systems by name."""
    found: list[Target | System] = []
    for name in names:
        try:
            one = targets.is_system(name)
            found.append(targets.resolve_system(name) if one else targets.resolve(name))
        except TargetError as error:
            raise typer.BadParameter(str(error), param_hint="--target") from None
    return found


def trip_counts(options: list[str]) -> TripCounts | None:
    """``--trips`` as ``estimate`` takes it."""
    counts: dict[int | str, int] = {}
    everywhere: int | None = None
    for option in options:
        key, equals, number = option.rpartition("=")
        if not number.strip().isdecimal():
            raise typer.BadParameter(f"came {option!r}, expected [OP=]N", param_hint="--trips")
        if equals:
            counts[int(key) if key.isdecimal() else key] = int(number)
        else:
            everywhere = int(number)
    if everywhere is not None and counts:
        raise typer.BadParameter("give one N for all loops, or OP=N each", param_hint="--trips")
    given: TripCounts | None = counts or everywhere
    try:
        Trips(given)
    except ModelError as error:
        raise typer.BadParameter(str(error), param_hint="--trips") from None
    return given


def input_shapes(options: list[str]) -> dict[str, tuple[int, ...]] | None:
    """``--input-shape`` as ``estimate`` takes it."""
    shapes = {}
    for option in options:
        name, equals, numbers = option.rpartition("=")
        extents = [part.strip() for part in numbers.split(",")]
        if not equals or not name or not all(extent.isdecimal() for extent in extents):
            raise typer.BadParameter(
                f"came {option!r}, expected NAME=D,D,... such as input=1,224,224,3",
                param_hint="--input-shape",
            )
        shapes[name] = tuple(int(extent) for extent in extents)
    return shapes or None
