"""The temporary tensors that TFLite's own kernels ask for, by kind of op.

Restates the ``Prepare`` of each kernel as built into ai-edge-litert 2.3.0 and run with one thread.
A kernel registers a number of tensors, used or not; that number moves the ids of all later ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from perfcost.graph import BITS, Graph, Op, Tensor
from perfcost.memory.homes import Home

_HYBRID_WEIGHTS = ("int8", "uint8", "int4")


@dataclass(frozen=True, slots=True)
class Temporary:
    """A temporary tensor: which of those its op registered, its bytes, where it is kept."""

    slot: int
    nbytes: int
    home: Home = Home.ARENA


@dataclass(frozen=True, slots=True)
class Scratch:
    """What an op asks for: the tensors that it registers, and those of them that take room."""

    registered: int = 0
    used: tuple[Temporary, ...] = ()


NONE = Scratch()


def scratch(graph: Graph, op: Op, homes: list[Home]) -> Scratch:
    """The temporary tensors of one op."""
    rule = _RULES.get(op.kind)
    return rule(graph, op, homes) if rule is not None else NONE


def _tensor(graph: Graph, op: Op, place: int) -> Tensor:
    return graph.tensors[op.inputs[place]]


def _size(dtype: str) -> int:
    return max(1, BITS[dtype] // 8)


def _sized(*parts: tuple[int, Home]) -> Scratch:
    return Scratch(len(parts), tuple(Temporary(slot, *part) for slot, part in enumerate(parts)))


def _per_channel(weights: Tensor) -> bool:
    scales = weights.quantization.scales if weights.quantization else ()
    return any(scale != scales[0] for scale in scales)


def _is_hybrid(data: Tensor, weights: Tensor) -> bool:
    return data.dtype == "float32" and weights.dtype in _HYBRID_WEIGHTS


def _conv_2d(graph: Graph, op: Op, homes: list[Home]) -> Scratch:
    data, weights = _tensor(graph, op, 0), _tensor(graph, op, 1)
    result = graph.tensors[op.outputs[0]]
    hybrid = _is_hybrid(data, weights)
    positions = math.prod(result.shape[:3])
    parts: list[tuple[int, Home]] = []
    plain = op.pair("stride") == (1, 1) == op.pair("dilation") == weights.shape[1:3]
    if not plain:
        element = 1 if hybrid else _size(data.dtype)
        parts.append((positions * math.prod(weights.shape[1:]) * element, Home.ARENA))
    if hybrid:
        groups = data.shape[3] // max(1, weights.shape[3])
        rows = math.prod(data.shape[:3]) * groups
        parts += [
            (data.elements, Home.ARENA),
            (4 * rows, Home.ARENA),
            (4 * positions * weights.shape[0], Home.ARENA),
        ]
        if _per_channel(weights):
            parts += [(4 * rows, Home.ARENA), (4 * weights.shape[0], Home.PERSISTENT)]
    return _sized(*parts)


def _depthwise(graph: Graph, op: Op, homes: list[Home]) -> Scratch:
    data, weights = _tensor(graph, op, 0), _tensor(graph, op, 1)
    if not (data.dtype == "float32" and weights.dtype == "int8"):
        return NONE
    batch = data.shape[0]
    return _sized((data.elements, Home.ARENA), (4 * batch, Home.ARENA), (4 * batch, Home.ARENA))


def _fully_connected(graph: Graph, op: Op, homes: list[Home]) -> Scratch:
    data, weights = _tensor(graph, op, 0), _tensor(graph, op, 1)
    if not (_is_hybrid(data, weights) or (data.dtype, weights.dtype) == ("float32", "int2")):
        return Scratch(6)
    units = weights.shape[0]
    batch = data.elements // max(1, weights.shape[1])
    sizes = (data.elements, 4 * batch, 4 * units * batch, 4 * batch)
    used = [Temporary(slot, nbytes) for slot, nbytes in enumerate(sizes)]
    return Scratch(6, (*used, Temporary(4, 4 * units, Home.PERSISTENT)))


def _transpose_conv(graph: Graph, op: Op, homes: list[Home]) -> Scratch:
    weights, data = _tensor(graph, op, 1), _tensor(graph, op, 2)
    result = graph.tensors[op.outputs[0]]
    columns = math.prod(data.shape[1:3]) * math.prod(weights.shape[:3])
    parts = [(4 * columns, Home.DYNAMIC), (weights.elements * _size(weights.dtype), Home.DYNAMIC)]
    if data.dtype != "float32":
        wide = 8 if data.dtype == "int16" else 4
        parts.append((wide * result.elements, Home.DYNAMIC))
    elif weights.dtype == "int8":
        batch = data.shape[0]
        parts += [
            (data.elements, Home.ARENA), (4 * batch, Home.ARENA), (4 * batch, Home.ARENA)
        ]  # fmt: skip
    return _sized(*parts)


def _batch_matmul(graph: Graph, op: Op, homes: list[Home]) -> Scratch:
    left, right = _tensor(graph, op, 0), _tensor(graph, op, 1)
    kept = Home.PERSISTENT if homes[op.inputs[1]] is Home.CONSTANT else Home.ARENA
    used = [
        Temporary(0, left.elements * _size(left.dtype)),
        Temporary(1, right.elements * _size(right.dtype), kept),
    ]
    if left.dtype == "float32" and right.dtype == "int8":
        rows = left.shape[-1] if op.attrs.get("adj_x") else left.shape[-2]
        units = right.shape[-2] if op.attrs.get("adj_y") else right.shape[-1]
        batches = math.prod(left.shape[:-2])
        used += [
            Temporary(2, left.elements),
            Temporary(3, 4 * batches * rows),
            Temporary(4, 4 * units * rows),
            Temporary(5, 4 * batches * rows),
            Temporary(6, 4 * math.prod(right.shape[:-2]) * units, Home.PERSISTENT),
        ]
    return Scratch(7, tuple(used))


def _reduce(graph: Graph, op: Op, homes: list[Home]) -> Scratch:
    data, axes = _tensor(graph, op, 0), _tensor(graph, op, 1)
    result = graph.tensors[op.outputs[0]]
    used = [Temporary(0, 4 * len(data.shape)), Temporary(1, 4 * axes.elements)]
    if op.kind in ("MEAN", "SUM", "REDUCE_PROD"):
        wide = {"int32": 8, "int64": 8, "bool": 1}.get(data.dtype, 4)
        used.append(Temporary(2, wide * result.elements))
    return Scratch(4, tuple(used))


def _svdf(graph: Graph, op: Op, homes: list[Home]) -> Scratch:
    data, feature, time = (_tensor(graph, op, place) for place in range(3))
    result = graph.tensors[op.outputs[0]]
    batch, filters = data.shape[0], feature.shape[0]
    used = [Temporary(0, 4 * batch * filters)]
    if data.dtype == "int8":
        used.append(Temporary(1, 4 * result.elements))
    elif _is_hybrid(data, feature):
        used += [
            Temporary(1, data.elements),
            Temporary(2, 4 * batch),
            Temporary(3, 4 * time.elements, Home.PERSISTENT),
            Temporary(4, 4 * batch),
            Temporary(5, 4 * filters, Home.PERSISTENT),
        ]
    return Scratch(6, tuple(used))


def _rfft_2d(graph: Graph, op: Op, homes: list[Home]) -> Scratch:
    lengths = _tensor(graph, op, 1).constant
    if lengths is None or lengths.values is None or len(lengths.values) != 2:
        return Scratch(4)
    height, width = lengths.values
    longest = max(height, width // 2)
    sizes = (
        4 * (2 + math.isqrt(longest)),
        8 * (longest // 2 + width // 4),
        8 * height,  # pointers to the rows of what follows
        8 * height * (width + 2),
    )
    return _sized(*((nbytes, Home.ARENA) for nbytes in sizes))


_RULES: dict[str, Callable[[Graph, Op, list[Home]], Scratch]] = {
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "TRANSPOSE_CONV": _transpose_conv,
    "BATCH_MATMUL": _batch_matmul,
    **dict.fromkeys(
        ("MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL"),
        _reduce,
    ),
    "SVDF": _svdf,
    "RFFT2D": _rfft_2d,
}

UNKNOWN = frozenset(
    {"ADD_N", "BIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_RNN", "CONV_3D",
     "CONV_3D_TRANSPOSE", "CUSTOM", "LSTM", "RNN", "UNIDIRECTIONAL_SEQUENCE_LSTM",
     "UNIDIRECTIONAL_SEQUENCE_RNN"}
)  # fmt: skip
"""Kinds of ops with temporary tensors that are not restated here."""
