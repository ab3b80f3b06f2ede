"""What each op becomes on an Ethos-U85, where that is not what it becomes on the older engines.

The U85 has commands of its own for ARG_MAX, resizes, transpositions, reductions, products of two
feature maps and gathers, and broadcasts both operands of an elementwise op. Restates the rewrites
of Regor (``graphir_optimiser.cpp``, ``softmax.cpp``, ``scheduler_decompose.cpp``; Vela 5.2.0,
Apache-2.0), and was checked against the commands in its tables.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import CONSTANT, HWC, Draft, Drafts, View
from perfcost.physics.ethos_u.layout import axis_volume, deepened, merged, volume
from perfcost.physics.ethos_u.lower import (
    LUT_OPS,
    RELU_OPS,
    Context,
    activation,
    copy,
)
from perfcost.physics.ethos_u.lower import lower as lower_as_before
from perfcost.physics.ethos_u.lower.elementwise import rescales, slopes, unary
from perfcost.physics.ethos_u.u85.fresh import FIRST_FRESH, Fresh
from perfcost.physics.ethos_u.u85.permutation import permuted
from perfcost.physics.ethos_u.u85.softmax import softmax
from perfcost.physics.ethos_u.u85.windows import multiplied, transpose_conv

MOST = 65536
"""Longest axis of a command."""

_OPERATION = {"ADD": "add", "SUB": "add", "MUL": "mul", "DIV": "div"}


def _binary(context: Context, fresh: Fresh, op: Op) -> Drafts:
    ofm = op.outputs[0]
    out = context.shape(ofm)
    tensors = op.inputs[:2]
    shapes = [(1,) * (len(out) - len(s)) + s for s in map(context.shape, tensors)]
    one = [math.prod(shape) == 1 for shape in shapes]
    spread = not any(one) and shapes[0] != shapes[1]

    def whole(shape: tuple[int, ...]) -> HWC:
        if not spread:
            return deepened(merged(out))
        batch, (height, width, depth) = volume(shape)
        return batch * height, width, depth

    views = [
        context.view(tensor, (1, 1, 1) if scalar else whole(shape))
        for tensor, shape, scalar in zip(tensors, shapes, one, strict=True)
    ]
    result = Draft(
        "elementwise", _OPERATION.get(op.kind, "other"), views[0], context.view(ofm, whole(out)),
        ifm2=views[1], activation=activation(op),
    )  # fmt: skip
    if op.kind == "SQUARED_DIFFERENCE":
        return _squared_difference(fresh, result)
    return [result]


def _squared_difference(fresh: Fresh, draft: Draft) -> Drafts:
    """Both operands are widened and scaled; their difference is squared and scaled back."""
    assert draft.ifm2 is not None
    scalar = View(CONSTANT, (1, 1, 1), 32)
    drafts: Drafts = []
    wide: list[View] = []
    for operand in (draft.ifm2, draft.ifm):
        copied, scaled = fresh.view(operand.hwc, 32), fresh.view(operand.hwc, 32)
        drafts.append(Draft("pool", "copy", operand, copied))
        drafts.append(Draft("elementwise", "mul", copied, scaled, ifm2=scalar))
        wide.append(scaled)
    difference, square = fresh.view(draft.ofm.hwc, 32), fresh.view(draft.ofm.hwc, 32)
    return [
        *drafts,
        Draft("elementwise", "add", wide[1], difference, ifm2=wide[0]),
        Draft("elementwise", "mul", difference, square, ifm2=difference),
        Draft("elementwise", "mul", square, draft.ofm, ifm2=scalar),
    ]


def _arg_max(context: Context, fresh: Fresh, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape = context.shape(ifm)
    axes = context.values(op.inputs[1]) or (len(shape) - 1,)
    high, size, deep = axis_volume(shape, axes[0] % max(1, len(shape)))
    return _by_height(
        "minmax", context.view(ifm, (high, size, deep)), context.view(ofm, (high, 1, deep)),
        (1, size),
    )  # fmt: skip


def _by_height(kind: str, ifm: View, ofm: View, kernel: tuple[int, int]) -> Drafts:
    """A reduction in pieces of at most the longest axis."""
    high = ifm.hwc[0]
    if high <= MOST:
        return [Draft(kind, "other", ifm, ofm, kernel=kernel)]
    drafts: Drafts = []
    for size, times in ((MOST, high // MOST), (high % MOST, 1)):
        if size:
            part = replace(ifm, part=(size, *ifm.hwc[1:]))
            out = replace(ofm, part=(size, *ofm.hwc[1:]))
            drafts.append(Draft(kind, "other", part, out, kernel=kernel, repeats=times))
    return drafts


def _reduce(context: Context, fresh: Fresh, op: Op) -> Drafts:
    """SUM, REDUCE_MAX and REDUCE_MIN, one axis after the other."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape = list(context.shape(ifm))
    axes = sorted({axis % max(1, len(shape)) for axis in context.values(op.inputs[1])})
    drafts: Drafts = []
    current = context.view(ifm)
    for number, axis in enumerate(axes or [len(shape) - 1]):
        high, size, deep = axis_volume(tuple(shape), axis)
        shape[axis] = 1
        last = number == len(axes) - 1 or not axes
        bits = context.bits(ofm)
        if op.kind == "SUM":
            here, there = (high * deep, 1, size), (high * deep, 1, 1)
            source = replace(current, hwc=here)
            if deep > 1:  # what is summed becomes the channels
                turned = fresh.view((high, deep, size), current.bits)
                drafts.append(
                    Draft(
                        "pool", "transpose", replace(current, hwc=(high, size, deep)), turned,
                        swap=(0, 2, 1),
                    )
                )  # fmt: skip
                source = replace(turned, hwc=here)
            out = context.view(ofm, there) if last else fresh.view(there, 32)
            drafts.append(Draft("reduce", "other", source, out))
        else:
            there = volume(tuple(shape))[1] if deep == 1 else (high, 1, deep)
            out = context.view(ofm, there) if last else fresh.view(there, bits)
            drafts += _by_height("minmax", replace(current, hwc=(high, size, deep)), out, (1, size))
        current = out
    return drafts


