"""A placed graph folded into few boxes: ops of one region, as fine as the picture allows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from perfcost.graph import Graph, Links
from perfcost.placement.result import Placement

MAX_BOXES = 36
"""Boxes that still make one picture without scrolling."""


@dataclass(frozen=True, slots=True)
class Box:
    """Some ops of one region.

    Attributes:
        device: position in the system.
        ops: ascending.
        after: numbers of the boxes it reads from, with the bytes that cross between devices (0
            within one).
        ms: of its ops together.
        layer: length of the longest way to it.
    """

    device: int
    ops: tuple[int, ...]
    after: tuple[tuple[int, int], ...]
    ms: float
    layer: int

    def words(self, graph: Graph) -> str:
        """What is in it."""
        if len(self.ops) == 1:
            return graph.ops[self.ops[0]].kind
        kinds = Counter(graph.ops[op].kind for op in self.ops)
        return ", ".join(f"{n} {kind}" for kind, n in kinds.most_common(3))


def boxes(placement: Placement) -> list[Box]:
    """The boxes in an order that can run; coarser by steps until there are few enough."""
    region_of = {op: number for number, region in enumerate(placement.regions) for op in region.ops}
    for group in (_chains, _windows):
        found = group(placement.graph, region_of)
        if len(set(found.values())) <= MAX_BOXES:
            break
    return _made(placement, region_of, found)


def _chains(graph: Graph, region_of: dict[int, int]) -> dict[int, int]:
    """Op -> first op of its chain: ops of one region that follow each other without a branch."""
    links = Links.of(graph)
    readers = {
        place: {r for t in op.outputs for r in links.consumers.get(t, ())}
        for place, op in enumerate(graph.ops)
    }
    found: dict[int, int] = {}
    for place, op in enumerate(graph.ops):
        before = {links.producer[t] for t in op.inputs if t in links.producer}
        found[place] = place
        if len(before) == 1:
            [one] = before
            if readers[one] == {place} and region_of[one] == region_of[place]:
                found[place] = found[one]
    return found


def _windows(graph: Graph, region_of: dict[int, int]) -> dict[int, int]:
    """Op -> first op of its window: each region in equal runs of its order, as many as there is
    room for; a region is one window where there are more regions than boxes.
    """
    members: dict[int, list[int]] = {}
    for op in range(len(graph.ops)):
        members.setdefault(region_of[op], []).append(op)
    room = max(0, MAX_BOXES - len(members))
    found: dict[int, int] = {}
    for ops in members.values():
        count = 1 + room * len(ops) // len(graph.ops)
        size = -(-len(ops) // count)
        for place, op in enumerate(ops):
            found[op] = ops[place - place % size]
    return found


def _made(placement: Placement, region_of: dict[int, int], found: dict[int, int]) -> list[Box]:
    graph = placement.graph
    links = Links.of(graph)
    names = [device.name for device in placement.system.devices]
    ms = {
        op: time or 0.0
        for placed in placement.placed
        for op, time in zip(placed.region.ops, placed.op_ms, strict=True)
    }
    members: dict[int, list[int]] = {}
    # Regions run one after the other, so boxes by region, then by first op, can run in this order.
    for op in sorted(found, key=lambda op: (region_of[op], op)):
        members.setdefault(found[op], []).append(op)
    order = list(members)
    number = {key: place for place, key in enumerate(order)}
    made: list[Box] = []
    for key in order:
        device = names.index(placement.regions[region_of[members[key][0]]].device)
        reads: dict[int, dict[int, int]] = {}
        for op in members[key]:
            for tensor in graph.ops[op].inputs:
                writer = links.producer.get(tensor)
                if writer is not None and found[writer] != key:
                    source = number[found[writer]]
                    crosses = made[source].device != device
                    nbytes = graph.tensors[tensor].nbytes if crosses else 0
                    reads.setdefault(source, {})[tensor] = nbytes
        after = tuple((source, sum(reads[source].values())) for source in sorted(reads))
        layer = max((made[source].layer + 1 for source, _ in after), default=0)
        ops = tuple(members[key])
        made.append(Box(device, ops, after, sum(ms[op] for op in ops), layer))
    return made
