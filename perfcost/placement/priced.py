"""A placement as an ``Estimate``: the price of a network on a whole system."""

from __future__ import annotations

from perfcost.estimation.cautions import refuse_guesses
from perfcost.estimation.result import Estimate, ModelInfo, Note, OpEstimate
from perfcost.placement.record import placement_fields
from perfcost.placement.result import Placement


def estimate_of(placement: Placement, *, strict: bool = False) -> Estimate:
    """The price of the best placement, hand-overs included, with ``placement`` filled in.

    The interval adds up those of the regions: it is that of regions that err together.

    Raises:
        Unsupported: ``strict``, and a figure rests on a guess.
    """
    graph, placed = placement.graph, placement.placed
    parts = [region.estimate for region in placed]
    if strict:
        refuse_guesses(placement.warnings)
    ops: dict[int, OpEstimate] = {}
    moved: dict[str, int] = {}
    for region in placed:
        for place, ms in zip(region.region.ops, region.op_ms, strict=True):
            op = graph.ops[place]
            ops[place] = OpEstimate(place, op.origin, op.kind, ms, True)
        for name, count in region.estimate.bytes_moved.items():
            moved[name] = moved.get(name, 0) + count
    lows = [part.latency_low_ms for part in parts]
    highs = [part.latency_high_ms for part in parts]
    known = [part.in_distribution for part in parts]
    weights = sorted({part.weights for part in parts if part.weights is not None})
    provenance: dict[str, str] = {}
    for part in parts:
        provenance |= part.provenance
    if placement.energy_mj is None:
        provenance.pop("energy", None)
    return Estimate(
        model=ModelInfo(graph.name, len(graph.ops), sum(part.model.macs for part in parts), graph),
        target=placement.system.name,
        latency_ms=placement.latency_ms,
        latency_low_ms=_sum(lows, placement.hand_over_ms),
        latency_high_ms=_sum(highs, placement.hand_over_ms),
        in_distribution=None if None in known else all(known),
        energy_mj=placement.energy_mj,
        memory_bytes=placement.memory_bytes,
        bytes_moved=dict(sorted(moved.items())),
        fits=placement.fits,
        complete=True,
        ops=tuple(ops[place] for place in sorted(ops)),
        warnings=tuple(Note(note.code, note.message) for note in placement.warnings),
        provenance=provenance,
        settings=_settings(placement),
        weights=" ".join(weights) or None,
        placement=placement_fields(placement),
    )


def _sum(parts: list[float | None], further: float) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) + further if len(known) == len(parts) else None


def _settings(placement: Placement) -> dict[str, int | str]:
    graph = placement.graph
    shapes = (graph.tensors[tensor].shape for tensor in graph.inputs)
    batch = next((shape[0] for shape in shapes if len(shape) > 1), 1)
    found: dict[str, int | str] = {"batch": batch, "threads": 1, "objective": placement.objective}
    for device in placement.system.devices:
        found[f"device_{device.name}"] = device.target.name
    return found
