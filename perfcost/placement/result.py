"""What ``place`` gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perfcost.estimation.result import Estimate, Note
from perfcost.graph import Graph
from perfcost.placement.regions import Region
from perfcost.placement.search import Search
from perfcost.targets.system import System


@dataclass(frozen=True, slots=True)
class PlacedRegion:
    """A region with what it costs.

    Attributes:
        target: of its device.
        latency_ms, energy_mj: as a whole, without hand-overs; energy ``None`` where not known.
        call_ms: what it costs to call its device; 0 for the host.
        memory_bytes: memory -> peak bytes, constants included.
        op_ms: of each op, in the order of ``region.ops``.
        estimate: of the region as a graph of its own; op ids are positions in ``region.ops``.
    """

    region: Region
    target: str
    latency_ms: float
    energy_mj: float | None
    call_ms: float
    memory_bytes: Mapping[str, int]
    op_ms: tuple[float | None, ...]
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class HandOver:
    """A tensor that crosses from one device to another, over one link."""

    tensor: int
    name: str
    nbytes: int
    source: str
    to: str
    latency_ms: float
    energy_mj: float | None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another plan to hold the placement against, or why there is none.

    Attributes:
        name: such as ``"cpu only"`` or ``"npu wherever possible"``.
        latency_ms, energy_mj: hand-overs included.
        regions: how many there are.
        reason: why it cannot be, where it cannot.
    """

    name: str
    latency_ms: float | None
    energy_mj: float | None
    regions: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Which part of a network runs where, and what that costs.

    Attributes:
        placed: the regions in an order in which they can run.
        hand_overs: the tensors that cross.
        latency_ms, energy_mj: regions and hand-overs together, one inference.
        memory_bytes: memory of the system -> bytes at most; see ``plan.memory_bytes``.
        fits: memory -> bytes of its budget to spare.
        bound_ms: the least price of each op in any piece that was priced, on any device it may
            run on, added up without hand-overs: no plan of such prices can be faster. ``None``
            where the objective is not the latency.
        exact_sum: whether the start of the search was exact; see ``additive``.
        pieces: how many regions were priced to find it; ``ops_priced``: their ops.
        search: what ``explain`` goes on with.
    """

    graph: Graph
    system: System
    objective: str
    placed: tuple[PlacedRegion, ...]
    hand_overs: tuple[HandOver, ...]
    latency_ms: float
    energy_mj: float | None
    memory_bytes: Mapping[str, int]
    fits: Mapping[str, int]
    alternatives: tuple[Alternative, ...]
    bound_ms: float | None
    exact_sum: bool
    pieces: int
    ops_priced: int
    warnings: tuple[Note, ...]
    search: Search = field(repr=False, compare=False)

    @property
    def regions(self) -> tuple[Region, ...]:
        """The regions alone, in an order in which they can run."""
        return tuple(placed.region for placed in self.placed)

    @property
    def gap(self) -> float | None:
        """How far the latency lies above the bound, as a share of the bound."""
        return self.latency_ms / self.bound_ms - 1 if self.bound_ms else None

    @property
    def hand_over_ms(self) -> float:
        """Calls and tensors that cross, together."""
        calls = sum(placed.call_ms for placed in self.placed)
        return calls + sum(crossing.latency_ms for crossing in self.hand_overs)

    def device_of(self, op: int) -> str:
        """The device of an op, by its position in the graph."""
        for region in self.regions:
            if op in region.ops:
                return region.device
        raise KeyError(f"no op {op}; the graph has {len(self.graph.ops)}")
