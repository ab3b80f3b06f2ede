"""Applies the rules in order until nothing changes."""

from __future__ import annotations

from collections.abc import Callable

from perfcost.canonical.fused_activation import fuse_activations
from perfcost.canonical.lone_transposes import drop_transposes
from perfcost.canonical.sandwich import open_sandwiches
from perfcost.canonical.trivial_views import drop_views
from perfcost.graph import Graph

Rule = Callable[[Graph], Graph]

RULES: tuple[Rule, ...] = (open_sandwiches, fuse_activations, drop_transposes, drop_views)
"""Each gives the graph itself back where it finds nothing."""

MAX_ROUNDS = 16


def canonical(graph: Graph) -> Graph:
    """The graph with the pieces of taken-apart ops put together; itself where there are none."""
    for _ in range(MAX_ROUNDS):
        before = graph
        for rule in RULES:
            graph = rule(graph)
        if graph is before:
            break
    return graph