def _resize(context: Context, fresh: Fresh, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    batch, (_, width, _) = volume(context.shape(ifm))
    _, whole = volume(context.shape(ofm))
    if volume(context.shape(ifm))[1] == whole:
        return [copy(context.view(ifm), context.view(ofm))]
    corners = bool(op.attrs.get("align_corners", False)) and whole[1] > 1
    numerator, denominator = (whole[1] - corners, max(1, width - corners))
    common = math.gcd(numerator, denominator) or 1
    factor = (max(1, 2 * (numerator // common)), max(1, 2 * (denominator // common)))
    return [
        Draft("resize", "other", context.view(ifm), context.view(ofm), repeats=batch, factor=factor)
    ]


def _transpose(context: Context, fresh: Fresh, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape = context.shape(ifm)
    perm = context.values(op.inputs[1]) or tuple(range(len(shape)))
    kept = [axis for axis in range(len(shape)) if shape[axis] != 1]
    leading = range(max(0, len(shape) - 3))
    if all(shape[axis] == 1 and perm[axis] == axis for axis in leading):
        kept = list(range(max(0, len(shape) - 3), len(shape)))
    order = [kept.index(axis) for axis in perm if axis in kept]
    missing = max(0, 3 - len(kept))
    size = [1] * missing + [shape[axis] for axis in kept]
    moved = [*range(missing), *(axis + missing for axis in order)]
    return permuted(fresh, context.view(ifm), context.view(ofm), size, moved)


def _gather(context: Context, fresh: Fresh, op: Op) -> Drafts:
    ifm, indices, ofm = op.inputs[0], op.inputs[1], op.outputs[0]
    shape = context.shape(ifm)
    axis = op.integer("axis") % max(1, len(shape))
    high, size, deep = axis_volume(shape, axis)
    count = context.graph.tensors[indices].elements
    return [
        Draft(
            "gather", "other", context.view(ifm, (high, size, deep)),
            context.view(ofm, (high, count, deep)), linear=True,
            ifm2=context.view(indices, (1, 1, count)),
        )
    ]  # fmt: skip


def _batch_matmul(context: Context, fresh: Fresh, op: Op) -> Drafts:
    """The second operand is transposed, then each matrix is a product on the MAC engine."""
    first, second, ofm = op.inputs[0], op.inputs[1], op.outputs[0]
    batch, (height, width, depth) = volume(context.shape(first))
    columns = context.shape(ofm)[-1]
    times = batch * height
    turned = fresh.view((times, columns, depth), context.bits(second))
    drafts: Drafts = [
        Draft(
            "pool", "transpose", context.view(second, (times, depth, columns)), turned,
            swap=(0, 2, 1),
        )
    ]  # fmt: skip
    left = replace(context.view(first, (times, width, depth)), part=(1, width, depth))
    right = replace(turned, part=(1, columns, depth))
    out = replace(context.view(ofm, (times, width, columns)), part=(1, width, columns))
    drafts.append(Draft("matmul", "other", left, out, ifm2=right, repeats=times))
    return drafts


def _prelu(context: Context, fresh: Fresh, op: Op) -> Drafts:
    """For slopes up to 1 the larger of input and product, else the sum of both halves apart."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    least, largest = slopes(context, op.inputs[1])
    if least == largest:
        return [replace(draft, operation="activation") for draft in unary(context, op)]
    whole = merged(context.shape(ofm))
    # what needs no slopes is laid out anew where it is shallow
    flat = deepened(whole)
    view, out = context.view(ifm, flat), context.view(ofm, flat)
    bits = context.bits(ifm)
    scalar = View(CONSTANT, (1, 1, 1), bits)
    slope = context.view(op.inputs[1], volume(context.shape(op.inputs[1]))[1])
    if largest <= 1:
        same, scaled = view, fresh.view(flat, bits)
        drafts: Drafts = []
        if rescales(context, ifm, ofm):
            same = fresh.view(flat, bits)
            drafts.append(Draft("elementwise", "mul", view, same, ifm2=scalar))
        drafts.append(
            Draft("elementwise", "mul", replace(view, hwc=whole), replace(scaled, hwc=whole),
                  ifm2=slope)
        )  # fmt: skip
        return [*drafts, Draft("elementwise", "other", scaled, out, ifm2=same)]
    above, below, scaled = (fresh.view(flat, bits) for _ in range(3))
    return [
        Draft("pool", "activation", view, above),
        Draft("elementwise", "other", view, below, ifm2=scalar),
        Draft("elementwise", "mul", replace(below, hwc=whole), replace(scaled, hwc=whole),
              ifm2=slope),
        Draft("elementwise", "add", scaled, out, ifm2=above),
    ]  # fmt: skip


_Law = Callable[[Context, Fresh, Op], Drafts]

LOWER: dict[str, _Law] = {
    **dict.fromkeys(
        ("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"), _binary
    ),
    **dict.fromkeys(("SUM", "REDUCE_MAX", "REDUCE_MIN"), _reduce),
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), _resize),
    "ARG_MAX": _arg_max, "TRANSPOSE": _transpose, "GATHER": _gather,
    "BATCH_MATMUL": _batch_matmul, "SOFTMAX": softmax, "PRELU": _prelu,
    "TRANSPOSE_CONV": transpose_conv, "DEPTHWISE_CONV_2D": multiplied,
}  # fmt: skip


def lower(context: Context, fresh: Fresh, op: Op) -> Drafts:
    """The commands of one op on an Ethos-U85, as if nothing were folded into its neighbours."""
    own = LOWER.get(op.kind)
    drafts = lower_as_before(context, op) if own is None else own(context, fresh, op)
    drafts = [
        replace(draft, uses_lut=False) if draft.activation == "lut" else draft for draft in drafts
    ]
    if own is not None:
        return drafts
    if op.kind in LUT_OPS | RELU_OPS:
        return [replace(draft, operation="activation") for draft in drafts]
    return _own_temporaries(drafts, fresh)


def _own_temporaries(drafts: Drafts, fresh: Fresh) -> Drafts:
    """Gives what lies between two commands of one op a storage of its own."""
    current: View | None = None
    found: Drafts = []
    for draft in drafts:
        ifm, ifm2, ofm = draft.ifm, draft.ifm2, draft.ofm
        if current is not None:
            if FIRST_FRESH < ifm.storage < CONSTANT:
                ifm = replace(ifm, storage=current.storage)
            if ifm2 is not None and FIRST_FRESH < ifm2.storage < CONSTANT:
                ifm2 = replace(ifm2, storage=current.storage)
        if FIRST_FRESH < ofm.storage < CONSTANT:
            current = fresh.view(ofm.hwc, ofm.bits)
            ofm = replace(ofm, storage=current.storage)
        found.append(replace(draft, ifm=ifm, ifm2=ifm2, ofm=ofm))
    return found
