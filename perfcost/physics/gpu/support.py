"""Which ops LiteRT's GPU delegate (WebGPU, release 2.3.0) takes, as found by asking it.

Each rule was seen on networks of one op: the delegate names what it refuses, or takes the op and
its shaders fail, or their results are not the processor's. ``tests/physics/gpu`` asks again.
Not told here: the delegate takes one connected part of a network and leaves the rest to the
processor, so an op that it would take may run there all the same.
"""

from __future__ import annotations

from collections.abc import Callable

from perfcost.graph import Graph, Op, Tensor
from perfcost.physics.price import Reason

KINDS = frozenset(
    """
    ABS ADD ARG_MAX AVERAGE_POOL_2D BATCH_MATMUL CAST CEIL CONCATENATION CONV_2D COS
    DEPTH_TO_SPACE DEPTHWISE_CONV_2D DEQUANTIZE DIV ELU EXP FLOOR FULLY_CONNECTED GATHER
    GELU HARD_SWISH LEAKY_RELU LOG LOGISTIC MAX_POOL_2D MAXIMUM MEAN MINIMUM MIRROR_PAD MUL
    NEG PACK PAD PADV2 PRELU QUANTIZE REDUCE_MAX RELU RELU6 RELU_N1_TO_1 RESHAPE
    RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR ROUND RSQRT SIGN SIN SLICE SOFTMAX
    SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH
    TILE TRANSPOSE TRANSPOSE_CONV UNPACK
    """.split()
)
"""Kinds that it was seen to run; of others it refuses what was tried (EXPAND_DIMS, GATHER_ND,
SQUEEZE), or nothing was tried."""

# Kinds that it runs on floats alone: on integers whole models were refused.
_FLOATS_ONLY = frozenset("CEIL COS DIV FLOOR LOG NEG ROUND SIGN SIN SQRT SQUARE".split())
_LARGEST_RANK = 4
_FLOATS = ("float32", "float16")


def refusal(graph: Graph, place: int) -> Reason | None:
    """Why the delegate does not run an op, or None.

    Args:
        graph: of which the op is one.
        place: its position in ``graph.ops``.
    """
    op = graph.ops[place]
    general = _kind(graph, op) or _memory(graph, op) or _rank(graph, op) or _dtype(graph, op)
    rule = _RULES.get(op.kind)
    return general or (rule(graph, op) if rule else None)


def _features(graph: Graph, op: Op) -> list[Tensor]:
    named = [graph.tensors[t] for t in (*op.inputs, *op.outputs) if t >= 0]
    return [tensor for tensor in named if tensor.constant is None]


def _input(graph: Graph, op: Op, slot: int = 0) -> Tensor | None:
    number = op.inputs[slot] if slot < len(op.inputs) else -1
    return graph.tensors[number] if number >= 0 else None


def _kind(graph: Graph, op: Op) -> Reason | None:
    if op.kind in KINDS:
        return None
    return Reason(
        "kind", "the GPU delegate has no such op, as far as was tried", "the op", op.kind,
        "express it by other ops (a RESHAPE for SQUEEZE and EXPAND_DIMS)",
    )  # fmt: skip


def _memory(graph: Graph, op: Op) -> Reason | None:
    for tensor in _features(graph, op):
        if tensor.is_variable:
            return Reason(
                "variable", "LiteRT does not load files with tensors that keep their contents",
                tensor.name, "variable", "give the contents in and out as tensors",
            )  # fmt: skip
    return None


def _rank(graph: Graph, op: Op) -> Reason | None:
    for tensor in _features(graph, op):
        if len(tensor.shape) > _LARGEST_RANK:
            return Reason(
                "rank", f"tensors of at most {_LARGEST_RANK} dimensions", tensor.name,
                f"of {len(tensor.shape)}", "fold dimensions together with a RESHAPE before",
            )  # fmt: skip
    return None


def _dtype(graph: Graph, op: Op) -> Reason | None:
    for tensor in _features(graph, op):
        if tensor.dtype == "int64":
            return Reason("dtype", "no integers of 64 bits", tensor.name, tensor.dtype, "use int32")
        if op.kind in _FLOATS_ONLY and tensor.dtype not in _FLOATS:
            return Reason(
                "dtype", f"{op.kind} of floats alone", tensor.name, tensor.dtype,
                "DEQUANTIZE before it",
            )  # fmt: skip
    return None


