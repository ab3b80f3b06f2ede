"""Bytes that an operator of XNNPACK needs while it runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from perfcost.graph import Graph, Op, Tensor


@dataclass(frozen=True, slots=True)
class Machine:
    """The facts of a build of XNNPACK on a processor that its memory depends on."""

    alignment: int
    columns: int
    """Columns of a float matrix that are packed together."""
    depth: int
    """To a multiple of which the depth of a float matrix is packed."""
    hybrid_depth: int
    """The same for weights of 8 bits with float inputs."""


X86 = Machine(64, 16, 4, 8)
"""As measured with ai-edge-litert 2.3.0 on an AVX2 or AVX-512 processor."""

_EXTRA_BYTES = 16
_ROWS = 4


def operator_workspace(graph: Graph, op: Op, static: frozenset[int], machine: Machine = X86) -> int:
    """Scratch bytes of an op in the workspace, before rounding; 0 for most."""
    if op.kind in ("MEAN", "SUM"):
        result = graph.tensors[op.outputs[0]]
        return 4 * result.elements + _EXTRA_BYTES if result.dtype in ("int8", "uint8") else 0
    if op.kind == "BATCH_MATMUL":
        return _packed(graph.tensors[op.inputs[1]], bool(op.attrs.get("adj_y")), machine)
    if op.kind in ("CONV_2D", "FULLY_CONNECTED"):
        data, weights = graph.tensors[op.inputs[0]], graph.tensors[op.inputs[1]]
        if data.dtype == "float32" and weights.dtype in ("int8", "int4"):
            depth = math.prod(weights.shape[1:])
            rows = data.elements // max(1, depth)
            unit = machine.hybrid_depth
            return min(rows, _ROWS) * (-(-depth // unit) * unit + 8)
    return 0


def _packed(weights: Tensor, transposed: bool, machine: Machine) -> int:
    """Bytes of matrices as they are packed for a product: columns by (depth and a bias)."""
    if weights.dtype != "float32" or weights.constant is not None or len(weights.shape) < 2:
        return 0
    depth, columns = weights.shape[-2:] if not transposed else weights.shape[:-3:-1]
    wide = -(-columns // machine.columns) * machine.columns
    deep = -(-depth // machine.depth) * machine.depth
    return math.prod(weights.shape[:-2]) * wide * (deep + 1) * 4
