"""What a run did, and what that costs by a target's coefficients.

energy = MACs x pJ + bytes x pJ + instructions x pJ + misses x pJ + cycles x pJ + static mW x time
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from perfcost.errors import PredictionError
from perfcost.graph import Graph
from perfcost.ops import op_macs
from perfcost.physics.price import GraphPrice
from perfcost.targets import Target
from perfcost.targets.energy import CACHES, INSTRUCTIONS

MJ_PER_PJ = 1e-9
MJ_PER_MW_MS = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Counts of one op, one graph or one run. They add up: so does their energy."""

    latency_ms: float
    macs: Mapping[str, int] = field(default_factory=dict)
    """Dtype of the activations -> multiply-accumulates."""
    bytes_moved: Mapping[str, float] = field(default_factory=dict)
    """Memory -> bytes read and written."""
    events: Mapping[str, float] | None = None
    """Of ``perfcost.labels.protocol.EVENTS``, counted or by laws; None where there are none."""


def energy_mj(work: Work, target: Target) -> float | None:
    """Energy of some work in mJ: a lower bound where the table leaves something out.

    None where the target has no coefficients, or lacks that of work that was done.

    Raises:
        PredictionError: it does not come out as a finite number >= 0.
    """
    table = target.energy
    if table is None or (table.counts_instructions and work.events is None):
        return None
    parts: list[tuple[float, float | None]] = []
    if not table.counts_instructions:  # else the instructions that multiply are priced
        parts += [(count, table.of_mac(dtype)) for dtype, count in work.macs.items()]
    parts += [(n, table.pj_per_byte.get(memory)) for memory, n in work.bytes_moved.items()]
    parts += _event_parts(target, work.events or {})
    parts.append((work.latency_ms / 1e3 * target.clock_hz, table.pj_per_cycle))
    total = work.latency_ms * table.static_mw * MJ_PER_MW_MS
    for count, pj in parts:
        if not count or pj == 0:
            continue
        if pj is None:
            return None
        total += count * pj * MJ_PER_PJ
    if not math.isfinite(total) or total < 0:
        raise PredictionError(
            f"energy_mj on {target.name} came out as {total}, expected a finite number >= 0; check "
            "the table [energy] of the profile"
        )
    return total


def _event_parts(
    target: Target, events: Mapping[str, float]
) -> Iterable[tuple[float, float | None]]:
    table = target.energy
    assert table is not None
    if table.pj_per_instruction:
        for kind in INSTRUCTIONS:
            yield events.get(f"{kind}_instructions", 0), table.pj_per_instruction[kind]
    for cache in CACHES:
        # A level without a price of its own is in pj_per_byte of what lies below it.
        if cache in table.pj_per_miss:
            yield events.get(f"{cache}_misses", 0), table.pj_per_miss[cache]


def mac_work(graph: Graph) -> tuple[tuple[int, str, int], ...]:
    """(position, dtype of the activations, MACs) of each op of a graph that has MACs."""
    return graph.kept("_mac_work", _mac_work)


def _mac_work(graph: Graph) -> tuple[tuple[int, str, int], ...]:
    found = []
    for position, (op, macs) in enumerate(zip(graph.ops, op_macs(graph), strict=True)):
        if macs:
            inputs = [graph.tensors[tensor] for tensor in op.inputs if tensor >= 0]
            live = [tensor for tensor in inputs if tensor.constant is None]
            found.append((position, (live or inputs)[0].dtype, macs))
    return tuple(found)


def work_of_op(graph: Graph, position: int, price: GraphPrice) -> Work | None:
    """What one op does by a price of its graph; None where the device does not run it."""
    priced = price.ops[position]
    if priced.cycles is None:
        return None
    return Work(
        latency_ms=priced.cycles / price.clock_hz * 1e3,
        macs={dtype: macs for at, dtype, macs in mac_work(graph) if at == position},
        bytes_moved=priced.bytes_moved,
        events=None if price.events is None else price.events[position],
    )
