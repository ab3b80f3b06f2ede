"""Ops that TVM's importer takes apart, put together again."""

from __future__ import annotations

from perfcost.frontends.relay.lowering.lowered import Lowered, Operand
from perfcost.frontends.relay.lowering.rules.context import Context, Rule
from perfcost.frontends.relay.program import Node


def prelu(context: Context, node: Node) -> list[Lowered] | None:
    """``reshape(nn.prelu(reshape(x), reshape(broadcast_to(alpha))))`` is PRELU(x, alpha)."""
    view = context.view
    inner = view.above(node.inputs[0], "nn.prelu")
    if inner is None:
        return None
    data = view.above(inner.inputs[0], "reshape")
    flat = view.above(inner.inputs[1], "reshape", sole=False)
    spread = view.above(flat.inputs[0], "broadcast_to", sole=False) if flat is not None else None
    if data is None or spread is None:
        return None
    if view.shape(data.inputs[0]) != view.shape(node.outputs[0]):
        return None
    inputs: list[Operand] = [data.inputs[0], spread.inputs[0]]
    return [Lowered("PRELU", inputs, node.outputs, node)]


def prelu_of_channels(context: Context, node: Node) -> list[Lowered] | None:
    """``nn.prelu`` by itself, a slope a channel."""
    view = context.view
    value, slope = node.inputs[:2]
    rank = len(view.shape(value))
    axis = node.options.integer("axis", 1) % max(rank, 1)
    if axis == rank - 1:
        return [Lowered("PRELU", [value, slope], node.outputs, node)]
    one = Lowered("PRELU", [value], node.outputs, node)
    found = context.follow.unary(one) if axis == 1 else None
    if found is None:
        return None
    found.inputs.append(slope)
    return [found]


def squared_difference(context: Context, node: Node) -> list[Lowered] | None:
    """``power(a - b, 2)`` in one op of the file."""
    view = context.view
    if view.number(node.inputs[1]) != 2 or not view.imported:
        return None
    inner = view.above(node.inputs[0], "subtract")
    if inner is None or not inner.span or inner.span != node.span:
        return None
    return [Lowered("SQUARED_DIFFERENCE", [*inner.inputs], node.outputs, node)]


def scaled_activation(context: Context, node: Node) -> list[Lowered] | None:
    """A clip and a change of scale in one op of the file."""
    view = context.view
    clip = view.above(node.inputs[0], "clip")
    if clip is None or not view.imported or not clip.span or clip.span != node.span:
        return None
    kind = context.votes.of(clip)
    return None if kind is None else [Lowered(kind, [clip.inputs[0]], node.outputs, node)]


def hard_swish(context: Context, node: Node) -> list[Lowered] | None:
    """``x * (clip(x + 3, 0, 6) / 6)``, the division first or last."""
    view = context.view
    for first, second in ((0, 1), (1, 0)):
        value, gate = node.inputs[first], node.inputs[second]
        sixth = view.above(gate, "divide", "multiply")
        if sixth is not None and _by_six(context, sixth) and _gate(context, sixth.inputs[0], value):
            return [Lowered("HARD_SWISH", [value], node.outputs, node,
                            follow=context.follow.elementwise)]  # fmt: skip
    return None


def hard_swish_divided(context: Context, node: Node) -> list[Lowered] | None:
    """``x * clip(x + 3, 0, 6)``, then the division."""
    view = context.view
    inner = view.above(node.inputs[0], "multiply")
    if inner is None or not _by_six(context, node):
        return None
    for first, second in ((0, 1), (1, 0)):
        if _gate(context, inner.inputs[second], inner.inputs[first]):
            return [Lowered("HARD_SWISH", [inner.inputs[first]], node.outputs, node,
                            follow=context.follow.elementwise)]  # fmt: skip
    return None


def _by_six(context: Context, node: Node) -> bool:
    number = context.view.number(node.inputs[1])
    if number is None:
        return False
    return number == 6 if node.op == "divide" else abs(number * 6 - 1) < 1e-3


def _gate(context: Context, gate: int, value: int) -> bool:
    view = context.view
    clip = view.above(gate, "clip")
    if clip is None or clip.options.number("a_max", 0) != 6 or clip.options.number("a_min", 1) != 0:
        return False
    shifted = view.above(clip.inputs[0], "add")
    return (
        shifted is not None and shifted.inputs[0] == value and view.number(shifted.inputs[1]) == 3
    )


RULES: dict[str, tuple[Rule, ...]] = {
    "reshape": (prelu,),
    "nn.prelu": (prelu_of_channels,),
    "power": (squared_difference,),
    "multiply": (hard_swish, hard_swish_divided),
    "divide": (hard_swish_divided,),
}
