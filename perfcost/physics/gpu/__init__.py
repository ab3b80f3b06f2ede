"""GPUs behind LiteRT's delegate: what it takes, and what that costs by laws or by peaks."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Graph
from perfcost.physics import roofline
from perfcost.physics.gpu.laws import law_of, terms
from perfcost.physics.gpu.memory import memory_bytes
from perfcost.physics.gpu.support import refusal
from perfcost.physics.price import GraphPrice, OpPrice
from perfcost.targets import MeasuredTarget, RooflineTarget

__all__ = ["price", "refusal"]

ASSUMED_ENERGY = "assumed_energy"
_ENERGY_CAUTION = (
    "the energy on {} was never measured: figures of data sheets and papers times counted work, "
    "without the processor that drives it, its caches, cooling and the supply's losses"
)


def price(graph: Graph, target: RooflineTarget) -> GraphPrice:
    """The prior of a graph: by the GPU's laws, else by its peaks; none for an op it refuses."""
    found = roofline.price(graph, target)
    law = law_of(target.name)
    works = terms(graph) if law else ()
    ops = []
    for place, op in enumerate(found.ops):
        reason = refusal(graph, place)
        if reason is not None:
            op = OpPrice(None, reason, {}, "unsupported")
        elif law is not None and op.reason is None:
            cycles = law.cycles(works[place])
            op = replace(op, cycles=cycles, binding=op.binding if cycles else "free")
        ops.append(op)
    run = frozenset(place for place, op in enumerate(ops) if op.cycles is not None)
    memory, notes = memory_bytes(graph, run, target)
    warnings = (*found.warnings, *notes)
    if target.energy is not None:
        warnings = (*warnings, (ASSUMED_ENERGY, _ENERGY_CAUTION.format(target.name)))
    if isinstance(target, MeasuredTarget) and target.software:
        words = f"{target.name} is a software device; its times are those of no real GPU"
        warnings = (*warnings, ("software_device", words))
    return replace(found, ops=tuple(ops), memory_bytes=memory, warnings=warnings)
