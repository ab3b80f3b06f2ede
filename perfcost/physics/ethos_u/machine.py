"""Timing of commands on one accelerator, each kind of command once.

Networks repeat their layers, and the choice of a block is the dear part of a price, so what does
not depend on the neighbours of a command is kept: block, cycles and traffic by its extents,
layouts and memories.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

from perfcost.physics.ethos_u import products
from perfcost.physics.ethos_u.blocks import Block, Engine, Work, choose
from perfcost.physics.ethos_u.coding import coded_bytes
from perfcost.physics.ethos_u.command import Command, FeatureMap, Weights
from perfcost.physics.ethos_u.cycles import Compute, Traffic, compute, traffic, with_weights
from perfcost.physics.ethos_u.draft import CONSTANT, Draft, View
from perfcost.physics.ethos_u.memory import Placement
from perfcost.physics.ethos_u.stripes import Stripe, cut
from perfcost.targets import EthosUTarget
from perfcost.targets.profile import Memory

KEPT = 1 << 15
"""Commands and their prices with weights kept for one accelerator; beyond it all are forgotten."""

SCALE_BYTES = 10
"""Bytes of the scale and bias of one output channel."""


class Moved(Protocol):
    """Traffic of a command: bytes by memory, and the cycles that each memory needs for them."""

    @property
    def bytes_moved(self) -> dict[str, float]: ...

    @property
    def cycles(self) -> dict[str, float]: ...


@dataclass(slots=True)
class Timed:
    """One command, timed.

    Attributes:
        command: as it runs.
        planned: as the scheduler first sees it, feature maps not yet in the cache.
        direct: cycles with weights (if any) straight from where constants lie.
        planned_direct: the same of ``planned``.
        moved: traffic of the feature maps.
        depth: output channels before a transposition on the way out, which bars slices.
        parts: cycles of slices of ``planned`` by (depth, is first, is last), weights staged.
        weighted: what ``pricing`` keeps of it with weights, by what decides their price.
        stripe: the rows at a time, in a cascade.
    """

    laws: Machine
    block: Block
    command: Command
    planned: Command
    direct: Compute
    planned_direct: Compute
    moved: Moved
    depth: int
    parts: dict[tuple[int, bool, bool], Compute] = field(default_factory=dict)
    weighted: dict[tuple[object, ...], Any] = field(default_factory=dict)
    stripe: Stripe | None = None
    _staged: Compute | None = None

    @property
    def target(self) -> EthosUTarget:
        return self.laws.target

    @property
    def repeats(self) -> float:
        """How many stripes there are; 1 outside of cascades."""
        return 1.0 if self.stripe is None else self.stripe.repeats

    @property
    def striped(self) -> Command:
        """The planned command on one stripe."""
        if self.stripe is None:
            return self.planned
        ifm, ofm = self.planned.ifm, self.planned.ofm
        return replace(
            self.planned,
            ifm=replace(ifm, hwc=(min(self.stripe.ifm_rows, ifm.hwc[0]), *ifm.hwc[1:])),
            ofm=replace(ofm, hwc=(self.stripe.rows, *ofm.hwc[1:])),
        )

    @property
    def run_cycles(self) -> float:
        """Cycles of the planned command, stripe after stripe."""
        if self.stripe is None:
            return self.planned_direct.cycles
        return int(self.repeats * self._one_stripe.cycles)

    @property
    def stripe_fetches(self) -> int:
        """How often a stripe reads the weights."""
        return self.planned_direct.refetches if self.stripe is None else self._one_stripe.refetches

    @property
    def _one_stripe(self) -> Compute:
        latency = self.target.constants.read_latency_cycles
        return self.laws.compute(self.striped, self.block, latency)

    @property
    def staged(self) -> Compute:
        """Cycles with weights from the cache."""
        if self._staged is None:
            latency = self.laws.cache.read_latency_cycles
            self._staged = self.laws.compute(self.command, self.block, latency)
        return self._staged

    @property
    def unturned(self) -> Compute:
        """Cycles as the scheduler sees a transposed result: with the depth before that."""
        ofm = replace(self.planned.ofm, hwc=(*self.planned.ofm.hwc[:2], self.depth))
        latency = self.target.constants.read_latency_cycles
        return self.laws.compute(replace(self.planned, ofm=ofm), self.block, latency)

    def part(self, depth: int, first: bool, last: bool) -> Compute:
        """Cycles of a slice of the planned command's depth, with weights from the cache."""
        key = (depth, first, last)
        found = self.parts.get(key)
        if found is None:
            whole = self.striped
            ofm = replace(whole.ofm, hwc=(*whole.ofm.hwc[:2], depth))
            latency = self.target.cache.read_latency_cycles
            piece = replace(whole, ofm=ofm)
            found = self.laws.compute(piece, self.block, latency, first=first, last=last)
            self.parts[key] = found
        return found


