"""What disappears between ops: views, copies and activations that a neighbour absorbs.

The rules are those of Regor (``RemoveReshape``,
``MoveSplitSliceToConsumer``, ``MoveConcatSliceToProducer`` and ``CanPack``; Vela 5.2.0,
Apache-2.0), applied in its order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from perfcost.graph import Graph, Links, Op, kept
from perfcost.physics.ethos_u.draft import CONSTANT, HWC, PLAIN, Draft, Drafts, View, fused
from perfcost.physics.ethos_u.layout import volume
from perfcost.physics.ethos_u.lower import (
    JOIN_OPS,
    LUT_OPS,
    PART_OPS,
    RELU_OPS,
    RESIZE_OPS,
    VIEW_OPS,
    Context,
    lower,
    part_channel,
    view_copy,
)
from perfcost.physics.ethos_u.lower.transpose import keeps_order, permuted
from perfcost.physics.ethos_u.order import cpu_grouped, execution_order
from perfcost.physics.ethos_u.padding import folded_pads, same_values
from perfcost.physics.ethos_u.support.patterns import needed
from perfcost.physics.ethos_u.views import Views

T = TypeVar("T")


class Folded:
    """A graph as the NPU runs it.

    Attributes:
        drafts: by position of the op; empty where it is free or runs on the CPU.
        views: which tensors share their memory.
        order: positions of the ops, in the order they run.
        stored: tensor between the commands of one op -> the extents that it is kept with, where
            commands see it with others.
    """

    def __init__(self, graph: Graph, supported: list[bool]) -> None:
        self.graph = graph
        self.links = Links.of(graph)
        self.on_npu = supported
        on_cpu = [op for op, runs in zip(graph.ops, supported, strict=True) if not runs]
        self._read_by_cpu = {t for op in on_cpu for t in op.inputs if t >= 0}
        self._written_by_cpu = {t for op in on_cpu for t in op.outputs if t >= 0}
        self.ends = frozenset(graph.inputs) | frozenset(graph.outputs)
        self.outputs = frozenset(graph.outputs)
        self.views = Views(
            graph, self._fixed, self._needed, lambda tensor: len(self.readers(tensor))
        )
        self.stored: dict[int, HWC] = {}
        self.context = Context(graph)
        self._padded = folded_pads(self.context, self.links, supported)
        for position in self._padded:
            pad = graph.ops[position]
            self.context.source[pad.outputs[0]] = pad.inputs[0]
        # A dead op runs nowhere, but what it reads still has one reader more.
        alive = needed(graph, supported)
        self.drafts: list[Drafts] = [
            self._lower(op) if position in alive and runs and not self._is_empty(op) else []
            for position, (op, runs) in enumerate(zip(graph.ops, supported, strict=True))
        ]
        self.order: Sequence[int] = graph.kept("_execution_order", execution_order)
        self._remove_folded_padding()
        self._remove_views()
        self._merge_transposes()
        self._move_parts()
        self._move_joins()
        self._resolve()
        self._fuse_activations()
        # activations are packed before ops of the CPU are moved together
        self.order = cpu_grouped(self.order, graph, self.links, supported)

    def kept(self, name: str, derive: Callable[[Folded], T]) -> T:
        """What follows from this alone, for any target of the family; see ``Graph.kept``."""
        return kept(self, name, derive)

    def _is_empty(self, op: Op) -> bool:
        """Whether an op computes nothing, because a result or an operand has no elements."""
        tensors = self.graph.tensors
        for t in (*op.outputs, *op.inputs):
            if t >= 0 and 0 in tensors[t].shape and tensors[t].constant is None:
                return True
        return False

    def _lower(self, op: Op) -> Drafts:
        return lower(self.context, op)

    def _cpu_reads(self, tensor: int) -> bool:
        return tensor in self._read_by_cpu

    def _cpu_writes(self, tensor: int) -> bool:
        return tensor in self._written_by_cpu

    @property
    def shared_with_cpu(self) -> set[int]:
        """Tensors that are graph inputs or outputs, variables, or the CPU's."""
        variables = [t for t, tensor in enumerate(self.graph.tensors) if tensor.is_variable]
        return {*self.ends, *variables, *self._read_by_cpu, *self._written_by_cpu}

    def _remove_folded_padding(self) -> None:
        for position in self._padded:
            self.drafts[position] = []

    def readers(self, tensor: int) -> tuple[int, ...]:
        """Positions of the ops that read a tensor, a folded PAD's readers in its place."""
        found: list[int] = []
        for reader in self.links.consumers.get(tensor, ()):
            if reader in self._padded:
                found.extend(self.links.consumers.get(self.graph.ops[reader].outputs[0], ()))
            else:
                found.append(reader)
        return tuple(found)

    def _fixed(self, tensor: int) -> bool:
        """Whether a tensor is written outside the NPU."""
        variable = self.graph.tensors[tensor].is_variable
        return tensor in self.ends or variable or self._cpu_writes(tensor)

    def _needed(self, tensor: int) -> bool:
        """Whether a tensor is read outside the NPU."""
        return tensor in self.outputs or self._cpu_reads(tensor)

    def _remove_views(self) -> None:
        for position in self.order:
            op = self.graph.ops[position]
            if not self.on_npu[position] or not self._is_view(op):
                continue
            self.views.remove(position, op.inputs[0], op.outputs[0])
            copied = self.views.copies.get(position)
            self.drafts[position] = [] if copied is None else view_copy(self.context, op, *copied)
        if self.views.copies:
            self._read_copies()

    def _read_copies(self) -> None:
        """Lets ops read the copy that a view is in place of what it is of, and so run after it."""
        instead: dict[int, dict[int, int]] = {}
        for position, op in enumerate(self.graph.ops):
            if self.on_npu[position] and self._is_view(op):
                if position in self.views.reads:
                    instead[position] = {op.inputs[0]: self.views.reads[position]}
                continue
            found = {tensor: self.views.copy_of(tensor) for tensor in op.inputs if tensor >= 0}
            moved = {tensor: copy for tensor, copy in found.items() if copy is not None}
            if moved:
                instead[position] = moved
            for draft in self.drafts[position]:
                for view in (draft.ifm, draft.ifm2):
                    copy = None if view is None else self.views.copy_of(view.storage)
                    if view is not None and copy is not None:
                        view.storage = copy
        self.order = execution_order(self.graph, instead)

    def _is_view(self, op: Op) -> bool:
        """Whether an op leaves the memory of what it reads as it is."""
        if op.kind in VIEW_OPS:
            return True
        if op.kind != "TRANSPOSE" or self._is_empty(op):
            return False
        shape = self.context.shape(op.inputs[0])
        perm = self.context.values(op.inputs[1]) or tuple(range(len(shape)))
        return sorted(perm) == list(range(len(shape))) and keeps_order(shape, perm)

    def _merge_transposes(self) -> None:
        """TRANSPOSEs one after the other are one, or none where they undo each other."""
        heads: dict[int, tuple[int, int, tuple[int, ...]]] = {}
        for position, op in enumerate(self.graph.ops):
            if op.kind != "TRANSPOSE" or not self.drafts[position]:
                continue
            source, result = op.inputs[0], op.outputs[0]
            perm = self.context.values(op.inputs[1])
            head = heads.get(source)
            alone = len(self.links.consumers.get(source, ())) == 1 and source not in self.outputs
            if head is not None and alone and len(head[2]) == len(perm):
                whole = tuple(head[2][axis] for axis in perm)
                merged = self._transposed(head[1], result, whole)
                if merged is not None:
                    self.drafts[position] = []
                    position, source, perm = head[0], head[1], whole
                    self.drafts[position] = merged
            if sorted(perm) == list(range(len(perm))):
                heads[result] = position, source, perm

    def _transposed(self, source: int, result: int, perm: tuple[int, ...]) -> Drafts | None:
        """One TRANSPOSE in place of several; ``None`` where it would be a copy between ends."""
        shape = self.context.shape(source)
        if not keeps_order(shape, perm):
            return permuted(self.context.view(source), self.context.view(result), shape, perm)
        if self._fixed(source) and self._needed(result):
            return None
        self.views.share(source, result)
        return []

    def root(self, tensor: int) -> int:
        """The tensor whose memory a tensor shares."""
        return self.views.root(tensor)

    def _reads_plainly(self, position: int) -> bool:
        """Whether an op can read a part of a tensor in place of a copy of it."""
        op = self.graph.ops[position]
        return (
            self.on_npu[position]
            and op.kind not in VIEW_OPS
            and op.kind not in PART_OPS
            and op.kind not in ("TILE", "TRANSPOSE")
        )

    def _move_parts(self) -> None:
        for position, op in enumerate(self.graph.ops):
            if op.kind not in PART_OPS or not self.drafts[position]:
                continue
            source = op.inputs[1] if op.kind == "SPLIT" else op.inputs[0]
            whole = volume(self.graph.tensors[source].shape)[1]
            kept: Drafts = []
            for number, tensor in enumerate(op.outputs):
                batch, part = volume(self.graph.tensors[tensor].shape)
                readers = self.readers(tensor)
                movable = (
                    tensor not in self.outputs
                    and readers
                    and all(self._reads_plainly(reader) for reader in readers)
                )
                if not movable:
                    if number < len(self.drafts[position]):
                        kept.append(self.drafts[position][number])
                    continue
                channel = part_channel(self.context, op, number)
                for reader in readers:
                    self.drafts[reader] = [
                        self._see_part(draft, tensor, source, whole, part, channel, batch)
                        for draft in self.drafts[reader]
                    ]
            self.drafts[position] = kept

    def _see_part(
        self,
        draft: Draft,
        tensor: int,
        source: int,
        whole: tuple[int, int, int],
        part: tuple[int, int, int],
        channel: int,
        batch: int,
    ) -> Draft:
        # what is laid out anew elementwise is not, where an operand is a part
        if draft.filters is None and draft.kernel == (1, 1) and draft.kind != "transpose":
            draft = self._undeepen(draft, part, batch)

        def seen(view: View) -> View:
            if view.storage != tensor:
                return view
            whole_part = view.elements == part[0] * part[1] * part[2]
            extents = view.part or (part if whole_part else view.hwc)
            return View(self.context.storage(source), whole, view.bits, extents, channel)

        return replace(draft, ifm=seen(draft.ifm), ifm2=draft.ifm2 and seen(draft.ifm2))

    def _move_joins(self) -> None:
        for position, op in enumerate(self.graph.ops):
            if op.kind not in JOIN_OPS and op.kind not in ("PAD", "PADV2"):
                continue
            drafts = self.drafts[position]
            if not drafts:
                continue
            sources = op.inputs if op.kind in JOIN_OPS else op.inputs[:1]
            kept: Drafts = []
            for number, draft in enumerate(drafts):
                if number < len(sources) and self._absorb(op, sources[number], draft):
                    continue
                kept.append(draft)
            self.drafts[position] = kept

    def _absorb(self, op: Op, tensor: int, draft: Draft) -> bool:
        """Lets the producer of a joined tensor write into its part, if it can."""
        writer = self.links.producer.get(tensor)
        result = op.outputs[0]
        if (
            writer is None
            or not self.on_npu[writer]
            or not self.drafts[writer]
            or tensor in self.ends
            or len(self.links.consumers.get(tensor, ())) != 1
            or draft.ifm.part is not None
            or draft.ofm.part is None
            or not same_values(self.graph, tensor, result)
        ):
            return False
        producer = self.graph.ops[writer]
        blocked = (
            producer.kind in JOIN_OPS
            or producer.kind in VIEW_OPS
            or producer.kind in PART_OPS
            or producer.kind in ("TILE", "TRANSPOSE", "PAD", "PADV2", "MIRROR_PAD", "GATHER")
        )
        batch, hwc = volume(self.graph.tensors[tensor].shape)
        last = self.drafts[writer][-1]
        if blocked or (batch > 1 and last.kind != "elementwise") or op.kind == "PACK":
            return False
        if last.ofm.storage != tensor:
            return False
        if last.ofm.part is not None:
            return producer.kind in RESIZE_OPS and self._absorb_parts(writer, tensor, draft)
        if last.kind == "elementwise" or producer.kind in LUT_OPS | RELU_OPS | {"QUANTIZE"}:
            last = self._undeepen(last, hwc, batch)
        elif len(self.drafts[writer]) > 1 and last.ifm.storage == PLAIN:
            # an activation that ran alone only for its layout joins its window again
            self.drafts[writer].pop()
            last = fused(self.drafts[writer][-1], "lut" if last.uses_lut else "relu")
        self.drafts[writer][-1] = replace(last, ofm=draft.ofm)
        return True

    def _absorb_parts(self, writer: int, tensor: int, draft: Draft) -> bool:
        """Lets a resize, which writes its result in parts, write them into the joined tensor."""
        self.drafts[writer] = [
            replace(
                part, ofm=replace(part.ofm, storage=draft.ofm.storage, hwc=draft.ofm.hwc,
                                  channel=draft.ofm.channel),
            ) if part.ofm.storage == tensor else part
            for part in self.drafts[writer]
        ]  # fmt: skip
        return True

    def _undeepen(self, draft: Draft, hwc: HWC, batch: int) -> Draft:
        """Elementwise volumes are laid out anew only where nothing is a part.

        Where one is, each of a batch is computed on its own.
        """
        size = hwc[0] * hwc[1] * hwc[2]
        together = batch > 1 and draft.ofm.elements == size * batch
        elements = size * batch if together else size

        def plain(view: View) -> View:
            full = view.elements == elements and view.part is None
            return replace(view, hwc=hwc) if full else view

        return replace(
            draft, ifm=plain(draft.ifm), ifm2=draft.ifm2 and plain(draft.ifm2),
            ofm=plain(draft.ofm), repeats=draft.repeats * (batch if together else 1),
        )  # fmt: skip

    def _resolve(self) -> None:
        """Names every view by the tensor whose memory it is."""
        constant = [tensor.constant is not None for tensor in self.graph.tensors]
        for drafts in self.drafts:
            for draft in drafts:
                for view in (draft.ifm, draft.ifm2, draft.ofm):
                    if view is not None and view.storage >= 0:
                        root = self.root(view.storage)
                        view.storage = CONSTANT if constant[root] else root

    def _fuse_activations(self) -> None:
        """Packs an activation into the command right before it."""
        before: int | None = None
        counts: dict[int, int] = {}
        for drafts in self.drafts:
            for draft in drafts:
                for view in (draft.ifm, draft.ifm2):
                    if view is not None and view.storage >= 0:
                        counts[view.storage] = counts.get(view.storage, 0) + 1
        for position in self.order:
            op = self.graph.ops[position]
            if not self.drafts[position]:
                if not self.on_npu[position]:
                    before = None
                continue
            if op.kind in LUT_OPS | RELU_OPS and before is not None:
                last, own = self.drafts[before][-1], self.drafts[position][0]
                tensor = own.ifm.storage
                windowed = self.graph.ops[before].kind != "FULLY_CONNECTED"
                shaped = (last.kind in ("conv", "depthwise") and windowed) or last.kernel != (1, 1)
                plain = last.activation == "none" and self.graph.ops[before].kind not in (
                    LUT_OPS | RELU_OPS
                )
                if (
                    plain
                    and last.ofm.storage == tensor
                    and last.ofm.part is None
                    and own.ifm.part is None
                    and counts.get(tensor, 0) == 1
                    and tensor not in self.ends
                    and not self._cpu_reads(tensor)
                    and not (shaped and last.ofm.hwc != own.ifm.hwc)
                    and (op.kind in LUT_OPS or same_values(self.graph, op.inputs[0], op.outputs[0]))
                ):
                    kind = "lut" if op.kind in LUT_OPS else "relu"
                    merged = fused(last, kind)
                    ofm = own.ofm
                    if ofm.part is None:
                        ofm = replace(last.ofm, storage=ofm.storage)
                    self.drafts[before][-1] = replace(merged, ofm=ofm)
                    self.drafts[position] = []
                    continue
            before = position
