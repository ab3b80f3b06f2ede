"""The arena of a TFLite run with its own kernels, without running it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from perfcost.graph import Graph
from perfcost.memory.called import called
from perfcost.memory.homes import Home, declared, prepared, stops_preparing
from perfcost.memory.lifetimes import lifetimes
from perfcost.memory.order import hash_order, placing_order
from perfcost.memory.placing import FOREVER, Buffer, place
from perfcost.memory.scratch import UNKNOWN, scratch
from perfcost.ops.operands import check_operands

Note = tuple[str, str]

_RESOURCE_BYTES = 4
"""A handle of a variable is a number."""


@dataclass(frozen=True, slots=True)
class ArenaPlan:
    """The plan of one subgraph, or the sum over the subgraphs of a file.

    ``arena_bytes`` is the buffer that activations and scratch memory share, ``persistent_bytes``
    the one of what must survive a call, ``heap_bytes`` what lies outside both: tensors worked out
    while the graph is prepared, tensors and temporaries of a size that is known only when it runs
    (all at once, by the shapes in the file). ``offsets`` are places in the first by index of the
    tensor (of the entry graph; temporary tensors come after ``graph.tensors``), ``shared`` the
    tensors that lie in another's bytes.
    """

    arena_bytes: int
    persistent_bytes: int
    heap_bytes: int
    offsets: dict[int, int]
    shared: dict[int, int]
    notes: tuple[Note, ...] = ()


def litert_arena(graph: Graph) -> ArenaPlan:
    """The arena that TFLite's interpreter allocates for its own kernels on one thread.

    Subgraphs that the graph calls have arenas of their own, which are added: an upper bound, as
    some are released between calls. Tensors of a size that is known only when the graph runs lie on
    the heap; they are counted by the shape in the file, with a note.

    Returns:
        The plan; sizes in bytes.
    """
    plan = _one(graph)
    arena, persistent, heap = plan.arena_bytes, plan.persistent_bytes, plan.heap_bytes
    notes = list(plan.notes)
    for body, once in called(graph):
        inner = _one(body, called=True)
        arena += 0 if once else inner.arena_bytes
        persistent += inner.persistent_bytes
        heap += 0 if once else inner.heap_bytes
        notes += [note for note in inner.notes if note not in notes]
    return ArenaPlan(arena, persistent, heap, plan.offsets, plan.shared, tuple(notes))


def _one(graph: Graph, called: bool = False) -> ArenaPlan:
    """The plan of one subgraph; the inputs of a called one lie in its caller's arena."""
    check_operands(graph)
    homes = prepared(graph)
    lives = lifetimes(graph, declared(graph))
    shared = {
        tensor: owner
        for tensor, owner in lives.shared.items()
        if homes[owner] is Home.ARENA and _nbytes(graph, tensor) == _nbytes(graph, owner)
    }
    elsewhere = set(shared) | (set(graph.inputs) if called else set())
    in_arena: list[Buffer] = []
    persistent: list[Buffer] = []
    heap = sum(
        _nbytes(graph, tensor)
        for tensor, home in enumerate(homes)
        if home in (Home.DYNAMIC, Home.FOLDED)
    )
    batch: list[tuple[Home, Buffer]] = []
    number = len(graph.tensors)
    for node, asked in enumerate(lives.order):
        temporaries: dict[int, tuple[int, Home]] = {}
        if node < len(graph.ops):
            wanted = scratch(graph, graph.ops[node], homes)
            for temporary in wanted.used:
                temporaries[number + temporary.slot] = (temporary.nbytes, temporary.home)
            number += wanted.registered
        for tensor in hash_order([*asked, *temporaries]):
            if tensor in temporaries:
                nbytes, home = temporaries[tensor]
                buffer = Buffer(tensor, nbytes, node, node)
                heap += nbytes if home is Home.DYNAMIC else 0
            else:
                home = homes[tensor]
                first, last = lives.first[tensor] or 0, lives.last[tensor]
                buffer = Buffer(tensor, _nbytes(graph, tensor), first, last)
            if buffer.nbytes and home in (Home.ARENA, Home.PERSISTENT):
                batch.append((home, buffer))
        last_node = node + 1 >= len(graph.ops)
        if last_node or stops_preparing(graph.ops[node], homes):
            kinds = {buffer.id: home for home, buffer in batch}
            for buffer in placing_order([buffer for _, buffer in batch]):
                if buffer.id in elsewhere:  # takes part in the sorting all the same
                    continue
                if kinds[buffer.id] is Home.ARENA:
                    in_arena.append(buffer)
                elif kinds[buffer.id] is Home.PERSISTENT:
                    persistent.append(replace(buffer, last=FOREVER))
            batch = []
    offsets, arena = place(in_arena)
    _, kept = place(persistent)
    return ArenaPlan(arena, kept, heap, offsets, shared, _notes(graph, homes))


def _nbytes(graph: Graph, tensor: int) -> int:
    found = graph.tensors[tensor]
    return _RESOURCE_BYTES if found.dtype == "resource" else found.nbytes


def _notes(graph: Graph, homes: list[Home]) -> tuple[Note, ...]:
    notes: list[Note] = []
    if Home.DYNAMIC in homes:
        count = homes.count(Home.DYNAMIC)
        notes.append(
            (
                "dynamic_tensors",
                f"{count} tensors get their size when the graph runs; counted on the heap with "
                "the shapes that the file gives",
            )
        )
    unknown = sorted({op.kind for op in graph.ops if op.kind in UNKNOWN})
    if unknown:
        notes.append(("unknown_scratch", f"scratch memory of {', '.join(unknown)} is not counted"))
    if any(op.bodies and op.kind != "CALL_ONCE" for op in graph.ops):
        notes.append(("control_flow", "the arenas of called subgraphs are added: an upper bound"))
    return tuple(notes)