class Machine:
    """The laws of one accelerator, and what was timed with them."""

    def __init__(self, target: EthosUTarget) -> None:
        self.target = target
        # looked up once: each is asked for several times a command
        self.constants, self.cache = target.constants, target.cache
        self._kept: dict[tuple[object, ...], Timed] = {}
        self._count = 0

    @cached_property
    def engine(self) -> Engine:
        """The figures that decide a block."""
        target = self.target
        assert target.shram is not None
        return Engine(
            target.ofm_ublock_hwc, target.ifm_ublock_hwc[2], target.ofm_block_max_hwc, target.shram
        )

    def compute(
        self,
        command: Command,
        block: Block,
        latency: int,
        *,
        first: bool = True,
        last: bool = True,
    ) -> Compute:
        """Cycles of the engines; see ``cycles.compute``."""
        return compute(self.target, command, block, latency, first=first, last=last)

    def traffic(self, command: Command, block: Block) -> Moved:
        """Traffic of the feature maps."""
        return traffic(self.target, command, block)

    def with_weights(self, moved: Moved, weights: Weights, refetches: int) -> Moved:
        """Traffic of feature maps and weights."""
        assert isinstance(moved, Traffic)
        return with_weights(self.target, moved, weights, refetches)

    def weights(self, draft: Draft, block: Block) -> Weights:
        """Encoded bytes of a draft's weights and scales, not staged."""
        assert draft.filters is not None
        coded = coded_bytes(self.target, draft.filters, block, draft.kind)
        return Weights(coded, -(-SCALE_BYTES * draft.ofm.touched[2] // 16) * 16)

    def sliced(
        self, found: Weights, draft: Draft, block: Block, pieces: tuple[int, ...]
    ) -> Weights:
        """The weights encoded anew in slices of so many output channels."""
        return found

    def copy_cycles(self, source: Memory, destination: Memory, nbytes: float) -> int:
        """Cycles to copy bytes from one memory to another."""
        return max(
            int(nbytes / source.bytes_per_cycle) + source.read_latency_cycles,
            int(nbytes / destination.bytes_per_cycle) + destination.write_latency_cycles,
        )

    def read_cycles(self, memory: Memory, nbytes: float, channel: str) -> float:
        """Cycles until bytes are read, the latency of the first included."""
        return nbytes / memory.bytes_per_cycle + memory.read_latency_cycles

    def block(self, draft: Draft, place: Placement) -> Block:
        """The block that a draft is computed in."""
        ifm = draft.ifm.touched
        if draft.ifm2 is not None and draft.ifm2.elements > draft.ifm.elements:
            ifm = draft.ifm2.touched
        scalar = draft.ifm.elements == 1 or (draft.ifm2 is not None and draft.ifm2.elements == 1)
        ofm = draft.ifm.touched if draft.kind == "transpose" else draft.ofm.touched
        work = Work(
            draft.kind, ifm, ofm, draft.kernel, draft.stride, draft.dilation,
            bits=min(32, draft.ifm.bits), scalar=scalar and draft.kind == "elementwise",
            lut=draft.activation == "lut" or draft.uses_lut, upscale=draft.upscale,
            nearest=draft.nearest,
        )  # fmt: skip
        found = choose(self.engine, work)
        if found is None:  # nothing fits: the smallest block there is
            least = self.target.ofm_ublock_hwc
            return Block(least, least, False)
        return found

    def timed(self, draft: Draft, place: Placement, stripe: Stripe | None = None) -> Timed:
        """Block, cycles and traffic of a draft whose tensors lie as ``place`` says."""
        key = (*self._key(draft, place), stripe)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._time(draft, place, stripe)
            self.keeps_more()
        return found

    def keeps_more(self) -> None:
        """Counts one more thing that is kept; where there are too many, all are forgotten."""
        self._count += 1
        if self._count > KEPT:
            self._kept.clear()
            self._count = 0

    def _key(self, draft: Draft, place: Placement) -> tuple[object, ...]:
        """What decides the time of a draft, its neighbours and weights apart."""
        ifm2 = draft.ifm2
        return (
            draft.kind, draft.operation, draft.activation, draft.uses_lut, draft.kernel,
            draft.stride, draft.dilation, draft.upscale, draft.nearest, draft.filters is None,
            draft.ifm.touched, draft.ifm.bits, place.seen(draft.ifm, draft),
            draft.ofm.touched, draft.ofm.bits, place.seen(draft.ofm, draft),
            ifm2 and (ifm2.touched, ifm2.bits, place.seen(ifm2, draft)),
        )  # fmt: skip

    def _time(self, draft: Draft, place: Placement, stripe: Stripe | None) -> Timed:
        if draft.kind == "product":
            return self._time_product(draft, place)
        target = self.target
        # a stripe decides the block alone: the compiler counts cycles of the whole with it
        block = self.block(draft if stripe is None else cut(draft, stripe), place)
        command = self._command(draft, place, planned=False)
        latency = target.constants.read_latency_cycles
        direct = self.compute(command, block, latency)
        planned, planned_direct = command, direct
        if target.spills:
            planned = self._command(draft, place, planned=True)
            planned_direct = self.compute(planned, block, latency)
        moved = self.traffic(command, block)
        depth = draft.filters.shape[0] if draft.filters is not None else draft.ofm.touched[2]
        return Timed(
            self, block, command, planned, direct, planned_direct, moved, depth, stripe=stripe
        )  # fmt: skip

    def _time_product(self, draft: Draft, place: Placement) -> Timed:
        target = self.target
        latency = target.constants.read_latency_cycles
        command = self._command(draft, place, planned=False)
        planned = self._command(draft, place, planned=True) if target.spills else command
        found = products.blocks(self.engine, command)
        return Timed(
            self, found[1], command, planned, products.product(target, command, found, latency),
            products.product(target, planned, found, latency),
            products.traffic(target, command, found[1]), draft.ofm.touched[2],
        )  # fmt: skip

    def _command(self, draft: Draft, place: Placement, *, planned: bool) -> Command:
        def feature_map(view: View) -> FeatureMap:
            memory = place.memory(view)
            if planned and view.storage != CONSTANT:
                memory = self.target.arena
            return FeatureMap(view.touched, memory, place.brick(view, draft), min(32, view.bits))

        return Command(
            draft.kind, draft.operation, feature_map(draft.ifm), feature_map(draft.ofm),
            None if draft.ifm2 is None else feature_map(draft.ifm2),
            draft.kernel, draft.stride, draft.dilation, draft.activation, draft.upscale,
            draft.nearest, has_bias=draft.filters is not None,
        )  # fmt: skip
