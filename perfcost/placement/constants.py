"""Ops that compute the same from constants each time, such as a DEQUANTIZE of stored weights.

What they give could as well be stored in the file, so it never passes from one device to another:
a region that reads it has a copy of the op. Runtimes do likewise (XNNPACK unpacks such weights
once, and neither takes them from an input nor gives them out).
"""

from __future__ import annotations

from collections.abc import Iterable

from perfcost.graph import Graph, Links, Op

_NEVER = frozenset(
    {"CUSTOM", "HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_SIZE", "MULTINOMIAL",
     "RANDOM_STANDARD_NORMAL", "RANDOM_UNIFORM", "READ_VARIABLE", "STABLEHLO_RNG_BIT_GENERATOR",
     "VAR_HANDLE"}
)  # fmt: skip
"""Kinds that give something new each time, or whose work is not known."""


def constant_ops(graph: Graph) -> frozenset[int]:
    """Positions of the ops that read constants, or what such ops gave, and nothing else."""
    return graph.kept("_constant_ops", _constant_ops)


def _constant_ops(graph: Graph) -> frozenset[int]:
    stored = {t for t, tensor in enumerate(graph.tensors) if tensor.constant is not None}
    found = []
    for position, op in enumerate(graph.ops):
        read = {tensor for tensor in op.inputs if tensor >= 0}
        if read and read <= stored and _is_steady(graph, op):
            found.append(position)
            stored.update(op.outputs)
    return frozenset(found)


def _is_steady(graph: Graph, op: Op) -> bool:
    return (
        op.kind not in _NEVER
        and not op.kind.startswith("BUILTIN_")
        and not op.bodies
        and not any(graph.tensors[t].is_variable for t in (*op.inputs, *op.outputs) if t >= 0)
    )


def with_copies(graph: Graph, ops: Iterable[int]) -> tuple[int, ...]:
    """The ops, and the constant ops outside them whose results they read, ascending."""
    constant, producer = constant_ops(graph), Links.of(graph).producer
    found = set(ops)
    waiting = list(found)
    while waiting:
        for tensor in graph.ops[waiting.pop()].inputs:
            maker = producer.get(tensor)
            if maker in constant and maker not in found:
                found.add(maker)
                waiting.append(maker)
    return tuple(sorted(found))


def handed_over(graph: Graph, ops: Iterable[int], made: Iterable[int]) -> tuple[int, ...]:
    """Of the tensors that a region makes for others, those that are passed on.

    Args:
        graph: the whole.
        ops: of the region.
        made: tensors of it that others read, or that nothing reads.
    """
    constant = constant_ops(graph)
    if constant.issuperset(ops):
        return tuple(made)  # a file has to give something
    outputs = set(graph.outputs)
    producer = Links.of(graph).producer
    return tuple(t for t in made if producer[t] not in constant or t in outputs)
