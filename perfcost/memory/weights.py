"""Bytes of constants: in the file, and copied into the order that XNNPACK's kernels read."""

from __future__ import annotations

import math
from dataclasses import dataclass

from perfcost.graph import Graph, Op
from perfcost.memory.called import called
from perfcost.memory.delegable import is_delegable
from perfcost.memory.machine import X86, Machine
from perfcost.ops.operands import check_operands


@dataclass(frozen=True, slots=True)
class WeightBytes:
    """``mapped_bytes`` lie in the file, which is mapped; ``packed_bytes`` are XNNPACK's copies.

    The copies are of the weights and biases of convolutions and matrix products; what a run
    without the delegate needs is the first alone.
    """

    mapped_bytes: int
    packed_bytes: int


def weight_bytes(graph: Graph, machine: Machine = X86) -> WeightBytes:
    """The bytes of the constants of a graph and of what it calls."""
    mapped = packed = 0
    for each in (graph, *(body for body, _ in called(graph))):
        check_operands(each)
        mapped += sum(tensor.constant.nbytes for tensor in each.tensors if tensor.constant)
        taken = is_delegable(each)
        packed += sum(
            packed_bytes(each, op, machine) for op, yes in zip(each.ops, taken, strict=True) if yes
        )
    return WeightBytes(mapped, packed)


def packed_bytes(graph: Graph, op: Op, machine: Machine) -> int:
    """Bytes of the packed weights of one op, 0 where it has none."""
    if op.kind not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"):
        return 0
    weights = graph.tensors[op.inputs[1]]
    data = graph.tensors[op.inputs[2 if op.kind == "TRANSPOSE_CONV" else 0]]
    floats = weights.dtype in ("float32", "float16")
    # a bias and, for integers, a scale; with float inputs also the sum of the weights
    extra = 4 if floats else 12 if data.dtype == "float32" else 8
    element = 4 if floats else 1
    if op.kind == "DEPTHWISE_CONV_2D":
        channels, taps = weights.shape[-1], math.prod(weights.shape[:-1])
        wide = machine.channels_float if floats else machine.channels_integer
        return _up(channels, wide) * (taps * element + extra)
    columns, depth = weights.shape[0], weights.shape[-1]
    taps = math.prod(weights.shape[1:-1])
    wide = machine.columns_float if floats else machine.columns_integer
    deep = 1 if floats else machine.depth_integer
    groups = 1
    if op.kind == "CONV_2D":
        groups = max(1, data.shape[-1] // max(1, depth))
    return groups * _up(columns // groups, wide) * (taps * _up(depth, deep) * element + extra)


def _up(count: int, unit: int) -> int:
    return -(-count // unit) * unit
