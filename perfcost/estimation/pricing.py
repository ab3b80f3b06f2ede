"""The price of a graph with all that it calls.

Physics prices one graph at a time; here its answers are checked, turned into ms, and control flow
is followed. Arm's compiler leaves a control-flow op itself to the CPU and compiles the subgraphs
it calls: the op's price here is that of its bodies.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from perfcost import physics
from perfcost.energy import mac_work
from perfcost.errors import InvalidGraph, ModelTooLarge, PredictionError
from perfcost.estimation.cautions import cautions
from perfcost.estimation.result import Note, OpEstimate
from perfcost.estimation.trips import CHOICES, CONTROL, LOOPS, Trips
from perfcost.graph import Graph, Op, checked
from perfcost.limits import MAX_NESTING
from perfcost.network.refine import Refined, refine
from perfcost.network.store import Model
from perfcost.ops import op_macs
from perfcost.physics.price import OpPrice
from perfcost.targets import Target
from perfcost.text import shown

_BODIES = {"IF": ("then", "else"), "WHILE": ("condition", "body")}


@dataclass(slots=True)
class Priced:
    """One graph with its bodies; latencies in ms, ``None`` where nothing is supported."""

    ops: list[OpEstimate] = field(default_factory=list)
    latency_ms: float | None = None
    low_ms: float = 0.0
    high_ms: float = 0.0
    complete: bool = True
    macs: int = 0
    bytes_moved: dict[str, float] = field(default_factory=dict)
    macs_run: dict[str, int] = field(default_factory=dict)
    """Dtype -> MACs of the ops that the device runs, for their energy."""
    events: dict[str, float] = field(default_factory=dict)
    """What a processor counts in them, by name."""
    counted: bool = True
    """Whether all of their events are in that."""

    def add(self, other: Priced, times: int) -> None:
        """Counts what another graph moves and computes, so many times, and its doubt."""
        self.low_ms += times * other.low_ms
        self.high_ms += times * other.high_ms
        self.macs = checked(self.macs + times * other.macs, "the MAC count with control flow")
        for memory, count in other.bytes_moved.items():
            moved = self.bytes_moved.get(memory, 0.0) + times * count
            self.bytes_moved[memory] = sound(moved, f"bytes moved in {memory}")
        for dtype, macs in other.macs_run.items():
            self.macs_run[dtype] = self.macs_run.get(dtype, 0) + times * macs
        for name, count in other.events.items():
            self.events[name] = self.events.get(name, 0.0) + times * count
        self.counted &= other.counted or times == 0


def sound(value: float, what: str) -> float:
    """The value if it is finite and not negative; PredictionError if not."""
    if not math.isfinite(value) or value < 0:
        raise PredictionError(
            f"{what} came out as {value}, expected a finite number >= 0; this is a fault of "
            "perfcost: please report it with the model"
        )
    return value


def _sum(latencies: Iterable[float], what: str) -> float:
    """The exact sum, rounded once; PredictionError where it is beyond a float."""
    try:
        return sound(math.fsum(latencies), what)
    except OverflowError:
        return sound(math.inf, what)


def answers(graphs: Sequence[Graph], target: Target, model: Model | None) -> list[Refined]:
    """The price of each graph without the bodies it calls: the network sees all at once."""
    laws = [physics.price(graph, target) for graph in graphs]
    if model is None:
        return [Refined(price, price.reach or 1.0, ()) for price in laws]
    return refine(
        model, [(graph, price, target) for graph, price in zip(graphs, laws, strict=True)]
    )


class Pricer:
    """Prices a graph and, once each, the subgraphs it calls.

    Args:
        root: the graph.
        target: the device.
        trips: how often loops run.
        model: a trained network that corrects the laws' prices; ``None`` for the laws alone.
        answer: the root's own price, from ``answers``.
    """

    def __init__(
        self, root: Graph, target: Target, trips: Trips, model: Model | None, answer: Refined
    ) -> None:
        self.root = root
        self._of_root = answer
        self.target = target
        self.trips = trips
        self.model = model
        self.strangers: dict[str, None] = {}
        self.warnings: dict[Note, None] = {}
        self.memory_bytes: dict[str, int] = {}
        self._done: dict[int, Priced] = {}

    def price(self) -> Priced:
        """The price of the root graph. Warnings and memory are left in the fields."""
        return self._graph(self.root, ())

    def _warn(self, code: str, message: str) -> None:
        self.warnings[Note(code, shown(message, 1000))] = None

    def _graph(self, graph: Graph, path: tuple[int, ...]) -> Priced:
        path = (*path, graph.index)
        found = self._of_root
        if graph is not self.root:
            (found,) = answers([graph], self.target, self.model)
        self.strangers |= dict.fromkeys(found.strangers)
        answer, reach = found.price, found.reach
        if len(answer.ops) != len(graph.ops):
            raise PredictionError(
                f"{len(answer.ops)} prices for {len(graph.ops)} ops of "
                f"subgraph {graph.index}; please report it with the model"
            )
        for note in cautions(graph):
            self.warnings[note] = None
        for code, message in answer.warnings:
            self._warn(code, message)
        for area, count in answer.memory_bytes.items():
            # Peaks of bodies add up: an upper bound, since they may live at the same time.
            total = self.memory_bytes.get(area, 0) + math.ceil(sound(count, f"memory in {area}"))
            self.memory_bytes[area] = total
        priced = Priced(macs=graph.kept("_macs", _macs))
        for position, (op, price) in enumerate(zip(graph.ops, answer.ops, strict=True)):
            if op.kind in CONTROL:
                priced.ops.append(self._control(graph, position, price, priced, path))
            else:
                clock = sound(answer.clock_hz, "the clock")
                priced.ops.append(self._plain(graph, position, price, clock, priced))
        if self.target.energy is not None:
            for position, dtype, macs in mac_work(graph):
                if priced.ops[position].supported:
                    priced.macs_run[dtype] = priced.macs_run.get(dtype, 0) + macs
            self._count(graph, answer.events, priced)
        latencies = [op.latency_ms for op in priced.ops if op.latency_ms is not None]
        if latencies or not graph.ops:
            priced.latency_ms = _sum(latencies, "latency_ms")
        own = sum(
            estimate.latency_ms or 0.0
            for op, estimate in zip(graph.ops, priced.ops, strict=True)
            if op.kind not in CONTROL
        )
        priced.low_ms += own / reach
        priced.high_ms += own * reach
        return priced

    def _count(
        self, graph: Graph, events: Sequence[Mapping[str, float] | None] | None, priced: Priced
    ) -> None:
        """Adds the events of the ops that the device runs, control flow left out."""
        table = self.target.energy
        if table is None or not table.counts_instructions:
            return
        unknown = []
        for position, (op, done) in enumerate(zip(graph.ops, priced.ops, strict=True)):
            if op.kind in CONTROL or not done.supported or _is_empty(graph, op):
                continue
            found = None if events is None else events[position]
            if found is None:
                unknown.append(position)
                continue
            for name, count in found.items():
                sound(count, f"{name} of {graph.name_op(position)}")
                priced.events[name] = priced.events.get(name, 0.0) + count
        if unknown:
            priced.counted = False
            more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
            self._warn(
                "no_event_law",
                f"no energy: no law says what {self.target.name} counts in "
                f"{graph.name_op(unknown[0])}{more}",
            )

    def _plain(
        self, graph: Graph, position: int, price: OpPrice, clock_hz: float, priced: Priced
    ) -> OpEstimate:
        op = graph.ops[position]
        if _is_empty(graph, op):
            return OpEstimate(position, op.origin, op.kind, 0.0, True)
        if price.cycles is None:
            priced.complete = False
            return OpEstimate(position, op.origin, op.kind, None, False, _reason(price))
        cycles = price.cycles
        if not 0 <= cycles < math.inf:  # the words of the error cost more than the check
            sound(cycles, f"cycles of {graph.name_op(position)}")
        if clock_hz == 0:
            raise PredictionError(f"the clock of {self.target.name} is 0 Hz; check its profile")
        for memory, count in price.bytes_moved.items():
            if not 0 <= count < math.inf:
                sound(count, f"bytes moved by {graph.name_op(position)}")
            priced.bytes_moved[memory] = priced.bytes_moved.get(memory, 0.0) + count
        return OpEstimate(position, op.origin, op.kind, cycles / clock_hz * 1e3, True)

    def _control(
        self, graph: Graph, position: int, price: OpPrice, priced: Priced, path: tuple[int, ...]
    ) -> OpEstimate:
        op = graph.ops[position]
        if op.kind == "CALL_ONCE":
            # An initialiser runs before the first inference, not in it.
            return OpEstimate(position, op.origin, op.kind, 0.0, True)
        times = self.trips.of(graph, position, main=len(path) == 1)
        if times is None:
            times = 1
            if op.kind in LOOPS:
                self._warn(
                    "trip_count_default",
                    f"{graph.name_op(position)} is priced as one round, since the file does not "
                    "say how many there are; give trip_counts",
                )
        bodies = [self._body(index, path) for index in op.bodies]
        complete = all(body.complete for body in bodies) and price.cycles is not None
        if op.kind in CHOICES and bodies:
            bodies = [self._dearest(graph, position, bodies)]
        for body in bodies:
            priced.add(body, times)
        priced.complete &= complete
        known = [body.latency_ms for body in bodies if body.latency_ms is not None]
        if bodies and not known:
            none = Note("bodies_unsupported", "the device runs no op of the subgraphs it calls")
            return OpEstimate(position, op.origin, op.kind, None, False, none)
        latency = _sum((times * ms for ms in known), f"latency of {graph.name_op(position)}")
        reason = None if price.cycles is not None else _reason(price)
        return OpEstimate(position, op.origin, op.kind, latency, True, reason)

    def _dearest(self, graph: Graph, position: int, bodies: list[Priced]) -> Priced:
        costs = [-1.0 if body.latency_ms is None else body.latency_ms for body in bodies]
        chosen = costs.index(max(costs))
        op = graph.ops[position]
        names = _BODIES.get(op.kind, ())
        name = f"its {names[chosen]!r} branch" if chosen < len(names) else f"branch {chosen}"
        self._warn(
            "branch_assumed",
            f"{graph.name_op(position)} is priced as its dearest branch: {name}, subgraph "
            f"{op.bodies[chosen]}",
        )
        return bodies[chosen]

    def _body(self, index: int, path: tuple[int, ...]) -> Priced:
        if index in path:
            chain = " -> ".join(str(step) for step in (*path, index))
            raise InvalidGraph(f"control flow calls itself: subgraphs {chain}; expected an end")
        if len(path) > MAX_NESTING:
            raise ModelTooLarge(f"control flow nests deeper than the limit of {MAX_NESTING}")
        if index not in self._done:
            self._done[index] = self._graph(self.root.body(index), path)
        return self._done[index]


def _is_empty(graph: Graph, op: Op) -> bool:
    """Whether it writes results, and all of them without an element."""
    written = [graph.tensors[t].shape for t in op.outputs if t >= 0]
    return bool(written) and all(0 in shape for shape in written)


def _macs(graph: Graph) -> int:
    """MACs of a graph without the bodies that it calls."""
    return checked(sum(op_macs(graph)), "the MAC count")


def _reason(price: OpPrice) -> Note:
    if price.reason is None:
        return Note("unsupported", "the device does not run this op")
    return Note(price.reason.code, shown(price.reason.message, 600))


def rounded(counts: Iterable[tuple[str, float]]) -> dict[str, int]:
    """Byte counts as whole numbers, in order of the name."""
    return {name: round(count) for name, count in sorted(counts)}
