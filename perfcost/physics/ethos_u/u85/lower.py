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
from perfcost.physics.ethos_u.lower.windows import conv
from perfcost.physics.ethos_u.u85.transposes import steps

FIRST_FRESH = -10
"""Storages from here down are tensors between the commands of one op, each of its own."""

MOST = 65536
"""Longest axis of a command."""

_OPERATION = {"ADD": "add", "SUB": "add", "MUL": "mul", "DIV": "div"}


class Fresh:
    """Hands out storages for tensors between commands."""

    def __init__(self) -> None:
        self._next = FIRST_FRESH

    def view(self, hwc: HWC, bits: int) -> View:
        self._next -= 1
        return View(self._next, hwc, bits)


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
    return _permuted(fresh, context.view(ifm), context.view(ofm), size, moved)


def _permuted(fresh: Fresh, ifm: View, ofm: View, size: list[int], perm: list[int]) -> Drafts:
    """A permutation of three axes or more, by as many commands as it takes."""
    if len(size) <= 3:
        here: HWC = (size[0], size[1], size[2])
        swap: HWC = (perm[0], perm[1], perm[2])
        turns = [] if swap == (0, 1, 2) else [(here, swap)]
    else:
        turns = steps(size, perm)
    if not turns:
        flat = (math.prod(size[:-2]), size[-2], size[-1])
        return [copy(replace(ifm, hwc=flat), replace(ofm, hwc=flat))]
    drafts: Drafts = []
    current = ifm
    for number, (hwc, swap) in enumerate(turns):
        there: HWC = (hwc[swap[0]], hwc[swap[1]], hwc[swap[2]])
        last = number == len(turns) - 1
        out = replace(ofm, hwc=there) if last else fresh.view(there, ifm.bits)
        drafts.append(Draft("pool", "transpose", replace(current, hwc=hwc), out, swap=swap))
        current = out
    return drafts


