"""Elementwise operators, activations and changes of type."""

from __future__ import annotations

import numpy as np

from perfcost.frontends.relay.lowering.lowered import Lowered, Operand, Weights
from perfcost.frontends.relay.lowering.rules.context import Context, Rule
from perfcost.frontends.relay.program import Node
from perfcost.graph import AttrValue

UNARY = {
    "nn.relu": "RELU", "tanh": "TANH", "sigmoid": "LOGISTIC", "exp": "EXP", "log": "LOG",
    "sqrt": "SQRT", "rsqrt": "RSQRT", "negative": "NEG", "abs": "ABS", "floor": "FLOOR",
    "ceil": "CEIL", "round": "ROUND", "sin": "SIN", "cos": "COS", "sign": "SIGN",
    "logical_not": "LOGICAL_NOT", "fast_tanh": "TANH", "fast_exp": "EXP", "cast": "CAST",
    "qnn.quantize": "QUANTIZE", "qnn.dequantize": "DEQUANTIZE", "qnn.requantize": "QUANTIZE",
    "qnn.sigmoid": "LOGISTIC", "qnn.tanh": "TANH", "qnn.exp": "EXP", "qnn.sqrt": "SQRT",
    "qnn.rsqrt": "RSQRT", "qnn.abs": "ABS", "qnn.log": "LOG", "qnn.hardswish": "HARD_SWISH",
}  # fmt: skip

BINARY = {
    "add": "ADD", "subtract": "SUB", "multiply": "MUL", "divide": "DIV", "qnn.add": "ADD",
    "qnn.subtract": "SUB", "qnn.mul": "MUL", "maximum": "MAXIMUM", "minimum": "MINIMUM",
    "power": "POW", "floor_divide": "FLOOR_DIV", "floor_mod": "FLOOR_MOD", "less": "LESS",
    "less_equal": "LESS_EQUAL", "greater": "GREATER", "greater_equal": "GREATER_EQUAL",
    "equal": "EQUAL", "not_equal": "NOT_EQUAL", "logical_and": "LOGICAL_AND",
    "logical_or": "LOGICAL_OR", "bitwise_xor": "BITWISE_XOR", "right_shift": "RIGHT_SHIFT",
    "nn.bias_add": "ADD",
}  # fmt: skip

_FUSING = frozenset({"ADD", "SUB", "MUL", "DIV"})
_ALIASES = ("copy", "nn.dropout", "annotation.stop_fusion", "annotation.compiler_begin",
            "annotation.compiler_end", "on_device", "device_copy")  # fmt: skip


def unary(context: Context, node: Node) -> list[Lowered]:
    value = node.tensor(0)
    kind = UNARY[node.op]
    if kind == "CAST" and context.view.dtype(value) == "float16" and context.view.constant(value):
        kind = "DEQUANTIZE"  # weights stored as half floats
    return [Lowered(kind, [value], node.outputs, node, follow=context.follow.elementwise)]


def binary(context: Context, node: Node) -> list[Lowered]:
    left, right = node.tensor(0), node.tensor(1)
    kind = BINARY[node.op]
    attrs: dict[str, AttrValue] = {"activation": "NONE"} if kind in _FUSING else {}
    inputs: list[Operand] = [left, right]
    return [Lowered(kind, inputs, node.outputs, node, attrs, follow=context.follow.elementwise)]


def bias_add(context: Context, node: Node) -> list[Lowered] | None:
    """A vector added along the last axis, or along the channels of an (N, C, H, W) value."""
    view = context.view
    value, vector = node.tensor(0), node.tensor(1)
    shape = view.shape(value)
    axis = node.options.integer("axis", 1) % max(len(shape), 1)
    extents = view.shape(vector)
    if axis != len(shape) - 1:
        around = (1,) * axis + extents + (1,) * (len(shape) - 1 - axis)
        inputs: list[Operand] = [value, Weights(vector, None, around)]
    else:
        inputs = [value, vector]
    return [Lowered("ADD", inputs, node.outputs, node, {"activation": "NONE"})]


def clip(context: Context, node: Node) -> list[Lowered] | None:
    """A clip is the activation that its bounds say."""
    kind = context.votes.of(node)
    value = node.tensor(0)
    if kind is None:
        return None
    return [Lowered(kind, [value], node.outputs, node, follow=context.follow.elementwise)]


def leaky_relu(context: Context, node: Node) -> list[Lowered]:
    value = node.tensor(0)
    alpha = float(np.float32(node.options.number("alpha", 0.05)))
    follow = context.follow.elementwise
    return [Lowered("LEAKY_RELU", [value], node.outputs, node, {"alpha": alpha}, follow=follow)]


def softmax(context: Context, node: Node) -> list[Lowered] | None:
    """Over the last axis, or over the channels of an image."""
    value = node.tensor(0)
    rank = len(context.view.shape(value))
    axis = node.options.integer("axis", -1) % max(rank, 1)
    kind = "LOG_SOFTMAX" if "log" in node.op else "SOFTMAX"
    attrs: dict[str, AttrValue] = {} if kind == "LOG_SOFTMAX" else {"beta": 1.0}
    if rank == 4 and axis == 1:
        follow = context.follow.unary
        found = follow(Lowered(kind, [value], node.outputs, node, attrs))
        return None if found is None else [found]
    return [Lowered(kind, [value], node.outputs, node, attrs)] if axis == rank - 1 else None


def where(context: Context, node: Node) -> list[Lowered]:
    return [Lowered("SELECT_V2", [*node.inputs], node.outputs, node)]


def alias(context: Context, node: Node) -> list[Lowered]:
    """What gives its operand on."""
    return [Lowered("ALIAS", [node.inputs[0]], node.outputs[:1], node)]


RULES: dict[str, tuple[Rule, ...]] = {
    **dict.fromkeys(UNARY, (unary,)),
    **dict.fromkeys(BINARY, (binary,)),
    **dict.fromkeys(_ALIASES, (alias,)),
    "nn.bias_add": (bias_add,),
    "clip": (clip,),
    "nn.leaky_relu": (leaky_relu,),
    "nn.softmax": (softmax,),
    "nn.fast_softmax": (softmax,),
    "nn.log_softmax": (softmax,),
    "where": (where,),
}
