"""When TFLite's arena needs each tensor, and which tensors share the bytes of another.

Restates ``ArenaPlanner`` of TFLite. A node is the position of an op in its graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfcost.graph import Graph, Op
from perfcost.memory.homes import Home
from perfcost.memory.placing import FOREVER

_MAX_SHARABLE_INPUTS = 3
_SCALAR_BYTES = 4

_VIEWS = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS", "BITCAST"})
"""Kernels whose result may be the first input itself, unchanged."""

_IN_PLACE: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(_VIEWS, (0,)),
    "ADD": (0, 1), "SUB": (0, 1), "MUL": (0, 1), "DIV": (0, 1),
    "SOFTMAX": (0,), "DYNAMIC_UPDATE_SLICE": (0,),
}  # fmt: skip
"""Inputs whose bytes a kernel may overwrite, as ``inplace_operator`` of the kernels of
ai-edge-litert 2.3.0 says."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """First and last node of each tensor (``None``: never in use), and whose bytes it shares."""

    first: tuple[int | None, ...]
    last: tuple[int, ...]
    shared: dict[int, int]
    order: tuple[tuple[int, ...], ...]
    """The tensors that each node is the first to ask for, as often as they are asked for."""


def lifetimes(graph: Graph, homes: Sequence[Home]) -> Lifetimes:
    """The lifetimes of the tensors of one subgraph.

    Inputs, outputs and variables are never given back, nor is what no op reads. An op that may
    work in place takes over the bytes of its input if that is of the same size, read by nothing
    else, and no input of the graph, and its own result is no output of the graph.
    """
    count = len(graph.tensors)
    held = [0] * count  # references that are never given back
    first: list[int | None] = [None] * count
    asked: list[list[int]] = [[] for _ in range(max(1, len(graph.ops)))]
    for tensor in graph.outputs:
        held[tensor] += 1
    variables = [place for place, tensor in enumerate(graph.tensors) if tensor.is_variable]
    for tensor in [*variables, *graph.inputs]:
        held[tensor] += 1
        first[tensor] = 0
        asked[0].append(tensor)
    readers = list(held)
    for op in graph.ops:
        for tensor in op.inputs:
            if tensor >= 0:
                readers[tensor] += 1
    shared = _sharing(graph, homes, readers)
    left = list(held)
    for op in graph.ops:
        for tensor in op.inputs:
            if tensor >= 0:
                left[shared.get(tensor, tensor)] += 1
    last = [FOREVER] * count
    for node, op in enumerate(graph.ops):
        for tensor in op.outputs:
            if tensor >= 0:
                asked[node].append(tensor)
                if first[tensor] is None:
                    first[tensor] = node
        for tensor in op.inputs:
            if tensor >= 0:
                owner = shared.get(tensor, tensor)
                left[owner] -= 1
                if not left[owner] and first[owner] is not None:
                    last[owner] = node
    return Lifetimes(tuple(first), tuple(last), shared, tuple(map(tuple, asked)))


def _sharing(graph: Graph, homes: Sequence[Home], readers: Sequence[int]) -> dict[int, int]:
    shared: dict[int, int] = {}
    for op in graph.ops:
        if op.kind not in _IN_PLACE or not op.outputs or op.outputs[0] < 0:
            continue
        unchanged = op.kind in _VIEWS
        for tensor in _candidates(op):
            if _can_share(graph, homes, readers, tensor, op.outputs[0], unchanged):
                owner = shared.get(tensor, tensor)
                if unchanged or readers[owner] <= 1:
                    shared[op.outputs[0]] = owner
                break
    return shared


def _candidates(op: Op) -> list[int]:
    places = [place for place in _IN_PLACE[op.kind] if place < _MAX_SHARABLE_INPUTS]
    return [op.inputs[p] for p in places if p < len(op.inputs) and op.inputs[p] >= 0]


def _can_share(
    graph: Graph,
    homes: Sequence[Home],
    readers: Sequence[int],
    source: int,
    result: int,
    unchanged: bool,
) -> bool:
    if not unchanged:
        nbytes = graph.tensors[source].nbytes
        if nbytes != graph.tensors[result].nbytes or nbytes <= _SCALAR_BYTES:
            return False
        if readers[source] > 1:
            return False
    if source in graph.inputs or result in graph.outputs:
        return False
    return homes[source] is homes[result] or homes[source] is Home.ARENA
