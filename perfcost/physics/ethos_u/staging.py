"""Whether weights are copied into the cache before they are used, and what that hides.

Weights that every block of the output reads again are worth a copy from flash or DRAM into SRAM;
the copy runs while the command before is busy, and may be cut into slices of the output's depth
so that it overlaps with the command itself. Restates ``ProposeSlicedWeightBuffering`` of Regor's
scheduler (Vela 5.2.0, Apache-2.0) for a cache that is never the bottleneck.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from perfcost.physics.ethos_u.blocks import Block
from perfcost.physics.ethos_u.command import Command
from perfcost.physics.ethos_u.machine import Timed

SPLIT_DEPTH = 16
STARTUP_CYCLES = 1000


@dataclass(slots=True)
class Staging:
    """How the weights of one command reach the MAC engine.

    Attributes:
        staged: through the cache; else straight from where constants lie.
        first_bytes: bytes of the first slice.
        prebuffered: the first slice is loaded while the command before runs.
        transfer_cycles: of all weights into the cache.
        last_cycles: compute cycles of the last slice: what the next command can hide behind.
        pieces: output channels of each slice.
    """

    staged: bool
    first_bytes: float = 0.0
    prebuffered: bool = False
    transfer_cycles: float = 0.0
    last_cycles: float = 0.0
    pieces: tuple[int, ...] = ()


@dataclass(slots=True)
class Slot:
    """What the command before leaves: cycles to hide a transfer behind; ``None`` at the start."""

    cycles: float
    on_npu: bool


def _slices(
    timed: Timed, transfer: float, slack: float, *, compute_bound: bool
) -> list[int] | None:
    """Depths at which the weights are cut, from 0 to the whole; ``None`` where it does not pay."""
    depth, block = timed.depth, timed.block
    whole = max(SPLIT_DEPTH, block.ublock[2])
    least = min(SPLIT_DEPTH / depth, 1.0)
    hidden = min(slack / transfer, 1.0)
    aligned = math.floor(hidden / least) * least
    ratio = 1.0 if (1.0 - aligned) < least / 2 else hidden
    if compute_bound and 0.5 < ratio < 1.0:
        half = math.floor(depth * 0.5)
        ratio = -(-half // SPLIT_DEPTH) * SPLIT_DEPTH // depth
        ratio = min(max(ratio, 0.5), 1.0)
    ratio = max(ratio, least)
    if ratio >= 1.0:
        return [0, depth]
    first = max(int(depth * ratio) // whole * whole, SPLIT_DEPTH)
    if first >= depth:
        return [0, depth]
    cycles = timed.part(first, True, False).cycles
    step = int(depth * cycles / transfer)
    step = max(step, SPLIT_DEPTH)
    step = -(-step // block.ofm[2]) * block.ofm[2]
    granule = block.ofm[2] if step > block.ofm[2] else whole
    step = max(step // granule * granule, whole)
    cuts = [0, *range(first, depth, step), depth]
    if len(cuts) > 3 and compute_bound:
        used = step / (-(-step // block.ofm[2]) * block.ofm[2])
        if used < 0.3:
            return None
    return cuts


def stage(
    timed: Timed,
    total_bytes: float,
    before: Slot | None,
    *,
    ifm_moves: bool,
    weights: str = "weights",
) -> Staging:
    """Decides how the weights of a command are read.

    Args:
        timed: the command.
        total_bytes: encoded weights and scales.
        before: what the command before leaves, ``None`` for the first of the network.
        ifm_moves: the input will be in the cache when the command runs.
        weights: the channel that weights are read through.
    """
    command, full = timed.planned, timed.planned_direct
    block = timed.block
    source, cache = timed.laws.constants, timed.laws.cache
    copy_cycles, read_cycles = timed.laws.copy_cycles, timed.laws.read_cycles
    transfer = copy_cycles(source, cache, total_bytes)
    if source.name == cache.name:
        return Staging(False)
    refetches = full.refetches
    unmoved = int(read_cycles(source, total_bytes, weights)) * refetches
    buffered = int(read_cycles(cache, total_bytes, weights)) * refetches
    if buffered >= unmoved:
        return Staging(False)
    slack = before.cycles if before is not None else 0.0
    depth = timed.depth
    sliceable = command.swap == (0, 1, 2)
    smallest = int(transfer * min(depth, SPLIT_DEPTH) / depth)
    force = (
        (before is None or not before.on_npu)
        and refetches > 1
        and (smallest < unmoved // 10 or smallest <= STARTUP_CYCLES)
    )
    cycles = full.cycles if sliceable else timed.unturned.cycles
    compute_bound = cycles > unmoved
    visible = max(transfer - slack, 0)
    pre = before is not None and before.on_npu
    if sliceable:
        tries = (
            force
            or buffered + visible < unmoved
            or depth // block.ofm[2] > 2
            or (pre and smallest < slack and refetches > 1)
        )
    else:  # in one piece, or not at all
        hidden = visible < transfer // 20 or visible < STARTUP_CYCLES
        tries = (hidden or force) and (buffered + visible < unmoved or not compute_bound)
    if not tries:
        return Staging(False)
    cuts: list[int] | None = [0, depth]
    if sliceable:
        cuts = _slices(timed, transfer, slack, compute_bound=compute_bound)
    if cuts is None:
        return Staging(False)
    pieces = [b - a for a, b in pairwise(cuts)]
    usable = slack if pre else (STARTUP_CYCLES if force else 0)
    run = shown = 0.0
    last = 0.0
    fetched = 0
    reads = 0.0
    double = len(pieces) > 1
    for number, piece in enumerate(pieces):
        found = timed.part(piece, number == 0, number == len(pieces) - 1)
        nbytes = total_bytes * piece / depth
        cost = copy_cycles(source, cache, nbytes)
        if cost > usable:
            shown += cost - usable
        run += found.cycles
        last = found.cycles
        usable = found.cycles if double else 0.0
        fetched += found.refetches
        reads += nbytes * found.refetches
    weight_reads = read_cycles(cache, reads / max(1, fetched), weights) * fetched
    ifm = ifm_read_bytes(command, block)
    ifm_cycles = read_cycles(cache if ifm_moves else command.ifm.memory, ifm, "ifm")
    original = max(cycles, unmoved, ifm_cycles)
    planned = max(run + shown, weight_reads, ifm_cycles)
    if compute_bound:
        if shown / len(pieces) < STARTUP_CYCLES:
            planned -= shown
        if len(pieces) > 1 and force:
            planned -= len(pieces) * STARTUP_CYCLES / 2
    if original < planned or (refetches == 1 and transfer + weight_reads > original):
        return Staging(False)
    first_bytes = total_bytes * pieces[0] / depth
    return Staging(True, first_bytes, pre, transfer, last, tuple(pieces))


def ifm_read_bytes(command: Command, block: Block) -> float:
    """Bytes of input that the blocks of a command read."""
    h, w, c = command.ofm.hwc
    size = (min(h, block.ofm[0]), min(w, block.ofm[1]), min(c, block.ofm[2]))
    count = -(-h // size[0]) * -(-w // size[1])
    if command.kind == "conv":
        count *= -(-c // size[2])
    area = min(command.ifm.hwc[0], block.ifm[0]) * min(command.ifm.hwc[1], block.ifm[1])
    return area * command.ifm.hwc[2] * count * command.ifm.bits / 8
