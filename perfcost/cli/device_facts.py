"""What is known of a target's estimates: metrics, where truth comes from, how far they are off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from perfcost.dataset.profile import profile_of
from perfcost.errors import WeightsError
from perfcost.network import store
from perfcost.physics.arm_cpu import laws
from perfcost.targets import ArmCpuTarget, CellsTarget, EthosUTarget, Target
from perfcost.targets.measured_target import GPU, HOST
from perfcost.targets.roofline_target import GPU_FAMILY

SCHEMA_VERSION = 1
_PLANNED = (HOST, GPU, GPU_FAMILY)
"""Families by peaks whose runtime's memory is restated."""
ESTIMATED = "modelled"
"""Provenance of the latency of any estimate."""


@dataclass(frozen=True, slots=True)
class Error:
    """How far the time is off, on networks held out from training, against their truth."""

    mape: float
    """Mean absolute error in per cent."""
    graphs: int
    """Held out."""
    of: str
    """``network``, or ``laws`` where no weights come with the package."""


def metrics(target: Target) -> tuple[str, ...]:
    """Which of ``latency``, ``energy``, ``memory`` an estimate gives."""
    found = ["latency"]
    if target.energy is not None:
        found.append("energy")
    if isinstance(target, (EthosUTarget, ArmCpuTarget)) or target.family in _PLANNED:
        found.append("memory")
    return tuple(found)


def label_provenance(target: Target) -> str | None:
    """How the truth of the latency is known: what ``perfcost label`` gives, or a table of times.

    ``None`` where there is none.
    """
    if isinstance(target, CellsTarget):
        return target.truth
    from perfcost.labels.families import SOURCES  # the other commands start without labellers

    source = SOURCES.get(target.family)
    return None if source is None else source.provenance


def error(target: Target) -> Error | None:
    """The error of the cycles of estimates; ``None`` where nobody has measured it.

    Raises:
        WeightsError: damaged weights.
    """
    if isinstance(target, CellsTarget):
        left_out = target.errors.get("networks")
        mape = target.errors.get("mape")
        return None if left_out is None or mape is None else Error(mape, int(left_out), "laws")
    profile = profile_of(target.name)
    rows = [row for row in store.errors(target) if row["target"] == profile]
    found = _of_rows([row for row in rows if row["metric"] == "cycles"])
    if found is None and isinstance(target, ArmCpuTarget):
        score = laws.score(target)
        if score is not None:
            return Error(float(score["mape"]), int(score["held_out"]), "laws")
    return found


def _of_rows(rows: Sequence[Any]) -> Error | None:
    """Over all spaces: each graph counts alike."""
    try:
        scores = [(row["network"]["mape"], row["network"]["count"]) for row in rows]
        graphs = sum(count for _, count in scores)
        if not graphs:
            return None
        mape = sum(mape * count for mape, count in scores) / graphs
    except (KeyError, TypeError) as error:
        raise WeightsError(f"damaged table of errors ({error!r}); install again") from error
    return Error(mape, graphs, "network")


def record(target: Target) -> dict[str, Any]:
    """A target as a JSON object (``perfcost/schema/target.json``)."""
    npu = target if isinstance(target, EthosUTarget) else None
    off = error(target)
    return {
        "schema_version": SCHEMA_VERSION,
        "target": target.name,
        "family": target.family,
        "hash": target.hash,
        "clock_hz": target.clock_hz,
        "macs_per_cycle": None if npu is None else npu.macs_per_cycle,
        "system_config": None if npu is None else npu.system_config,
        "memory_mode": None if npu is None else npu.memory_mode.name,
        "bytes_per_s": {
            memory.name: memory.bytes_per_cycle * target.clock_hz for memory in target.memories
        },
        "metrics": list(metrics(target)),
        "provenance": {"estimate": ESTIMATED, "label": label_provenance(target)},
        "error": None
        if off is None
        else {"mape_percent": off.mape, "graphs": off.graphs, "of": off.of},
    }
