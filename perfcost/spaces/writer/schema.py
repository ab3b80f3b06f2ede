"""The TFLite schema as data: enum values, and the fields of each table of options."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any, cast

from perfcost.errors import Unsupported

# (field, slot in the table, type, default)
Field = tuple[str, int, str, Any]


@cache
def _schema() -> dict[str, Any]:
    text = resources.files("perfcost.frontends.tflite").joinpath("schema.json").read_text("utf-8")
    return cast(dict[str, Any], json.loads(text))


def enum(group: str, name: str) -> int:
    """The number of an enum's member, such as ``enum("Padding", "SAME")``."""
    members = _schema()["enums"][group]
    if name not in members:
        raise Unsupported(f"{group} has no {name!r}; use one of the {len(members)} in the schema")
    return int(members[name])


@cache
def fields(table: str) -> tuple[Field, ...]:
    """The fields of one table of options, in the schema's order."""
    options = _schema()["options"]
    if table not in options:
        raise Unsupported(f"the schema has no table of options {table!r}")
    return tuple(
        (str(name), int(slot), str(kind), value) for name, slot, kind, value in options[table]
    )
