"""The laws of a target by its family."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial

from perfcost.graph import Graph, Links
from perfcost.physics.ethos_u.fold import Folded
from perfcost.physics.ethos_u.machine import Machine
from perfcost.physics.ethos_u.support import unsupported
from perfcost.physics.ethos_u.u85.fold import Folded85
from perfcost.physics.ethos_u.u85.machine import Machine85
from perfcost.targets import EthosUTarget


@lru_cache(maxsize=256)
def machine(target: EthosUTarget) -> Machine:
    """The machine of a target, with what it has timed so far in this process."""
    return Machine(target) if target.buffers is None else Machine85(target)


def folded(graph: Graph, target: EthosUTarget) -> Folded:
    """A graph as the NPUs of the target's family run it, worked out once a graph and family."""
    return graph.kept(f"_folded_{target.family}", partial(_folded, target=target))


def _folded(graph: Graph, target: EthosUTarget) -> Folded:
    supported = [reason is None for reason in unsupported(graph, target)]
    # What a graph keeps must not hold the graph: only the garbage collector would free the two.
    twin = replace(graph)
    twin.kept("_links", lambda _: Links.of(graph))
    return Folded(twin, supported) if target.buffers is None else Folded85(twin, supported)
