"""Bytes that an operator of XNNPACK needs while it runs."""

from __future__ import annotations

import math

from perfcost.graph import Graph, Op, Tensor
from perfcost.memory.machine import Machine

_EXTRA_BYTES = 16
_ROWS = 4


def operator_workspace(graph: Graph, op: Op, machine: Machine) -> int:
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
            unit = machine.depth_integer
            return min(rows, _ROWS) * (-(-depth // unit) * unit + 8)
    return 0


def _packed(weights: Tensor, transposed: bool, machine: Machine) -> int:
    """Bytes of matrices as they are packed for a product: columns by (depth and a bias)."""
    if weights.dtype != "float32" or weights.constant is not None or len(weights.shape) < 2:
        return 0
    depth, columns = weights.shape[-2:] if not transposed else weights.shape[:-3:-1]
    wide = -(-columns // machine.columns_float) * machine.columns_float
    deep = -(-depth // machine.depth_dynamic) * machine.depth_dynamic
    return math.prod(weights.shape[:-2]) * wide * (deep + 1) * 4
