"""The problem: which devices each unit of a network may run on, and what crosses between units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from perfcost.errors import PlacementError
from perfcost.estimation.trips import CONTROL
from perfcost.graph import Graph, Links
from perfcost.placement.pins import Pins, pinned
from perfcost.placement.prices import Prices, refused
from perfcost.placement.units import units
from perfcost.targets.system import System

HOST = 0
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Crossing:
    """A tensor that may cross between devices: one that units hand on, or the graph's own.

    Attributes:
        writer: the unit; -1 for a graph input, which lies with the host.
        readers: units, ascending, without the writer.
        wanted: whether the graph gives it back, so that the host must have it.
    """

    tensor: int
    nbytes: int
    writer: int
    readers: tuple[int, ...]
    wanted: bool


@dataclass(slots=True)
class Problem:
    """A graph on a system. Devices are positions in ``system.devices``, the host is 0.

    Attributes:
        units: ops that stay together, in an order that can run.
        allowed: unit -> devices it may run on, by support and pins.
        pins: unit -> the device a user wants.
        crossings: what may be handed over.
        before, after: unit -> units that it reads from, that read from it.
    """

    graph: Graph
    system: System
    units: tuple[tuple[int, ...], ...]
    prices: Prices
    allowed: list[tuple[int, ...]]
    pins: dict[int, int]
    crossings: tuple[Crossing, ...]
    before: list[tuple[int, ...]] = field(default_factory=list)
    after: list[tuple[int, ...]] = field(default_factory=list)

    def forbid(self, unit: int, device: int, why: str) -> None:
        """Takes a device away from a unit. PlacementError if it has no other."""
        left = tuple(d for d in self.allowed[unit] if d != device)
        if not left:
            named = self.graph.name_op(self.units[unit][0])
            where = self.system.devices[device].name
            raise PlacementError(f"{named} can run on {where} alone, and not in a region: {why}")
        self.allowed[unit] = left

    def ops(self, chosen: Sequence[int]) -> tuple[int, ...]:
        """The ops of some units, ascending."""
        return tuple(sorted(op for unit in chosen for op in self.units[unit]))


def state(graph: Graph, system: System, prices: Prices, pins: Pins) -> Problem:
    """The problem, with the whole network priced on each device once, which says what runs where.

    Raises:
        PlacementError: an op that no device runs, or a pin against support.
    """
    parts = units(graph)
    names = [device.name for device in system.devices]
    wants = pinned(graph, parts, names, pins)
    everything = tuple(range(len(graph.ops)))
    wholes = prices.of((device, everything) for device in range(len(names)))
    refusals = [dict(refused(whole.estimate)) for whole in wholes]
    allowed = []
    for unit, ops in enumerate(parts):
        # A call to another subgraph is made by the runtime, which the host runs.
        control = any(graph.ops[op].kind in CONTROL for op in ops)
        found = tuple(
            device
            for device in range(len(names))
            if not any(op in refusals[device] for op in ops) and (device == HOST or not control)
        )
        want = wants.get(unit)
        if want is not None and want not in found:
            bad = next((op for op in ops if op in refusals[want]), ops[0])
            raise PlacementError(
                f"pinned to {names[want]}, which does not run {graph.name_op(bad)}: "
                f"{_why(refusals[want], bad)}; take the pin away"
            )
        if not found:
            raise PlacementError(_nowhere(graph, ops, names, refusals))
        allowed.append(found if want is None else (want,))
    crossings = _crossings(graph, parts)
    before: list[set[int]] = [set() for _ in parts]
    after: list[set[int]] = [set() for _ in parts]
    for crossing in crossings:
        for reader in crossing.readers:
            if crossing.writer >= 0:
                before[reader].add(crossing.writer)
                after[crossing.writer].add(reader)
    return Problem(
        graph, system, parts, prices, allowed, wants, crossings,
        [tuple(sorted(found)) for found in before], [tuple(sorted(found)) for found in after],
    )  # fmt: skip


def _why(refusals: dict[int, object], op: int) -> str:
    note = refusals.get(op)
    code, message = getattr(note, "code", ""), getattr(note, "message", "")
    return f"{code}: {message}" if note is not None else "it is control flow, the host's to run"


def _nowhere(
    graph: Graph, ops: Sequence[int], names: Sequence[str], refusals: Sequence[dict[int, object]]
) -> str:
    op = next((o for o in ops if all(o in found for found in refusals)), ops[0])
    words = "; ".join(
        f"{name}: {_why(refusals[device], op)}" for device, name in enumerate(names)
    )
    others = sum(all(o in found for found in refusals) for o in range(len(graph.ops))) - 1
    more = f" ({others} more ops likewise)" if others > 0 else ""
    return f"no device of the system runs {graph.name_op(op)}{more}. {words}"


def _crossings(graph: Graph, parts: Sequence[Sequence[int]]) -> tuple[Crossing, ...]:
    links = Links.of(graph)
    unit_of = {op: unit for unit, ops in enumerate(parts) for op in ops}
    found = []
    for tensor, made in enumerate(graph.tensors):
        if made.constant is not None or made.is_variable:
            continue
        writer = links.producer.get(tensor)
        home = -1 if writer is None else unit_of[writer]
        if writer is None and tensor not in graph.inputs:
            continue
        read = {unit_of[op] for op in links.consumers.get(tensor, ())} - {home}
        wanted = tensor in graph.outputs and writer is not None
        if read or wanted:
            found.append(Crossing(tensor, made.nbytes, home, tuple(sorted(read)), wanted))
    return tuple(found)
