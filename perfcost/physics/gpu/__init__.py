"""GPUs behind LiteRT's delegate: what it takes, and what that costs by laws or by peaks."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Graph
from perfcost.physics import roofline
from perfcost.physics.gpu.laws import law_of, terms
from perfcost.physics.gpu.support import refusal
from perfcost.physics.price import GraphPrice, OpPrice
from perfcost.targets import MeasuredTarget, RooflineTarget

__all__ = ["price", "refusal"]


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
    warnings = found.warnings
    if isinstance(target, MeasuredTarget) and target.software:
        words = f"{target.name} is a software device; its times are those of no real GPU"
        warnings = (*warnings, ("software_device", words))
    return replace(found, ops=tuple(ops), warnings=warnings)
