"""What each op becomes on the NPU: the commands of one op, as drafts.

One function a kind of op. They restate the rewrites of Regor (``tflite_graph_optimiser.cpp``,
``graphir_optimiser.cpp``, ``softmax.cpp``; Vela 5.2.0, Apache-2.0), and were checked against the
commands in its tables. Folding between ops (padding, activations, views, copies) is in ``fold.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from perfcost.graph import BITS, Graph, Op
from perfcost.physics.ethos_u.draft import (
    CONSTANT,
    HWC,
    PLAIN,
    TEMPORARY,
    Draft,
    Drafts,
    Filters,
    View,
)
from perfcost.physics.ethos_u.layout import axis_volume, deepened, merged, rows, volume

LUT_OPS = frozenset(
    {"LOGISTIC", "TANH", "HARD_SWISH", "LEAKY_RELU", "ELU", "EXP", "GELU", "LOG", "RSQRT"}
)
RELU_OPS = frozenset({"RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1"})
VIEW_OPS = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})
PART_OPS = frozenset({"SLICE", "STRIDED_SLICE", "SPLIT", "SPLIT_V", "UNPACK"})
JOIN_OPS = frozenset({"CONCATENATION", "PACK"})
_OPERATION = {"ADD": "add", "SUB": "add", "MUL": "mul"}
_ACTIVATION = {"NONE": "none", "RELU": "relu", "RELU6": "relu", "RELU_N1_TO_1": "relu"}
_MAX_MEAN = 64


class Context:
    """The graph that is lowered, with what its ops need of it."""

    __slots__ = ("graph", "source")

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.source: dict[int, int] = {}
        """Tensor that a folded PAD reads, by the tensor that it writes."""

    def shape(self, tensor: int) -> tuple[int, ...]:
        return self.graph.tensors[tensor].shape

    def bits(self, tensor: int) -> int:
        return max(8, BITS[self.graph.tensors[tensor].dtype])

    def storage(self, tensor: int) -> int:
        return CONSTANT if self.graph.tensors[tensor].constant is not None else tensor

    def view(self, tensor: int, hwc: HWC | None = None) -> View:
        return View(
            self.storage(tensor),
            volume(self.shape(tensor))[1] if hwc is None else hwc,
            self.bits(tensor),
        )

    def values(self, tensor: int) -> tuple[int, ...]:
        constant = self.graph.tensors[tensor].constant
        return constant.values or () if constant is not None else ()


def activation(op: Op) -> str:
    return _ACTIVATION.get(op.activation, "lut")


def temporary(hwc: HWC, bits: int) -> View:
    """A tensor between the commands of one op."""
    return View(TEMPORARY, hwc, bits)


def _filters(context: Context, tensor: int, shape: tuple[int, int, int, int]) -> Filters:
    found = context.graph.tensors[tensor]
    histogram = None if found.constant is None else found.constant.histogram
    return Filters(shape, found.elements, histogram)


def _with_activation(draft: Draft, op: Op) -> Drafts:
    """The draft with the op's fused activation.

    A shallow output is laid out anew for an activation, which then runs on its own.
    """
    kind = activation(op)
    hwc = draft.ofm.hwc
    deeper = deepened(hwc)
    if kind == "none" or deeper == hwc or draft.ofm.part is not None:
        return [replace(draft, activation=kind, uses_lut=kind == "lut")]
    between = View(PLAIN, hwc, draft.ofm.bits)
    own = Draft(
        "pool", "other", replace(between, hwc=deeper), replace(draft.ofm, hwc=deeper),
        uses_lut=kind == "lut",
    )  # fmt: skip
    return [replace(draft, ofm=between), own]


def _conv(context: Context, op: Op) -> Drafts:
    ifm = context.source.get(op.inputs[0], op.inputs[0])
    weights, ofm = op.inputs[1], op.outputs[0]
    filter_shape = context.shape(weights)
    kernel = (filter_shape[1], filter_shape[2])
    dilation = op.pair("dilation")
    widened = kernel
    if max(dilation) > 2:  # the hardware dilates by 2 at most; the rest is zeros in the kernel
        hardware = tuple(2 if step % 2 == 0 else 1 for step in dilation)
        by_hand = tuple(d // h for d, h in zip(dilation, hardware, strict=True))
        widened = ((kernel[0] - 1) * by_hand[0] + 1, (kernel[1] - 1) * by_hand[1] + 1)
        dilation = (hardware[0], hardware[1])
    batch, ifm_hwc = volume(context.shape(ifm))
    _, ofm_hwc = volume(context.shape(ofm))
    stride = _effective(op.pair("stride"), ofm_hwc[:2])
    dilation = _effective(dilation, widened)
    kind = "conv"
    if op.kind == "DEPTHWISE_CONV_2D" and not (ifm_hwc[2] == 1 and ofm_hwc[2] > 1):
        kind = "depthwise"
    repeats = batch
    pointwise = kernel == (1, 1) and stride == (1, 1) and not any(op.padding)
    if kind == "conv" and batch > 1 and pointwise:
        height, width = rows(batch * ifm_hwc[0] * ifm_hwc[1])
        ifm_hwc, ofm_hwc = (height, width, ifm_hwc[2]), (height, width, ofm_hwc[2])
        repeats = 1
    depth_in = 1 if op.kind == "DEPTHWISE_CONV_2D" else ifm_hwc[2]
    draft = Draft(
        kind, "other", context.view(ifm, ifm_hwc), context.view(ofm, ofm_hwc), kernel=widened,
        stride=stride, dilation=dilation, repeats=repeats,
        filters=_filters(context, weights, (ofm_hwc[2], *widened, depth_in)),
    )  # fmt: skip
    return _with_activation(_unrolled(draft, op), op)


def _effective(steps: tuple[int, int], extents: tuple[int, int]) -> tuple[int, int]:
    """Strides (dilations) where they count: not over an output (a kernel) of one element."""
    return (1 if extents[0] == 1 else steps[0], 1 if extents[1] == 1 else steps[1])


def _unrolled(draft: Draft, op: Op) -> Draft:
    """Strides above 3 are beyond the hardware: one command an output position instead."""
    if max(draft.stride) <= 3 or any(op.padding) or draft.dilation != (1, 1):
        return draft
    ifm, ofm = draft.ifm.hwc, draft.ofm.hwc
    return replace(
        draft,
        ifm=replace(draft.ifm, part=(*draft.kernel, ifm[2])),
        ofm=replace(draft.ofm, part=(1, 1, ofm[2])),
        stride=(1, 1),
        repeats=draft.repeats * ofm[0] * ofm[1],
    )


def _transpose_conv(context: Context, op: Op) -> Drafts:
    weights, ifm, ofm = op.inputs[1], op.inputs[2], op.outputs[0]
    filter_shape = context.shape(weights)
    batch, ifm_hwc = volume(context.shape(ifm))
    upscale = 2 if op.pair("stride") == (2, 2) else 1
    shape = (filter_shape[0], filter_shape[1], filter_shape[2], filter_shape[3])
    draft = Draft(
        "conv", "other", context.view(ifm, ifm_hwc), context.view(ofm), kernel=shape[1:3],
        repeats=batch, upscale=upscale, filters=_filters(context, weights, shape),
    )  # fmt: skip
    return _with_activation(draft, op)


def _fully_connected(context: Context, op: Op) -> Drafts:
    ifm, weights, ofm = op.inputs[0], op.inputs[1], op.outputs[0]
    filter_shape = context.shape(weights)
    depth = filter_shape[-1]
    height, width = rows(context.graph.tensors[ifm].elements // max(1, depth))
    draft = Draft(
        "conv", "matrix", context.view(ifm, (height, width, depth)),
        context.view(ofm, (height, width, filter_shape[0])),
        filters=_filters(context, weights, (filter_shape[0], 1, 1, depth)),
    )  # fmt: skip
    return _with_activation(draft, op)


def _pool(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    batch, ifm_hwc = volume(context.shape(ifm))
    kernel = op.pair("window")
    stride = _effective(op.pair("stride"), volume(context.shape(ofm))[1][:2])
    if kernel == ifm_hwc[:2]:
        stride = (1, 1)
    operation = "max_pool" if op.kind == "MAX_POOL_2D" else "other"
    draft = Draft(
        "pool", operation, context.view(ifm), context.view(ofm), kernel=kernel, stride=stride,
        repeats=batch,
    )  # fmt: skip
    return _with_activation(_unrolled(draft, op), op)


def _binary(context: Context, op: Op) -> Drafts:
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
            batch, (height, width, depth) = volume(shape)
            hwc = (batch * height, width, depth)
        else:
            hwc = deepened(merged(out))
        views.append(context.view(tensor, hwc))
    if broadcast:
        batch, (height, width, depth) = volume(out)
        out_hwc = (batch * height, width, depth)
    else:
        out_hwc = deepened(merged(out))
    operation = _OPERATION.get(op.kind, "other")
    ahead: Drafts = []
    if broadcast and all(shape != out for shape in padded):
        # only one operand may be broadcast: the first is added to zeros of the full extents
        zeros = View(CONSTANT, out_hwc, views[0].bits)
        ahead = [Draft("elementwise", "add", zeros, temporary(out_hwc, 8), ifm2=views[0])]
        views[0] = temporary(out_hwc, views[0].bits)
    result = Draft(
        "elementwise", operation, views[0], context.view(ofm, out_hwc), ifm2=views[1],
        activation=activation(op),
    )  # fmt: skip
    if op.kind == "SQUARED_DIFFERENCE":
        wide = temporary(out_hwc, 32)
        square = Draft("elementwise", "mul", wide, result.ofm, ifm2=wide)
        return [*ahead, replace(result, operation="add", ofm=wide, activation="none"), square]
    return [*ahead, result]


def _unary(context: Context, op: Op) -> Drafts:
    """An activation or a change of quantisation on its own: a 1x1 average pool."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    hwc = deepened(merged(context.shape(ofm)))
    return [
        Draft(
            "pool", "other", context.view(ifm, hwc), context.view(ofm, hwc),
            uses_lut=op.kind in LUT_OPS,
        )
    ]  # fmt: skip


