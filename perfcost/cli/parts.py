"""``perfcost split`` and ``perfcost run``: a model as one file a region, and the files in a row."""

from __future__ import annotations

import io
import json as codec
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from perfcost import targets
from perfcost.cli import arguments
from perfcost.cli.console import add_row, complain, console, reason_of, table
from perfcost.errors import PerfcostError, PlacementError, TargetError
from perfcost.estimation.loading import file_bytes
from perfcost.files import folder_written_whole
from perfcost.graph import BITS
from perfcost.placement.manifest import Manifest, Value, sha256
from perfcost.placement.regions import Region
from perfcost.targets.system import System
from perfcost.text import shown


def split(
    model: Annotated[str, typer.Argument(help="A .tflite file.", metavar="MODEL")],
    out: Annotated[str, typer.Option("--out", "-o", help="A folder to make, or an empty one.")],
    system: Annotated[
        str | None,
        typer.Option(
            "--system", "-s", help="Where perfcost place puts it: a system's name or TOML."
        ),
    ] = None,
    regions: Annotated[
        str | None,
        typer.Option(
            help='Or a file that says where: [{"device": NAME, "ops": [0, ...]}], or what '
            "perfcost place --json gave."
        ),
    ] = None,
    signature: arguments.Signature = None,
    json: Annotated[bool, typer.Option("--json", help="Print the manifest.")] = False,
) -> None:
    """Write one .tflite a region and a manifest to a folder; perfcost run chains them.

    Exit code 0: all is written; 1: nothing is, and stderr says why; 2: wrong usage.
    """
    from perfcost.placement.split import split as written

    if (system is None) is (regions is None):
        words = "say what runs where: --system NAME or --regions FILE, one of them"
        raise typer.BadParameter(words, param_hint="--system")
    devices = None if system is None else _system(system)
    try:
        data = file_bytes(Path(model))
        found = _assigned(data, devices, regions, signature)
        manifest = written(
            data,
            found,
            Path(out),
            signature=signature,
            system=None if devices is None else devices.name,
        )
    except (PerfcostError, OSError) as error:
        complain("error", model, *reason_of(error))
        raise typer.Exit(1) from None
    if json:
        print(codec.dumps(manifest.record()))
        return
    _show_parts(manifest, out)


def _system(name: str) -> System:
    try:
        return targets.resolve_system(name)
    except TargetError as error:
        raise typer.BadParameter(str(error), param_hint="--system") from None


def _assigned(
    data: bytes, system: System | None, regions: str | None, signature: str | None
) -> Sequence[Region]:
    """The regions that were asked for: of a file, or those of the best placement."""
    from perfcost.estimation import load
    from perfcost.placement import place
    from perfcost.placement.assignment import read_regions

    if regions is not None:
        return read_regions(Path(regions))
    return place(load(data, signature=signature), system).regions


def _show_parts(manifest: Manifest, folder: str) -> None:
    made = table("file", "device", "ops", "in bytes", "out bytes", "file bytes", left=2,
                 title=f"{shown(folder, 200)}: {len(manifest.parts)} regions")  # fmt: skip
    for part in manifest.parts:
        sizes = [sum(map(_nbytes, side)) for side in (part.inputs, part.outputs)]
        cells = [shown(part.file), shown(part.device), len(part.ops), *sizes, part.nbytes]
        add_row(made, [f"{cell:,}" if isinstance(cell, int) else cell for cell in cells])
    console().print(made)


def _nbytes(value: Value) -> int:
    return (math.prod(value.shape) * BITS[value.dtype] + 7) // 8


def run(
    folder: Annotated[str, typer.Argument(help="As perfcost split wrote it.", metavar="DIR")],
    given: Annotated[
        list[str],
        typer.Option("--input", "-i", help="An input of the whole.", metavar="NAME=FILE.npy"),
    ] = [],  # noqa: B006 (typer reads it and never changes it)
    seed: Annotated[int, typer.Option(min=0, help="For inputs that are not given.")] = 0,
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="A folder to make for the outputs (.npy).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Run a split model once, region after region, in LiteRT on this machine's processor.

    Inputs that are not given are drawn. Exit code 0: it ran; 1: it did not, and nothing is
    written; 2: wrong usage.
    """
    from perfcost.placement.chain import Chain

    arrays = dict(map(_named, given))
    try:
        chain = Chain(Path(folder))
        record = _record(chain, arrays, seed, out)
    except (PerfcostError, OSError) as error:
        complain("error", folder, *reason_of(error))
        raise typer.Exit(1) from None
    if json:
        print(codec.dumps(record))
        return
    made = table("", "name", "type", "shape", "SHA-256", "from or to", left=6)
    for role, place in (("inputs", "source"), ("outputs", "file")):
        for entry in record[role]:
            cells = [role[:-1], shown(entry["name"]), entry["dtype"], entry["shape"]]
            add_row(made, [*cells, entry["sha256"][:16], shown(entry[place] or "-", 200)])
    console().print(made)


def _named(option: str) -> tuple[str, str]:
    name, equals, path = option.rpartition("=")
    if not equals or not name or not path:
        raise typer.BadParameter(f"came {option!r}, expected NAME=FILE.npy", param_hint="--input")
    return name, path


def _record(chain: Any, given: dict[str, str], seed: int, out: str | None) -> dict[str, Any]:
    """Runs it; what went in and came out (``perfcost/schema/run.json``)."""
    from perfcost.placement.chain import drawn

    manifest: Manifest = chain.manifest
    arrays = {name: _loaded(name, path) for name, path in given.items()}
    for place, value in enumerate(manifest.inputs):
        if value.name not in arrays:
            arrays[value.name] = drawn(value, seed + place)
    results = chain.run(arrays)
    files = [f"{place:03d}-{_plain(v.name)}.npy" for place, v in enumerate(manifest.outputs)]
    if out is not None:
        _write(out, dict(zip(files, results, strict=True)))
    return {
        "schema_version": 1,
        "model_sha256": manifest.model_sha256,
        "parts": len(manifest.parts),
        "inputs": [
            {**_entry(value.name, arrays[value.name]), "source": given.get(value.name, "drawn")}
            for value in manifest.inputs
        ],
        "outputs": [
            {**_entry(v.name, array), "file": None if out is None else os.path.join(out, file)}
            for v, array, file in zip(manifest.outputs, results, files, strict=True)
        ],
    }


def _loaded(name: str, path: str) -> Any:
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise PlacementError(
            f"input {shown(name)!r}: {shown(path, 200)} cannot be read ({error}); expected an "
            "array as numpy.save writes it"
        ) from error
    if not isinstance(found, np.ndarray):
        raise PlacementError(f"input {shown(name)!r}: {shown(path, 200)} holds several arrays, "
                             "expected one, as numpy.save writes it")  # fmt: skip
    return found


def _write(folder: str, arrays: dict[str, Any]) -> None:
    try:
        with folder_written_whole(folder) as room:
            for name, array in arrays.items():
                stream = io.BytesIO()
                np.save(stream, array, allow_pickle=False)
                (room / name).write_bytes(stream.getvalue())
    except FileExistsError:
        raise PlacementError(
            f"{shown(folder, 200)} is there and not an empty folder; give another name or empty it"
        ) from None


def _entry(name: str, array: Any) -> dict[str, Any]:
    return {
        "name": shown(name, 200),
        "dtype": str(array.dtype),
        "shape": list(array.shape),
        "sha256": sha256(np.ascontiguousarray(array).tobytes()),
    }


def _plain(name: str) -> str:
    """A tensor's name as a part of a file's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:60].strip(".-") or "output"
