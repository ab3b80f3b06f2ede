"""An explicit assignment of ops to devices, as a file: a list of {device, ops}."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from perfcost.errors import PlacementError
from perfcost.placement.regions import Region
from perfcost.text import shown

_EXPECTED = 'expected a list such as [{"device": "npu", "ops": [0, 1, 2]}, ...]'


def read_regions(path: Path) -> list[Region]:
    """The regions in a JSON file: a list of them, or a record of ``perfcost place --json``.

    Other fields of a region are left alone. Whether the regions fit a model is for ``split``.

    Raises:
        PlacementError: no such file, no JSON, no regions.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise PlacementError(f"{shown(path, 200)} cannot be read ({words}); {_EXPECTED}") from error
    except (ValueError, RecursionError) as error:
        raise PlacementError(f"{shown(path, 200)} is no JSON ({error}); {_EXPECTED}") from error
    listed = found
    for name in ("placement", "regions"):
        if isinstance(listed, dict) and name in listed:
            listed = listed[name]
    if not isinstance(listed, list):
        raise PlacementError(f"{shown(path, 200)} holds {shown(found)}, {_EXPECTED}")
    return [_region(entry, place, path) for place, entry in enumerate(listed)]


def _region(entry: Any, place: int, path: Path) -> Region:
    device = entry.get("device") if isinstance(entry, dict) else None
    ops = entry.get("ops") if isinstance(entry, dict) else None
    whole = isinstance(ops, list) and all(type(op) is int for op in ops)
    if not isinstance(device, str) or not isinstance(ops, list) or not whole:
        raise PlacementError(f"{shown(path, 200)}, region {place}: {shown(entry)}, {_EXPECTED}")
    return Region(device, tuple(ops))
