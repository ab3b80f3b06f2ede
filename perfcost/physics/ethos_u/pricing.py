"""The price of a graph on an Ethos-U: fold, place, choose blocks, time each command in order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from perfcost.graph import Graph
from perfcost.physics.ethos_u.bounded import Plan, plan
from perfcost.physics.ethos_u.cycles import Compute
from perfcost.physics.ethos_u.draft import Draft, table_bytes
from perfcost.physics.ethos_u.family import folded, machine
from perfcost.physics.ethos_u.fold import Folded
from perfcost.physics.ethos_u.liveness import Liveness
from perfcost.physics.ethos_u.machine import Machine, Moved, Timed
from perfcost.physics.ethos_u.memory import Placement
from perfcost.physics.ethos_u.ran import Ran
from perfcost.physics.ethos_u.room import Slot
from perfcost.physics.ethos_u.staging import Staging, stage
from perfcost.physics.ethos_u.support import unsupported
from perfcost.physics.price import GraphPrice, OpPrice
from perfcost.targets import EthosUTarget

_FREE = OpPrice(0.0, None, {}, "free")


@dataclass(slots=True)
class _Weighted:
    """What a command with weights costs once; ``own_cycles`` hide what the next one waits for."""

    cycles: int
    moved: Moved
    binding: str
    total_bytes: float
    staging: Staging
    own_cycles: float


class _Run:
    """Prices drafts one after the other; what one hides is told to the next."""

    def __init__(self, laws: Machine, folded: Folded) -> None:
        self.laws = laws
        target = laws.target
        self.plan: Plan | None = None
        if target.cache_is_bounded:
            self.plan = plan(folded, laws, target)
            self.placement = self.plan.placement
        else:
            self.placement = Placement(folded, target)
        self.before: Slot | None = None
        self.ran: list[Ran] = []

    def draft(self, draft: Draft, position: int) -> tuple[float, dict[str, float], str]:
        """(cycles, bytes by memory, what binds) of one draft, all its repeats together."""
        if self.plan is not None:
            draft = self.plan.drafts[len(self.ran)] or draft
        if draft.filters is None:
            found = self._plain(draft)
            self.ran.append(Ran(position, draft))
            return found
        return self._weighted(draft, position)

    def _plain(self, draft: Draft) -> tuple[float, dict[str, float], str]:
        timed = self._timed(draft)
        cycles: float = timed.direct.cycles
        if _loads_table(draft):
            table = self.laws.copy_cycles(self.laws.constants, self.laws.cache, table_bytes(draft))
            cycles += max(table - self._slack, 0.0)
        self.before = Slot(timed.planned_direct.cycles, True)
        cycles, binding = self._longest(cycles, timed.direct, timed.moved, weighted=False)
        return int(cycles) * draft.repeats, self._bytes(draft, timed.moved, draft.repeats), binding

    def _timed(self, draft: Draft) -> Timed:
        stripe = None if self.plan is None else self.plan.stripes.get(len(self.ran))
        return self.laws.timed(draft, self.placement, stripe)

    def _weighted(self, draft: Draft, position: int) -> tuple[float, dict[str, float], str]:
        """The first of a command's repeats, and the others as the second, which it runs before."""
        planned = None if self.plan is None else self.plan.stagings[len(self.ran)]
        found = self._after(draft, planned and planned[0])
        cycles, nbytes = found.cycles, self._bytes(draft, found.moved, 1)
        if draft.repeats > 1:
            others = draft.repeats - 1
            found = self._after(draft, planned and planned[1])
            cycles += found.cycles * others
            for name, count in self._bytes(draft, found.moved, others).items():
                nbytes[name] = nbytes.get(name, 0.0) + count
        self.ran.append(Ran(position, draft, found.total_bytes, found.staging))
        return cycles, nbytes, found.binding

    def _after(self, draft: Draft, planned: Staging | None) -> _Weighted:
        """A command with weights, once, after the one before it."""
        timed = self._timed(draft)
        if planned is not None:
            found = self._weigh(draft, timed, planned)
            self.before = Slot(found.own_cycles, True)
            return found
        before = self.before
        slot = None if before is None else (before.cycles, before.on_npu)
        key = (draft.filters, slot, self.placement.outside(draft.ifm), _loads_table(draft))
        known: _Weighted | None = timed.weighted.get(key)
        if known is None:
            known = timed.weighted[key] = self._weigh(draft, timed, None)
            self.laws.keeps_more()
        self.before = Slot(known.own_cycles, True)
        return known

    def _weigh(self, draft: Draft, timed: Timed, planned: Staging | None) -> _Weighted:
        """Times a command with its weights after the one before it."""
        constants, cache = self.laws.constants, self.laws.cache
        assert draft.filters is not None
        weights = self.laws.weights(draft, timed.block)
        total = weights.coded_bytes + weights.scale_bytes
        moves = not self.placement.outside(draft.ifm)
        channel = "fast_weights" if weights.fast else "weights"
        staging = planned or stage(
            timed, total, self.before, ifm_moves=moves, weights=channel
        )  # fmt: skip
        done = timed.staged if staging.staged else timed.direct
        if len(staging.pieces) > 1:
            weights = self.laws.sliced(weights, draft, timed.block, staging.pieces)
        weights.staged, weights.first_bytes = staging.staged, staging.first_bytes
        weights.prebuffered = staging.prebuffered
        weights.transfer_cycles = staging.transfer_cycles
        cycles: float = done.cycles
        streamed = False
        if staging.staged:
            first = self.laws.copy_cycles(constants, cache, staging.first_bytes)
            waited = cycles + max(first - self._slack, 0.0)
            rest = staging.transfer_cycles - self._slack + staging.last_cycles
            streamed = rest > waited
            cycles = max(waited, rest)
        elif _loads_table(draft):
            table = self.laws.copy_cycles(constants, cache, table_bytes(draft))
            cycles += max(table - self._slack, 0.0)
        own = staging.last_cycles if staging.staged else timed.planned_direct.cycles
        moved = self.laws.with_weights(timed.moved, weights, done.refetches)
        cycles, binding = self._longest(cycles, done, moved, weighted=True)
        if streamed and binding in ("mac", "output"):
            binding = "weights"
        return _Weighted(int(cycles), moved, binding, total, staging, own)

    def _bytes(self, draft: Draft, moved: Moved, times: int) -> dict[str, float]:
        """Bytes by memory of a command that runs so many times."""
        nbytes = dict(moved.bytes_moved)
        if _loads_table(draft):
            constants = self.laws.constants.name
            nbytes[constants] = nbytes.get(constants, 0.0) + table_bytes(draft)
        if times != 1:
            nbytes = {name: count * times for name, count in nbytes.items()}
        return nbytes

    @property
    def _slack(self) -> float:
        return self.before.cycles if self.before is not None else 0.0

    def _longest(
        self, cycles: float, done: Compute, moved: Moved, *, weighted: bool
    ) -> tuple[float, str]:
        """The longest of engines and memories, and which it is."""
        binding = "mac" if done.mac_cycles >= done.output_cycles else "output"
        for name, busy in moved.cycles.items():
            if busy > cycles:
                cycles = busy
                constants = weighted and name == self.laws.constants.name
                binding = "weights" if constants else "memory"
        return cycles, binding

    def skip(self, position: int) -> None:
        """An op of the CPU runs."""
        self.before = Slot(0.0, False)
        self.ran.append(Ran(position))

    def op(self, drafts: list[Draft], position: int) -> OpPrice:
        """The price of one op: its drafts in order."""
        total = 0.0
        moved: dict[str, float] = defaultdict(float)
        most, binding = -1.0, "free"
        for draft in drafts:
            cycles, nbytes, bound = self.draft(draft, position)
            total += cycles
            for name, count in nbytes.items():
                moved[name] += count
            if cycles > most:
                most, binding = cycles, bound
        return OpPrice(total, None, dict(moved), binding)


def _loads_table(draft: Draft) -> bool:
    """Whether the table of an activation is loaded for a command; a fused one is loaded unseen."""
    return draft.uses_lut and draft.activation != "lut"


def price(graph: Graph, target: EthosUTarget) -> GraphPrice:
    """The prior of a graph on an Ethos-U."""
    reasons = unsupported(graph, target)
    found = folded(graph, target)
    run = _Run(machine(target), found)
    ops: list[OpPrice] = [_FREE] * len(reasons)
    for position in found.order:
        reason = reasons[position]
        if reason is not None:
            run.skip(position)
            ops[position] = OpPrice(None, reason, {}, "unsupported")
        else:
            ops[position] = run.op(found.drafts[position], position)
    bounds = None if run.plan is None else run.plan.bounds
    peaks = Liveness(found, run.placement, target, bounds).peaks(run.ran)
    return GraphPrice(tuple(ops), target.clock_hz, peaks)
