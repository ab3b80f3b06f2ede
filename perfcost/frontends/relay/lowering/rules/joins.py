"""Operators that join tensors or take them apart."""

from __future__ import annotations

from perfcost.frontends.relay.lowering.lowered import Lowered, Operand, Setting
from perfcost.frontends.relay.lowering.rules.context import Context, Rule
from perfcost.frontends.relay.program import Node
from perfcost.graph import AttrValue


def concatenate(context: Context, node: Node) -> list[Lowered]:
    view = context.view
    fields = node.args[0]
    values = [
        one for one in (fields if isinstance(fields, tuple) else node.args) if isinstance(one, int)
    ]
    packed = _packed(context, node, values)
    if packed is not None:
        return packed
    attrs: dict[str, AttrValue] = {
        "axis": node.options.integer("axis", 0), "activation": "NONE",
    }  # fmt: skip
    inputs: list[Operand] = [*values]
    follow = context.follow.concatenation
    if len(values) == 1 and view.imported:
        return [Lowered("ALIAS", inputs, node.outputs, node)]
    return [Lowered("CONCATENATION", inputs, node.outputs, node, attrs, follow=follow)]


def _packed(context: Context, node: Node, values: list[int]) -> list[Lowered] | None:
    """PACK: every operand got a new axis first."""
    view = context.view
    axis = node.options.integer("axis", 0)
    inner: list[Operand] = []
    for value in values:
        above = view.above(value, "expand_dims")
        if above is None or view.apart(above, node) or above.options.integer("axis", 0) != axis:
            return None
        inner.append(above.inputs[0])
    return [Lowered("PACK", inner, node.outputs, node, {"axis": axis})]


def stack(context: Context, node: Node) -> list[Lowered]:
    axis = node.options.integer("axis", 0)
    return [Lowered("PACK", [*node.inputs], node.outputs, node, {"axis": axis})]


def split(context: Context, node: Node) -> list[Lowered]:
    value = node.inputs[0]
    where = node.options.get("indices_or_sections")
    axis = node.options.integer("axis", 0)
    shapes = [context.view.shape(one) for one in node.outputs]
    unpacked = _unpacked(context, node, axis)
    if unpacked is not None:
        return unpacked
    if isinstance(where, int):
        inputs: list[Operand] = [Setting((axis,), shape=()), value]
        return [Lowered("SPLIT", inputs, node.outputs, node)]
    sizes = tuple(shape[axis] for shape in shapes)
    scalar: tuple[int, ...] = (1,)
    if context.view.imported and len(shapes[0]) == 2 and len(set(sizes)) == 1:
        # the gates of a recurrent cell: Keras asks for "the rest" as the last part
        sizes, scalar = (*sizes[:-1], -1), ()
    inputs = [value, Setting(sizes), Setting((axis,), shape=scalar)]
    return [Lowered("SPLIT_V", inputs, node.outputs, node)]


def _squeezes(context: Context, node: Node) -> list[Node] | None:
    """The squeezes that are all that reads a split, one for each part."""
    known = context.view.squeezed
    if node not in known:
        known[node] = _look_for_squeezes(context, node)
    return known[node]


def _look_for_squeezes(context: Context, node: Node) -> list[Node] | None:
    view = context.view
    found = []
    for value in node.outputs:
        readers = view.readers.get(value, [])
        if len(readers) != 1 or value in view.results or readers[0].op != "squeeze":
            return None
        axes = readers[0].options.maybe_integers("axis")
        if axes != (node.options.integer("axis", 0),) or view.apart(node, readers[0]):
            return None
        found.append(readers[0])
    return found


def _unpacked(context: Context, node: Node, axis: int) -> list[Lowered] | None:
    squeezes = _squeezes(context, node)
    if squeezes is None:
        return None
    outputs = tuple(one.outputs[0] for one in squeezes)
    return [Lowered("UNPACK", [node.inputs[0]], outputs, node, {"axis": axis})]


def part_of_unpack(context: Context, node: Node) -> list[Lowered] | None:
    """A squeeze that the UNPACK above it takes along."""
    view = context.view
    above = view.writer(node.inputs[0])
    if above.op != "split" or _squeezes(context, above) is None:
        return None
    return [Lowered("ALIAS", [node.inputs[0]], (), node)]


RULES: dict[str, tuple[Rule, ...]] = {
    "squeeze": (part_of_unpack,),
    "concatenate": (concatenate,),
    "qnn.concatenate": (concatenate,),
    "stack": (stack,),
    "split": (split,),
}
