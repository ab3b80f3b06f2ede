"""Ops that cannot be parted: what shares a state stays on one device.

A variable lives in the memory of one runtime, so all that reads, writes or initialises it runs
there. An op of control flow takes the subgraphs it calls along, and counts as one op here.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace

from perfcost.graph import Graph, Links, Op
from perfcost.ops.calls import call_order

_HANDLES = frozenset({"resource", "variant"})


def units(graph: Graph) -> tuple[tuple[int, ...], ...]:
    """The ops of a graph, shared out into the smallest sets that can be placed each for itself.

    Two ops are in one unit where they share a state: a variable tensor, a resource by its handle
    or by its name (also one that a called subgraph uses, as initialisers do). With them go the
    ops on a path from one to another, and units that wait for each other. So every unit is
    convex, and there is an order in which they can run one after the other.

    Returns:
        Positions in ``graph.ops``, ascending within a unit. Each op is in just one unit, most
        are alone. The units stand in an order in which they can run.

    Raises:
        InvalidGraph: an op calls a subgraph that is not there, or one that calls itself.
    """
    return graph.kept("_units", _units)


def _units(graph: Graph) -> tuple[tuple[int, ...], ...]:
    follows = followers(graph)
    groups = [group for group in _sharing(graph) if len(group) > 1]
    if not groups:
        return tuple((position,) for position in range(len(graph.ops)))
    for group in groups:
        # A ring makes the group wait for itself: one strongly connected part, with all between.
        for here, there in zip(group, (*group[1:], group[0]), strict=True):
            follows[here].append(there)
    return in_order(_connected(follows), follows)


def followers(graph: Graph) -> list[list[int]]:
    """For each op, the positions of those that read what it writes."""
    consumers = Links.of(graph).consumers
    return [
        sorted({reader for tensor in op.outputs for reader in consumers.get(tensor, ())})
        for op in graph.ops
    ]


def in_order(
    sets: Iterable[Sequence[int]], follows: Sequence[Sequence[int]]
) -> tuple[tuple[int, ...], ...]:
    """Disjoint sets of ops in an order in which they can run; of two, the one that begins earlier.

    Args:
        sets: between them all positions in ``follows``, or those that matter.
        follows: as ``followers`` gives them.

    Returns:
        The sets, each ascending. Sets that wait for each other are left out, and with them all
        that wait for those.
    """
    members = [tuple(sorted(found)) for found in sets]
    of = {position: place for place, found in enumerate(members) for position in found}
    after = [
        {of[later] for position in found for later in follows[position] if later in of} - {place}
        for place, found in enumerate(members)
    ]
    waits = [0] * len(members)
    for later in (later for ends in after for later in ends):
        waits[later] += 1
    ready = [(found, place) for place, found in enumerate(members) if not waits[place]]
    heapq.heapify(ready)
    order = []
    while ready:
        found, place = heapq.heappop(ready)
        order.append(found)
        for later in after[place]:
            waits[later] -= 1
            if not waits[later]:
                heapq.heappush(ready, (members[later], later))
    return tuple(order)


def _sharing(graph: Graph) -> Iterable[tuple[int, ...]]:
    """Positions of the ops that share a state, by state."""
    users: dict[Hashable, dict[int, None]] = {}
    for position, op in enumerate(graph.ops):
        for state in _states(graph, op):
            users.setdefault(state, {})[position] = None
    return [tuple(found) for found in users.values()]


def _states(graph: Graph, op: Op) -> Iterator[Hashable]:
    yield from _named(op)
    for tensor in (*op.inputs, *op.outputs):
        if tensor >= 0:
            found = graph.tensors[tensor]
            if found.is_variable or found.dtype in _HANDLES:
                yield "tensor", tensor
    for body in op.bodies:
        for called in call_order(_rooted(graph, body), None):
            for inner in called.ops:
                yield from _named(inner)


def _named(op: Op) -> Iterator[Hashable]:
    """The state that an op names; the runtime knows it by that name in all subgraphs."""
    if op.kind == "VAR_HANDLE":
        yield "variable", op.attrs.get("container") or "", op.attrs.get("shared_name") or ""
    elif op.kind == "HASHTABLE":
        yield "table", op.attrs.get("table_id")


def _rooted(graph: Graph, index: int) -> Graph:
    """A body with the subgraphs of the whole file, which only the entry graph holds."""
    others = tuple(
        None if place == index else graph if other is None else other
        for place, other in enumerate(graph.subgraphs)
    )
    return replace(graph.body(index), subgraphs=others)


def _connected(follows: Sequence[Sequence[int]]) -> list[list[int]]:
    """The strongly connected parts of a directed graph (Kosaraju's two passes)."""
    backwards: list[list[int]] = [[] for _ in follows]
    for here, ends in enumerate(follows):
        for there in ends:
            backwards[there].append(here)
    finished: list[int] = []
    _walk(range(len(follows)), follows, finished.append)
    parts: list[list[int]] = []
    _walk(reversed(finished), backwards, lambda found: parts[-1].append(found),
          lambda: parts.append([]))  # fmt: skip
    return parts


def _walk(
    starts: Iterable[int],
    edges: Sequence[Sequence[int]],
    leave: Callable[[int], object],
    begin: Callable[[], object] = lambda: None,
) -> None:
    """Depth first, without recursion; ``leave`` hears of each op when all it leads to is done."""
    seen: set[int] = set()
    for start in starts:
        if start in seen:
            continue
        begin()
        seen.add(start)
        stack = [(start, iter(edges[start]))]
        while stack:
            here, ends = stack[-1]
            there = next((end for end in ends if end not in seen), None)
            if there is None:
                stack.pop()
                leave(here)
            else:
                seen.add(there)
                stack.append((there, iter(edges[there])))
