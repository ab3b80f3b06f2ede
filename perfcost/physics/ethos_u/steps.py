"""The commands of a graph as a scheduler sees them: in a row, each with what it reads and writes.

Where the cache is bounded, the compiler looks at neighbours: which commands run in stripes, what
leaves the cache. A tensor goes by its number, one between the commands of one op by a number below
0 (see ``liveness``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfcost.physics.ethos_u.draft import CONSTANT, Draft, View
from perfcost.physics.ethos_u.fold import Folded
from perfcost.physics.ethos_u.liveness import all_named, keeps_places
from perfcost.physics.ethos_u.machine import Machine, Timed
from perfcost.physics.ethos_u.memory import Placement, stored_bytes
from perfcost.physics.ethos_u.ran import Ran
from perfcost.physics.ethos_u.stripes import Stripe

_IN_STRIPES = frozenset({"conv", "depthwise", "elementwise", "pool", "minmax"})
_POOLS = frozenset({"MAX_POOL_2D", "AVERAGE_POOL_2D"})


def _only_passes(draft: Draft) -> bool:
    """Whether a command copies, converts or looks up: the compiler never does that in stripes."""
    return draft.kind == "pool" and draft.kernel == (1, 1) and draft.upscale == 1


@dataclass(frozen=True, slots=True)
class Step:
    """One command; ``draft`` is ``None`` for an op of the CPU.

    Attributes:
        position: of its op in the graph.
        number: which of that op's commands it is.
        read: tensors, with the views of them.
        written: the tensor that it writes.
        subdivides: it can make its result in stripes.
    """

    position: int
    number: int
    draft: Draft | None = None
    read: tuple[tuple[int, View], ...] = ()
    written: int = 0
    subdivides: bool = False


class Steps(list[Step]):
    """All commands of a graph in order, and who reads a tensor.

    Args:
        folded: the graph as the NPU runs it.
        laws: the accelerator's.
        placement: which tensors lie outside, and how tensors are laid out.
    """

    def __init__(self, folded: Folded, laws: Machine, placement: Placement) -> None:
        self.folded, self.laws, self.placement = folded, laws, placement
        ran = [
            Ran(position, draft)
            for position in folded.order
            for draft in (folded.drafts[position] if folded.on_npu[position] else [None])
        ]
        named, _ = folded.kept("_named", lambda _: all_named(ran))
        numbers: dict[int, int] = {}
        for run, parts in zip(ran, named, strict=True):
            number = numbers[run.position] = numbers.get(run.position, -1) + 1
            if run.draft is None:
                self.append(Step(run.position, number))
                continue
            inside = {written for _, _, written in parts[:-1]}
            read = tuple(item for _, reads, _ in parts for item in reads if item[0] not in inside)
            free = run.draft.swap == (0, 1, 2) and not run.draft.chain and run.draft.repeats == 1
            kind = folded.graph.ops[run.position].kind
            free = free and (kind in _POOLS or not _only_passes(run.draft))
            self.append(
                Step(
                    run.position, number, run.draft, read, parts[-1][2],
                    free and run.draft.kind in _IN_STRIPES,
                )
            )  # fmt: skip
        self.readers: dict[int, list[int]] = {}
        self.writers: dict[int, list[int]] = {}
        for time, step in enumerate(self):
            for tensor, _ in step.read:
                self.readers.setdefault(tensor, []).append(time)
            if step.draft is not None:
                self.writers.setdefault(step.written, []).append(time)

    def timed(self, time: int, stripe: Stripe | None) -> Timed:
        """A command, timed."""
        draft = self[time].draft
        assert draft is not None
        return self.laws.timed(draft, self.placement, stripe)

    def primary(self, time: int) -> View:
        """The operand that stripes follow: the larger of two."""
        draft = self[time].draft
        assert draft is not None
        second = draft.ifm2
        if second is None or second.elements <= draft.ifm.elements:
            return draft.ifm
        return second

    def stripe(self, time: int, rows: int) -> Stripe | None:
        """The stripe of a command that makes so many rows at a time; ``None`` if that is all."""
        step = self[time]
        if step.draft is None or not step.subdivides:
            return None
        draft = step.draft
        height = draft.ofm.touched[0]
        rows = -(-rows // draft.upscale) * draft.upscale
        if rows == height:
            return None
        kernel = (draft.kernel[0] - 1) * draft.dilation[0] + 1
        needed = -(-((rows - 1) * draft.stride[0] + kernel) // draft.upscale)
        return Stripe(rows, height, min(needed, self.primary(time).touched[0]))

    def stored_bytes(self, view: View, draft: Draft) -> int:
        """Bytes of a whole tensor as it is laid out."""
        brick = self.placement.brick(view, draft)
        return stored_bytes(self.folded, view.storage, view, brick=brick)

    def consumer(self, time: int) -> int | None:
        """The one command that reads what a command writes, as it stands.

        ``None`` if it must be kept whole: others read it too, write it too, or see only parts.
        """
        step = self[time]
        if step.draft is None:
            return None
        last = step.draft.chain[-1] if step.draft.chain else step.draft
        read = self.readers.get(step.written, [])
        if len(read) != 1 or len(self.writers[step.written]) != 1 or last.ofm.part is not None:
            return None
        if self.placement.outside(last.ofm) or not self.placement.brick(last.ofm, step.draft):
            return None
        after = self[read[0]].draft
        view = self.primary(read[0])
        if after is None or view.hwc != last.ofm.hwc or view.part is not None:
            return None
        named = [tensor for tensor, seen in self[read[0]].read if seen is view]
        if named != [step.written] or not self.placement.brick(view, after):
            return None
        return read[0]

    def cascadable(self, time: int, stripe: Stripe | None) -> bool:
        """Whether a command with that stripe may be part of a cascade."""
        draft = self[time].draft
        if draft is None or stripe is None or stripe.rows >= stripe.of:
            return False
        if self.primary(time).storage == CONSTANT:
            return False
        if draft.kind == "conv":
            op = self.folded.graph.ops[self[time].position]
            return op.kind != "FULLY_CONNECTED" and draft.upscale == 1
        return draft.kind != "depthwise" or draft.upscale == 1

    def written_over(self, time: int, stripe: Stripe | None) -> bool:
        """Whether a command could write each element where it read it."""
        draft = self[time].draft
        assert draft is not None
        if not keeps_places(draft) or (stripe is not None and stripe.ifm_rows != stripe.rows):
            return False
        view = self.primary(time)
        for tensor, seen in self[time].read:
            if seen is view:
                return len(self.readers[tensor]) == 1 and view.bits == draft.ofm.bits
        return False


def after(steps: Sequence[Step], time: int) -> Draft | None:
    """The command that runs next."""
    return steps[time + 1].draft if time + 1 < len(steps) else None
