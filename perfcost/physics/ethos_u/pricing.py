"""The price of a graph on an Ethos-U: fold, place, choose blocks, time each command in order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import lru_cache

from perfcost.graph import Graph
from perfcost.physics.ethos_u.blocks import Block, Engine, Work, choose
from perfcost.physics.ethos_u.coding import coded_bytes
from perfcost.physics.ethos_u.command import Command, FeatureMap, Weights
from perfcost.physics.ethos_u.cycles import compute, traffic
from perfcost.physics.ethos_u.draft import CONSTANT, PLAIN, TEMPORARY, Draft, View
from perfcost.physics.ethos_u.fold import Folded
from perfcost.physics.ethos_u.memory import Placement
from perfcost.physics.ethos_u.staging import (
    SCALE_BYTES,
    Slot,
    Staging,
    copy_cycles,
    ifm_read_bytes,
    input_copy_pays,
    read_cycles,
    stage,
)
from perfcost.physics.ethos_u.support import unsupported
from perfcost.physics.price import GraphPrice, OpPrice
from perfcost.targets import EthosUTarget
from perfcost.targets.profile import Memory

LUT_BYTES = 256
"""Bytes of the table of an 8-bit activation."""


@lru_cache(maxsize=64)
def engine(target: EthosUTarget) -> Engine:
    assert target.shram is not None
    return Engine(
        target.ofm_ublock_hwc, target.ifm_ublock_hwc[2], target.ofm_block_max_hwc, target.shram
    )


def _block(target: EthosUTarget, draft: Draft) -> Block:
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
    found = choose(engine(target), work)
    if found is None:  # nothing fits: the smallest block there is
        least = target.ofm_ublock_hwc
        return Block(least, least, False)
    return found


def _map(view: View, memory: Memory, brick: bool) -> FeatureMap:
    return FeatureMap(view.touched, memory, brick, min(32, view.bits))


class _Run:
    """Prices drafts one after the other; what one hides is told to the next."""

    def __init__(self, target: EthosUTarget, folded: Folded) -> None:
        self.target = target
        self.placement = Placement(folded, target)
        self.before: Slot | None = None

    def command(self, draft: Draft, *, scheduling: bool = False) -> Command:
        place, arena = self.placement, self.target.arena

        def feature_map(view: View) -> FeatureMap:
            memory = place.memory(view)
            if scheduling and view.storage != CONSTANT:
                memory = arena
            return _map(view, memory, place.brick(view, draft))

        return Command(
            draft.kind, draft.operation, feature_map(draft.ifm), feature_map(draft.ofm),
            draft.ifm2 and feature_map(draft.ifm2), draft.kernel, draft.stride, draft.dilation,
            draft.activation, draft.upscale, draft.nearest, has_bias=draft.filters is not None,
        )  # fmt: skip

    def _copied_input(self, draft: Draft, command: Command, block: Block, nbytes: float) -> bool:
        """Whether the command's input is a graph input worth copying into the cache first."""
        target = self.target
        if not target.spills or draft.kind not in ("conv", "depthwise"):
            return False
        if not self.placement.outside(draft.ifm) or not self.placement.read_once(draft.ifm):
            return False
        full = compute(target, command, block, target.constants.read_latency_cycles)
        if not input_copy_pays(target, command, block, full, nbytes):
            return False
        whole = Draft("pool", "other", draft.ifm, replace(draft.ifm, storage=TEMPORARY))
        copying = Command("pool", "other", command.ifm, replace(command.ifm, memory=target.cache))
        reads = ifm_read_bytes(command, block)
        cycles = compute(target, copying, _block(target, whole), 0).cycles
        staged = read_cycles(target.cache, reads)
        return cycles + staged < read_cycles(command.ifm.memory, reads)

    def draft(self, draft: Draft) -> tuple[float, dict[str, float], str]:
        """(cycles, bytes by memory, what binds) of one draft."""
        target = self.target
        block = _block(target, draft)
        command = self.command(draft)
        constants, cache = target.constants, target.cache
        weights: Weights | None = None
        staging = Staging(False)
        planned = self.command(draft, scheduling=True) if target.spills else command
        ahead = 0.0
        moved_ahead: dict[str, float] = {}
        if draft.filters is not None:
            coded = coded_bytes(target, draft.filters, block, draft.kind)
            scales = -(-SCALE_BYTES * draft.ofm.touched[2] // 16) * 16
            if self._copied_input(draft, planned, block, coded + scales):
                copied = Draft("pool", "other", draft.ifm, replace(draft.ifm, storage=PLAIN))
                ahead, moved_ahead, _ = self.draft(replace(copied, repeats=1))
                draft = replace(draft, ifm=replace(draft.ifm, storage=PLAIN))
                command = self.command(draft)
                planned = replace(planned, ifm=command.ifm)
            full = compute(target, planned, block, constants.read_latency_cycles)
            moves = not self.placement.outside(draft.ifm)
            staging = stage(
                target, planned, block, coded + scales, full, self.before, ifm_moves=moves
            )
            weights = Weights(
                coded, scales, staging.staged, staging.first_bytes, staging.prebuffered,
                staging.transfer_cycles,
            )  # fmt: skip
        slack = self.before.cycles if self.before is not None else 0.0
        latency = (cache if staging.staged else constants).read_latency_cycles
        done = compute(target, command, block, latency)
        own: float = staging.last_cycles
        if not staging.staged:
            own = done.cycles
            if target.spills:
                own = compute(target, planned, block, constants.read_latency_cycles).cycles
        moved = traffic(target, command, block, weights, done.refetches)
        cycles: float = done.cycles
        binding = "mac" if done.mac_cycles >= done.output_cycles else "output"
        if staging.staged:
            first = copy_cycles(constants, cache, staging.first_bytes)
            waited = max(first - slack, 0.0)
            streamed = staging.transfer_cycles - slack + staging.last_cycles
            if streamed > cycles + waited:
                cycles, binding = streamed, "weights"
            else:
                cycles += waited
        elif draft.uses_lut:
            cycles += max(copy_cycles(constants, cache, LUT_BYTES) - slack, 0.0)
        for name, busy in moved.cycles.items():
            if busy > cycles:
                weighty = weights is not None and name == constants.name
                cycles, binding = busy, "weights" if weighty else "memory"
        self.before = Slot(own, True)
        nbytes = {
            name: (count + moved_ahead.get(name, 0.0)) * draft.repeats
            for name, count in moved.bytes_moved.items()
        }
        return int(cycles + ahead) * draft.repeats, nbytes, binding

    def op(self, drafts: list[Draft]) -> OpPrice:
        total = 0.0
        moved: dict[str, float] = defaultdict(float)
        most, binding = -1.0, "free"
        for draft in drafts:
            cycles, nbytes, bound = self.draft(draft)
            total += cycles
            for name, count in nbytes.items():
                moved[name] += count
            if cycles > most:
                most, binding = cycles, bound
        return OpPrice(total, None, dict(moved), binding)


def price(graph: Graph, target: EthosUTarget) -> GraphPrice:
    """The prior of a graph on an Ethos-U55 or U65."""
    reasons = unsupported(graph, target)
    folded = Folded(graph, [reason is None for reason in reasons])
    run = _Run(target, folded)
    ops: list[OpPrice] = []
    for position, reason in enumerate(reasons):
        if reason is not None:
            run.before = Slot(0.0, False)
            ops.append(OpPrice(None, reason, {}, "unsupported"))
        else:
            ops.append(run.op(folded.drafts[position]))
    return GraphPrice(tuple(ops), target.clock_hz, {})
