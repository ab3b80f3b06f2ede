"""What lies in the folder of a split model: files in the order they run, and what flows where.

A tensor is known by its number in the subgraph of the whole file that was split.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from perfcost.errors import PlacementError
from perfcost.graph import BITS
from perfcost.text import shown

NAME = "manifest.json"
"""The manifest's file in the folder of a split model."""

SCHEMA_VERSION = 1
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor that goes in, comes out or passes from one region to another.

    Attributes:
        tensor: its number in the whole.
        name: of an input or output of the whole as a signature calls it, else as the tensor is
            called; made unique where the file has one name twice.
        dtype: a key of ``graph.BITS``.
        shape: as the file says; ``free`` are the axes whose extent it leaves open.
    """

    tensor: int
    name: str
    dtype: str
    shape: tuple[int, ...]
    free: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A region as a file.

    Attributes:
        file: its name in the folder.
        sha256, nbytes: of the file.
        device: where it is to run.
        ops: positions in the main subgraph of the whole, ascending.
        inputs, outputs: what the file's inputs and outputs are in the whole, in their order.
    """

    file: str
    sha256: str
    nbytes: int
    device: str
    ops: tuple[int, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A model in parts.

    Attributes:
        model_sha256: of the whole file.
        subgraph: which one of it was split.
        ops: how many it has; each is in one part.
        system: the name of the system that the devices belong to, if one was asked for.
        inputs, outputs: of the whole, in its order.
        parts: in an order in which they can run.
    """

    model_sha256: str
    subgraph: int
    ops: int
    system: str | None
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    parts: tuple[Part, ...]

    def record(self) -> dict[str, Any]:
        """As JSON (``perfcost/schema/split.json``)."""
        return {"schema_version": SCHEMA_VERSION, **asdict(self)}

    def text(self) -> str:
        """The record as the file holds it."""
        return json.dumps(self.record(), indent=1) + "\n"


def sha256(data: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read(folder: Path) -> Manifest:
    """The manifest of a folder, its figures checked against each other (not against the files).

    Raises:
        PlacementError: there is none, or it contradicts itself; the message says where.
    """
    path = folder / NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PlacementError(
            f"{shown(folder, 200)} has no {NAME}, expected a folder that perfcost split wrote"
        ) from None
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise PlacementError(f"{shown(path, 200)} cannot be read ({words})") from error
    except (ValueError, RecursionError) as error:
        raise PlacementError(f"{shown(path, 200)} is no JSON ({error}); split again") from error
    try:
        return _checked(_manifest(found))
    except _Wrong as error:
        raise PlacementError(f"{shown(path, 200)}: {error}; split the model again") from None


def content(folder: Path, part: Part) -> bytes:
    """The bytes of a part. PlacementError if they are not there or not those that were written."""
    path = folder / part.file
    try:
        data = path.read_bytes()
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise PlacementError(
            f"{shown(path, 200)}, which the manifest names, cannot be read ({words}); split the "
            "model again"
        ) from error
    if len(data) != part.nbytes or sha256(data) != part.sha256:
        raise PlacementError(
            f"{shown(path, 200)} is not the file that the manifest names: came {len(data)} bytes "
            f"with SHA-256 {sha256(data)[:12]}..., expected {part.nbytes} with "
            f"{part.sha256[:12]}...; split the model again"
        )
    return data


class _Wrong(Exception):
    """What is wrong with a manifest, in words."""


def _manifest(found: Any) -> Manifest:
    version = found.get("schema_version") if isinstance(found, Mapping) else None
    if version != SCHEMA_VERSION:
        raise _Wrong(f"schema_version is {shown(version, 40)}, expected {SCHEMA_VERSION}")
    given = {key: value for key, value in found.items() if key != "schema_version"}
    return _record(Manifest, given, "the manifest",
                   inputs=_values, outputs=_values, parts=_parts)  # fmt: skip


def _parts(found: Any, where: str) -> tuple[Part, ...]:
    return tuple(
        _record(Part, part, f"{where} {place}", ops=_numbers, inputs=_values, outputs=_values)
        for place, part in enumerate(_list(found, where))
    )


def _values(found: Any, where: str) -> tuple[Value, ...]:
    return tuple(
        _record(Value, value, f"{where} {place}", shape=_numbers, free=_numbers)
        for place, value in enumerate(_list(found, where))
    )


def _numbers(found: Any, where: str) -> tuple[int, ...]:
    for value in _list(found, where):
        _simple(value, "int", where)
    return tuple(found)


def _list(found: Any, where: str) -> list[Any]:
    if not isinstance(found, list):
        raise _Wrong(f"{where} is {shown(found, 40)}, expected a list")
    return found


def _simple(found: Any, kind: str, where: str) -> None:
    fits = {
        "int": isinstance(found, int) and not isinstance(found, bool) and found >= 0,
        "str": isinstance(found, str),
        "str | None": found is None or isinstance(found, str),
    }
    if not fits[kind]:
        raise _Wrong(f"{where} is {shown(found, 40)}, expected {kind.replace('int', 'a number')}")


def _record(kind: type[T], found: Any, where: str, **nested: Callable[[Any, str], Any]) -> T:
    """A dataclass from a mapping that has just its fields."""
    names = {field.name: str(field.type) for field in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(found, Mapping) or set(found) != set(names):
        raise _Wrong(f"{where} holds {shown(found, 80)}, expected the fields {', '.join(names)}")
    made = {}
    for name, value in found.items():
        if name in nested:
            made[name] = nested[name](value, f"{where}, {name}")
        else:
            _simple(value, names[name], f"{where}, {name}")
            made[name] = value
    return kind(**made)


def _checked(manifest: Manifest) -> Manifest:
    """What the parts read is there before they run, each op is in one part, names are names."""
    known = {value.tensor for value in manifest.inputs}
    ops: list[int] = []
    for part in manifest.parts:
        if Path(part.file).name != part.file or part.file in ("", ".", ".."):
            raise _Wrong(f"came the file {shown(part.file, 80)}, expected a name without a folder")
        missing = {value.tensor for value in part.inputs} - known
        if missing:
            raise _Wrong(f"{shown(part.file, 80)} reads tensor {min(missing)} before any wrote it")
        known.update(value.tensor for value in part.outputs)
        ops += part.ops
    if sorted(ops) != list(range(manifest.ops)):
        raise _Wrong(f"the parts hold {len(ops)} ops, expected each of {manifest.ops} once")
    missing = {value.tensor for value in manifest.outputs} - known
    if missing:
        raise _Wrong(f"nothing gives tensor {min(missing)}, an output of the whole")
    for value in (*manifest.inputs, *manifest.outputs):
        if value.dtype not in BITS:
            raise _Wrong(
                f"came the dtype {shown(value.dtype, 40)}, expected one of {', '.join(BITS)}"
            )
    return manifest
