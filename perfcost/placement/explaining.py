"""Why an op runs where it does: its price on each device, what a device asks, what moving costs."""

from __future__ import annotations

from dataclasses import dataclass

from perfcost import physics
from perfcost.errors import PlacementError
from perfcost.physics.price import Reason
from perfcost.placement.api import placed_anew
from perfcost.placement.pins import ops_named
from perfcost.placement.prices import refused
from perfcost.placement.result import Placement
from perfcost.text import shown


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An op on one device.

    Attributes:
        chosen: whether it runs there.
        latency_ms: of the op alone: in its region where it runs there, else the least price in
            any piece that was priced; ``None`` where the device does not run it.
        reason: why the device does not run it (or what shares a state with it).
        words: the same in words, also where there is no ``Reason``.
        whole_ms: latency of the best placement with the op there.
        moves: how many ops change their device with it.
    """

    device: str
    chosen: bool
    latency_ms: float | None
    reason: Reason | None
    words: str | None
    whole_ms: float | None
    moves: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """One op of a placement. ``op`` is its position in the graph."""

    op: int
    name: str
    device: str
    elsewhere: tuple[Elsewhere, ...]


def explain(placement: Placement, op: int | str) -> Explanation:
    """Explains one op.

    Args:
        op: its index in the main subgraph of the file, its name, or the name of its result; a
            kind where there is one of it.

    Raises:
        PlacementError: no such op, or several.
    """
    graph = placement.graph
    found = ops_named(graph, op)
    if len(found) != 1:
        which = ", ".join(graph.name_op(place) for place in found[:5])
        raise PlacementError(
            f"explain {shown(op, 80)}: "
            + (f"came a name of {len(found)} ops ({which}, ...)" if found else "no op of that name")
            + "; expected an index of the main subgraph or the name of one result"
        )
    [place] = found
    views = tuple(_on(placement, place, device) for device in range(len(placement.system.devices)))
    return Explanation(place, graph.name_op(place), placement.device_of(place), views)


def _on(placement: Placement, op: int, device: int) -> Elsewhere:
    problem = placement.search.problem
    name = placement.system.devices[device].name
    if placement.device_of(op) == name:
        return Elsewhere(name, True, _own(placement, op), None, None, placement.latency_ms, 0)
    unit = next(place for place, ops in enumerate(problem.units) if op in ops)
    ms = problem.prices.least.get((op, device))
    if device not in problem.allowed[unit]:
        reason, words = _refusal(placement, op, device)
        return Elsewhere(name, False, ms if reason is None else None, reason, words, None, 0)
    try:
        other = placed_anew(placement, op, device)
    except PlacementError as error:
        return Elsewhere(name, False, ms, None, str(error), None, 0)
    moves = sum(
        placement.device_of(place) != other.device_of(place)
        for place in range(len(placement.graph.ops))
    )
    return Elsewhere(name, False, ms, None, None, other.latency_ms, moves)


def _own(placement: Placement, op: int) -> float | None:
    for placed in placement.placed:
        if op in placed.region.ops:
            return placed.op_ms[placed.region.ops.index(op)]
    return None


def _refusal(placement: Placement, op: int, device: int) -> tuple[Reason | None, str]:
    """(what the device asks, the same in words) of an op that may not run there."""
    problem, graph = placement.search.problem, placement.graph
    unit = next(place for place, ops in enumerate(problem.units) if op in ops)
    everything = tuple(range(len(graph.ops)))
    (whole,) = problem.prices.of([(device, everything)])
    notes = dict(refused(whole.estimate))
    bad = [op] if op in notes else [other for other in problem.units[unit] if other in notes]
    if not bad:
        if unit in problem.pins:
            return None, "a pin holds it where it is"
        return None, "the runtime calls other subgraphs from the host alone, or a region refused it"
    target = placement.system.devices[device].target
    reason = physics.price(graph, target).ops[bad[0]].reason
    note = notes[bad[0]]
    behind = "" if bad[0] == op else f" ({graph.name_op(bad[0])}, which shares a state with it)"
    return reason, f"{note.code}: {note.message}{behind}"
