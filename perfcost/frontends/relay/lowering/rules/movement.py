"""Operators that move, cut and join."""

from __future__ import annotations

from perfcost.frontends.relay.inference.movement import slice_bounds
from perfcost.frontends.relay.lowering.quantization import RANGES
from perfcost.frontends.relay.lowering.lowered import Fill, Lowered, Operand, Setting
from perfcost.frontends.relay.lowering.rules.context import Context, Rule
from perfcost.frontends.relay.program import Node
from perfcost.graph import AttrValue


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


def concatenate(context: Context, node: Node) -> list[Lowered]:
    view = context.view
    fields = node.args[0]
    values = [one for one in (fields if isinstance(fields, tuple) else node.args) if isinstance(one, int)]
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
        if left and extent == left[0] and not (extent == 1 and len(before) - axis > len(left) and whole[axis] > 1):
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
    begin, end, begin_mask, end_mask = [], [], 0, 0
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
    shape = context.view.shape(value)
    own = slice_bounds(shape, node.options)
    for other in context.view.readers.get(value, ()):
        if other.op == "strided_slice" and other is not node:
            pairs = zip(own, slice_bounds(shape, other.options), strict=True)
            if any(a != b and (a[0] == b[1] or a[1] == b[0]) for a, b in pairs):
                return True
    return False


def take(context: Context, node: Node) -> list[Lowered] | None:
    axis = node.options.maybe_integers("axis")
    if axis is None:
        return None
    attrs: dict[str, AttrValue] = {"axis": axis[0], "batch_dims": node.options.integer("batch_dims", 0)}
    return [Lowered("GATHER", [*node.inputs[:2]], node.outputs, node, attrs)]


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
    "reshape": (shrunk, reshape),
    "nn.batch_flatten": (reshape,),
    "squeeze": (part_of_unpack, shrunk, squeeze),
    "expand_dims": (expand_dims,),
    "transpose": (transpose,),
    "layout_transform": (layout_transform,),
    "nn.pad": (pad,),
    "concatenate": (concatenate,),
    "qnn.concatenate": (concatenate,),
    "stack": (stack,),
    "split": (split,),
    "strided_slice": (strided_slice,),
    "take": (take,),
    "tile": (tile,),
    "broadcast_to": (broadcast_to,),
    "reverse": (reverse,),
}
