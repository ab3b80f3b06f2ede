"""The processor of the machine at hand: its peaks, and the memory of LiteRT on x86-64."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Graph
from perfcost.memory import X86, litert_bytes
from perfcost.physics import roofline
from perfcost.physics.price import GraphPrice
from perfcost.targets import RooflineTarget


def price(graph: Graph, target: RooflineTarget) -> GraphPrice:
    """The prior of a graph by peaks, with the memory that a run under XNNPACK takes."""
    memory, notes = litert_bytes(graph, X86, delegate=True)
    found = roofline.price(graph, target)
    return replace(found, memory_bytes=memory, warnings=(*found.warnings, *notes))
