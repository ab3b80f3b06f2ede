"""Ops that work place by place, and reductions."""

from __future__ import annotations

from perfcost.frontends.relax.lowering import Handler, Lowering, Result
from perfcost.frontends.relax.operators.operands import (
    Attrs,
    is_constant,
    numbers,
    operand,
    shape_of,
    tensor_of,
)
from perfcost.frontends.relax.operators.windows import put_pool
from perfcost.frontends.relax.quantization import activation_of
from perfcost.frontends.relax.steps import Step

_POOLS = {"nn.avg_pool2d": "AVERAGE_POOL_2D", "nn.max_pool2d": "MAX_POOL_2D"}


def elementwise(kind: str, *, fuses: bool = False) -> Handler:
    """An op of two operands."""

    def handler(lowering: Lowering, step: Step) -> None:
        pair = step.refs()
        data = [value for value in pair if not is_constant(lowering, value)]
        result = lowering.finish(step.made[0], data, fuses=fuses)
        inputs = tuple(tensor_of(lowering, value, result) for value in pair)
        found: Attrs = {"activation": result.activation} if fuses else {}
        lowering.writer.op(kind, inputs, (lowering.make(result),), found)

    return handler


def difference(lowering: Lowering, step: Step) -> None:
    """SUB, or SQUARED_DIFFERENCE where nothing but its square is read."""
    square = lowering.next(step.made[0])
    if square is None or not _is_square(lowering, square, step.made[0]):
        elementwise("SUB", fuses=True)(lowering, step)
        return
    pair = step.refs()
    data = [value for value in pair if not is_constant(lowering, value)]
    result = lowering.finish(lowering.take(square), data, fuses=False)
    inputs = tuple(tensor_of(lowering, value, result) for value in pair)
    lowering.writer.op("SQUARED_DIFFERENCE", inputs, (lowering.make(result),))


def _is_square(lowering: Lowering, step: Step, of: int) -> bool:
    if step.op != "power" or operand(step) != of:
        return False
    exponent = lowering.program.values[operand(step, 1)].data
    return exponent is not None and exponent.size == 1 and float(exponent.reshape(())) == 2.0


def unary(kind: str, attrs: Attrs | None = None) -> Handler:
    """An op of one operand."""

    def handler(lowering: Lowering, step: Step) -> None:
        x = operand(step)
        result = lowering.finish(step.made[0], [x], fuses=False)
        source = lowering.read(x, result)
        lowering.writer.op(kind, (source,), (lowering.make(result),), dict(attrs or {}))

    return handler


def leaky_relu(lowering: Lowering, step: Step) -> None:
    alpha = step.attrs.get("alpha", 0.01)
    assert isinstance(alpha, float)
    unary("LEAKY_RELU", {"alpha": alpha})(lowering, step)


def clip(lowering: Lowering, step: Step) -> None:
    """RELU6 and its like; other bounds are a MINIMUM of a MAXIMUM, as converters write them."""
    kind = activation_of(step)
    x = operand(step)
    if kind:
        unary(kind)(lowering, step)
        return
    low, high = (bound for bound in step.operands[1:3])
    found = lowering.program.values[step.made[0]]
    between = lowering.writer.tensor(found.name, found.shape, found.dtype)
    writer = lowering.writer
    inputs = lowering.tensor(x), writer.number(low, found.dtype)
    writer.op("MAXIMUM", inputs, (between,))
    made = lowering.make(Result(step.made[0]))
    writer.op("MINIMUM", (between, writer.number(high, found.dtype)), (made,))


def swish(lowering: Lowering, step: Step) -> None:
    """X times its LOGISTIC."""
    x = lowering.tensor(operand(step))
    found = lowering.program.values[step.made[0]]
    gate = lowering.writer.tensor(found.name, found.shape, found.dtype)
    lowering.writer.op("LOGISTIC", (x,), (gate,))
    made = lowering.make(Result(step.made[0]))
    lowering.writer.op("MUL", (x, gate), (made,), {"activation": "NONE"})


def reduction(kind: str) -> Handler:
    """A reduction over a list of axes."""

    def handler(lowering: Lowering, step: Step) -> None:
        x = operand(step)
        result = lowering.finish(step.made[0], [x], fuses=False)
        axes = numbers(step, "axis") or tuple(range(len(shape_of(lowering, x))))
        places = lowering.writer.integers("axes", axes)
        inputs = lowering.read(x, result), places
        found: Attrs = {"keep_dims": bool(step.attrs.get("keepdims"))}
        lowering.writer.op(kind, inputs, (lowering.make(result),), found)

    return handler


def cast(lowering: Lowering, step: Step) -> None:
    """CAST; around a pool of integers it is part of the pool."""
    x = operand(step)
    if is_constant(lowering, x):
        return
    inner = lowering.next(step.made[0])
    if inner is not None and inner.op in _POOLS:
        back = lowering.next(inner.made[0])
        if back is not None and back.op == "astype":
            lowering.take(inner)
            put_pool(lowering, _POOLS[inner.op], inner, x, Result(lowering.take(back)))
            return
    unary("CAST")(lowering, step)


def quantize(lowering: Lowering, step: Step) -> None:
    """QUANTIZE, where the op before does not take it in."""
    x = operand(step)
    result = lowering.requantized(step)
    source = lowering.read(x, result)
    lowering.writer.op("QUANTIZE", (source,), (lowering.make(result),))


def dequantize(lowering: Lowering, step: Step) -> None:
    """A view; see ``lowering``."""
    x = operand(step)
    if not is_constant(lowering, x):
        lowering.view_of(step, lowering.tensor(x))
