"""Labels for an Arm core: LiteRT's own Arm kernels, run in a simulator and timed by a model of it.

QEMU runs the network; a plugin counts which blocks of code ran, which lines missed which cache and
which branches were guessed wrong; the model of the core gives the cycles of each block. Against
silicon (NXP i.MX 93, five int8 networks, TFLite's own kernels): the ratio of labels to published
times has the geometric mean 1.08.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from perfcost.errors import LabelError, ModelError
from perfcost.frontends.tflite import read_tflite
from perfcost.labels.arm_cpu import alignment, warm
from perfcost.labels.arm_cpu.alignment import Ran
from perfcost.labels.arm_cpu.borders import NODE, START
from perfcost.labels.arm_cpu.core import VERSION as CORE_VERSION
from perfcost.labels.arm_cpu.core.costs import BlockCosts
from perfcost.labels.arm_cpu.guests import GUESTS, GuestDied
from perfcost.labels.arm_cpu.pricing import Piece, priced
from perfcost.labels.arm_cpu.runs import Run
from perfcost.labels.arm_cpu.sysroot import LITERT, contents, sysroot
from perfcost.labels.arm_cpu.tools import need_all
from perfcost.labels.protocol import EVENTS, Label, OpLabel, check_units
from perfcost.ops import op_macs
from perfcost.targets import ArmCpuTarget, Target

VERSION = "1"
WARM_UP_BELOW_MACS = 300_000_000
"""A network of more is measured at its first inference, which halves the time of its label: what
caches and predictor keep from one inference to the next was 0.6 % of the whole at most."""
_TRIES = 2


@dataclass(frozen=True, slots=True)
class ArmCpuLabeller:
    """Runs the model in this process's simulator, which the first label starts (seconds)."""

    timeout_s: float = 300.0
    """After which a model is given up. The pool asks this labeller for its limits."""

    def __post_init__(self) -> None:
        if not self.timeout_s > 0:
            raise LabelError(f"timeout_s: came {self.timeout_s}, expected a number above 0")

    @property
    def name(self) -> str:
        return "arm-cpu"

    @property
    def version(self) -> str:
        return VERSION

    @property
    def recycle_after(self) -> int:
        """Models a worker of the pool: a model leaves nothing behind, and a start takes seconds."""
        return 20_000

    def label(self, model: bytes, target: Target) -> Label:
        """The label of a .tflite.

        LabelError if the runtime refuses the model, it crashes or hangs, the target is no Arm
        CPU, or a part of the simulator is missing and cannot be fetched.
        """
        if not isinstance(target, ArmCpuTarget):
            raise LabelError(
                f"came the target {target.name!r} ({target.family}), expected an Arm CPU such as "
                "cortex-a55"
            )
        macs = _macs(model)
        need_all()
        warm_up = sum(macs.values()) < WARM_UP_BELOW_MACS
        run, ran, base = self._run(model, target, warm_up)
        symbols = GUESTS.symbols
        pieces = priced(run, target, _costs(), lambda address: symbols.name_at(address - base))
        pieces = _inside(pieces)
        return _label(pieces, ran, macs, target, warm_up)

    def _run(self, model: bytes, target: ArmCpuTarget, warm_up: bool) -> tuple[Run, Ran, int]:
        for attempt in range(1, _TRIES + 1):
            guest = GUESTS.of(target)
            try:
                return *guest.run(model, warm_up, self.timeout_s), guest.base
            except GuestDied as died:
                # It may have been at the end of its strength: a fresh one gets the model once.
                if attempt == _TRIES or died.timed_out:
                    raise
        raise AssertionError("a loop that returns or raises")


@functools.lru_cache(maxsize=1)
def _costs() -> BlockCosts:
    return BlockCosts()


def _macs(model: bytes) -> dict[int, int]:
    """MACs by the number of the op in the main subgraph. LabelError if there is nothing to read."""
    try:
        graph = read_tflite(model)
        counts = op_macs(graph)
    except ModelError as error:
        raise LabelError(f"the model cannot be read: {error}") from error
    return {
        op.origin[0].index: count for op, count in zip(graph.ops, counts, strict=True) if op.origin
    }


def _inside(pieces: list[Piece]) -> list[Piece]:
    """The pieces without Python's way in and out."""
    inside = [piece for piece in pieces if piece.border != START]
    if inside and inside[-1].border == NODE:
        inside.pop()
    return inside


def _label(
    pieces: Sequence[Piece],
    ran: Ran,
    macs: dict[int, int],
    target: ArmCpuTarget,
    warm_up: bool,
) -> Label:
    owners = alignment.owners(ran, pieces)
    count = sum(kind != alignment.DELEGATE for kind in ran.kinds)
    ops = [_op(index, pieces, owners, macs, target) for index in range(count)]
    if alignment.NO_OP in owners:
        ops.append(_op(alignment.NO_OP, pieces, owners, macs, target))
    cycles = sum(op.cycles for op in ops)
    events = {name: sum(op.events.get(name, 0) for op in ops) for name in EVENTS}
    label = Label(
        target=target.name,
        target_hash=target.hash,
        latency_ms=target.ms(cycles),
        cycles=cycles,
        macs=sum(op.macs for op in ops),
        bytes_moved={"dram": events["l3_misses"] * target.line_bytes},
        peak_memory_bytes={},
        ops=tuple(ops),
        provenance="simulated",
        settings={**_settings(target), "warm_up": "yes" if warm_up else "no"},
        events=events,
    )
    check_units(label, target)
    return label


def _op(
    index: int,
    pieces: Sequence[Piece],
    owners: Sequence[int],
    macs: dict[int, int],
    target: ArmCpuTarget,
) -> OpLabel:
    own = [piece for piece, owner in zip(pieces, owners, strict=True) if owner == index]
    events: Counter[str] = Counter()
    for piece in own:
        events.update(piece.events)
    return OpLabel(
        index=index,
        cycles=sum(piece.cycles for piece in own),
        npu_cycles=sum(piece.core_cycles for piece in own),
        macs=macs.get(index, 0),
        bytes_moved={"dram": events["l3_misses"] * target.line_bytes} if own else {},
        events=dict(events),
    )


@functools.lru_cache(maxsize=64)
def _settings_text() -> tuple[tuple[str, str], ...]:
    parts = contents(sysroot())
    c_library = next((part for part in parts if part.startswith("libc6_")), "unknown")
    return (
        ("labeller", "arm-cpu"),
        ("labeller_version", VERSION),
        ("core_model_version", CORE_VERSION),
        ("warm_up_version", warm.VERSION),
        ("litert", LITERT),
        ("c_library", c_library),
    )


def _settings(target: ArmCpuTarget) -> dict[str, str]:
    return {**dict(_settings_text()), "runtime": target.runtime, "threads": "1"}
