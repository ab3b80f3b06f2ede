"""GPUs behind LiteRT's delegate: what it takes, and a roofline for what that costs."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Graph
from perfcost.physics import roofline
from perfcost.physics.gpu.support import refusal
from perfcost.physics.price import GraphPrice, OpPrice
from perfcost.targets import MeasuredTarget, RooflineTarget

__all__ = ["price", "refusal"]


def price(graph: Graph, target: RooflineTarget) -> GraphPrice:
    """The prior of a graph: peaks alone, and none for an op that the delegate refuses."""
    found = roofline.price(graph, target)
    ops = tuple(
        op
        if (reason := refusal(graph, place)) is None
        else OpPrice(None, reason, {}, "unsupported")
        for place, op in enumerate(found.ops)
    )
    warnings = found.warnings
    if isinstance(target, MeasuredTarget) and target.software:
        words = f"{target.name} is a software device; its times are those of no real GPU"
        warnings = (*warnings, ("software_device", words))
    return replace(found, ops=ops, warnings=warnings)
