"""What the constants of a graph take on a GPU: as floats, channels filled up to slices of four."""

from __future__ import annotations

from perfcost.graph import Graph, Op, Tensor, elements_of
from perfcost.memory.gpu.storage import SLICE, Storage, four_axes, slices, stored_bytes
from perfcost.ops import kind_of, on_constants

_DEPTHWISE = "DEPTHWISE_CONV_2D"
_PRODUCTS = frozenset({"CONV_2D", _DEPTHWISE, "FULLY_CONNECTED", "TRANSPOSE_CONV"})
_DENSE = frozenset({"CONV_2D", "FULLY_CONNECTED"})
_FEW_PLACES = 4
"""As seen: 4 places are few, 9 are not."""


def constant_bytes(graph: Graph, storage: Storage) -> int:
    """Bytes of weights, biases and other constants that shaders read, as the device holds them."""
    total = 0
    for op in graph.ops:
        if on_constants(graph, op):
            continue
        if op.kind in _PRODUCTS:
            total += _product_bytes(graph, op, storage)
        else:
            total += _other_bytes(graph, op, storage)
    return total


def _product_bytes(graph: Graph, op: Op, storage: Storage) -> int:
    weights = graph.tensors[op.inputs[1]]
    if weights.constant is None:
        return 0
    results = graph.tensors[op.outputs[0]].shape[-1]
    bias = slices(results) * SLICE * storage.number_bytes
    return _weights(graph, op, weights, storage) + bias


def _weights(graph: Graph, op: Op, weights: Tensor, storage: Storage) -> int:
    if op.kind == _DEPTHWISE:
        taps = elements_of(weights.shape[:-1])
        return taps * slices(weights.shape[-1]) * SLICE * storage.number_bytes
    taps = elements_of(weights.shape[1:-1])
    dense = _is_dense(graph, op, taps)
    results = weights.shape[0]
    filled = slices(results) if dense else storage.filled_slices(results)
    if op.kind == "TRANSPOSE_CONV":
        filled = slices(results)
    blocks = filled * slices(weights.shape[-1])
    if not dense or weights.dtype != "int8":
        return taps * blocks * SLICE * SLICE * storage.number_bytes
    # These alone are read as they are; with a scale and a zero point a channel, where there are.
    by_channel = weights.quantization is not None and len(weights.quantization.scales) > 1
    factors = 2 * filled * SLICE * storage.number_bytes if by_channel else 0
    return blocks * SLICE * SLICE + factors


def _is_dense(graph: Graph, op: Op, taps: int) -> bool:
    """Whether it runs as a fully connected op: that of many places runs as a convolution."""
    places = elements_of(graph.tensors[op.outputs[0]].shape[:-1])
    return op.kind in _DENSE and taps == 1 and places <= _FEW_PLACES


def _other_bytes(graph: Graph, op: Op, storage: Storage) -> int:
    settings = kind_of(op.kind).settings
    total = 0
    for slot, number in enumerate(op.inputs):
        if number < 0 or slot in settings or graph.tensors[number].constant is None:
            continue
        shape = graph.tensors[number].shape
        if elements_of(shape) > 1:  # one number is a uniform
            per_channel = (1, 1, 1, shape[0]) if len(shape) == 1 else four_axes(shape)
            total += stored_bytes(per_channel, storage)
    return total
