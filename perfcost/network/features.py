"""What the network sees of a graph: numbers an op, and edges.

``OP_FEATURES`` follow from the graph alone, ``PRICE_FEATURES`` from the laws on one target; what it
sees of the hardware is in ``platforms``. Sizes are natural logarithms of 1 + value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfcost.graph import Graph, Links, Op, Tensor
from perfcost.ops import known_kinds, op_macs
from perfcost.physics.price import OpPrice

VERSION = 2
"""Changes whenever a feature does; weights of another version are refused."""

KINDS: tuple[str, ...] = tuple(sorted(known_kinds()))
"""Kinds by their number; the number after the last stands for all others."""

OP_FEATURES = (
    "macs", "input_height", "input_width", "input_channels", "input_batch", "output_height",
    "output_width", "output_channels", "output_batch", "second_elements", "weight_elements",
    "kernel_height", "kernel_width", "stride_height", "stride_width", "dilation", "padding",
    "entropy_bits", "zero_fraction", "input_bits", "output_bits", "inputs", "outputs", "readers",
    "input_channels_mod_16", "output_channels_mod_16", "reads_graph_input", "writes_graph_output",
    "reads_constant", "relu", "table_activation", "signed", "rank", "second_is_scalar",
    "per_channel", "position",
)  # fmt: skip

_SIZES = OP_FEATURES.index("padding") + 1
"""So many of them, from the first, are logarithms."""

MEMORIES = ("sram", "dram", "flash")
BINDINGS = ("mac", "output", "memory", "weights", "free", "unsupported")

PRICE_FEATURES = (
    "cycles", *(f"{name}_bytes" for name in MEMORIES), *(f"bound_by_{name}" for name in BINDINGS),
    "share",
)  # fmt: skip

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class GraphFeatures:
    """What follows from a graph alone.

    Attributes:
        kinds: [ops], numbers in ``KINDS``.
        ops: [ops, len(OP_FEATURES)].
        edges: [2, edges], producer and consumer, each pair once.
    """

    kinds: Ints
    ops: Floats
    edges: Ints


# Of weights that are not at hand, as in a graph of GraphBuilder: the medians of trained networks.
_USUAL_ENTROPY = 7.1
_USUAL_ZEROS = 0.02

_KIND_NUMBER = {kind: number for number, kind in enumerate(KINDS)}
_BITS = {"int8": 8, "uint8": 8, "int16": 16, "int32": 32, "float32": 32, "int64": 64}


def graph_features(graph: Graph) -> GraphFeatures:
    """The features of the ops of a graph, bodies of control flow not included."""
    links = Links.of(graph)
    inputs, outputs = frozenset(graph.inputs), frozenset(graph.outputs)
    kinds = [_KIND_NUMBER.get(op.kind, len(KINDS)) for op in graph.ops]
    last = max(1, len(graph.ops) - 1)
    rows = [
        _op(graph, op, links, inputs, outputs, computed, number / last)
        for number, (op, computed) in enumerate(zip(graph.ops, op_macs(graph), strict=True))
    ]
    pairs = {
        (links.producer[tensor], number)
        for number, op in enumerate(graph.ops)
        for tensor in op.inputs
        if tensor in links.producer
    }
    edges = np.array(sorted(pairs), np.int32).reshape(-1, 2).T
    table = np.array(rows, np.float64).reshape(-1, len(OP_FEATURES))
    table[:, :_SIZES] = np.log1p(table[:, :_SIZES])
    return GraphFeatures(
        np.array(kinds, np.int32), table.astype(np.float32), np.ascontiguousarray(edges)
    )


def _extents(tensor: Tensor | None) -> tuple[int, int, int, int]:
    """(batch, height, width, channels); missing leading extents are 1."""
    if tensor is None:
        return 0, 0, 0, 0
    shape = (1, 1, 1, *tensor.shape)[-max(3, len(tensor.shape)) :]
    return math.prod(shape[:-3]), shape[-3], shape[-2], shape[-1]


def _op(
    graph: Graph,
    op: Op,
    links: Links,
    inputs: frozenset[int],
    outputs: frozenset[int],
    computed: int,
    position: float,
) -> list[float]:
    """One row, the first ``_SIZES`` of it not yet as logarithms."""
    tensors = graph.tensors
    features = [t for t in op.inputs if t >= 0 and tensors[t].constant is None]
    constants = [tensors[t] for t in op.inputs if t >= 0 and tensors[t].constant is not None]
    first = tensors[features[0]] if features else None
    made = tensors[op.outputs[0]] if op.outputs and op.outputs[0] >= 0 else None
    second: Tensor | None = tensors[features[1]] if len(features) > 1 else None
    weights = None
    for tensor in constants:
        assert tensor.constant is not None
        if tensor.constant.values is None:
            weights = tensor
            break
    n, h, w, c = _extents(first)
    on, oh, ow, oc = _extents(made)
    kernel = _pair(op.attrs.get("window"))
    if weights is not None and len(weights.shape) == 4:
        kernel = weights.shape[1], weights.shape[2]
    stride, dilation = _pair(op.attrs.get("stride")), _pair(op.attrs.get("dilation"))
    entropy = zeros = -1.0
    per_channel = 0.0
    if weights is not None and weights.constant is not None:
        measured = weights.constant.histogram is not None
        unknown = weights.elements > 1 and weights.dtype in ("int8", "uint8") and not measured
        entropy = _known(weights.constant.entropy_bits, _USUAL_ENTROPY if unknown else -1.0)
        zeros = _known(weights.constant.zero_fraction, _USUAL_ZEROS if unknown else -1.0)
        per_channel = float(
            weights.quantization is not None and len(weights.quantization.scales) > 1
        )
    beside = second or weights
    activation = op.activation
    padding = op.attrs.get("padding")
    return [
        computed, h, w, c, n, oh, ow, oc, on, second.elements if second else 0,
        weights.elements if weights else 0,
        *kernel, *stride, max(dilation), sum(padding) if isinstance(padding, tuple) else 0,
        entropy, zeros,
        _bits(first), _bits(made), float(len(features)), float(len(op.outputs)),
        float(sum(len(links.consumers.get(t, ())) for t in op.outputs)),
        (c % 16) / 16, (oc % 16) / 16,
        float(any(t in inputs for t in features)), float(any(t in outputs for t in op.outputs)),
        float(bool(constants)), float(activation.startswith("RELU")),
        float(activation not in ("NONE",) and not activation.startswith("RELU")),
        float(first is not None and first.dtype != "uint8"),
        float(len(first.shape)) if first else 0.0,
        float(beside is not None and beside.elements == 1), per_channel, position,
    ]  # fmt: skip


def _pair(value: object) -> tuple[int, int]:
    return (value[0], value[1]) if isinstance(value, tuple) and len(value) == 2 else (0, 0)


def _known(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _bits(tensor: Tensor | None) -> float:
    return _BITS.get(tensor.dtype, 0) / 8 if tensor is not None else 0.0


_BINDING_NUMBER = {name: number for number, name in enumerate(BINDINGS)}
_BOUND = np.concatenate(
    (np.eye(len(BINDINGS), dtype=np.float32), np.zeros((1, len(BINDINGS)), np.float32))
)


def price_features(prices: Sequence[OpPrice]) -> Floats:
    """[ops, len(PRICE_FEATURES)]: what the laws say of each op on one target."""
    cycles = np.array([price.cycles or 0.0 for price in prices], np.float64)
    others = len(BINDINGS)
    bound = [_BINDING_NUMBER.get(price.binding, others) for price in prices]
    return np.concatenate(
        (
            np.log1p(cycles)[:, None].astype(np.float32),
            np.log1p(bytes_by_memory(prices)).astype(np.float32),
            _BOUND[bound],
            np.sqrt(cycles / (cycles.sum() or 1.0))[:, None].astype(np.float32),
        ),
        axis=1,
    )


def bytes_by_memory(prices: Sequence[OpPrice]) -> NDArray[np.float64]:
    """[ops, len(MEMORIES)] bytes moved."""
    rows = [[price.bytes_moved.get(name, 0.0) for name in MEMORIES] for price in prices]
    return np.array(rows, np.float64).reshape(-1, len(MEMORIES))
