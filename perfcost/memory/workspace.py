"""The workspace of the XNNPACK delegate, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfcost.graph import Graph, Links, Op
from perfcost.memory.arena import Note, litert_arena
from perfcost.memory.called import called
from perfcost.memory.delegable import unpacked
from perfcost.memory.machine import X86, Machine
from perfcost.memory.partition import groups, outside, with_delegates
from perfcost.memory.placing import Buffer, align
from perfcost.memory.xnnpack_nodes import IN_PLACE, Subgraph, merged, subgraph
from perfcost.ops.operands import check_operands

_TAIL_BYTES = 32
"""Twice the bytes that a kernel may read past the end of a tensor."""


@dataclass(frozen=True, slots=True)
class WorkspacePlan:
    """The memory of a run under the delegate.

    ``workspace_bytes`` is the buffer that all delegated groups share, ``group_bytes`` what each of
    them needs of it. ``arena_bytes`` and ``persistent_bytes`` are TFLite's own arenas beside it:
    what passes between groups, and what the ops that are left to TFLite need. ``delegated_ops``
    says how many ops the delegate takes.
    """

    workspace_bytes: int
    group_bytes: tuple[int, ...]
    arena_bytes: int
    persistent_bytes: int
    delegated_ops: int
    notes: tuple[Note, ...] = ()


def xnnpack_workspace(graph: Graph, machine: Machine = X86) -> WorkspacePlan:
    """The workspace that XNNPACK allocates under TFLite's default delegate, one thread."""
    sizes: list[int] = []
    taken = 0
    for each in (graph, *(body for body, _ in called(graph))):
        check_operands(each)
        static = unpacked(each)
        for group in groups(each):
            if group.delegated:
                taken += len(group.ops)
                shared = shared_with_others(each, group.ops)
                found = subgraph(each, group.ops, shared, static, machine)
                sizes.append(_planned(merged(found), machine.alignment))
    most = max(sizes, default=0)
    rest = litert_arena(with_delegates(graph))
    return WorkspacePlan(
        most + _TAIL_BYTES if most else 0,
        tuple(sizes),
        rest.arena_bytes,
        rest.persistent_bytes,
        taken,
        rest.notes,
    )


def shared_with_others(graph: Graph, group: Sequence[int]) -> frozenset[int]:
    """What a group shares with others; variables are read and written where they lie."""
    found = set(outside(graph, group))
    links = Links.of(graph)
    for position in group:
        op = graph.ops[position]
        if op.kind == "READ_VARIABLE":
            found.update(op.outputs)
        elif op.kind == "ASSIGN_VARIABLE" and _only_assigned(links, op):
            found.update(op.inputs)
    return frozenset(found)


def _only_assigned(links: Links, op: Op) -> bool:
    """Whether a new value of a variable can be written in its place, read by nothing else."""
    return len(links.consumers.get(op.inputs[1], ())) == 1


def _planned(found: Subgraph, alignment: int) -> int:
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    readers: dict[int, list[int]] = {}
    for place, node in enumerate(found.nodes):
        for value in (*node.inputs, *node.outputs):
            first.setdefault(value, place)
            last[value] = place
        for value in node.inputs:
            readers.setdefault(value, []).append(place)
    reused: dict[int, int] = {}
    for node in found.nodes:
        if node.sort not in IN_PLACE:
            continue
        result = node.outputs[0]
        for source in node.inputs:
            if not _reusable(found, source, result, readers):
                continue
            if len(readers.get(result, ())) == 1:
                owner = source
                while owner in reused:
                    owner = reused[owner]
                reused[result] = owner
                last[owner] = readers[result][0]
            break
    buffers = [
        Buffer(value, align(found.values[value].nbytes, alignment), first[value], last[value])
        for value in sorted(first)
        if found.values[value].internal and value not in reused
    ]
    after = max(found.values, default=0) + 1
    for place, node in enumerate(found.nodes):
        if node.workspace_bytes:
            nbytes = align(node.workspace_bytes, alignment)
            buffers.append(Buffer(after + place, nbytes, place, place))
    buffers.sort(key=lambda buffer: -buffer.nbytes)
    return tight_offsets(buffers)[1]


def _reusable(found: Subgraph, source: int, result: int, readers: dict[int, list[int]]) -> bool:
    one, other = found.values[source], found.values[result]
    return (
        one.internal
        and other.internal
        and one.nbytes == other.nbytes
        and len(readers.get(source, ())) == 1
    )


def tight_offsets(buffers: Sequence[Buffer]) -> tuple[dict[int, int], int]:
    """Offsets by id and the bytes needed, each buffer in the tightest gap that holds it."""
    placed: list[tuple[int, Buffer]] = []
    high = 0
    for buffer in buffers:
        live = sorted(
            (offset, offset + other.nbytes)
            for offset, other in placed
            if other.first <= buffer.last and other.last >= buffer.first
        )
        offset = _gap(live, buffer.nbytes)
        placed.append((offset, buffer))
        high = max(high, offset + buffer.nbytes)
    return {buffer.id: offset for offset, buffer in placed}, high


def _gap(live: Sequence[tuple[int, int]], nbytes: int) -> int:
    best: tuple[int, int] | None = None
    current = 0
    for start, end in live:
        gap = start - current
        if gap >= nbytes and gap > 0 and (best is None or gap < best[0]):
            best = gap, current
        current = max(current, end)
    return current if best is None else best[1]