def _conv(graph: Graph, op: Op) -> Reason | None:
    x, weights = _input(graph, op), _input(graph, op, 1)
    if x is None or weights is None or len(x.shape) != 4 or len(weights.shape) != 4:
        return None
    groups = x.shape[3] // max(1, weights.shape[3])
    if groups == 1:
        return None
    return Reason(
        "groups", "a convolution of one group: the shader of more fails", weights.name,
        f"of {groups} groups", "split the input and convolve the parts",
    )  # fmt: skip


def _fully_connected(graph: Graph, op: Op) -> Reason | None:
    x = _input(graph, op)
    kept = len(graph.tensors[op.outputs[0]].shape) == 4
    if x is None or len(x.shape) != 4 or kept or x.shape[1] * x.shape[2] == 1:
        return None
    return Reason(
        "flatten", "an input that is flat already: of a map it gives wrong results", x.name,
        f"of shape {list(x.shape)}", "put a RESHAPE before it",
    )  # fmt: skip


def _transpose_conv(graph: Graph, op: Op) -> Reason | None:
    act = str(op.attrs.get("activation", "NONE"))
    if act == "NONE":
        return None
    return Reason(
        "fused_activation", "version 3 of the op at most, which has no fused activation",
        "activation", act, "put the activation after it as an op of its own",
    )  # fmt: skip


def _softmax(graph: Graph, op: Op) -> Reason | None:
    beta = op.attrs.get("beta", 1.0)
    if beta == 1.0:
        return None
    return Reason("beta", "a beta of 1", "beta", f"{beta}", "multiply the input by it instead")


def _prelu(graph: Graph, op: Op) -> Reason | None:
    x, slopes = _input(graph, op), _input(graph, op, 1)
    if x is None or slopes is None or not slopes.shape or slopes.shape[-1] == x.shape[-1]:
        return None
    return Reason(
        "slopes", "a slope for each channel", slopes.name, f"of shape {list(slopes.shape)}",
        f"repeat it to {x.shape[-1]} values, or use LEAKY_RELU",
    )  # fmt: skip


def _pack(graph: Graph, op: Op) -> Reason | None:
    x = _input(graph, op)
    if x is None or len(x.shape) < _LARGEST_RANK:
        return None
    return Reason(
        "rank", f"results of at most {_LARGEST_RANK} dimensions", x.name, f"of {len(x.shape)}",
        "use CONCATENATION along an axis that there is",
    )  # fmt: skip


def _pad(graph: Graph, op: Op) -> Reason | None:
    x = _input(graph, op)
    if x is None:
        return None
    if len(x.shape) not in (3, 4):
        return Reason(
            "rank", "an input of 3 or 4 dimensions", x.name, f"of {len(x.shape)}",
            "put a RESHAPE before it",
        )  # fmt: skip
    y = graph.tensors[op.outputs[0]]
    if x.shape[0] == y.shape[0]:
        return None
    return Reason(
        "batch", "no padding of the batch: it gives wrong results", x.name,
        f"padded from {x.shape[0]} to {y.shape[0]}", "put the batch elsewhere",
    )  # fmt: skip


def _mirror_pad(graph: Graph, op: Op) -> Reason | None:
    if op.attrs.get("mode", 0) == 0:
        return None
    return Reason("mode", "a mirror without its edge (REFLECT)", "mode", "SYMMETRIC", "use REFLECT")


def _space_to_depth(graph: Graph, op: Op) -> Reason | None:
    x = _input(graph, op)
    if x is None or not x.shape or x.shape[0] == 1:
        return None
    return Reason(
        "batch", "a batch of 1: the shader of more fails", x.name, f"a batch of {x.shape[0]}",
        "run one image at a time",
    )  # fmt: skip


_RULES: dict[str, Callable[[Graph, Op], Reason | None]] = {
    "CONV_2D": _conv,
    "FULLY_CONNECTED": _fully_connected,
    "TRANSPOSE_CONV": _transpose_conv,
    "SOFTMAX": _softmax,
    "PRELU": _prelu,
    "PACK": _pack,
    "PAD": _pad,
    "PADV2": _pad,
    "MIRROR_PAD": _mirror_pad,
    "SPACE_TO_DEPTH": _space_to_depth,
}
