"""An estimate, or the failure of one, as a JSON object (``perfcost/schema/estimate.json``)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from perfcost.errors import ModelError, PerfcostError
from perfcost.estimation.result import Estimate, Note, OpEstimate
from perfcost.graph import Origin
from perfcost.text import shown

SCHEMA_VERSION = 1
_NAME = 200
_WORDS = 2000
_FIGURES = (
    "latency_ms", "latency_low_ms", "latency_high_ms", "in_distribution", "energy_mj",
    "memory_bytes", "bytes_moved", "fits", "complete", "ops",
)  # fmt: skip


def estimate_record(estimate: Estimate, file: str) -> dict[str, Any]:
    """One answered model. Names are escaped and cut, as in tables."""
    model = estimate.model
    return {
        "schema_version": SCHEMA_VERSION,
        "file": shown(file, _WORDS),
        "model": {
            "name": shown(model.name, _NAME),
            "structural_hash": model.structural_hash,
            "ops": model.ops,
            "macs": model.macs,
        },
        "target": estimate.target,
        "latency_ms": estimate.latency_ms,
        "latency_low_ms": estimate.latency_low_ms,
        "latency_high_ms": estimate.latency_high_ms,
        "in_distribution": estimate.in_distribution,
        "energy_mj": estimate.energy_mj,
        "memory_bytes": dict(estimate.memory_bytes),
        "bytes_moved": dict(estimate.bytes_moved),
        "fits": dict(estimate.fits),
        "complete": estimate.complete,
        "ops": [_op(op) for op in estimate.ops],
        "warnings": [_note(note) for note in estimate.warnings],
        "provenance": dict(estimate.provenance),
        "settings": dict(estimate.settings),
        "weights": estimate.weights,
        "placement": None if estimate.placement is None else dict(estimate.placement),
        "error": None,
    }


def error_record(error: Exception, file: str, name: str, target: str) -> dict[str, Any]:
    """One model that failed: every figure is null, and ``error`` says why."""
    return {
        "schema_version": SCHEMA_VERSION,
        "file": shown(file, _WORDS),
        "model": {
            "name": shown(name, _NAME),
            "structural_hash": None,
            "ops": None,
            "macs": None,
        },
        "target": target,
        **dict.fromkeys(_FIGURES),
        "warnings": [],
        "provenance": {},
        "settings": {},
        "weights": None,
        "placement": None,
        "error": error_of(error),
    }


def error_of(error: Exception) -> dict[str, Any]:
    """An error as the field ``error`` of a record."""
    return {
        "class": type(error).__name__,
        "message": words_of(error),
        "offset": error.offset if isinstance(error, ModelError) else None,
        "op": shown(error.op, _NAME) if isinstance(error, ModelError) and error.op else None,
    }


def words_of(error: Exception) -> str:
    """What an error says, fit to be shown; one that nobody foresaw says that it is a fault."""
    if isinstance(error, ModelError):
        return shown(error.message, _WORDS)
    if isinstance(error, MemoryError):
        return "the model does not fit into the memory of this machine; use a larger one"
    words = shown(error, _WORDS)
    if isinstance(error, (PerfcostError, OSError)):
        return words
    return f"{words or 'no words'}; this is a fault of perfcost, please report it with the model"


def line(record: Mapping[str, Any]) -> str:
    """A record as one line of ASCII, without its newline. A figure that is not finite raises."""
    return json.dumps(record, allow_nan=False, separators=(",", ":"))


def _op(op: OpEstimate) -> dict[str, Any]:
    assert op.latency_ms is None or math.isfinite(op.latency_ms)
    return {
        "id": op.id,
        "origin": [origin_record(origin) for origin in op.origin],
        "kind": op.kind,
        "latency_ms": op.latency_ms,
        "supported": op.supported,
        "reason": None if op.reason is None else _note(op.reason),
    }


def origin_record(origin: Origin) -> dict[str, int | str]:
    """Where an op stands in its file, as one object."""
    found: dict[str, int | str] = {"subgraph": origin.subgraph, "index": origin.index}
    if origin.name:
        found["name"] = shown(origin.name, _WORDS)
    return found


def _note(note: Note) -> dict[str, str]:
    return {"code": note.code, "message": shown(note.message, _WORDS)}