def _abs(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    hwc = deepened(merged(context.shape(ofm)))
    return [Draft("elementwise", "other", context.view(ifm, hwc), context.view(ofm, hwc))]


def copy(ifm: View, ofm: View) -> Draft:
    """A plain copy; elements wider than 16 bits go as several of 16."""
    if ifm.bits > 16:
        times = ifm.bits // 16

        def narrow(view: View) -> View:
            h, w, c = view.hwc
            part = view.part and (view.part[0], view.part[1], view.part[2] * times)
            return replace(view, hwc=(h, w, c * times), bits=16, part=part)

        ifm, ofm = narrow(ifm), narrow(ofm)
    return Draft("pool", "copy", ifm, ofm)


def _pad(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape, out = context.shape(ifm), context.shape(ofm)
    pads = context.values(op.inputs[1])
    whole = volume(out)[1]
    bits = context.bits(ofm)
    batch = volume(shape)[0]
    flat = batch > 1 or len(shape) > 4
    drafts: Drafts = []
    inner = context.view(ifm, (1, 1, 1) if flat else volume(shape)[1])
    if flat:
        inner = context.view(ifm, merged(shape))
    before = pads[-2] if len(pads) >= 2 else 0
    extents = merged(out) if flat else whole
    drafts.append(copy(inner, View(context.storage(ofm), extents, bits, inner.hwc, before)))
    for axis in range(len(shape)):
        for side in (0, 1):
            count = pads[2 * axis + side] if len(pads) > 2 * axis + side else 0
            if not count:
                continue
            if flat:
                high, _, deep = axis_volume(out, axis)
                part: HWC = (high, count, deep)
                target = View(context.storage(ofm), axis_volume(out, axis), bits, part)
            else:
                position = axis - len(shape) + 3
                sides = list(whole)
                sides[position] = count
                part = (sides[0], sides[1], sides[2])
                channel = whole[2] - count if position == 2 and side else 0
                target = View(context.storage(ofm), whole, bits, part, channel)
            drafts.append(copy(View(CONSTANT, part, bits), target))
    return drafts


def _join(context: Context, op: Op) -> Drafts:
    """CONCATENATION and PACK: each input is copied into its part of the output."""
    ofm = op.outputs[0]
    out = context.shape(ofm)
    axis = op.integer("axis") % max(1, len(out))
    if op.kind == "PACK":
        parts = [(*out[:axis], 1, *out[axis + 1 :]) for _ in op.inputs]
    else:
        parts = [context.shape(t) for t in op.inputs]
    drafts: Drafts = []
    start = 0
    batch, whole = volume(out)
    for tensor, shape in zip(op.inputs, parts, strict=True):
        if batch > 1:
            whole, part = axis_volume(out, axis), axis_volume(shape, axis)
            channel = 0
        else:
            part = volume(shape)[1]
            channel = start if axis == len(out) - 1 else 0
        target = View(context.storage(ofm), whole, context.bits(ofm), part, channel)
        drafts.append(copy(context.view(tensor, part), target))
        start += shape[axis]
    return drafts


def part_channel(context: Context, op: Op, output: int) -> int:
    """First channel that an output of a slicing op takes from its input."""
    source = op.inputs[1] if op.kind == "SPLIT" else op.inputs[0]
    rank = len(context.shape(source))
    if op.kind in ("SLICE", "STRIDED_SLICE"):
        begin = context.values(op.inputs[1])
        masked = op.kind == "STRIDED_SLICE" and (op.integer("begin_mask") >> (rank - 1)) & 1
        start = begin[-1] if len(begin) == rank and not masked else 0
        return start % context.shape(source)[-1] if context.shape(source)[-1] else 0
    if op.kind == "UNPACK":
        return output if op.integer("axis") % rank == rank - 1 else 0
    axis = context.values(op.inputs[0] if op.kind == "SPLIT" else op.inputs[2])
    if not axis or axis[0] % rank != rank - 1:
        return 0
    return sum(context.shape(t)[-1] for t in op.outputs[:output])


def _part(context: Context, op: Op) -> Drafts:
    """SPLIT, SLICE, UNPACK: each output is copied out of its part of the input."""
    source = op.inputs[1] if op.kind == "SPLIT" else op.inputs[0]
    whole = volume(context.shape(source))[1]
    drafts: Drafts = []
    for number, tensor in enumerate(op.outputs):
        part = volume(context.shape(tensor))[1]
        channel = part_channel(context, op, number)
        view = View(context.storage(source), whole, context.bits(source), part, channel)
        drafts.append(copy(view, context.view(tensor, part)))
    return drafts


def _view(context: Context, op: Op) -> Drafts:
    """A reshape that could not be folded is one copy."""
    hwc = deepened(merged(context.shape(op.outputs[0])))
    return [copy(context.view(op.inputs[0], hwc), context.view(op.outputs[0], hwc))]


def _mean(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape = context.shape(ifm)
    rank = len(shape)
    padded = (1,) * (4 - rank) + shape
    axes = {(axis % rank) + 4 - rank for axis in context.values(op.inputs[1])}
    extents = list(padded[-3:])
    reduced = [axis + 1 in axes for axis in range(3)]
    if reduced[2] and extents[2] > 1:  # over channels: they become the width or the height
        gone = 1 if extents[1] == 1 else 0
        del extents[gone], reduced[gone]
        extents.append(1)
        reduced.append(False)
    height, width, depth = extents
    kernel = [height if reduced[0] else 1, width if reduced[1] else 1]
    if kernel[0] > _MAX_MEAN and all(reduced[:2]) and kernel[0] * kernel[1] <= _MAX_MEAN**2:
        height, width = 1, height * width
        kernel = [1, width]
    result = (1 if reduced[0] else height, 1 if reduced[1] else width, depth)
    rows_each = max(1, min(_MAX_MEAN**2 // max(1, kernel[1]), kernel[0], _MAX_MEAN))
    wide = temporary(result, 32)
    view = context.view(ifm, (height, width, depth))
    drafts: Drafts = []
    for start in range(0, kernel[0], rows_each):
        size = min(rows_each, kernel[0] - start)
        part = view if size == kernel[0] else replace(view, part=(size, width, depth))
        drafts.append(
            Draft(
                "depthwise", "other", part, wide, kernel=(size, kernel[1]), repeats=padded[0],
                filters=Filters((depth, size, kernel[1], 1), size * kernel[1] * depth, bits=0.25),
            )
        )  # fmt: skip
        if start:
            drafts.append(Draft("elementwise", "add", wide, wide, ifm2=wide))
    scalar = View(CONSTANT, (1, 1, 1), 32)
    out = context.view(ofm, result)
    drafts.append(Draft("elementwise", "mul", wide, out, ifm2=scalar, repeats=padded[0]))
    return drafts


_SWAPS = {
    (0, 1, 2): (),
    (0, 2, 1): ((0, 2, 1),),
    (1, 0, 2): ((1, 0, 2),),
    (2, 1, 0): ((2, 1, 0),),
    (2, 0, 1): ((2, 1, 0), (0, 2, 1)),
    (1, 2, 0): ((1, 0, 2), (0, 2, 1)),
}
"""Permutations of (height, width, channels) as the swaps of two axes that the NPU can do."""


def _transpose(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape = context.shape(ifm)
    perm = context.values(op.inputs[1]) or tuple(range(len(shape)))
    kept = [axis for axis in range(len(shape)) if shape[axis] != 1] if len(shape) > 3 else None
    if kept is not None:
        order = [kept.index(axis) for axis in perm if axis in kept]
        extents = [shape[axis] for axis in kept]
        missing = 3 - len(kept)
        perm = (*range(missing), *(axis + missing for axis in order))
        extents = [1] * missing + extents
    else:
        missing = 3 - len(shape)
        extents = [1] * missing + list(shape)
        perm = (*range(missing), *(axis + missing for axis in perm))
    bits = context.bits(ifm)
    if len(perm) > 3 or tuple(perm) not in _SWAPS:
        # more than three axes move: one pass of two swaps over the whole is the least it takes
        hwc = merged(shape)
        view, out = context.view(ifm, hwc), context.view(ofm, merged(context.shape(ofm)))
        middle = temporary(hwc, bits)
        return [
            Draft("transpose", "other", view, middle, linear=True),
            Draft("transpose", "other", middle, out, linear=True),
        ]
    here: HWC = (extents[0], extents[1], extents[2])
    current = context.view(ifm, here)
    swaps = _SWAPS[(perm[0], perm[1], perm[2])]
    if not swaps:
        return [copy(current, context.view(ofm, here))]
    drafts: Drafts = []
    for number, swap in enumerate(swaps):
        there: HWC = (here[swap[0]], here[swap[1]], here[swap[2]])
        last = number == len(swaps) - 1
        out = context.view(ofm, there) if last else temporary(there, bits)
        drafts.append(Draft("transpose", "other", current, out, linear=True))
        here, current = there, out
    return drafts


def _resize(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    batch, (height, width, depth) = volume(context.shape(ifm))
    _, whole = volume(context.shape(ofm))
    if (height, width) == whole[:2]:
        return [copy(context.view(ifm), context.view(ofm))]
    if height == width == 1:
        filler = View(CONSTANT, whole, context.bits(ofm))
        return [Draft("elementwise", "add", context.view(ifm), context.view(ofm), ifm2=filler)]
    bilinear = op.kind == "RESIZE_BILINEAR"
    drafts: Drafts = []
    current = context.view(ifm)
    corners = bool(op.attrs.get("align_corners", False))
    factor = (
        round((whole[0] - corners) / max(1, height - corners))
        if height > 1
        else round((whole[1] - corners) / max(1, width - corners))
    )
    steps = max(1, (factor - 1).bit_length())
    if bilinear and bool(op.attrs.get("half_pixel_centers", False)):
        return _half_pixel(context, op, whole)
    for step in range(steps):
        last = step == steps - 1
        size = (min(whole[0], height * 2), min(whole[1], width * 2), depth)
        if corners:
            size = (height * 2 - 1, width * 2 - 1, depth)
        out = context.view(ofm) if last else temporary(size, context.bits(ofm))
        kernel = (1, 1)
        if bilinear and last:
            kernel = (min(factor, whole[0]), min(factor, whole[1]))
        drafts.append(
            Draft(
                "pool", "other", current, out, kernel=kernel, upscale=2, nearest=True,
                repeats=batch,
            )
        )  # fmt: skip
        height, width, current = size[0], size[1], out
    return drafts


def _half_pixel(context: Context, op: Op, whole: HWC) -> Drafts:
    """Bilinear upsampling with half-pixel centres: four depthwise convolutions, border copies."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    _, (height, width, depth) = volume(context.shape(ifm))
    bits = context.bits(ofm)
    padded = temporary((height + 2, width + 2, depth), bits)
    borders = [
        copy(View(TEMPORARY, part, bits), replace(padded, part=part))
        for part in ((1, width, depth), (1, width, depth), (height + 2, 1, depth),
                     (height + 2, 1, depth))
    ]  # fmt: skip
    inner = copy(context.view(ifm), replace(padded, part=(height, width, depth)))
    quarter = View(context.storage(ofm), (whole[0] // 2, whole[1] // 2, depth), bits)
    convs = [
        Draft(
            "depthwise", "other", padded, quarter, kernel=(2, 2),
            filters=Filters((depth, 2, 2, 1), 4 * depth, bits=2.5),
        )
        for _ in range(4)
    ]  # fmt: skip
    return [inner, *borders, *convs]


def _softmax(context: Context, op: Op) -> Drafts:
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
    wide = View(TEMPORARY if deep == full else PLAIN, full, 32)
    thin = View(TEMPORARY if flat == one else PLAIN, one, 32)
    small_map = temporary(flat, 32)
    summed = View(PLAIN, full, 32)
    drafts: Drafts = [
        Draft(
            "pool", "max_pool", context.view(ifm, (count, depth, 1)), View(PLAIN, (count, 1, 1), 8),
            kernel=(1, depth),
        ),
        Draft(
            "elementwise", "add", context.view(ifm, full), wide, ifm2=replace(thin, bits=8),
            uses_lut=True,
        ),
        Draft(
            "elementwise", "other", replace(wide, hwc=deep), replace(summed, hwc=deep), ifm2=scalar
        ),
        Draft("reduce", "other", summed, thin),
        Draft("elementwise", "other", replace(thin, hwc=flat), small_map),
    ]  # fmt: skip

    def small(operation: str, *, constant: bool) -> Draft:
        other = scalar if constant else small_map
        return Draft("elementwise", operation, small_map, small_map, ifm2=other)

    def from_scalar() -> Draft:
        return Draft("elementwise", "add", scalar, small_map, ifm2=small_map)

    drafts += [from_scalar(), small("add", constant=True), small("other", constant=False)]
    drafts += [small("mul", constant=True), small("add", constant=True)]
    newton = [
        replace(small("mul", constant=False), repeats=2), from_scalar(),
        small("mul", constant=True), small("add", constant=False),
    ]  # fmt: skip
    drafts += [replace(step, repeats=step.repeats * 3) for step in newton]
    filler = View(CONSTANT, deep, 32)
    deep_wide = replace(wide, hwc=deep)
    drafts += [
        Draft("elementwise", "mul", wide, wide, ifm2=thin),
        Draft("elementwise", "add", filler, deep_wide, ifm2=deep_wide),
        Draft("elementwise", "other", wide, context.view(ofm, full), ifm2=thin),
    ]
    return drafts


def _arg_max(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    _, (height, width, depth) = volume(context.shape(ifm))
    count = height * width
    wide = temporary((height, width, depth), 16)
    flat = deepened((height, width, 1))
    scalar = View(CONSTANT, (1, 1, 1), 16)
    drafts: Drafts = [
        Draft(
            "depthwise", "other", context.view(ifm), wide, linear=True,
            filters=Filters((depth, 1, 1, 1), depth, bits=0.3),
        )
    ]  # fmt: skip
    # the pool's height is split by the height limit of the registers, into pieces of four
    if count > 65536:
        piece, pieces = 4, -(-count // 4)
    else:
        piece, pieces = count, 1
    drafts.append(
        Draft(
            "pool", "max_pool", View(TEMPORARY, (piece, depth, 1), 16),
            View(TEMPORARY, (piece, 1, 1), 16), kernel=(1, depth), repeats=pieces, linear=True,
        )
    )  # fmt: skip
    drafts.append(Draft("pool", "other", temporary(flat, 16), temporary(flat, 16), uses_lut=True))
    out = View(context.storage(ofm), flat, 32)
    drafts.append(Draft("elementwise", "add", temporary(flat, 16), out, ifm2=scalar))
    if context.bits(ofm) == 64:
        twice = deepened((height, width * 2, 1))
        drafts.append(
            Draft("elementwise", "add", temporary(twice, 16), replace(out, hwc=twice), ifm2=scalar)
        )
    return drafts


def _tile(context: Context, op: Op) -> Drafts:
    """TILE: axis by axis, one copy for each repeat."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape, times = list(context.shape(ifm)), context.values(op.inputs[1])
    drafts: Drafts = []
    current = context.view(ifm)
    busy = [axis for axis in range(len(shape)) if axis < len(times) and times[axis] > 1]
    for number, axis in enumerate(busy):
        part = axis_volume(tuple(shape), axis)
        shape[axis] *= times[axis]
        whole = axis_volume(tuple(shape), axis)
        last = number == len(busy) - 1
        bits = context.bits(ofm)
        storage = context.storage(ofm) if last else TEMPORARY
        # the axis repeated becomes the height: a copy writes whole rows
        target = View(storage, whole, bits, part)
        drafts.append(
            replace(copy(replace(current, hwc=part, part=None), target), repeats=times[axis])
        )
        current = View(storage, whole, bits)
    return drafts or [copy(current, context.view(ofm))]


def _prelu(context: Context, op: Op) -> Drafts:
    """RELU of the one half, MIN and MUL by the slopes of the other, and their sum."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    whole = merged(context.shape(ofm))
    view, out = context.view(ifm, whole), context.view(ofm, whole)
    bits = context.bits(ifm)
    scalar = View(CONSTANT, (1, 1, 1), bits)
    slopes = context.view(op.inputs[1], volume(context.shape(op.inputs[1]))[1])
    wide = temporary(whole, 32)
    return [
        Draft("pool", "other", view, temporary(whole, bits)),
        Draft("elementwise", "other", view, temporary(whole, bits), ifm2=scalar),
        Draft("elementwise", "mul", temporary(whole, bits), temporary(whole, bits), ifm2=slopes),
        Draft("elementwise", "add", replace(wide, bits=bits), out, ifm2=replace(wide, bits=bits)),
    ]


def _batch_matmul(context: Context, op: Op) -> Drafts:
    """A product of two feature maps: for each column a MUL and a sum over channels."""
    first, second, ofm = op.inputs[0], op.inputs[1], op.outputs[0]
    batch, (height, width, depth) = volume(context.shape(first))
    columns = context.shape(ofm)[-1]
    times = batch * height * columns
    lhs: HWC = (1, width, depth)
    wide = temporary(lhs, 32)
    return [
        Draft(
            "elementwise", "mul", context.view(first, lhs), wide,
            ifm2=context.view(second, (1, 1, depth)), repeats=times,
        ),
        Draft(
            "reduce", "other", wide, View(context.storage(ofm), (1, width, 1), context.bits(ofm)),
            repeats=times,
        ),
    ]  # fmt: skip


def _reduce(context: Context, op: Op) -> Drafts:
    """SUM, REDUCE_MAX and REDUCE_MIN as a pool over what is reduced."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape = context.shape(ifm)
    axes = context.values(op.inputs[1]) or (len(shape) - 1,)
    high, size, deep = axis_volume(shape, axes[0] % max(1, len(shape)))
    out = View(context.storage(ofm), (high, 1, deep), context.bits(ofm))
    if op.kind == "SUM" and deep == 1:
        summed = replace(out, hwc=(high, 1, 1))
        return [Draft("reduce", "other", context.view(ifm, (high, 1, size)), summed)]
    operation = "other" if op.kind == "SUM" else "max_pool"
    return [Draft("pool", operation, context.view(ifm, (high, size, deep)), out, kernel=(1, size))]


def _mirror_pad(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    whole = volume(context.shape(ofm))[1]
    inner = volume(context.shape(ifm))[1]
    border = max(1, whole[0] - inner[0])
    return [
        copy(context.view(ifm), View(context.storage(ofm), whole, context.bits(ofm), inner)),
        replace(
            copy(
                View(TEMPORARY, (1, inner[1], inner[2]), context.bits(ofm)),
                View(context.storage(ofm), whole, context.bits(ofm), (1, inner[1], inner[2])),
            ),
            repeats=border * 2,
        ),
    ]


def _copy_op(context: Context, op: Op) -> Drafts:
    """An op without a law of its own costs one pass over its output."""
    if not op.inputs or not op.outputs:
        return []
    hwc = merged(context.shape(op.outputs[0]))
    return [copy(context.view(op.inputs[0], hwc), context.view(op.outputs[0], hwc))]


LOWER: dict[str, Callable[[Context, Op], Drafts]] = {
    "CONV_2D": _conv, "DEPTHWISE_CONV_2D": _conv, "TRANSPOSE_CONV": _transpose_conv,
    "FULLY_CONNECTED": _fully_connected, "MAX_POOL_2D": _pool, "AVERAGE_POOL_2D": _pool,
    "ADD": _binary, "SUB": _binary, "MUL": _binary, "MAXIMUM": _binary, "MINIMUM": _binary,
    "SQUARED_DIFFERENCE": _binary, "ABS": _abs, "NEG": _abs, "QUANTIZE": _unary, "PAD": _pad,
    "PADV2": _pad, "CONCATENATION": _join, "PACK": _join, "MEAN": _mean,
    "TRANSPOSE": _transpose, "RESIZE_BILINEAR": _resize, "RESIZE_NEAREST_NEIGHBOR": _resize,
    "SOFTMAX": _softmax, "ARG_MAX": _arg_max, "TILE": _tile, "PRELU": _prelu,
    "BATCH_MATMUL": _batch_matmul, "SUM": _reduce, "REDUCE_MAX": _reduce, "REDUCE_MIN": _reduce,
    "MIRROR_PAD": _mirror_pad,
    **dict.fromkeys(LUT_OPS | RELU_OPS, _unary), **dict.fromkeys(VIEW_OPS, _view),
    **dict.fromkeys(PART_OPS, _part),
}  # fmt: skip


def lower(context: Context, op: Op) -> Drafts:
    """The commands of one op, as if nothing were folded into its neighbours."""
    return LOWER.get(op.kind, _copy_op)(context, op)
