"""Products of matrices."""

from __future__ import annotations

from perfcost.frontends.relax.lowering import Lowering
from perfcost.frontends.relax.operators.biases import bias_after
from perfcost.frontends.relax.operators.operands import (
    Attrs,
    is_constant,
    numbers,
    operand,
    shape_of,
)
from perfcost.frontends.relax.steps import Step
from perfcost.frontends.relax.weights import weights


def product(lowering: Lowering, step: Step) -> None:
    """FULLY_CONNECTED where the second operand is constant, else BATCH_MATMUL."""
    x, other = operand(step), operand(step, 1)
    if not is_constant(lowering, other) or len(shape_of(lowering, other)) != 2:
        _batch_product(lowering, step, x, other)
        return
    depth, units = shape_of(lowering, other)
    tensor, _ = weights(lowering, other, (units, depth), 0)
    value, bias = bias_after(lowering, step.made[0], units)
    result = lowering.finish(value, [x])
    inputs = lowering.read(x, result), tensor, bias
    found: Attrs = {"activation": result.activation}
    lowering.writer.op("FULLY_CONNECTED", inputs, (lowering.make(result),), found)


def absorbed(lowering: Lowering, step: Step) -> bool:
    """Whether a transposition of the last two axes is absorbed by the product that alone reads it.

    A reshape of the axes before them may stand between.
    """
    x = operand(step)
    rank = len(shape_of(lowering, x))
    axes = [axis % rank for axis in numbers(step, "axes")]
    if rank < 3 or axes != [*range(rank - 2), rank - 1, rank - 2] or lowering.is_view(x):
        return False
    value, between = step.made[0], None
    reader = lowering.next(value)
    if reader is not None and reader.op == "reshape":
        value, between = reader.made[0], reader
        if shape_of(lowering, value)[-2:] != shape_of(lowering, step.made[0])[-2:]:
            return False
        reader = lowering.next(value)
    if reader is None or reader.op != "matmul" or reader.refs() != (reader.refs()[0], value):
        return False
    plain = x
    if between is not None:
        lowering.take(between)
        *before, rows, columns = shape_of(lowering, value)
        plain = lowering.reshaped(x, (*before, columns, rows))
    lowering.adjoint[value] = plain
    return True


def _batch_product(lowering: Lowering, step: Step, x: int, other: int) -> None:
    """A second operand that was transposed for this alone is read as it was."""
    plain = lowering.adjoint.get(other, other)
    result = lowering.finish(step.made[0], [x, plain], fuses=False)
    inputs = lowering.read(x, result), lowering.read(plain, result)
    found: Attrs = {"adj_x": False, "adj_y": plain != other}
    lowering.writer.op("BATCH_MATMUL", inputs, (lowering.make(result),), found)
