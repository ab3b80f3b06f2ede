"""Slices and look-ups."""

from __future__ import annotations

from perfcost.frontends.relay.inference.movement import slice_bounds
from perfcost.frontends.relay.lowering.lowered import Lowered, Operand, Setting
from perfcost.frontends.relay.lowering.rules.context import Context, Rule
from perfcost.frontends.relay.program import Node
from perfcost.graph import AttrValue

_NEIGHBOURS = 64
"""Parts of one value that are looked at to tell how its slices were written."""


def strided_slice(context: Context, node: Node) -> list[Lowered] | None:
    value = node.inputs[0]
    return _slice(context, node, value, node.outputs[0], node, 0)


def shrunk(context: Context, node: Node) -> list[Lowered] | None:
    """A slice whose axes of one entry are dropped, as an index does."""
    view = context.view
    above = view.above(node.inputs[0], "strided_slice")
    if above is None or not view.imported or view.apart(above, node):
        return None
    before, after = view.shape(above.outputs[0]), view.shape(node.outputs[0])
    whole = view.shape(above.inputs[0])
    mask = 0
    left = list(after)
    for axis, extent in enumerate(before):
        if (
            left
            and extent == left[0]
            and not (extent == 1 and len(before) - axis > len(left) and whole[axis] > 1)
        ):
            left.pop(0)
        elif extent == 1:
            mask |= 1 << axis
        else:
            return None
    if left or (mask == 0 and before != after):
        return None
    return _slice(context, above, above.inputs[0], node.outputs[0], node, mask)


def _slice(
    context: Context, node: Node, value: int, out: int, last: Node, shrink: int
) -> list[Lowered] | None:
    """STRIDED_SLICE with the masks that a Python slice gives: open where it takes all."""
    shape = context.view.shape(value)
    bounds = slice_bounds(shape, node.options)
    begin: list[int] = []
    end: list[int] = []
    begin_mask = end_mask = 0
    partition = _side_by_side(context, value, node)
    written = _ends(node, len(shape))
    for axis, ((first, past, stride), extent) in enumerate(zip(bounds, shape, strict=True)):
        indexed = bool(shrink >> axis & 1)
        open_first = first == (0 if stride > 0 else extent - 1) and not indexed
        open_last = past == (extent if stride > 0 else -1) and not indexed
        if partition and (first, past) != (0, extent):
            open_first = open_last = False
        begin.append(first)
        # behind an axis cut at a negative end the extents are written out
        whole = extent if min(end, default=0) < 0 else 0
        end.append(whole if open_last else written.get(axis, past))
        begin_mask |= int(open_first) << axis
        end_mask |= int(open_last) << axis
    attrs: dict[str, AttrValue] = {
        "begin_mask": begin_mask, "end_mask": end_mask, "ellipsis_mask": 0, "new_axis_mask": 0,
        "shrink_axis_mask": shrink, "offset": False,
    }  # fmt: skip
    strides = tuple(stride for _, _, stride in bounds)
    inputs: list[Operand] = [value, Setting(tuple(begin)), Setting(tuple(end)), Setting(strides)]
    return [Lowered("STRIDED_SLICE", inputs, (out,), last, attrs)]


def _ends(node: Node, rank: int) -> dict[int, int]:
    """The ends as the text has them: -2 says more than what it comes to."""
    options = node.options
    if options.text("slice_mode", "end") == "size":
        return {}
    axes = options.maybe_integers("axes")
    ends = options.integers("end")
    places = range(len(ends)) if axes is None else [axis % rank for axis in axes]
    return dict(zip(places, ends, strict=False))


def _side_by_side(context: Context, value: int, node: Node) -> bool:
    """Whether a value is cut into parts that meet: those are written with both bounds."""
    view = context.view
    shape = view.shape(value)
    if value not in view.cuts:
        near = view.readers.get(value, [])[:_NEIGHBOURS]
        view.cuts[value] = [
            (other, slice_bounds(shape, other.options))
            for other in near
            if other.op == "strided_slice"
        ]
    own = slice_bounds(shape, node.options)
    for other, bounds in view.cuts[value]:
        pairs = zip(own, bounds, strict=True)
        if other is not node and any(a != b and (a[0] == b[1] or a[1] == b[0]) for a, b in pairs):
            return True
    return False


def take(context: Context, node: Node) -> list[Lowered] | None:
    axis = node.options.maybe_integers("axis")
    if axis is None:
        return None
    attrs: dict[str, AttrValue] = {
        "axis": axis[0],
        "batch_dims": node.options.integer("batch_dims", 0),
    }
    return [Lowered("GATHER", [*node.inputs[:2]], node.outputs, node, attrs)]


RULES: dict[str, tuple[Rule, ...]] = {
    "reshape": (shrunk,),
    "squeeze": (shrunk,),
    "strided_slice": (strided_slice,),
    "take": (take,),
}