def _multiplied(context: Context, fresh: Fresh, op: Op) -> Drafts:
    """A depthwise convolution with several outputs a channel: one each, then a permutation."""
    base = conv(context, op)
    first, *rest = base
    depth = first.ifm.touched[2]
    times = first.ofm.touched[2] // max(1, depth)
    if first.kind != "depthwise" or times < 2 or first.filters is None:
        return base
    height, width, _ = first.ofm.touched
    wide = fresh.view((times * height, width, depth), first.ofm.bits)
    filters = replace(
        first.filters, shape=(depth, *first.filters.shape[1:]),
        elements=max(1, first.filters.elements // times),
    )  # fmt: skip
    one = replace(
        first, ofm=replace(wide, part=(height, width, depth)), filters=filters, activation="none",
        uses_lut=False,
    )  # fmt: skip
    turned = _permuted(fresh, wide, first.ofm, [times, height, width, depth], [1, 2, 3, 0])
    turned[-1] = replace(turned[-1], activation=first.activation)
    return [*[one] * times, *turned, *rest]


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


def _softmax(context: Context, fresh: Fresh, op: Op) -> Drafts:
    """Softmax over the last axis: maximum, exponentials by table, a reciprocal by Newton steps."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape = context.shape(ifm)
    depth = shape[-1] if shape else 1
    count = context.graph.tensors[ifm].elements // max(1, depth)
    batch, (height, width, _) = volume(shape)
    full: HWC = (batch * height, width, depth)
    one: HWC = (batch * height, width, 1)
    deep, flat = deepened(full), deepened(one)
    scalar = View(CONSTANT, (1, 1, 1), 32)
    drafts: Drafts = []

    def add(kind: str, operation: str, first: View, second: View | None, out: View) -> View:
        drafts.append(Draft(kind, operation, first, out, ifm2=second))
        return out

    def small(operation: str, first: View, second: View) -> View:
        return add("elementwise", operation, first, second, fresh.view(flat, 32))

    most = fresh.view((count, 1, 1), 8)
    lead, deepest = (full[0], full[1]) if full[1] > 1 else (full[1], full[0])
    if deepest >= 16 and count > 1:  # what leads becomes the channels
        turned = fresh.view((depth, lead, deepest), 8)
        swap = (2, 0, 1) if full[1] > 1 else (2, 1, 0)
        drafts.append(Draft("pool", "transpose", context.view(ifm, full), turned, swap=swap))
        out = replace(most, hwc=(1, lead, deepest))
        drafts.append(Draft("pool", "max_pool", turned, out, kernel=(depth, 1)))
    else:
        drafts.append(
            Draft("pool", "max_pool", context.view(ifm, (count, depth, 1)), most, kernel=(1, depth))
        )
    exponents = fresh.view(full, 32)
    drafts.append(
        Draft(
            "elementwise", "add", context.view(ifm, full), exponents,
            ifm2=replace(most, hwc=one), activation="lut",
        )
    )  # fmt: skip
    shifted = fresh.view(deep, 32)
    add("elementwise", "other", replace(exponents, hwc=deep), scalar, shifted)
    total = fresh.view(one, 32)
    drafts.append(Draft("reduce", "other", replace(shifted, hwc=full), total, linear=True))
    thin = replace(total, hwc=flat)
    bits = add("elementwise", "other", thin, None, fresh.view(flat, 32))
    right = small("add", scalar, bits)
    fraction = small("other", thin, small("add", bits, scalar))
    half = fraction
    guess = small("add", small("mul", half, scalar), scalar)
    for _ in range(3):
        error = small("add", scalar, small("mul", guess, half))
        step = small("mul", small("mul", error, guess), scalar)
        guess = small("add", step, guess)
    scaled = add("elementwise", "mul", exponents, replace(guess, hwc=one), fresh.view(full, 32))
    add("elementwise", "other", scaled, replace(right, hwc=one), context.view(ofm, full))
    return drafts


def _prelu(context: Context, fresh: Fresh, op: Op) -> Drafts:
    """RELU of the one half, MIN and MUL by the slopes of the other, and their sum."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    whole = merged(context.shape(ofm))
    view, out = context.view(ifm, whole), context.view(ofm, whole)
    bits = context.bits(ifm)
    scalar = View(CONSTANT, (1, 1, 1), bits)
    slopes = context.view(op.inputs[1], volume(context.shape(op.inputs[1]))[1])
    above, below, scaled = (fresh.view(whole, bits) for _ in range(3))
    return [
        Draft("pool", "activation", view, above),
        Draft("elementwise", "other", view, below, ifm2=scalar),
        Draft("elementwise", "mul", below, scaled, ifm2=slopes),
        Draft("elementwise", "add", scaled, out, ifm2=above),
    ]


def _phases(size: int, stride: int, pad: int, extent: int) -> list[tuple[int, int]]:
    """(kernel, output extent) of each phase of a stride, as the compiler counts the latter."""
    found = []
    for offset in range(min(size, stride)):
        first = offset + -(-(pad - offset) // stride) * stride - pad
        found.append(((size - 1 - offset) // stride + 1, max(1, extent - first)))
    return found


def _transpose_conv(context: Context, fresh: Fresh, op: Op) -> Drafts:
    """A convolution for each phase of the stride, that writes every so many rows and columns."""
    base = lower_as_before(context, op)
    first = base[0]
    stride = op.pair("stride")
    if stride == (1, 1) or first.filters is None:
        return [replace(first, upscale=1), *base[1:]]
    depth, high, wide, channels = first.filters.shape
    height, width, deep = first.ofm.hwc
    drafts: Drafts = []
    for tall, rows in _phases(high, stride[0], op.padding[0], height):
        for broad, columns in _phases(wide, stride[1], op.padding[1], width):
            filters = replace(
                first.filters, shape=(depth, tall, broad, channels),
                elements=max(1, first.filters.elements * tall * broad // (high * wide)),
            )  # fmt: skip
            drafts.append(
                replace(
                    first, ofm=replace(first.ofm, part=(rows, columns, deep)),
                    kernel=(tall, broad), filters=filters, upscale=1, linear_ofm=True,
                )
            )  # fmt: skip
    return [*drafts, *base[1:]]


_Law = Callable[[Context, Fresh, Op], Drafts]

LOWER: dict[str, _Law] = {
    **dict.fromkeys(
        ("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"), _binary
    ),
    **dict.fromkeys(("SUM", "REDUCE_MAX", "REDUCE_MIN"), _reduce),
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), _resize),
    "ARG_MAX": _arg_max, "TRANSPOSE": _transpose, "GATHER": _gather,
    "BATCH_MATMUL": _batch_matmul, "SOFTMAX": _softmax, "PRELU": _prelu,
    "TRANSPOSE_CONV": _transpose_conv, "DEPTHWISE_CONV_2D": _multiplied,
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
