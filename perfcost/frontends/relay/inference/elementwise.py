"""Types of elementwise operators."""

from __future__ import annotations

from perfcost.frontends.relay.attributes import Attrs, Mismatch
from perfcost.frontends.relay.inference.partial import broadcast
from perfcost.frontends.relay.types import TensorType, Type

UNARY = frozenset(
    {"nn.relu", "nn.leaky_relu", "nn.softmax", "nn.log_softmax", "nn.fast_softmax", "clip", "tanh",
     "sigmoid", "exp", "log", "sqrt", "rsqrt", "negative", "abs", "floor", "ceil", "round", "sin",
     "cos", "tan", "erf", "sign", "copy", "nn.prelu", "nn.dropout", "fast_tanh", "fast_exp",
     "fast_erf", "annotation.stop_fusion", "annotation.compiler_begin", "annotation.compiler_end",
     "on_device", "device_copy", "nn.lrn", "nn.l2_normalize", "nn.layer_norm", "nn.instance_norm",
     "nn.group_norm", "logical_not", "zeros_like", "ones_like", "reverse", "cumsum", "nn.bias_add",
     "trunc", "log2", "log10", "atan", "bitwise_not"}
)  # fmt: skip
"""Operators whose result has the type of the first operand."""

BINARY = frozenset(
    {"add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "mod", "floor_divide",
     "floor_mod", "left_shift", "right_shift", "bitwise_and", "bitwise_or", "bitwise_xor",
     "logical_and", "logical_or", "logical_xor"}
)  # fmt: skip

COMPARISONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})


def tensor(found: Type | None) -> TensorType | None:
    """A tensor type, ``None`` where not known yet."""
    if found is None or isinstance(found, TensorType):
        return found
    raise Mismatch(f"an operand is {found}, expected a tensor")


def operand(types: list[Type | None], place: int) -> TensorType | None:
    """The tensor type of an operand that must be there."""
    if place >= len(types):
        raise Mismatch(f"{len(types)} operands, expected at least {place + 1}")
    return tensor(types[place])


def unary(types: list[Type | None], attrs: Attrs) -> Type | None:
    return operand(types, 0)


def binary(types: list[Type | None], attrs: Attrs) -> Type | None:
    left, right = operand(types, 0), operand(types, 1)
    if left is None or right is None:
        return None
    if left.dtype != right.dtype:
        raise Mismatch(f"operands are {left.dtype} and {right.dtype}, expected the same")
    return TensorType(broadcast(left.shape, right.shape), left.dtype)


def comparison(types: list[Type | None], attrs: Attrs) -> Type | None:
    found = binary(types, attrs)
    return TensorType(found.shape, "bool") if isinstance(found, TensorType) else None


def where(types: list[Type | None], attrs: Attrs) -> Type | None:
    choice, left, right = (operand(types, place) for place in range(3))
    if choice is None or left is None or right is None:
        return None
    return TensorType(broadcast(choice.shape, broadcast(left.shape, right.shape)), left.dtype)


def cast(types: list[Type | None], attrs: Attrs) -> Type | None:
    found = operand(types, 0)
    return None if found is None else TensorType(found.shape, attrs.text("dtype", "float32"))


def cast_like(types: list[Type | None], attrs: Attrs) -> Type | None:
    found, like = operand(types, 0), operand(types, 1)
    return None if found is None or like is None else TensorType(found.shape, like.dtype)


def quantize(types: list[Type | None], attrs: Attrs) -> Type | None:
    found = operand(types, 0)
    return None if found is None else TensorType(found.shape, attrs.text("out_dtype", "int8"))


def dequantize(types: list[Type | None], attrs: Attrs) -> Type | None:
    found = operand(types, 0)
    return None if found is None else TensorType(found.shape, attrs.text("out_dtype", "float32"))
