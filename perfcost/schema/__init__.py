"""JSON Schemas (draft 2020-12) of what perfcost writes, by the name of the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read(name: str) -> dict[str, Any]:
    """A schema by name, such as ``"estimate"``."""
    text = (Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
