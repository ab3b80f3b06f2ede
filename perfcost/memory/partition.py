"""Which ops the XNNPACK delegate takes, and in which groups.

Restates the checks of the delegate of ai-edge-litert 2.3.0 with its default options (int8 and
uint8 on, variables off), as far as the graph shows what they look at, and the partitioning of
TFLite that cuts a graph into groups that run in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from perfcost.graph import Graph, Links, Op
from perfcost.memory.delegable import is_delegable


@dataclass(frozen=True, slots=True)
class Group:
    """Ops, by position, that run together: in the delegate, or one by one by TFLite."""

    delegated: bool
    ops: tuple[int, ...]


def groups(graph: Graph) -> tuple[Group, ...]:
    """The groups of a graph in the order in which they run.

    A group starts with the first op that is ready and takes every op of its sort that is ready,
    even past ops of the other sort; ops with side effects keep their order.
    """
    return graph.kept("_delegate_groups", _groups)


def _groups(graph: Graph) -> tuple[Group, ...]:
    delegated = is_delegable(graph)
    waiting = {tensor for op in graph.ops for tensor in op.outputs if tensor >= 0}
    after = _side_effects(graph)
    left = list(range(len(graph.ops)))
    done: set[int] = set()
    found: list[Group] = []
    while left:
        sort: bool | None = None
        taken: list[int] = []
        while True:
            before = len(taken)
            rest: list[int] = []
            for position in left:
                op = graph.ops[position]
                ready = not any(tensor in waiting for tensor in op.inputs)
                ready = ready and after.get(position, -1) in (done | {-1})
                if ready and sort is None:
                    sort = delegated[position]
                if ready and sort is delegated[position]:
                    taken.append(position)
                    done.add(position)
                    waiting.difference_update(op.outputs)
                else:
                    rest.append(position)
            left = rest
            if len(taken) == before:
                break
        if not taken:  # a cycle: the front ends refuse it
            break
        found.append(Group(bool(sort), tuple(taken)))
    return tuple(found)


_SIDE_EFFECTS = frozenset(
    {"ASSIGN_VARIABLE", "CALL", "CALL_ONCE", "CUSTOM", "IF", "READ_VARIABLE", "VAR_HANDLE",
     "WHILE", "STABLEHLO_COMPOSITE"}
)  # fmt: skip


def _side_effects(graph: Graph) -> dict[int, int]:
    """For each op with side effects, the one that must run before it."""
    chain = [place for place, op in enumerate(graph.ops) if op.kind in _SIDE_EFFECTS]
    return dict(zip(chain[1:], chain, strict=False))


def outside(graph: Graph, group: Sequence[int]) -> frozenset[int]:
    """Tensors that a group of ops shares with the rest of the graph, or with its caller."""
    members = set(group)
    links = Links.of(graph)
    found = set(graph.inputs) | set(graph.outputs)
    for position in group:
        op = graph.ops[position]
        found.update(t for t in op.inputs if t >= 0 and links.producer.get(t) not in members)
        found.update(
            t
            for t in op.outputs
            if t >= 0 and any(reader not in members for reader in links.consumers.get(t, ()))
        )
    return frozenset(found)


def with_delegates(graph: Graph) -> Graph:
    """The graph that TFLite is left with: each delegated group is one op, DELEGATE.

    For the planning of memory only: what lies inside a group has neither writer nor reader.
    """
    ops: list[Op] = []
    for group in groups(graph):
        if not group.delegated:
            ops += [graph.ops[position] for position in group.ops]
            continue
        shared = outside(graph, group.ops)
        read = {tensor for position in group.ops for tensor in graph.ops[position].inputs}
        written = {tensor for position in group.ops for tensor in graph.ops[position].outputs}
        inputs = tuple(sorted(tensor for tensor in read - written if tensor >= 0))
        outputs = tuple(sorted(tensor for tensor in written & shared))
        ops.append(Op("DELEGATE", inputs, outputs))
    others = tuple(None if other is None else with_delegates(other) for other in graph.subgraphs)
    return replace(graph, ops=tuple(ops), subgraphs=others)
