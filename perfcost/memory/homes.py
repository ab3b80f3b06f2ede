"""Where TFLite keeps each tensor once its kernels have prepared themselves.

A tensor is in the file (``CONSTANT``), worked out while the graph is prepared and kept on the heap
(``FOLDED``), in the arena (``ARENA``), in the arena of what must survive a call (``PERSISTENT``),
or on the heap with a size known only when the graph runs (``DYNAMIC``).
"""

from __future__ import annotations

from enum import Enum

from perfcost.graph import Graph, Op


class Home(Enum):
    """The place of a tensor."""

    CONSTANT = "constant"
    FOLDED = "folded"
    ARENA = "arena"
    PERSISTENT = "persistent"
    DYNAMIC = "dynamic"


KNOWN = (Home.CONSTANT, Home.FOLDED)
"""The homes of tensors whose contents are known before the graph runs."""

_ALWAYS_FOLDED = frozenset({"SHAPE", "RANK"})
_FOLDED_IF_KNOWN = frozenset(
    {"ADD", "CAST", "CONCATENATION", "EXPAND_DIMS", "GATHER", "MUL", "RANGE",
     "RESHAPE", "SLICE", "STRIDED_SLICE", "SUB", "REDUCE_PROD"}
)  # fmt: skip
"""Ops that are worked out while the graph is prepared where all their inputs are known."""

_UNPACKED_CONSTANTS = frozenset({"DEQUANTIZE", "DENSIFY"})
"""Ops whose result survives the call where their input is a constant: it is unpacked once."""

_SHAPED_BY: dict[str, tuple[int, ...]] = {
    "FILL": (0,), "PAD": (1,), "PADV2": (1,), "MIRROR_PAD": (1,), "TILE": (1,),
    "BROADCAST_TO": (1,), "RESIZE_BILINEAR": (1,), "RESIZE_NEAREST_NEIGHBOR": (1,),
    "TRANSPOSE": (1,), "TRANSPOSE_CONV": (0,), "CONV_3D_TRANSPOSE": (0,), "SLICE": (1, 2),
    "STRIDED_SLICE": (1, 2, 3), "MEAN": (1,), "SUM": (1,), "REDUCE_MAX": (1,), "REDUCE_MIN": (1,),
    "REDUCE_PROD": (1,), "REDUCE_ANY": (1,), "REDUCE_ALL": (1,), "ARG_MAX": (1,), "ARG_MIN": (1,),
    "EXPAND_DIMS": (1,), "SPLIT": (0,), "SPLIT_V": (1, 2), "TOPK_V2": (1,), "RANGE": (0, 1, 2),
    "BATCH_TO_SPACE_ND": (1, 2), "SPACE_TO_BATCH_ND": (1, 2), "ONE_HOT": (1,), "RFFT2D": (1,),
}  # fmt: skip
"""The inputs that must be known while the graph is prepared, or the shape of the result is not."""

_ALWAYS_DYNAMIC = frozenset({"WHERE", "UNIQUE", "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5"})


def declared(graph: Graph) -> list[Home]:
    """The home of each tensor as the file declares it, in the order of ``graph.tensors``."""
    found = []
    for tensor in graph.tensors:
        if tensor.constant is not None:
            found.append(Home.CONSTANT)
        elif tensor.is_variable:
            found.append(Home.PERSISTENT)
        elif tensor.dtype in ("string", "variant"):
            found.append(Home.DYNAMIC)
        else:
            found.append(Home.ARENA)
    return found


def prepared(graph: Graph) -> list[Home]:
    """The home of each tensor once every kernel has prepared itself."""
    found = [
        Home.PERSISTENT if tensor.dtype == "resource" else home
        for tensor, home in zip(graph.tensors, declared(graph), strict=True)
    ]
    for op in graph.ops:
        for tensor, home in _of_op(op, found):
            found[tensor] = home
    return found


def _of_op(op: Op, found: list[Home]) -> list[tuple[int, Home]]:
    outputs = [tensor for tensor in op.outputs if tensor >= 0]
    inputs = [found[tensor] for tensor in op.inputs if tensor >= 0]
    if op.kind in _ALWAYS_FOLDED:
        return [(tensor, Home.FOLDED) for tensor in outputs]
    if op.kind in _UNPACKED_CONSTANTS and inputs and inputs[0] is Home.CONSTANT:
        return [(tensor, Home.PERSISTENT) for tensor in outputs]
    if op.kind in _FOLDED_IF_KNOWN and all(home in KNOWN for home in inputs):
        return [(tensor, Home.FOLDED) for tensor in outputs]
    if op.kind in _ALWAYS_DYNAMIC:
        return [(tensor, Home.DYNAMIC) for tensor in outputs]
    for place in _SHAPED_BY.get(op.kind, ()):
        given = op.inputs[place] if place < len(op.inputs) else -1
        if given >= 0 and found[given] not in KNOWN:
            return [(tensor, Home.DYNAMIC) for tensor in outputs]
    return []


def stops_preparing(op: Op, homes: list[Home]) -> bool:
    """Whether the interpreter prepares, and places, what follows only once the op has run."""
    if op.kind == "RESHAPE" and len(op.inputs) > 1 and op.inputs[1] >= 0:
        return homes[op.inputs[1]] not in KNOWN
    return any(tensor >= 0 and homes[tensor] is Home.DYNAMIC for tensor in op.outputs)
