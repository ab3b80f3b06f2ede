"""Operators that move, pad and view."""

from __future__ import annotations

from perfcost.frontends.relay.lowering.lowered import Fill, Lowered, Operand, Setting
from perfcost.frontends.relay.lowering.quantization import RANGES
from perfcost.frontends.relay.lowering.rules.context import Context, Rule
from perfcost.frontends.relay.program import Node


def reshape(context: Context, node: Node) -> list[Lowered]:
    value = node.inputs[0]
    shape = context.view.shape(node.outputs[0])
    inputs: list[Operand] = [value, Setting(shape)]
    return [Lowered("RESHAPE", inputs, node.outputs, node, views=True)]


def squeeze(context: Context, node: Node) -> list[Lowered]:
    value = node.inputs[0]
    if node.options.maybe_integers("axis") == (0,):
        return [Lowered("UNPACK", [value], node.outputs, node, {"axis": 0})]
    return [Lowered("SQUEEZE", [value], node.outputs, node, views=True)]


def expand_dims(context: Context, node: Node) -> list[Lowered] | None:
    if node.options.integer("num_newaxis", 1) != 1:
        return reshape(context, node)
    axis = node.options.integer("axis", 0)
    inputs: list[Operand] = [node.inputs[0], Setting((axis,), shape=())]
    return [Lowered("EXPAND_DIMS", inputs, node.outputs, node)]


def transpose(context: Context, node: Node) -> list[Lowered]:
    value = node.inputs[0]
    rank = len(context.view.shape(value))
    axes = node.options.maybe_integers("axes") or tuple(reversed(range(rank)))
    order = tuple(axis % rank for axis in axes)
    return [Lowered("TRANSPOSE", [value, Setting(order)], node.outputs, node)]


def layout_transform(context: Context, node: Node) -> list[Lowered]:
    source = node.options.text("src_layout", "")
    order = tuple(source.index(letter) for letter in node.options.text("dst_layout", ""))
    return [Lowered("TRANSPOSE", [node.inputs[0], Setting(order)], node.outputs, node)]


def pad(context: Context, node: Node) -> list[Lowered] | None:
    view = context.view
    value = node.inputs[0]
    mode = node.options.text("pad_mode", "constant")
    pads = node.options.pads()
    flat = tuple(n for pair in pads for n in pair)
    setting = Setting(flat, shape=(len(pads), 2))
    follow = context.follow.pad
    if mode in ("reflect", "symmetric"):
        return [Lowered("MIRROR_PAD", [value, setting], node.outputs, node,
                        {"mode": int(mode == "symmetric")}, follow=follow)]  # fmt: skip
    if mode != "constant" or min(flat, default=0) < 0:
        return None
    known = view.quantization.get(value)
    number = view.number(node.inputs[1]) if len(node.inputs) > 1 else 0.0
    zero = known.zero_point if known is not None else 0
    if number is None or (number == zero and not _before_pool(context, node, number)):
        return [Lowered("PAD", [value, setting], node.outputs, node, follow=follow)]
    fill = Fill(number, view.dtype(value), known)
    return [Lowered("PADV2", [value, setting, fill], node.outputs, node, follow=follow)]


def _before_pool(context: Context, node: Node, number: float) -> bool:
    """Whether the least value of 8 bits is added for a maximum, which is a PADV2 in the file.

    Where it stands for 0 as well, a PAD prints the same; in real files pools of stride 1 have a
    PADV2 before them, and those of a larger stride a PAD.
    """
    view = context.view
    bounds = RANGES.get(view.dtype(node.outputs[0]))
    readers = view.readers.get(node.outputs[0], [])
    return (
        bounds is not None
        and number == bounds[0]
        and bool(readers)
        and all(
            reader.op == "nn.max_pool2d" and reader.options.pair("strides") == (1, 1)
            for reader in readers
        )
    )


def tile(context: Context, node: Node) -> list[Lowered]:
    reps = node.options.integers("reps")
    return [Lowered("TILE", [node.inputs[0], Setting(reps)], node.outputs, node)]


def broadcast_to(context: Context, node: Node) -> list[Lowered]:
    shape = context.view.shape(node.outputs[0])
    return [Lowered("BROADCAST_TO", [node.inputs[0], Setting(shape)], node.outputs, node)]


def reverse(context: Context, node: Node) -> list[Lowered]:
    axis = node.options.integer("axis", 0)
    return [Lowered("REVERSE_V2", [node.inputs[0], Setting((axis,))], node.outputs, node)]


RULES: dict[str, tuple[Rule, ...]] = {
    "reshape": (reshape,),
    "nn.batch_flatten": (reshape,),
    "squeeze": (squeeze,),
    "expand_dims": (expand_dims,),
    "transpose": (transpose,),
    "layout_transform": (layout_transform,),
    "nn.pad": (pad,),
    "tile": (tile,),
    "broadcast_to": (broadcast_to,),
    "reverse": (reverse,),
}
