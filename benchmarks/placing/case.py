"""One network on one system: its problem, its truth, and what all methods need of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.placing.costs import Region, total_ms
from benchmarks.placing.ideals import TooMany, convex_sets, units_of
from benchmarks.placing.nets import Net
from benchmarks.placing.truth import Key, Store, Truth
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.placement.handing import Roads
from perfcost.placement.prices import Prices
from perfcost.placement.problem import HOST, Problem, state
from perfcost.targets.system import System

NPU = 1
MOST_SETS = 1000


@dataclass(slots=True)
class Case:
    """A network with its labels.

    Attributes:
        sets: all convex sets of units as bits; empty where they are too many to label.
    """

    net: Net
    graph: Graph
    problem: Problem
    roads: Roads
    truth: Truth
    sets: Sequence[int]
    _hopeless: set[int] | None = None

    @staticmethod
    def of(net: Net, system: System, store: Store) -> Case:
        """PlacementError where no device runs an op at a known price."""
        graph = read_tflite(net.data)
        problem = state(graph, system, Prices(graph, system, None, True), {})
        try:
            sets = convex_sets(problem.before, MOST_SETS)
        except TooMany:
            sets = []
        truth = Truth(net.data, graph, system, store)
        return Case(net, graph, problem, Roads(system), truth, sets)

    def key(self, device: int, units: Sequence[int]) -> Key:
        return device, self.problem.ops(units)

    def price(self, device: int, units: tuple[int, ...]) -> float | None:
        """What the labellers say; KeyError before they were asked."""
        if device == NPU and self.hopeless.intersection(units):
            return None
        return self.truth.ms(self.key(device, units))

    def cost(self, plan: Sequence[Region]) -> float | None:
        """The truth of a plan; ``None`` where a device leaves an op of its region."""
        return total_ms(self.problem, self.roads, self.price, plan)

    def estimated(self, device: int, units: tuple[int, ...]) -> float | None:
        """What perfcost says of a region."""
        (price,) = self.problem.prices.of([self.key(device, units)])
        return price.latency_ms

    @property
    def everything(self) -> tuple[int, ...]:
        return tuple(range(len(self.problem.units)))

    def first_keys(self) -> list[Key]:
        """What says which op runs where: the whole on each device, each unit alone on the NPU."""
        alone = [self.key(NPU, [unit]) for unit in self.everything]
        return [self.key(HOST, self.everything), self.key(NPU, self.everything), *alone]

    @property
    def supported(self) -> list[bool]:
        """Units that the NPU's compiler keeps when it sees the whole network."""
        flags = self.truth.on_device(self.key(NPU, self.everything))
        ops = self.problem.ops(self.everything)
        on = dict(zip(ops, flags, strict=True))
        return [all(on[op] for op in unit) for unit in self.problem.units]

    @property
    def hopeless(self) -> set[int]:
        """Units that it refuses in the whole and alone: no region of it is labelled with these."""
        if self._hopeless is None:
            self._hopeless = {
                unit
                for unit, kept in enumerate(self.supported)
                if not kept and self.truth.ms(self.key(NPU, [unit])) is None
            }
        return self._hopeless

    def all_keys(self) -> list[Key]:
        """Each convex set on each device that may run it."""
        bad = self.hopeless
        found = [self.key(HOST, units_of(chosen)) for chosen in self.sets]
        for chosen in self.sets:
            units = units_of(chosen)
            if not bad.intersection(units):
                found.append(self.key(NPU, units))
        return found
