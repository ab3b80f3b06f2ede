"""Ops that move values and compute nothing."""

from __future__ import annotations

import numpy as np

from perfcost.frontends.relax.lowering import Handler, Lowering, Result
from perfcost.frontends.relax.operators.dense import absorbed
from perfcost.frontends.relax.operators.operands import (
    Attrs,
    is_constant,
    moved,
    numbers,
    operand,
    shape_of,
    tensor_of,
)
from perfcost.frontends.relax.steps import Refs, Shape, Step
from perfcost.frontends.relax.weights import source_of

_NO_MASKS: Attrs = {
    "begin_mask": 0, "ellipsis_mask": 0, "end_mask": 0, "new_axis_mask": 0, "offset": False,
    "shrink_axis_mask": 0,
}  # fmt: skip


def view(kind: str) -> Handler:
    """RESHAPE and its like; around a PRELU it is part of it, of constants part of their readers."""

    def handler(lowering: Lowering, step: Step) -> None:
        x = operand(step)
        if is_constant(lowering, x):
            return
        inner = lowering.next(step.made[0])
        if inner is not None and inner.op == "nn.prelu":
            back = lowering.next(inner.made[0])
            if back is not None and back.op == "reshape":
                lowering.take(inner)
                slopes = source_of(lowering, operand(inner, 1)).value
                _prelu(lowering, x, slopes, lowering.take(back))
                return
        source, made = moved(lowering, x, Result(step.made[0]))
        lowering.writer.op(kind, (source,), (made,))

    return handler


def prelu(lowering: Lowering, step: Step) -> None:
    _prelu(lowering, operand(step), operand(step, 1), step.made[0])


def _prelu(lowering: Lowering, x: int, slopes: int, value: int) -> None:
    result = lowering.finish(value, [x], fuses=False)
    inputs = lowering.read(x, result), tensor_of(lowering, slopes, result)
    lowering.writer.op("PRELU", inputs, (lowering.make(result),))


def alias(lowering: Lowering, step: Step) -> None:
    """The same tensor under another name."""
    lowering.bind(step.made[0], lowering.tensor(operand(step)))


def permute(lowering: Lowering, step: Step) -> None:
    x = operand(step)
    if is_constant(lowering, x):
        return
    if absorbed(lowering, step):
        return
    rank = len(shape_of(lowering, x))
    order = tuple(axis % rank for axis in numbers(step, "axes")) or tuple(reversed(range(rank)))
    result = lowering.finish(step.made[0], [x], fuses=False)
    source, made = moved(lowering, x, result)
    lowering.writer.op("TRANSPOSE", (source, lowering.writer.integers("axes", order)), (made,))


def broadcast(lowering: Lowering, step: Step) -> None:
    x = operand(step)
    if is_constant(lowering, x):
        return
    if shape_of(lowering, x) == shape_of(lowering, step.made[0]):
        alias(lowering, step)
        return
    source, made = moved(lowering, x, Result(step.made[0]))
    extents = lowering.writer.integers("shape", shape_of(lowering, step.made[0]))
    lowering.writer.op("BROADCAST_TO", (source, extents), (made,))


def concatenation(lowering: Lowering, step: Step) -> None:
    first = step.operands[0]
    assert isinstance(first, Refs)
    data = [value for value in first.values if not is_constant(lowering, value)]
    result = lowering.finish(step.made[0], data)
    inputs = tuple(tensor_of(lowering, value, result) for value in first.values)
    found: Attrs = {"activation": result.activation, "axis": step.integer("axis")}
    lowering.writer.op("CONCATENATION", inputs, (lowering.make(result),), found)


def split(lowering: Lowering, step: Step) -> None:
    """SPLIT into so many equal parts, SPLIT_V where the borders are listed."""
    x, writer = operand(step), lowering.writer
    axis = step.integer("axis") % len(shape_of(lowering, x))
    sizes = tuple(shape_of(lowering, value)[axis] for value in step.made)
    source = lowering.tensor(x)
    outputs = tuple(lowering.make(Result(value)) for value in step.made)
    quantization = writer.tensors[source].quantization
    if quantization is not None:
        for made in outputs:
            lowering.quantize(made, quantization)
    axes = writer.integers("axis", (axis,), scalar=True)
    if isinstance(step.attrs.get("indices_or_sections"), int):
        writer.op("SPLIT", (axes, source), outputs)
    else:
        writer.op("SPLIT_V", (source, writer.integers("sizes", sizes), axes), outputs)


