"""What handlers of operators ask of a step."""

from __future__ import annotations

from perfcost.errors import Unsupported
from perfcost.frontends.relax.lowering import Lowering, Result
from perfcost.frontends.relax.steps import Ref, Step
from perfcost.frontends.relax.weights import source_of, weights
from perfcost.graph import AttrValue

Attrs = dict[str, AttrValue]


def operand(step: Step, place: int = 0) -> int:
    """The value that stands at a place."""
    found = step.operands[place] if place < len(step.operands) else None
    if not isinstance(found, Ref):
        raise Unsupported(f"operand {place} of {step.op} is no tensor, expected one")
    return found.value


def shape_of(lowering: Lowering, value: int) -> tuple[int, ...]:
    return lowering.program.values[value].shape


def is_constant(lowering: Lowering, value: int) -> bool:
    """Whether a value is a constant, or a constant that was moved or dequantised."""
    return lowering.program.values[source_of(lowering, value).value].data is not None


def tensor_of(lowering: Lowering, value: int, result: Result) -> int:
    """A tensor; a constant with the quantisation that a dequantize gives it."""
    if lowering.program.values[value].data is None and is_constant(lowering, value):
        return weights(lowering, value, shape_of(lowering, value), 0)[0]
    return lowering.read(value, result)


def moved(lowering: Lowering, x: int, result: Result) -> tuple[int, int]:
    """Operand and result of an op that only moves values: both have one quantisation."""
    source = lowering.read(x, result)
    made = lowering.make(result)
    quantization = lowering.writer.tensors[source].quantization
    if quantization is not None:
        lowering.quantize(made, quantization)
    return source, made


def numbers(step: Step, name: str) -> tuple[int, ...]:
    """A tuple attribute as integers; empty where there is none."""
    found = step.attrs.get(name)
    if isinstance(found, tuple):
        return tuple(int(number) for number in found)
    return (int(found),) if isinstance(found, (int, float)) else ()
