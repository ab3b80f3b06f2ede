"""Ops that go element by element, and products of two feature maps."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import CONSTANT, PLAIN, TEMPORARY, Draft, Drafts, View
from perfcost.physics.ethos_u.layout import deepened, merged, volume
from perfcost.physics.ethos_u.lower.context import Context, activation, temporary
from perfcost.physics.ethos_u.lower.kinds import LUT_OPS

_AXES = 4

_OPERATION = {"ADD": "add", "SUB": "add", "MUL": "mul"}


def binary(context: Context, op: Op) -> Drafts:
    first, second = op.inputs[0], op.inputs[1]
    ofm = op.outputs[0]
    shapes = [context.shape(first), context.shape(second)]
    out = context.shape(ofm)
    one = [context.graph.tensors[t].elements == 1 for t in (first, second)]
    padded = [(1,) * (len(out) - len(s)) + s for s in shapes]
    broadcast = not any(one) and padded[0] != padded[1]
    views = []
    for tensor, shape, scalar in zip((first, second), padded, one, strict=True):
        if scalar:
            hwc = (1, 1, 1)
        elif broadcast:
            hwc = volume(shape)[1]
        else:
            hwc = deepened(merged(out))
        views.append(context.view(tensor, hwc))
    repeats = 1
    if broadcast:
        repeats, out_hwc = volume(out)
    else:
        out_hwc = deepened(merged(out))
    operation = _OPERATION.get(op.kind, "other")
    ahead: Drafts = []
    if broadcast and all(shape != out for shape in padded):
        # only one operand may be broadcast: the first is added to zeros of the full extents
        zeros = View(CONSTANT, out_hwc, views[0].bits)
        spread = temporary(out_hwc, 8)
        ahead = [Draft("elementwise", "add", zeros, spread, ifm2=views[0], repeats=repeats)]
        views[0] = temporary(out_hwc, views[0].bits)
    result = Draft(
        "elementwise", operation, views[0], context.view(ofm, out_hwc), ifm2=views[1],
        activation=activation(op), repeats=repeats,
    )  # fmt: skip
    if op.kind == "SQUARED_DIFFERENCE":
        return [*ahead, *_squared_difference(result, len(out))]
    return [*ahead, result]


def _squared_difference(draft: Draft, rank: int) -> Drafts:
    """In 32 bits: both operands widened and scaled, subtracted, squared, scaled back.

    The square has four axes; a result of fewer makes the compiler add it to zeros before.
    """
    assert draft.ifm2 is not None
    scalar = View(CONSTANT, (1, 1, 1), 32)
    drafts: Drafts = []
    wide = []
    times = draft.repeats
    for view in (draft.ifm, draft.ifm2):
        # what has one operand is laid out anew, even where the subtraction broadcasts
        flat = deepened(merged(view.hwc))
        storage = TEMPORARY if flat == view.hwc else PLAIN
        plain, scaled = View(PLAIN, flat, 32), View(storage, flat, 32)
        source = replace(view, hwc=flat)
        drafts.append(Draft("pool", "copy", source, plain, repeats=times))
        drafts.append(Draft("elementwise", "mul", plain, scaled, ifm2=scalar, repeats=times))
        wide.append(replace(scaled, hwc=view.hwc))
    flat = deepened(merged(draft.ofm.hwc))
    storage = TEMPORARY if flat == draft.ofm.hwc else PLAIN
    drafts.append(
        Draft("elementwise", "add", wide[0], View(storage, draft.ofm.hwc, 32), ifm2=wide[1],
              repeats=times)
    )  # fmt: skip
    result, squared = View(storage, flat, 32), temporary(flat, 32)
    drafts.append(Draft("elementwise", "mul", result, squared, ifm2=result, repeats=times))
    if rank < _AXES:
        zeros = View(CONSTANT, flat, 32)
        drafts.append(Draft("elementwise", "add", zeros, squared, ifm2=squared, repeats=times))
    last = replace(
        draft, operation="mul", ifm=squared, ifm2=scalar, ofm=replace(draft.ofm, hwc=flat)
    )
    return [*drafts, last]


def unary(context: Context, op: Op) -> Drafts:
    """An activation or a change of quantisation on its own: a 1x1 average pool."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    hwc = deepened(merged(context.shape(ofm)))
    return [
        Draft(
            "pool", "other", context.view(ifm, hwc), context.view(ofm, hwc),
            uses_lut=op.kind in LUT_OPS,
        )
    ]  # fmt: skip


