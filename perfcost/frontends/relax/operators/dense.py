"""Products of matrices."""

from __future__ import annotations

from perfcost.frontends.relax.lowering import Lowering
from perfcost.frontends.relax.operators.biases import bias_after
from perfcost.frontends.relax.operators.operands import Attrs, is_constant, operand, shape_of
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


def _batch_product(lowering: Lowering, step: Step, x: int, other: int) -> None:
    """Both operands as they are: a transposition before it is an op of its own."""
    result = lowering.finish(step.made[0], [x, other], fuses=False)
    inputs = lowering.read(x, result), lowering.read(other, result)
    found: Attrs = {"adj_x": False, "adj_y": False}
    lowering.writer.op("BATCH_MATMUL", inputs, (lowering.make(result),), found)


