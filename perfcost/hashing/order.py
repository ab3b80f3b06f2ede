"""The canonical order of a graph's ops: the same for every order that the file may have them in.

Depth first from the outputs, operands before the op, in the order of the op's operands. Ops that no
output needs (a variable that is assigned, a branch that was forgotten) come afterwards, in an order
given by what they compute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b

from perfcost.graph import Graph, Op

Describe = Callable[[Graph, Op], str]
"""What of an op, its operands left out, takes part in the order of dead ops."""


def producers(graph: Graph) -> dict[int, int]:
    """Tensor -> position of the op that writes it."""
    return {
        tensor: position
        for position, op in enumerate(graph.ops)
        for tensor in op.outputs
        if tensor >= 0
    }


def _visit(
    graph: Graph, producer: dict[int, int], roots: Iterable[int], order: list[int], seen: set[int]
) -> None:
    """Appends the ops that ``roots`` (positions) need, and the roots, operands first."""
    ops = graph.ops
    for root in roots:
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(ops[root].inputs))]
        while stack:
            position, operands = stack[-1]
            for tensor in operands:
                above = producer.get(tensor)
                if above is not None and above not in seen:
                    seen.add(above)
                    stack.append((above, iter(ops[above].inputs)))
                    break
            else:
                order.append(position)
                stack.pop()


def canonical_order(graph: Graph, describe: Describe) -> list[int]:
    """Positions of all ops of ``graph.ops`` in canonical order; linear in the ops."""
    producer = producers(graph)
    order: list[int] = []
    seen: set[int] = set()
    roots = (producer[tensor] for tensor in graph.outputs if tensor in producer)
    _visit(graph, producer, roots, order, seen)
    if len(order) < len(graph.ops):
        _visit(graph, producer, _dead_roots(graph, describe, producer, order, seen), order, seen)
    return order


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=12).hexdigest()


def _dead_roots(
    graph: Graph, describe: Describe, producer: dict[int, int], live: list[int], seen: set[int]
) -> list[int]:
    """The dead ops, last in a chain first, ordered by content.

    Three sweeps: down from the operands, up from the readers, down again. So two dead ops that
    compute the same and differ only in who else uses their operands are told apart; those that no
    sweep tells apart are exchangeable.
    """
    # a topological order of the dead ops that exists even where the file's order is another
    dead: list[int] = []
    _visit(graph, producer, range(len(graph.ops)), dead, set(seen))
    place = {position: number for number, position in enumerate(live)}
    source = {tensor: f"i{number}" for number, tensor in enumerate(graph.inputs)}
    for number, tensor in enumerate(graph.outputs):
        source.setdefault(tensor, f"o{number}")
    for position in live:
        for slot, tensor in enumerate(graph.ops[position].outputs):
            source[tensor] = f"l{place[position]}.{slot}"
    readers: dict[int, list[tuple[int, int]]] = {}
    for position in dead:
        for slot, tensor in enumerate(graph.ops[position].inputs):
            if tensor in producer and producer[tensor] not in place:
                readers.setdefault(producer[tensor], []).append((position, slot))
    content = {position: describe(graph, graph.ops[position]) for position in dead}

    def down(base: dict[int, str]) -> dict[int, str]:
        found: dict[int, str] = {}
        for position in dead:
            words = [base[position]]
            for tensor in graph.ops[position].inputs:
                above = producer.get(tensor)
                if above is not None and above in found:
                    slot = graph.ops[above].outputs.index(tensor)
                    words.append(f"{found[above]}.{slot}")
                else:
                    words.append(source.get(tensor, "-"))
            found[position] = _digest(" ".join(words))
        return found

    first = down(content)
    up: dict[int, str] = {}
    for position in reversed(dead):
        words = sorted(f"{up.get(reader, '')}.{slot}" for reader, slot in readers.get(position, ()))
        up[position] = _digest(" ".join((first[position], *words)))
    final = down(up)
    ends = [position for position in dead if position not in readers]
    return sorted(ends, key=lambda position: final[position])
