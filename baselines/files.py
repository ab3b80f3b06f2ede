"""Reading what a baseline saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from baselines.errors import BaselineError


def read_bytes(path: Path) -> bytes:
    """Raises BaselineError: the file cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BaselineError(
            f"{path}: cannot be read ({error.strerror}); fit and save it"
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        BaselineError: no such file, no JSON, no object.
    """
    data = read_bytes(path)
    try:
        found = json.loads(data)
    except ValueError as error:
        raise BaselineError(f"{path}: no JSON ({error}); fit and save it again") from error
    if not isinstance(found, dict):
        raise BaselineError(f"{path}: {type(found).__name__} came, expected an object")
    return found
