"""Bytes of what a compiled network holds beside its feature maps.

Weights and scales as they are encoded, constant operands, tables of activations, and the constants
that the compiler adds: what a border is filled from, the scalars of a softmax. Equal ones are held
once. Found by compiling nets of one op with Vela 5.2.0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from perfcost.graph import Graph, Op
from perfcost.physics.ethos_u.draft import CONSTANT, Filters, View, table_bytes
from perfcost.physics.ethos_u.layout import aligned
from perfcost.physics.ethos_u.ran import Ran

_BORDERS = frozenset({"PAD", "PADV2", "MIRROR_PAD"})
_FILLED = frozenset({"SOFTMAX", "RESIZE_BILINEAR", "MEAN", "ARG_MAX"})
_SOFTMAX_SCALARS = 6
"""Beside the one that its commands are seen to read."""


def constant_bytes(graph: Graph, ran: Sequence[Ran]) -> int:
    """Bytes of all constants of the commands that ran."""
    total = 0
    shared: dict[tuple[object, ...], int] = {}
    for position, steps in groupby(ran, key=lambda step: step.position):
        added: list[View] = []
        own: Counter[Filters] = Counter()
        weighted = False
        drafts = [(step.draft, step.weight_bytes) for step in steps if step.draft is not None]
        for draft, weight_bytes in drafts:
            total += table_bytes(draft)
            filters = draft.filters
            if filters is not None and filters.bits is not None:  # such as ones, of the compiler
                own[filters] += 1
                shared["weights", filters, weight_bytes, own[filters]] = aligned(weight_bytes)
            else:
                total += aligned(weight_bytes)
            if weight_bytes:
                weighted = True
            else:
                views = (draft.ifm, draft.ifm2)
                added += [view for view in views if view is not None and view.storage == CONSTANT]
        op = graph.ops[position]
        if op.kind in _BORDERS or op.kind in _FILLED:
            shared |= _held(graph, position, [view.elements * view.bits // 8 for view in added])
        elif drafts and not weighted:
            total += sum(map(aligned, _operands(graph, op)))
    return total + sum(shared.values())


def _held(graph: Graph, position: int, sizes: list[int]) -> dict[tuple[object, ...], int]:
    """Constants that the compiler adds for an op: bytes by what tells them apart."""
    op = graph.ops[position]
    if op.kind in _BORDERS:  # all sides are filled from the longest
        quantization = graph.tensors[op.outputs[0]].quantization
        value = None if quantization is None else quantization.zero_point
        return {("border", value, max(sizes)): aligned(max(sizes))} if sizes else {}
    if op.kind == "MEAN":  # its divisor
        return {("divisor", position): aligned(4)} if sizes else {}
    held: dict[tuple[object, ...], int] = {("filled", size): aligned(size) for size in sizes}
    if op.kind == "SOFTMAX":
        held |= {("softmax", number): aligned(4) for number in range(_SOFTMAX_SCALARS)}
    return held


def _operands(graph: Graph, op: Op) -> list[int]:
    """Bytes of the constant operands of an op without weights; axes and shapes are not held."""
    found = []
    for tensor in op.inputs:
        constant = graph.tensors[tensor].constant if tensor >= 0 else None
        if constant is not None and constant.values is None:
            found.append(constant.nbytes)
    return found
