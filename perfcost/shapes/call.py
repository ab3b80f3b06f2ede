"""What a shape rule sees of an op, and the errors it raises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from perfcost.errors import DynamicShape, InvalidGraph
from perfcost.graph import AttrValue, Tensor

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One op whose output shapes are asked for.

    Attributes:
        kind: the TFLite builtin.
        inputs: operands in order, ``None`` where absent; constant integer operands with values.
        attrs: attributes of the IR (explicit padding).
        outputs: number of outputs.
    """

    kind: str
    inputs: Sequence[Tensor | None]
    attrs: Mapping[str, AttrValue]
    outputs: int = 1

    def has(self, slot: int) -> bool:
        return slot < len(self.inputs) and self.inputs[slot] is not None

    def shape(self, slot: int, rank: int | None = None) -> Shape:
        tensor = self.inputs[slot] if slot < len(self.inputs) else None
        if tensor is None:
            raise InvalidGraph(f"{self.kind} lacks operand {slot}; expected a tensor there")
        if rank is not None and len(tensor.shape) != rank:
            raise InvalidGraph(
                f"{self.kind} got shape {list(tensor.shape)} as operand {slot}, expected "
                f"rank {rank}"
            )
        if any(extent < 0 for extent in tensor.shape):
            raise DynamicShape(
                f"{self.kind} reads {tensor.name!r} of unknown shape {list(tensor.shape)}; give "
                "input_shapes for every input on which it depends"
            )
        return tensor.shape

    def values(self, slot: int) -> tuple[int, ...]:
        """Contents of an integer operand that steers the op."""
        tensor = self.inputs[slot] if slot < len(self.inputs) else None
        if tensor is None or tensor.constant is None or tensor.constant.values is None:
            raise DynamicShape(
                f"operand {slot} of {self.kind} is computed while the network runs, and the shape "
                "of the result depends on it; convert the model with fixed shapes"
            )
        return tensor.constant.values

    def integer(self, name: str, default: int = 0) -> int:
        value = self.attrs.get(name, default)
        if not isinstance(value, int):
            raise self.error(f"attribute {name} is {value!r}, expected an integer")
        return value

    def pair(self, name: str) -> tuple[int, int]:
        value = self.attrs.get(name, (1, 1))
        if not isinstance(value, tuple) or len(value) != 2 or min(value) < 1:
            raise self.error(f"{name} is {value!r}, expected two integers of at least 1")
        return value[0], value[1]

    def axis(self, axis: int, rank: int) -> int:
        """A negative axis counted from the end, checked."""
        if not -rank <= axis < rank:
            raise self.error(
                f"axis {axis} of a tensor of rank {rank}, expected {-rank}..{rank - 1}"
            )
        return axis % rank

    def error(self, message: str) -> InvalidGraph:
        return InvalidGraph(f"{self.kind} got {message}")


Rule = Callable[[Call], Sequence[Shape]]
