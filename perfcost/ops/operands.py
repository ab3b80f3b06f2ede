"""What prices of time and memory take for granted of an op, checked before a graph is priced."""

from __future__ import annotations

from perfcost.errors import InvalidGraph
from perfcost.graph import Graph

_MOST = 64
"""Axes: more than any runtime takes, and none that a price depends on."""
_ANY_RANK = (0, _MOST)

_RANKS: dict[str, tuple[tuple[int, int], ...]] = {
    "CONV_2D": ((4, 4), (4, 4)),
    "DEPTHWISE_CONV_2D": ((4, 4), (4, 4)),
    "TRANSPOSE_CONV": (_ANY_RANK, (4, 4), (4, 4)),
    "FULLY_CONNECTED": (_ANY_RANK, (2, 2)),
    "BATCH_MATMUL": ((2, _MOST), (2, _MOST)),
    "SVDF": ((2, 2), (2, 2), (2, 2)),
    **dict.fromkeys(
        ("MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL",
         "RFFT2D", "EXPAND_DIMS", "PAD", "TRANSPOSE", "RESIZE_BILINEAR", "ADD", "SUB", "MUL", "DIV",
         "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "SPLIT", "ASSIGN_VARIABLE"),
        (_ANY_RANK, _ANY_RANK),
    ),
    "STRIDED_SLICE": (_ANY_RANK, _ANY_RANK, _ANY_RANK, _ANY_RANK),
    "SLICE": (_ANY_RANK, _ANY_RANK, _ANY_RANK),
}  # fmt: skip
"""The least and the greatest rank of the inputs that each kind cannot do without."""

_RESULT_RANKS = {
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"), (4, 4)),
    "FULLY_CONNECTED": (1, _MOST),
    "BATCH_MATMUL": (2, _MOST),
}
"""Likewise of the result."""

_NO_RESULT = frozenset({"ASSIGN_VARIABLE"})


def check_operands(graph: Graph) -> None:
    """Raises InvalidGraph, naming the op, where one lacks an input or a result, or its rank."""
    for position, op in enumerate(graph.ops):
        ranks = _RANKS.get(op.kind, ())
        if not ranks:
            continue
        for place, bounds in enumerate(ranks):
            tensor = op.inputs[place] if place < len(op.inputs) else -1
            if tensor < 0:
                words = f"{op.kind} lacks input {place}, expected {len(ranks)}"
                raise InvalidGraph(words, op=graph.name_op(position))
            _check_rank(graph, position, f"input {place}", tensor, bounds)
        if op.kind in _NO_RESULT:
            continue
        if not op.outputs or op.outputs[0] < 0:
            raise InvalidGraph(f"{op.kind} has no result, expected one", op=graph.name_op(position))
        bounds = _RESULT_RANKS.get(op.kind, _ANY_RANK)
        _check_rank(graph, position, "the result", op.outputs[0], bounds)


def _check_rank(
    graph: Graph, position: int, what: str, tensor: int, bounds: tuple[int, int]
) -> None:
    rank = len(graph.tensors[tensor].shape)
    if not bounds[0] <= rank <= bounds[1]:
        raise InvalidGraph(
            f"{what} of {graph.ops[position].kind} has rank {rank}, expected {bounds[0]} to "
            f"{bounds[1]}",
            op=graph.name_op(position),
        )
