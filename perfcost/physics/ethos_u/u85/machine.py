"""Timing of commands on an Ethos-U85."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from perfcost.physics.ethos_u.blocks import Block
from perfcost.physics.ethos_u.command import Command, FeatureMap, Link, Weights
from perfcost.physics.ethos_u.cycles import Compute
from perfcost.physics.ethos_u.draft import CONSTANT, Draft, View
from perfcost.physics.ethos_u.machine import Machine, Moved
from perfcost.physics.ethos_u.memory import Placement
from perfcost.physics.ethos_u.u85 import blocks, channels, cycles
from perfcost.physics.ethos_u.u85.coding import may_be_sparse, weights
from perfcost.physics.ethos_u.u85.work import Engine, Work
from perfcost.targets import EthosUTarget
from perfcost.targets.profile import Buffers, Memory


class Machine85(Machine):
    """The laws of one Ethos-U85, and what was timed with them."""

    def __init__(self, target: EthosUTarget) -> None:
        super().__init__(target)
        assert target.buffers is not None
        self._buffers: Buffers = target.buffers
        self._channels = channels.Channels(target.buffers)

    @cached_property
    def engine85(self) -> Engine:
        """The figures that decide a block."""
        target = self.target
        return Engine(
            target.macs_per_cycle, target.ofm_ublocks_hwc, target.ofm_block_max_hwc, self._buffers
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
        return cycles.compute(self.target, command, block, latency, first=first, last=last)

    def traffic(self, command: Command, block: Block) -> Moved:
        return cycles.traffic(self._channels, command, block)

    def with_weights(self, moved: Moved, weights: Weights, refetches: int) -> Moved:
        assert isinstance(moved, channels.Traffic)
        return cycles.with_weights(self.target, moved, weights, refetches)

    def weights(self, draft: Draft, block: Block) -> Weights:
        return weights(self.target, self._channels, draft, block)

    def sliced(
        self, found: Weights, draft: Draft, block: Block, pieces: tuple[int, ...]
    ) -> Weights:
        if all(piece % block.ublock[2] == 0 for piece in pieces):
            return found
        again = weights(self.target, self._channels, draft, block, pieces)
        return again if again.fast == found.fast else found

    def copy_cycles(self, source: Memory, destination: Memory, nbytes: float) -> int:
        return self._channels.copy_cycles(source, destination, nbytes)

    def read_cycles(self, memory: Memory, nbytes: float, channel: str) -> float:
        return self._channels.read_cycles(memory, nbytes, channel)

    def block(self, draft: Draft, place: Placement) -> Block:
        if draft.kind == "gather":
            return Block((1, 1, 1), (1, 1, 1), False)
        ifm = draft.ifm.touched
        ifm2 = None if draft.ifm2 is None else draft.ifm2.touched
        bits = draft.ifm.bits
        swapped = draft.ifm2 is not None and draft.ifm2.elements > draft.ifm.elements
        if draft.kind == "elementwise" and ifm2 is not None and swapped:
            ifm, ifm2 = ifm2, ifm
        ofm = draft.ofm.touched
        if draft.swap != (0, 1, 2):
            back = [draft.swap.index(axis) for axis in range(3)]
            ofm = (ofm[back[0]], ofm[back[1]], ofm[back[2]])
        work = Work(
            "copy" if draft.operation == "copy" else draft.kind, ifm, ofm, ifm2, draft.kernel,
            draft.stride, draft.dilation, bits, draft.ofm.bits, swap=draft.swap,
            brick=place.brick(draft.ofm, draft) if draft.swap != (0, 1, 2) else False,
            factor=draft.factor,
        )  # fmt: skip
        found = blocks.choose(self.engine85, work)
        if found is None:  # nothing fits: the smallest block there is
            least = self.target.ofm_ublock_hwc
            return Block(least, least, False, least)
        if self._sparse(draft):
            return self._sparser(draft, place, work, found)
        return found

    def _sparse(self, draft: Draft) -> bool:
        filters = draft.filters
        return (
            filters is not None
            and draft.kind == "conv"
            and may_be_sparse(filters.shape[3], filters.elements, filters.histogram)
        )

    def _sparser(self, draft: Draft, place: Placement, work: Work, dense: Block) -> Block:
        """The block for sparse weights, where that is no slower than the dense one."""
        sparse = blocks.choose(self.engine85, replace(work, sparse=True))
        if sparse is None:
            return dense
        command = self._command(draft, place, planned=self.target.spills)
        latency = self.target.constants.read_latency_cycles
        cycles = [self.compute(command, block, latency).cycles for block in (dense, sparse)]
        return sparse if cycles[1] <= cycles[0] else dense

    def _command(self, draft: Draft, place: Placement, *, planned: bool) -> Command:
        def feature_map(view: View, *, chained: bool = False) -> FeatureMap:
            memory = place.memory(view)
            if chained or (planned and view.storage != CONSTANT):
                memory = self.target.arena  # what is chained stays where the compiler first puts it
            return FeatureMap(view.touched, memory, place.brick(view, draft), view.bits)

        links = []
        storage = draft.ofm.storage
        for part in draft.chain:
            external = tuple(
                feature_map(view)
                for view in (part.ifm, part.ifm2)
                if view is not None and view.storage != storage and view.elements > 1
            )
            links.append(
                Link(
                    part.operation, part.ifm.bits, feature_map(part.ofm), external,
                    part.ifm2 is not None, part.activation,
                )
            )  # fmt: skip
            storage = part.ofm.storage
        return Command(
            "copy" if draft.operation == "copy" else draft.kind, draft.operation,
            feature_map(draft.ifm), feature_map(draft.ofm, chained=bool(draft.chain)),
            None if draft.ifm2 is None else feature_map(draft.ifm2),
            draft.kernel, draft.stride, draft.dilation, draft.activation,
            has_bias=draft.filters is not None, swap=draft.swap,
            chain=tuple(links),
        )  # fmt: skip

    def _key(self, draft: Draft, place: Placement) -> tuple[object, ...]:
        links = tuple(
            (
                part.operation, part.activation, part.ifm.bits, part.ofm.bits, part.ofm.touched,
                place.seen(part.ofm, draft), part.ifm.touched, place.seen(part.ifm, draft),
                part.ifm2 and (part.ifm2.touched, place.seen(part.ifm2, draft)),
                part.ifm.storage == draft.ofm.storage,
            )
            for part in draft.chain
        )  # fmt: skip
        sparse = self._sparse(draft)
        depth = draft.filters and draft.filters.shape[0]
        return (*super()._key(draft, place), draft.swap, draft.factor, links, sparse, depth)
