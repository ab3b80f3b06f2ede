"""A graph as an Ethos-U85 runs it: in the compiler's order, with fused and chained ops.

An activation or a transposition is fused into the command before it. An elementwise op is chained
to it: its operand stays in the chaining buffer, and its time is the output engine's alone. Restates
``CanPack`` of Regor's scheduler and ``EthosU85OpGroup`` (Vela 5.2.0, Apache-2.0).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from perfcost.graph import Graph, Op
from perfcost.physics.ethos_u.draft import CONSTANT, Draft, Drafts, View, fused
from perfcost.physics.ethos_u.fold import Folded
from perfcost.physics.ethos_u.lower import LUT_OPS
from perfcost.physics.ethos_u.padding import same_values
from perfcost.physics.ethos_u.u85.fresh import FIRST_FRESH, Fresh
from perfcost.physics.ethos_u.u85.lower import lower

CHAIN = 4
"""Most ops of a chain, the first counted."""

EXTERNAL = 3
"""Most operands of a chain that lie in memory."""


class Folded85(Folded):
    """A graph as an Ethos-U85 runs it."""

    def __init__(self, graph: Graph, supported: list[bool]) -> None:
        self._fresh = Fresh()
        super().__init__(graph, supported)

    def _lower(self, op: Op) -> Drafts:
        return lower(self.context, self._fresh, op)

    def _fuse_activations(self) -> None:
        self._name_temporaries()
        self._count()
        group: _Group | None = None
        for position in self.order:
            if not self.on_npu[position]:
                group = None
                continue
            kept: Drafts = []
            for draft in self.drafts[position]:
                if group is not None and self._joins(group, draft, position):
                    group.write_back()
                    continue
                kept.append(draft)
                rows = self.graph.ops[position].kind == "FULLY_CONNECTED"
                group = _Group(kept, len(kept) - 1, rows)
            self.drafts[position] = kept
            if group is not None and group.drafts is not kept:
                group.write_back()

    def _name_temporaries(self) -> None:
        """Makes the tensors between the commands of one op tensors like any other."""
        base = len(self.graph.tensors) + FIRST_FRESH

        def named(view: View) -> View:
            return (
                view if view.storage > FIRST_FRESH else replace(view, storage=base - view.storage)
            )

        for position, drafts in enumerate(self.drafts):
            self.drafts[position] = [
                replace(
                    draft, ifm=named(draft.ifm), ofm=named(draft.ofm),
                    ifm2=draft.ifm2 and named(draft.ifm2),
                )
                for draft in drafts
            ]  # fmt: skip
        self.stored = {base - storage: hwc for storage, hwc in self._fresh.stored.items()}

    def _count(self) -> None:
        self._reads: Counter[int] = Counter()
        self._writes: Counter[int] = Counter()
        for drafts in self.drafts:
            for draft in drafts:
                self._writes[draft.ofm.storage] += draft.repeats
                for view in (draft.ifm, draft.ifm2):
                    if view is not None and view.storage >= 0:
                        self._reads[view.storage] += draft.repeats
        self._ends = {self.root(tensor) for tensor in self.ends} | set(self.ends)
        for tensor in range(len(self.graph.tensors)):
            if self._cpu_reads(tensor):
                self._reads[self.root(tensor)] += 1

    def _joins(self, group: _Group, draft: Draft, position: int) -> bool:
        """Adds a draft to the group that runs right before it, if it may."""
        before = group.last
        storage = before.ofm.storage
        second = draft.ifm2 is not None and draft.ifm2.storage == storage
        seen = draft.ifm2 if second else draft.ifm
        if (
            storage < 0
            or seen is None
            or seen.storage != storage
            or self._reads[storage] != 1
            or self._writes[storage] != 1
            or storage in self._ends
            or before.ofm.part is not None
            or seen.part is not None
            or before.repeats > 1
            or draft.repeats > 1
        ):
            return False
        first = group.first
        windowed = first.kind in ("conv", "depthwise", "matmul") and not group.rows
        shaped = windowed or before.kernel != (1, 1)
        reshaped = before.ofm.hwc != seen.hwc
        turns = draft.operation == "transpose"
        if reshaped and (draft.ofm.part is not None or turns or shaped):
            return False
        if first.kind == "gather":
            return False
        if turns:
            return group.turn(draft)
        if draft.operation == "activation":
            op = self.graph.ops[position]
            table = op.kind in LUT_OPS
            if not table and not same_values(self.graph, op.inputs[0], op.outputs[0]):
                return False
            return group.fuse(draft, "lut" if table else "relu")
        return draft.kind == "elementwise" and group.chain(draft, storage)


class _Group:
    """Commands that run as one, while more are added.

    Args:
        drafts: of the op that the first command is of.
        index: of the first command among them.
        rows: the first command is a fully connected layer, whose rows lie as suits it.
    """

    def __init__(self, drafts: Drafts, index: int, rows: bool) -> None:
        self.rows = rows
        self.drafts = drafts
        self.index = index
        self.first = drafts[index]
        self.chained: list[Draft] = []
        self.turned = self.first.operation == "transpose"
        self.external = _external(self.first)
        self.ofm_hwc = self.first.ofm.hwc
        self.active = self.first.operation == "activation" or self.first.activation != "none"

    @property
    def last(self) -> Draft:
        return self.chained[-1] if self.chained else self.first

    def write_back(self) -> None:
        """Puts the group as it is by now in the place of its first command."""
        filters, ofm = self.first.filters, self.first.ofm
        if filters is not None and ofm.part is not None and self.first.swap != (0, 1, 2):
            # the compiler then counts as many weights as the result has channels
            depth = ofm.part[2]
            filters = replace(
                filters, shape=(depth, *filters.shape[1:]),
                elements=max(1, filters.elements * depth // filters.shape[0]),
            )  # fmt: skip
        self.drafts[self.index] = replace(self.first, filters=filters, chain=tuple(self.chained))

    def _replace_last(self, draft: Draft) -> None:
        if self.chained:
            self.chained[-1] = draft
        else:
            self.first = draft

    def fuse(self, draft: Draft, kind: str) -> bool:
        """An activation into the last op."""
        last = self.last
        if self.active or (kind == "relu" and last.ifm.bits > last.ofm.bits):
            return False
        ofm = draft.ofm
        if ofm.part is None:
            ofm = replace(last.ofm, storage=ofm.storage, bits=ofm.bits)
        # the table of a fused activation is loaded at no cost in the compiler's account
        self._replace_last(replace(fused(last, kind), ofm=ofm, uses_lut=last.uses_lut))
        self.active = True
        return True

    def turn(self, draft: Draft) -> bool:
        """A transposition into the first op, while it is the only one."""
        first = self.first
        if self.chained or self.turned or first.kind == "resize" or first.ofm.part is not None:
            return False
        if first.kind == "elementwise" and draft.swap not in ((0, 2, 1), (2, 0, 1)):
            return False
        moved = [axis for axis in draft.swap if draft.ifm.touched[axis] != 1]
        if moved == sorted(moved):  # nothing moves in memory: the command computes as it did
            self.first = replace(first, ofm=replace(draft.ofm, hwc=first.ofm.hwc))
        else:
            self.first = replace(first, ofm=draft.ofm, swap=draft.swap)
        self.turned = True
        return True

    def chain(self, draft: Draft, storage: int) -> bool:
        """An elementwise op after the last one."""
        first = self.first
        external = _external(draft)
        wide = first.kind == "pool" and first.operation in ("copy", "transpose")
        if (
            first.kind == "resize"
            or (wide and first.ifm.bits >= 32)
            or external == 0
            or self.turned
            or len(self.chained) + 2 > CHAIN
            or self.external + external - 1 > EXTERNAL
            or self.ofm_hwc != draft.ofm.touched
        ):
            return False
        second = draft.ifm2 is not None and draft.ifm2.storage == storage
        own, other = (draft.ifm2, draft.ifm) if second else (draft.ifm, draft.ifm2)
        assert own is not None
        if own.elements != first.ofm.elements and other is None:
            return False
        if other is not None and own.hwc != other.hwc:
            scalar = other.elements == 1 and own.elements == first.ofm.elements
            if own.hwc != first.ofm.hwc and not scalar:
                return False
        hwc = first.ofm.hwc

        def seen(view: View) -> View:
            whole = view.elements == draft.ofm.elements and view.part is None
            return replace(view, hwc=hwc) if whole else view

        self.ofm_hwc = draft.ofm.touched
        self.chained.append(
            replace(
                draft, ifm=seen(draft.ifm), ifm2=draft.ifm2 and seen(draft.ifm2),
                ofm=seen(draft.ofm),
            )
        )  # fmt: skip
        self.external += external - 1
        self.active = draft.activation != "none"
        return True


def _external(draft: Draft) -> int:
    """Operands of an op that are no constant scalar."""
    views = [draft.ifm] if draft.ifm2 is None else [draft.ifm, draft.ifm2]
    return sum(view.storage != CONSTANT or view.elements > 1 for view in views)
