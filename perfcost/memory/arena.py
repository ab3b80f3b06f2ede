"""The arena of a TFLite run with its own kernels, without running it."""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.graph import Graph
from perfcost.memory.homes import Home, declared, prepared
from perfcost.memory.lifetimes import lifetimes
from perfcost.memory.order import hash_order, placing_order
from perfcost.memory.placing import FOREVER, Buffer, place
from perfcost.memory.scratch import UNKNOWN, scratch

Note = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ArenaPlan:
    """The plan of one subgraph, or the sum over the subgraphs of a file.

    ``arena_bytes`` is the buffer that activations and scratch memory share, ``persistent_bytes``
    the one of what must survive a call; ``offsets`` are places in the first by index of the
    tensor (of the entry graph; temporary tensors come after ``graph.tensors``), ``shared`` the
    tensors that lie in another's bytes.
    """

    arena_bytes: int
    persistent_bytes: int
    offsets: dict[int, int]
    shared: dict[int, int]
    notes: tuple[Note, ...] = ()


def litert_arena(graph: Graph) -> ArenaPlan:
    """The arena that TFLite's interpreter allocates for its own kernels on one thread.

    Subgraphs that the graph calls have arenas of their own, which are added: an upper bound, as
    some are released between calls. Tensors of a size that is known only when the graph runs are
    counted by the shape in the file, with a note.

    Returns:
        The plan; sizes in bytes.
    """
    plan = _one(graph)
    arena, persistent, notes = plan.arena_bytes, plan.persistent_bytes, list(plan.notes)
    for body in _called(graph):
        inner = _one(body)
        arena += inner.arena_bytes
        persistent += inner.persistent_bytes
        notes += [note for note in inner.notes if note not in notes]
    return ArenaPlan(arena, persistent, plan.offsets, plan.shared, tuple(notes))


def _called(graph: Graph) -> list[Graph]:
    """Every subgraph that the ops of a graph call, directly or not, each once."""
    found: dict[int, Graph] = {}
    todo = [index for op in graph.ops for index in op.bodies]
    while todo:
        index = todo.pop()
        if index not in found and index != graph.index:
            body = graph.body(index)
            found[index] = body
            todo += [inner for op in body.ops for inner in op.bodies]
    return [found[index] for index in sorted(found)]


def _one(graph: Graph) -> ArenaPlan:
    homes = prepared(graph)
    lives = lifetimes(graph, declared(graph))
    buffers: list[Buffer] = []
    kept: list[Buffer] = []
    shared = {
        tensor: owner
        for tensor, owner in lives.shared.items()
        if homes[owner] is Home.ARENA
        and graph.tensors[tensor].nbytes == graph.tensors[owner].nbytes
    }
    notes: list[Note] = []
    if Home.DYNAMIC in homes:
        count = homes.count(Home.DYNAMIC)
        notes.append(
            ("dynamic_tensors", f"{count} tensors get their size when the graph runs; counted as "
             "the shapes in the file say")
        )  # fmt: skip
    unknown = sorted({op.kind for op in graph.ops if op.kind in UNKNOWN})
    if unknown:
        notes.append(("unknown_scratch", f"scratch memory of {', '.join(unknown)} is not counted"))
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
                first, last = node, node
            else:
                nbytes, home = graph.tensors[tensor].nbytes, homes[tensor]
                first, last = lives.first[tensor] or 0, lives.last[tensor]
            if home in (Home.ARENA, Home.DYNAMIC) and tensor not in shared:
                buffers.append(Buffer(tensor, nbytes, first, last))
            elif home is Home.PERSISTENT:
                kept.append(Buffer(tensor, nbytes, first, FOREVER))
    offsets, arena = place(placing_order(buffers))
    _, persistent = place(kept)
    return ArenaPlan(arena, persistent, offsets, shared, tuple(notes))