def absolute(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    hwc = deepened(merged(context.shape(ofm)))
    return [Draft("elementwise", "other", context.view(ifm, hwc), context.view(ofm, hwc))]


def slopes(context: Context, tensor: int) -> tuple[float, float]:
    """(least, largest) slope of a PRELU; (0, 1) where the slopes are not at hand."""
    found = context.graph.tensors[tensor]
    constant, quantization = found.constant, found.quantization
    if constant is None or constant.histogram is None or quantization is None:
        return 0.0, 1.0
    present = constant.histogram.array().nonzero()[0]
    low, high = (int(present[0]), int(present[-1]))
    zero = constant.histogram.zero
    return (low - zero) * quantization.scale, (high - zero) * quantization.scale


def rescales(context: Context, ifm: int, ofm: int) -> bool:
    """Whether values have to be scaled anew between two tensors."""
    first, last = (context.graph.tensors[tensor].quantization for tensor in (ifm, ofm))
    return first is None or last is None or first.key != last.key


def prelu(context: Context, op: Op) -> Drafts:
    """PRELU: a table for one slope, a maximum for slopes up to 1, else both halves apart."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    least, largest = slopes(context, op.inputs[1])
    if least == largest:
        return [replace(draft, uses_lut=True) for draft in unary(context, op)]
    whole = merged(context.shape(ofm))
    # what needs no slopes is laid out anew where it is shallow
    flat = deepened(whole)
    view, again, out = context.view(ifm, whole), context.view(ifm, flat), context.view(ofm, flat)
    bits = context.bits(ifm)
    scalar = View(CONSTANT, (1, 1, 1), bits)
    slope = context.view(op.inputs[1], volume(context.shape(op.inputs[1]))[1])
    storage = TEMPORARY if flat == whole else PLAIN
    first, scaled = View(storage, flat, bits), View(storage, flat, bits)
    product = replace(scaled, hwc=whole)
    if largest <= 1:
        drafts: Drafts = []
        if rescales(context, ifm, ofm):
            drafts.append(Draft("elementwise", "mul", again, first, ifm2=scalar))
        else:
            first = again
        drafts.append(Draft("elementwise", "mul", view, product, ifm2=slope))
        return [*drafts, Draft("elementwise", "other", scaled, out, ifm2=first)]
    below = View(storage, flat, bits)
    return [
        Draft("pool", "other", again, first),
        Draft("elementwise", "other", again, below, ifm2=scalar),
        Draft("elementwise", "mul", replace(below, hwc=whole), product, ifm2=slope),
        Draft("elementwise", "add", scaled, out, ifm2=first),
    ]


def batch_matmul(context: Context, op: Op) -> Drafts:
    """A product of two feature maps, the second laid out by columns, the first by rows."""
    first, second, ofm = op.inputs[0], op.inputs[1], op.outputs[0]
    out = context.shape(ofm)
    width, columns = volume(out)[1][1:]
    high = context.graph.tensors[ofm].elements // max(1, width * columns)
    depth = volume(context.shape(first))[1][1 if op.attrs.get("adj_x") else 2]
    left, right = (high, width, depth), (high, columns, depth)
    drafts: Drafts = []

    def turned(view: View, storage: int) -> View:
        height, wide, deep = view.hwc
        result = View(storage, (height, deep, wide), view.bits)
        drafts.append(Draft("transpose", "other", view, result, linear=True))
        return result

    lhs = context.view(first, (high, depth, width) if op.attrs.get("adj_x") else left)
    if op.attrs.get("adj_x"):
        lhs = turned(lhs, TEMPORARY)
    rhs = context.view(second, right if op.attrs.get("adj_y") else (high, depth, columns))
    if not op.attrs.get("adj_y"):  # of an operand that is turned already, two turns cancel out
        rhs = turned(rhs, PLAIN)
    elif second in context.graph.inputs:  # ... but for one pass where it is not the NPU's own
        whole = View(PLAIN, right, rhs.bits)
        drafts.append(Draft("transpose", "other", rhs, whole, linear=True))
        rhs = whole
    result = context.view(ofm, (high, width, columns))
    drafts.append(Draft("product", "other", lhs, result, rhs, linear=True))
    return drafts
