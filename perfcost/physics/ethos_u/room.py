"""What there is for copying weights ahead: time under other commands, and bytes of the cache."""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.physics.ethos_u.blocks import Block
from perfcost.physics.ethos_u.command import Command
from perfcost.physics.ethos_u.machine import Timed

UNBOUNDED = 1 << 30
"""Bytes that no buffer of weights reaches."""


@dataclass(slots=True)
class Slot:
    """What the command before leaves: cycles to hide a transfer behind; ``None`` at the start."""

    cycles: float
    on_npu: bool
    room: int = UNBOUNDED


@dataclass(frozen=True, slots=True)
class Reads:
    """What a command would take with its weights left where constants lie, as first estimated.

    Attributes:
        run: cycles of the engines.
        weights: cycles to read the weights.
        ifm: cycles to read the input.
        ifm_bytes: of the input that is read at a time.
    """

    run: float
    weights: float
    ifm: float
    ifm_bytes: float

    @property
    def runs_longest(self) -> bool:
        return self.run > self.weights and self.run > self.ifm


@dataclass(frozen=True, slots=True)
class Room:
    """What a bounded cache leaves for the weights of a command.

    Attributes:
        nbytes: for its buffers.
        cascaded: it runs in stripes among others.
        inner: its input is a rolling buffer in the cache.
        after: of the command that reads the result, where that has weights.
    """

    nbytes: int = UNBOUNDED
    cascaded: bool = False
    inner: bool = False
    after: Reads | None = None


FREE = Room()


def reads_of(timed: Timed, total_bytes: float, channel: str = "weights") -> Reads:
    """The first estimate of a command, feature maps in the arena."""
    laws, repeats = timed.laws, timed.repeats
    ifm_bytes = ifm_read_bytes(timed.striped, timed.block)
    fetches = timed.stripe_fetches
    weights = int(repeats * (int(laws.read_cycles(laws.constants, total_bytes, channel)) * fetches))
    ifm = laws.read_cycles(timed.striped.ifm.memory, ifm_bytes, "ifm")
    held = timed.striped.ifm.elements * timed.striped.ifm.bits // 8
    return Reads(timed.run_cycles, weights if total_bytes else 0, int(repeats * int(ifm)), held)


def ifm_read_bytes(command: Command, block: Block) -> float:
    """Bytes of input that the blocks of a command read."""
    h, w, c = command.ofm.hwc
    size = (min(h, block.ofm[0]), min(w, block.ofm[1]), min(c, block.ofm[2]))
    count = -(-h // size[0]) * -(-w // size[1])
    if command.kind == "conv":
        count *= -(-c // size[2])
    area = min(command.ifm.hwc[0], block.ifm[0]) * min(command.ifm.hwc[1], block.ifm[1])
    return area * command.ifm.hwc[2] * count * command.ifm.bits / 8
