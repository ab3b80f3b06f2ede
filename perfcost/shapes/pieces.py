"""Shapes of ops that join, cut and rename the axes of tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping

from perfcost.shapes.call import Call, Rule, Shape


def _concatenation(call: Call) -> list[Shape]:
    shapes = [call.shape(slot) for slot in range(len(call.inputs))]
    if not shapes:
        raise call.error("no operands, expected at least one")
    axis = call.axis(call.integer("axis"), len(shapes[0]))
    if len({(*shape[:axis], "joined", *shape[axis + 1 :]) for shape in shapes}) > 1:
        raise call.error(f"shapes {[list(s) for s in shapes]}; they must agree but for axis {axis}")
    total = sum(shape[axis] for shape in shapes)
    return [(*shapes[0][:axis], total, *shapes[0][axis + 1 :])]


def _pack(call: Call) -> list[Shape]:
    shape = call.shape(0)
    axis = call.axis(call.integer("axis"), len(shape) + 1)
    if any(call.shape(slot) != shape for slot in range(len(call.inputs))):
        raise call.error("operands of different shapes; they must be equal")
    return [(*shape[:axis], len(call.inputs), *shape[axis:])]


def _unpack(call: Call) -> list[Shape]:
    shape = call.shape(0)
    axis = call.axis(call.integer("axis"), len(shape))
    if shape[axis] != call.outputs:
        raise call.error(f"{shape[axis]} pieces on axis {axis} for {call.outputs} outputs")
    return [(*shape[:axis], *shape[axis + 1 :])] * call.outputs


def _split(call: Call) -> list[Shape]:
    data = call.shape(1)
    axis = call.axis(call.values(0)[0], len(data))
    if not call.outputs or data[axis] % call.outputs:
        raise call.error(f"{data[axis]} elements on axis {axis} for {call.outputs} equal parts")
    part = data[axis] // call.outputs
    return [(*data[:axis], part, *data[axis + 1 :])] * call.outputs


def _split_v(call: Call) -> list[Shape]:
    data, sizes = call.shape(0), list(call.values(1))
    axis = call.axis(call.values(2)[0], len(data))
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = data[axis] - sum(sizes) - 1
    if sum(sizes) != data[axis] or min(sizes, default=0) < 0:
        raise call.error(f"sizes {sizes} for {data[axis]} elements on axis {axis}")
    return [(*data[:axis], size, *data[axis + 1 :]) for size in sizes]


def _reshape(call: Call) -> list[Shape]:
    data = call.shape(0)
    elements = math.prod(data)
    wanted = list(call.values(1))
    if wanted.count(-1) == 1:
        rest = -math.prod(wanted)
        if rest > 0 and elements % rest == 0:
            wanted[wanted.index(-1)] = elements // rest
    if math.prod(wanted) != elements or min(wanted, default=1) < 0:
        raise call.error(f"shape {list(data)} to reshape to {list(call.values(1))}")
    return [tuple(wanted)]


def _squeeze(call: Call) -> list[Shape]:
    data = call.shape(0)
    given = call.attrs.get("squeeze_dims")
    axes = {call.axis(axis, len(data)) for axis in given} if isinstance(given, tuple) else set()
    return [
        tuple(
            extent
            for axis, extent in enumerate(data)
            if not (axis in axes if axes else extent == 1)
        )
    ]


def _expand_dims(call: Call) -> list[Shape]:
    data = call.shape(0)
    axis = call.axis(call.values(1)[0], len(data) + 1)
    return [(*data[:axis], 1, *data[axis:])]


def _slice(call: Call) -> list[Shape]:
    data, begin, size = call.shape(0), call.values(1), call.values(2)
    if not len(data) == len(begin) == len(size):
        raise call.error(f"begin {list(begin)} and size {list(size)} for shape {list(data)}")
    found = tuple(n - b if s == -1 else s for n, b, s in zip(data, begin, size, strict=True))
    if any(b < 0 or s < 0 or b + s > n for n, b, s in zip(data, begin, found, strict=True)):
        raise call.error(f"begin {list(begin)} and size {list(size)} for shape {list(data)}")
    return [found]


def _strided_slice(call: Call) -> list[Shape]:
    data = call.shape(0)
    begin, end, steps = call.values(1), call.values(2), call.values(3)
    bits = {
        name: call.integer(f"{name}_mask")
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    if bits["ellipsis"] or bits["new_axis"] or call.attrs.get("offset"):
        raise call.error("an ellipsis, a new axis or an offset, which have no rule; give the shape")
    if not len(begin) == len(end) == len(steps) <= len(data) or 0 in steps:
        raise call.error(f"bounds {list(begin)}, {list(end)}, {list(steps)} for {list(data)}")
    found = []
    for axis, extent in enumerate(data):
        if axis >= len(begin):
            found.append(extent)
        elif bits["shrink_axis"] >> axis & 1:
            continue
        else:
            start = None if bits["begin"] >> axis & 1 else begin[axis]
            stop = None if bits["end"] >> axis & 1 else end[axis]
            found.append(len(range(*slice(start, stop, steps[axis]).indices(extent))))
    return [tuple(found)]


PIECE_RULES: Mapping[str, Rule] = {
    "CONCATENATION": _concatenation,
    "PACK": _pack,
    "UNPACK": _unpack,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "RESHAPE": _reshape,
    "SQUEEZE": _squeeze,
    "EXPAND_DIMS": _expand_dims,
    "SLICE": _slice,
    "STRIDED_SLICE": _strided_slice,
}
