"""Prices of regions: each is a graph of its own, priced once a search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from perfcost.estimation import Estimate, Note, estimate_many
from perfcost.estimation.trips import TripCounts
from perfcost.graph import Graph
from perfcost.memory import litert_arena, weight_bytes
from perfcost.placement.cutting import piece
from perfcost.targets import EthosUTarget, Target
from perfcost.targets.system import MEMORIES, System


@dataclass(frozen=True, slots=True)
class RegionPrice:
    """What a region costs on its device as a whole.

    Attributes:
        latency_ms: ``None`` where the device does not run all of it.
        energy_mj: ``None`` also where the device has no coefficients.
        working_bytes: memory -> peak bytes while it runs, without constants.
        constant_bytes: memory -> bytes of weights, which stay there.
        op_ms: of each of its ops, in order; ``None`` for one that the device does not run.
        estimate: of the piece; its op ids are positions in the piece.
    """

    latency_ms: float | None
    energy_mj: float | None
    working_bytes: Mapping[str, int]
    constant_bytes: Mapping[str, int]
    op_ms: tuple[float | None, ...]
    estimate: Estimate


Key = tuple[int, tuple[int, ...]]
"""(position of the device, ops)."""


class Prices:
    """Prices pieces of one graph on the devices of one system, and remembers each.

    Args:
        trip_counts: as ``estimate`` takes them.
        network: let the trained network correct the laws' prices.
    """

    def __init__(
        self, graph: Graph, system: System, trip_counts: TripCounts | None, network: bool
    ) -> None:
        self.graph = graph
        self._targets = [device.target for device in system.devices]
        self._memories = [memory.name for memory in system.memories]
        self._options = (trip_counts, network)
        self._known: dict[Key, RegionPrice] = {}
        self.least: dict[tuple[int, int], float] = {}
        """(op, device) -> the least price of that op in any piece priced so far, ms."""
        self.ops_priced = 0
        """Sum of the ops of all pieces that were priced: what the search has cost."""

    def of(self, keys: Iterable[Key]) -> list[RegionPrice]:
        """The price of each piece; those that are new are priced together, device by device."""
        wanted = list(keys)
        new = dict.fromkeys(key for key in wanted if key not in self._known)
        for device in range(len(self._targets)):
            self._price(device, [key for key in new if key[0] == device])
        return [self._known[key] for key in wanted]

    @property
    def pieces(self) -> int:
        """How many pieces were priced."""
        return len(self._known)

    def _price(self, device: int, keys: Sequence[Key]) -> None:
        if not keys:
            return
        trips, network = self._options
        pieces = [piece(self.graph, ops) for _, ops in keys]
        target = self._targets[device]
        estimates = estimate_many(pieces, target, trip_counts=trips, network=network)
        for key, part, estimate in zip(keys, pieces, estimates, strict=True):
            self.ops_priced += len(key[1])
            price = self._known[key] = _priced(part, estimate, target, self._memories)
            for op, ms in zip(key[1], price.op_ms, strict=True):
                if ms is not None:
                    known = self.least.get((op, device))
                    self.least[op, device] = ms if known is None else min(known, ms)


def refused(estimate: Estimate) -> list[tuple[int, Note]]:
    """The ops of an estimate that the device does not run, or not all of them, and why."""
    unsaid = Note("unsupported", "the device does not run this op")
    return [
        (op.id, op.reason or unsaid)
        for op in estimate.ops
        if not op.supported or op.reason is not None
    ]


def _priced(
    part: Graph, estimate: Estimate, target: Target, memories: Sequence[str]
) -> RegionPrice:
    whole = not refused(estimate)
    working, constant = _memory(part, estimate, target, memories)
    return RegionPrice(
        estimate.latency_ms if whole else None,
        estimate.energy_mj if whole else None,
        working,
        constant,
        tuple(None if op.reason is not None else op.latency_ms for op in estimate.ops),
        estimate,
    )


def _memory(
    part: Graph, estimate: Estimate, target: Target, memories: Sequence[str]
) -> tuple[dict[str, int], dict[str, int]]:
    """(working, constant) bytes by memory.

    A profile of peaks alone says nothing of memory: TFLite's arena is taken, and constants as
    stored, in flash where the system has one.
    """
    if estimate.memory_bytes:
        found = {name: n for name, n in estimate.memory_bytes.items() if name in MEMORIES}
        home = target.constants if isinstance(target, EthosUTarget) else target.memories[0]
        weights = min(estimate.memory_bytes.get("weights", 0), found.get(home.name, 0))
        return found | {home.name: found.get(home.name, 0) - weights}, {home.name: weights}
    main = target.memories[0].name
    home_name = "flash" if "flash" in memories else main
    plan = litert_arena(part)
    arena = plan.arena_bytes + plan.persistent_bytes + plan.heap_bytes
    return {main: arena}, {home_name: weight_bytes(part).mapped_bytes}
