"""``perfcost sample``: well-known networks as .tflite files, written without TensorFlow."""

from __future__ import annotations

from typing import Annotated

import typer

from perfcost.cli.console import complain
from perfcost.errors import PerfcostError
from perfcost.files import written_whole
from perfcost.spaces import zoo
from perfcost.targets.rules import nearest
from perfcost.text import shown

_ROOM = "zoo/"


def sample(
    name: Annotated[str | None, typer.Argument(help="Such as zoo/mobilenet_v2.")] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="The file to write: NAME.tflite by default.")
    ] = None,
    dtype: Annotated[str, typer.Option(help="int8, uint8 or float32.")] = "int8",
    listing: Annotated[bool, typer.Option("--list", help="List the networks and end.")] = False,
) -> None:
    """Write a network of the zoo to a file. Its weights are random, shaped like trained ones."""
    if listing:
        for known in zoo.names():
            print(_ROOM + known)
        return
    if name is None:
        raise typer.BadParameter("give a name (--list has them)", param_hint="NAME")
    stem = name.removeprefix(_ROOM)
    if stem not in zoo.names():
        hint = nearest(stem, list(zoo.names()))
        raise typer.BadParameter(
            f"unknown network {shown(name)!r}{hint}; --list has them all", param_hint="NAME"
        )
    path = out if out is not None else f"{stem}.tflite"
    try:
        data = zoo.build(stem, dtype)
        with written_whole(path) as stream:
            stream.write(data)
    except (PerfcostError, OSError, ValueError) as error:
        complain("error", name, error)
        raise typer.Exit(1) from None
    print(f"{shown(path, 200)}: {len(data):,} bytes, {dtype}")