def pad(lowering: Lowering, step: Step) -> None:
    x = operand(step)
    result = lowering.finish(step.made[0], [x], fuses=False)
    widths = np.array(numbers(step, "pad_width"), np.int32).reshape(-1, 2)
    source, made = moved(lowering, x, result)
    lowering.writer.op("PAD", (source, lowering.writer.constant("paddings", widths)), (made,))


def strided_slice(lowering: Lowering, step: Step) -> None:
    """STRIDED_SLICE over all axes; those that are not named are taken whole."""
    shape = shape_of(lowering, operand(step))
    found = [extents.extents for extents in step.operands[1:] if isinstance(extents, Shape)]
    axes, begins, ends = found[:3]
    strides = found[3] if len(found) > 3 else (1,) * len(axes)
    columns = [[0] * len(shape), list(shape), [1] * len(shape)]
    for axis, *values in zip(axes, begins, ends, strides, strict=True):
        for column, value in zip(columns, values, strict=True):
            column[axis] = value
    made, gone = step.made[0], _dropped(lowering, step)
    after = lowering.next(made)
    if gone is not None and after is not None:
        made = lowering.take(after)
    attrs = {**_NO_MASKS, "shrink_axis_mask": sum(1 << axis for axis in gone or ())}
    _slice(lowering, step, made, columns, attrs)


def _dropped(lowering: Lowering, step: Step) -> tuple[int, ...] | None:
    """Axes of one element that a view right after a slice takes away, as a slice in TFLite can.

    Where several would do, those that the slice shortened, then the last. None where what follows
    is no such view.
    """
    after = lowering.next(step.made[0])
    if after is None or after.op not in ("reshape", "squeeze"):
        return None
    whole, part = shape_of(lowering, operand(step)), shape_of(lowering, step.made[0])
    left = shape_of(lowering, after.made[0])
    single = [axis for axis, extent in enumerate(part) if extent == 1]
    single.sort(key=lambda axis: (whole[axis] == 1, -axis))
    gone = tuple(sorted(single[: max(0, len(part) - len(left))]))
    kept = tuple(extent for axis, extent in enumerate(part) if axis not in gone)
    return gone if kept == left else None


def _slice(
    lowering: Lowering, step: Step, value: int, columns: list[list[int]], attrs: Attrs
) -> None:
    """Writes a STRIDED_SLICE that makes a value, with begins, ends and strides."""
    x = operand(step)
    result = lowering.finish(value, [x], fuses=False)
    source, made = moved(lowering, x, result)
    parameters = (lowering.writer.integers("slice", tuple(column)) for column in columns)
    lowering.writer.op("STRIDED_SLICE", (source, *parameters), (made,), dict(attrs))


def take(lowering: Lowering, step: Step) -> None:
    """One index is a slice that drops its axis; more are a GATHER."""
    x = operand(step)
    shape = shape_of(lowering, x)
    axis = step.integer("axis") % len(shape)
    places = lowering.program.values[operand(step, 1)].data
    if places is not None and places.ndim == 0:
        at = int(places) % shape[axis]
        columns = [[0] * len(shape), list(shape), [1] * len(shape)]
        columns[0][axis], columns[1][axis] = at, at + 1
        attrs = {**_NO_MASKS, "shrink_axis_mask": 1 << axis}
        _slice(lowering, step, step.made[0], columns, attrs)
        return
    result = lowering.finish(step.made[0], [x], fuses=False)
    source, made = moved(lowering, x, result)
    found: Attrs = {"axis": axis, "batch_dims": 0}
    lowering.writer.op("GATHER", (source, lowering.tensor(operand(step, 1))), (made,), found)


def opaque(lowering: Lowering, step: Step) -> None:
    """An operator without a like in TFLite: kept, and marked by its name."""
    inputs = tuple(lowering.tensor(value) for value in step.refs())
    outputs = tuple(lowering.make(Result(value)) for value in step.made)
    found: Attrs = {"custom_code": f"relax.{step.op}"}
    lowering.writer.op("CUSTOM", inputs, outputs, found)
