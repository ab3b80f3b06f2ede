"""The problem: which devices each unit of a network may run on, and what crosses between units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perfcost.errors import PlacementError
from perfcost.estimation.result import Note
from perfcost.estimation.trips import CONTROL
from perfcost.graph import Graph, Links
from perfcost.placement.constants import constant_ops
from perfcost.placement.pins import Pins, pinned
from perfcost.placement.prices import Prices, refused
from perfcost.placement.units import units
from perfcost.targets.system import System

HOST = 0


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


def _why(refusals: Mapping[int, Note], op: int) -> str:
    note = refusals.get(op)
    return f"{note.code}: {note.message}" if note else "it is control flow, the host's to run"


def _nowhere(
    graph: Graph, ops: Sequence[int], names: Sequence[str], refusals: Sequence[Mapping[int, Note]]
) -> str:
    bad = [next((op for op in ops if op in refusal), ops[0]) for refusal in refusals]
    words = "; ".join(
        f"{name}: {_why(refusals[device], bad[device])}"
        + (f" ({graph.name_op(bad[device])})" if len(ops) > 1 else "")
        for device, name in enumerate(names)
    )
    others = sum(
        all(o in found for found in refusals) for o in range(len(graph.ops)) if o not in ops
    )
    more = f" ({others} more ops likewise)" if others else ""
    what = graph.name_op(ops[0])
    if len(ops) > 1:
        what = f"the {len(ops)} ops from {what} on, which share a state"
    return f"no device of the system runs {what} at a price that is known{more}. {words}"


def _crossings(graph: Graph, parts: Sequence[Sequence[int]]) -> tuple[Crossing, ...]:
    links = Links.of(graph)
    unit_of = {op: unit for unit, ops in enumerate(parts) for op in ops}
    steady = constant_ops(graph)
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
            # What comes from constants alone is worked out again wherever it is read.
            nbytes = 0 if writer in steady and not wanted else made.nbytes
            found.append(Crossing(tensor, nbytes, home, tuple(sorted(read)), wanted))
    return tuple(found)
