"""A placement as JSON-ready objects (``perfcost/schema/placement.json``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perfcost.estimation.record import SCHEMA_VERSION, error_of, origin_record
from perfcost.hashing import structural_hash
from perfcost.placement.explaining import Elsewhere, Explanation
from perfcost.placement.result import Placement
from perfcost.placement.verify import Verified
from perfcost.text import shown

_NAME = 200
_WORDS = 2000


def placement_fields(placement: Placement) -> dict[str, Any]:
    """What ``Estimate.placement`` holds: regions, hand-overs, the bound, other plans."""
    return {
        "system": placement.system.name,
        "objective": placement.objective,
        "regions": [
            {
                "device": placed.region.device,
                "target": placed.target,
                "ops": list(placed.region.ops),
                "latency_ms": placed.latency_ms,
                "energy_mj": placed.energy_mj,
                "call_ms": placed.call_ms,
                "memory_bytes": dict(placed.memory_bytes),
            }
            for placed in placement.placed
        ],
        "hand_overs": [
            {
                "tensor": crossing.tensor,
                "name": crossing.name,
                "nbytes": crossing.nbytes,
                "source": crossing.source,
                "to": crossing.to,
                "latency_ms": crossing.latency_ms,
                "energy_mj": crossing.energy_mj,
            }
            for crossing in placement.hand_overs
        ],
        "hand_over_ms": placement.hand_over_ms,
        "bound_ms": placement.bound_ms,
        "gap": placement.gap,
        "alternatives": [
            {
                "name": other.name,
                "latency_ms": other.latency_ms,
                "energy_mj": other.energy_mj,
                "regions": other.regions,
                "reason": other.reason,
            }
            for other in placement.alternatives
        ],
        "search": {
            "exact_sum": placement.exact_sum,
            "pieces": placement.pieces,
            "ops_priced": placement.ops_priced,
        },
    }


def placement_record(
    placement: Placement,
    file: str,
    *,
    explanation: Explanation | None = None,
    verified: Sequence[Verified] | None = None,
) -> dict[str, Any]:
    """One placed model. Names are escaped and cut, as in tables."""
    graph = placement.graph
    ms = {
        op: found
        for placed in placement.placed
        for op, found in zip(placed.region.ops, placed.op_ms, strict=True)
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "file": shown(file, _WORDS),
        "model": {
            "name": shown(graph.name, _NAME),
            "structural_hash": structural_hash(graph),
            "ops": len(graph.ops),
        },
        "latency_ms": placement.latency_ms,
        "energy_mj": placement.energy_mj,
        "memory_bytes": dict(placement.memory_bytes),
        "fits": dict(placement.fits),
        "ops": [
            {
                "id": place,
                "origin": [origin_record(origin) for origin in op.origin],
                "kind": op.kind,
                "device": placement.device_of(place),
                "latency_ms": ms[place],
            }
            for place, op in enumerate(graph.ops)
        ],
        "placement": placement_fields(placement),
        "warnings": [
            {"code": note.code, "message": shown(note.message, _WORDS)}
            for note in placement.warnings
        ],
        "explanation": None if explanation is None else _explanation(explanation),
        "verified": None if verified is None else [_verified(found) for found in verified],
        "error": None,
    }


def failure_record(error: Exception, file: str, name: str) -> dict[str, Any]:
    """A model that was not placed: every figure is null, and ``error`` says why."""
    nothing = dict.fromkeys(("latency_ms", "energy_mj", "memory_bytes", "fits", "ops", "placement"))
    return {
        "schema_version": SCHEMA_VERSION,
        "file": shown(file, _WORDS),
        "model": {"name": shown(name, _NAME), "structural_hash": None, "ops": None},
        **nothing,
        "warnings": [],
        "explanation": None,
        "verified": None,
        "error": error_of(error),
    }


def _explanation(found: Explanation) -> dict[str, Any]:
    return {
        "op": found.op,
        "name": shown(found.name, _NAME),
        "device": found.device,
        "elsewhere": [_elsewhere(view) for view in found.elsewhere],
    }


def _elsewhere(view: Elsewhere) -> dict[str, Any]:
    reason = view.reason
    return {
        "device": view.device,
        "chosen": view.chosen,
        "latency_ms": view.latency_ms,
        "whole_ms": view.whole_ms,
        "moves": view.moves,
        "words": None if view.words is None else shown(view.words, _WORDS),
        "reason": None
        if reason is None
        else {
            "code": reason.code,
            "constraint": shown(reason.constraint, _WORDS),
            "tensor": shown(reason.tensor, _NAME),
            "value": shown(reason.value, _WORDS),
            "edit": shown(reason.edit, _WORDS),
        },
    }


def _verified(found: Verified) -> dict[str, Any]:
    return {
        "predicted_ms": found.predicted_ms,
        "true_ms": found.true_ms,
        "chosen": found.chosen,
        "labelled": list(found.labelled),
        "estimated": list(found.estimated),
        "failure": None if found.failure is None else shown(found.failure, _WORDS),
    }
