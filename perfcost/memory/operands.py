"""What the rules of this package take for granted of an op, checked once a graph."""

from __future__ import annotations

from perfcost.errors import InvalidGraph
from perfcost.graph import Graph

_RANKS: dict[str, tuple[tuple[int, int], ...]] = {
    "CONV_2D": ((4, 4), (4, 4)),
    "DEPTHWISE_CONV_2D": ((4, 4), (4, 4)),
    "TRANSPOSE_CONV": ((0, 8), (4, 4), (4, 4)),
    "FULLY_CONNECTED": ((0, 8), (2, 2)),
    "BATCH_MATMUL": ((2, 8), (2, 8)),
    "SVDF": ((2, 2), (2, 2), (2, 2)),
    **dict.fromkeys(
        ("MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL",
         "RFFT2D", "EXPAND_DIMS", "PAD", "TRANSPOSE", "RESIZE_BILINEAR", "ADD", "SUB", "MUL",
         "SPLIT", "ASSIGN_VARIABLE"),
        ((0, 8), (0, 8)),
    ),
    "STRIDED_SLICE": ((0, 8), (0, 8), (0, 8), (0, 8)),
    "SLICE": ((0, 8), (0, 8), (0, 8)),
}  # fmt: skip
"""The least and the greatest rank of the inputs that each kind cannot do without."""

_NO_RESULT = frozenset({"ASSIGN_VARIABLE"})


def check_operands(graph: Graph) -> None:
    """Raises InvalidGraph, naming the op, where one lacks an input or a result, or its rank."""
    for position, op in enumerate(graph.ops):
        ranks = _RANKS.get(op.kind, ())
        if ranks and op.kind not in _NO_RESULT and (not op.outputs or op.outputs[0] < 0):
            raise InvalidGraph(f"{op.kind} has no result, expected one", op=graph.name_op(position))
        for place, (least, most) in enumerate(ranks):
            tensor = op.inputs[place] if place < len(op.inputs) else -1
            if tensor < 0:
                raise InvalidGraph(
                    f"{op.kind} lacks input {place}, expected {len(ranks)}",
                    op=graph.name_op(position),
                )
            rank = len(graph.tensors[tensor].shape)
            if not least <= rank <= most:
                raise InvalidGraph(
                    f"input {place} of {op.kind} has rank {rank}, expected {least} to {most}",
                    op=graph.name_op(position),
                )
