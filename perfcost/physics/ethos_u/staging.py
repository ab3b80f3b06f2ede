"""Whether weights are copied into the cache before they are used, and what that hides.

Weights that every block of the output reads again are worth a copy from flash or DRAM into SRAM;
the copy runs while the command before is busy, and may be cut into slices of the output's depth
so that it overlaps with the command itself. Restates ``ProposeSlicedWeightBuffering`` of Regor's
scheduler (Vela 5.2.0, Apache-2.0). What a bounded cache leaves for buffers is told by ``Room``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from perfcost.physics.ethos_u.layout import aligned
from perfcost.physics.ethos_u.machine import Timed
from perfcost.physics.ethos_u.room import FREE, UNBOUNDED, Room, Slot, ifm_read_bytes

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
        parts: bytes of each buffer, two where slices take turns.
    """

    staged: bool
    first_bytes: float = 0.0
    prebuffered: bool = False
    transfer_cycles: float = 0.0
    last_cycles: float = 0.0
    pieces: tuple[int, ...] = ()
    parts: tuple[int, ...] = ()

    @property
    def last_part(self) -> int:
        """Bytes of the buffer that the last slice is read from."""
        return self.parts[(len(self.pieces) - 1) % len(self.parts)] if self.parts else 0


def _slices(
    timed: Timed,
    transfer: float,
    slack: float,
    total_bytes: float,
    room: int,
    *,
    compute_bound: bool,
) -> list[int] | None:
    """Depths at which the weights are cut, from 0 to the whole; ``None`` where it does not pay."""
    depth, block = timed.depth, timed.block
    limit = room // 2
    whole = max(SPLIT_DEPTH, block.ublock[2])
    least = min(SPLIT_DEPTH / depth, 1.0)
    hidden = min(slack / transfer, 1.0)
    floored = math.floor(hidden / least) * least
    ratio = 1.0 if (1.0 - floored) < least / 2 else hidden
    if compute_bound and 0.5 < ratio < 1.0:
        half = math.floor(depth * 0.5)
        ratio = -(-half // SPLIT_DEPTH) * SPLIT_DEPTH // depth
        ratio = min(max(ratio, 0.5), 1.0)
    ratio = min(max(ratio, least), limit / total_bytes)
    if ratio >= 1.0:
        return [0, depth]
    first = max(int(depth * ratio) // whole * whole, SPLIT_DEPTH)
    if first >= depth:
        return [0, depth]
    cycles = timed.part(first, True, False).cycles
    step = int(depth * cycles / transfer)
    step = max(step, SPLIT_DEPTH)
    step = -(-step // block.ofm[2]) * block.ofm[2]
    if int(step / depth * total_bytes) > limit:
        step = int(limit / total_bytes * depth)
    while True:
        granule = block.ofm[2] if step > block.ofm[2] else whole
        step = max(step // granule * granule, whole)
        cuts = [0, *range(first, depth, step), depth]
        largest = max(b - a for a, b in pairwise(cuts))
        least_sizes = first == SPLIT_DEPTH and step == whole
        if aligned(total_bytes * largest / depth) <= limit or least_sizes:
            break
        if step > first:
            step = -(-(step // 2) // whole) * whole
        else:
            first = max(-(-(first // 2) // SPLIT_DEPTH), 1) * SPLIT_DEPTH
    if len(cuts) > 3 and compute_bound:
        used = step / (-(-step // block.ofm[2]) * block.ofm[2])
        if used < 0.3:
            return None
    return cuts


def _buffers(total_bytes: float, pieces: list[int], room: int) -> tuple[int, ...]:
    """Bytes of each buffer: two that take turns, one where that is all there is room for."""
    depth = sum(pieces)
    sizes = [aligned(total_bytes * piece / depth) for piece in pieces]
    if len(pieces) > 1:
        two = (max(sizes[::2]), max(sizes[1::2]))
        if sum(two) <= room:
            return two
    return (max(sizes),) if max(sizes) <= room else ()


def stage(
    timed: Timed,
    total_bytes: float,
    before: Slot | None,
    *,
    ifm_moves: bool,
    weights: str = "weights",
    room: Room = FREE,
) -> Staging:
    """Decides how the weights of a command are read.

    Args:
        timed: the command.
        total_bytes: encoded weights and scales.
        before: what the command before leaves, ``None`` for the first of the network.
        ifm_moves: the input will be in the cache when the command runs.
        weights: the channel that weights are read through.
        room: what the cache leaves for them.
    """
    command, full = timed.planned, timed.planned_direct
    block = timed.block
    source, cache = timed.laws.constants, timed.laws.cache
    copy_cycles, read_cycles = timed.laws.copy_cycles, timed.laws.read_cycles
    transfer = copy_cycles(source, cache, total_bytes)
    if source.name == cache.name:
        return Staging(False)
    refetches = full.refetches * math.ceil(timed.repeats)
    unmoved = int(read_cycles(source, total_bytes, weights)) * refetches
    buffered = int(read_cycles(cache, total_bytes, weights)) * refetches
    if buffered >= unmoved:
        return Staging(False)
    slack = before.cycles if before is not None else 0.0
    depth = timed.depth
    sliceable = command.swap == (0, 1, 2) and not room.cascaded
    smallest = int(transfer * min(depth, SPLIT_DEPTH) / depth)
    force = (
        (before is None or not before.on_npu)
        and refetches > 1
        and (smallest < unmoved // 10 or smallest <= STARTUP_CYCLES)
    )
    whole = sliceable or room.cascaded
    cycles = timed.run_cycles if whole else timed.unturned.cycles
    compute_bound = cycles > unmoved
    visible = max(transfer - slack, 0)
    pre = before is not None and before.on_npu and not room.inner
    if sliceable:
        tries = (
            force
            or buffered + visible < unmoved
            or depth // block.ofm[2] > 2
            or (pre and smallest < slack and refetches > 1)
        )
    else:  # in one piece, or not at all
        hidden = (
            visible < transfer // 20 or -(-visible // math.ceil(timed.repeats)) < STARTUP_CYCLES
        )
        tries = (hidden or force) and (buffered + visible < unmoved or not compute_bound)
        tries = tries and aligned(total_bytes) <= room.nbytes
    if not tries:
        return Staging(False)
    cuts: list[int] | None = [0, depth]
    if sliceable:
        cuts = _slices(
            timed, transfer, slack, total_bytes, room.nbytes, compute_bound=compute_bound
        )
    if cuts is None:
        return Staging(False)
    pieces = [b - a for a, b in pairwise(cuts)]
    parts = _buffers(total_bytes, pieces, room.nbytes)
    if not parts:
        return Staging(False)
    pre = pre and before is not None and parts[0] < before.room
    usable = slack if pre else (STARTUP_CYCLES if force else 0)
    run = shown = 0.0
    last = 0.0
    fetched = 0
    reads = 0.0
    double = len(parts) > 1
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
    run = int(timed.repeats * run)
    weight_reads = read_cycles(cache, reads / max(1, fetched), weights) * fetched * timed.repeats
    striped = timed.striped
    ifm = ifm_read_bytes(striped, block)
    held = striped.ifm.elements * striped.ifm.bits // 8
    there = cache if room.inner else command.ifm.memory
    ifm_cycles = read_cycles(there, ifm, "ifm") * timed.repeats
    if ifm_moves and not room.inner:
        staged_ifm = read_cycles(cache, ifm, "ifm") * timed.repeats
        both_fit = held + sum(parts) <= room.nbytes
        left = before.room if before is not None else UNBOUNDED
        if not both_fit and held < left:
            ifm_first = max(cycles, unmoved, staged_ifm)
            if ifm_first < max(run + shown, weight_reads, ifm_cycles) and ifm_first < ifm_cycles:
                return Staging(False)
        if _yields(room, full.cycles > max(unmoved, ifm_cycles), ifm_cycles, held, parts, left):
            return Staging(False)
        if both_fit:
            ifm_cycles = staged_ifm
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
    return Staging(True, first_bytes, pre, transfer, last, tuple(pieces), parts)


def _yields(
    room: Room, runs_longest: bool, ifm: float, held: float, parts: tuple[int, ...], left: int
) -> bool:
    """Whether the room is better left to the input of the command that reads the result."""
    after = room.after
    if after is None or after.runs_longest or not after.weights:
        return False
    if after.ifm / after.weights <= 2 or after.ifm_bytes >= room.nbytes:
        return False
    if after.ifm_bytes + held + sum(parts) <= left:
        return False
    return runs_longest or after.ifm > ifm
