"""Weights behind what the importer does to them: transposed, reshaped, dequantised."""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.frontends.relax.lowering import Lowering
from perfcost.frontends.relax.quantization import quantization_of
from perfcost.frontends.relax.steps import Ref
from perfcost.graph import Quantization

_MOVES = ("permute_dims", "reshape", "squeeze", "expand_dims", "broadcast_to")


@dataclass(frozen=True, slots=True)
class Source:
    """Where weights come from.

    Attributes:
        value: the constant, or what is computed.
        quantization: that a dequantize gives them.
        widened: the value that a cast from float16 makes, which TFLite writes as a DEQUANTIZE.
    """

    value: int
    quantization: Quantization | None = None
    widened: int | None = None


def source_of(lowering: Lowering, value: int) -> Source:
    """Walks back to the constant."""
    quantization, widened = None, None
    while (step := lowering.maker.get(value)) is not None:
        if step.op == "dequantize":
            quantization = quantization_of(lowering.program, step)
        elif step.op == "astype":
            widened = value
        elif step.op not in _MOVES:
            break
        first = step.operands[0]
        assert isinstance(first, Ref)
        value = first.value
    return Source(value, quantization, widened)


def weights(
    lowering: Lowering, value: int, shape: tuple[int, ...], axis: int
) -> tuple[int, Quantization | None]:
    """The tensor of weights, in TFLite's shape, and its quantisation.

    Args:
        value: as the operator reads it.
        shape: as TFLite has it.
        axis: of the channels that have scales of their own.
    """
    found = source_of(lowering, value)
    writer, known = lowering.writer, lowering.program.values[found.value]
    if known.data is None:
        return lowering.tensor(value), None
    done = None if found.widened is None else lowering.bound(found.widened)
    if done is not None and writer.tensors[done].shape == shape:
        return done, None
    quantization = found.quantization
    if quantization is not None and len(quantization.scales) > 1:
        quantization = Quantization(quantization.scales, quantization.zero_points, axis)
    tensor = writer.constant(known.name, known.data, quantization, shape)
    if found.widened is not None and known.dtype == "float16":
        wide = writer.tensor(known.name, shape, "float32")
        names = [lowering.maker[found.widened].name]
        writer.op("DEQUANTIZE", (tensor,), (wide,), names=names)
        lowering.bind(found.widened, wide)
        tensor = wide
    return tensor, quantization
