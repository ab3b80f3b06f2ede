"""The TFLite schema as data: enums, and the fields of every options table.

``schema.json`` is written by ``tools/make_tflite_schema.py`` from the schema that LiteRT ships.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a table: its name, slot, type (``int32``, ``[int32]``, ...) and default."""

    name: str
    slot: int
    kind: str
    default: Any


@dataclass(frozen=True)
class Schema:
    """Enums by name (name -> value, and value -> name), and options tables by name."""

    values: Mapping[str, Mapping[str, int]]
    names: Mapping[str, Mapping[int, str]]
    options: Mapping[str, tuple[Field, ...]]


@cache
def schema() -> Schema:
    """The schema, read once."""
    text = resources.files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    raw = json.loads(text)
    enums: dict[str, dict[str, int]] = raw["enums"]
    return Schema(
        values=enums,
        names={enum: {v: k for k, v in members.items()} for enum, members in enums.items()},
        options={
            table: tuple(Field(*entry) for entry in fields)
            for table, fields in raw["options"].items()
        },
    )
