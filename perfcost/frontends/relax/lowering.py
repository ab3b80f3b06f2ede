"""Steps become ops of TFLite, the quantised ones folded back from dequantize, op, quantize.

A ``dequantize`` makes no op: its result is a *view* of the quantised tensor. An op that reads views
alone and whose result goes to one ``quantize`` is a quantised op. Wherever a view is read by
anything else, a DEQUANTIZE stands in the graph after all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from perfcost.errors import ModelError, Unsupported
from perfcost.frontends.relax.graph_writer import GraphWriter
from perfcost.frontends.relax.quantization import activation_of, quantization_of
from perfcost.frontends.relax.settle import settle_activations
from perfcost.frontends.relax.spread import spread_quantization
from perfcost.frontends.relax.steps import Program, Step
from perfcost.graph import Graph, Quantization


@dataclass(frozen=True, slots=True)
class Result:
    """What an op ends in, with what follows it taken in.

    Attributes:
        value: the last of the values that are one with the op.
        activation: that is fused.
        quantization: of the result; none where it is float.
    """

    value: int
    activation: str = "NONE"
    quantization: Quantization | None = None


Handler = Callable[["Lowering", Step], None]


class Lowering:
    """One program on its way to a graph.

    Args:
        program: the function.
        handlers: operator -> what makes ops of it.
        other: makes an op of any other operator.
    """

    def __init__(self, program: Program, handlers: dict[str, Handler], other: Handler) -> None:
        self.program = program
        self.writer = GraphWriter()
        self._handlers, self._other = handlers, other
        self.values = list(program.values)
        self.adjoint: dict[int, int] = {}
        self._tensor_of: dict[int, int] = {}
        self._view_of: dict[int, int] = {}
        self.maker: dict[int, Step] = {v: step for step in program.steps for v in step.made}
        self._readers: dict[int, list[Step]] = {}
        for step in program.steps:
            for value in step.refs():
                self._readers.setdefault(value, []).append(step)
        self._taken: set[int] = set()

    def graph(self, name: str) -> Graph:
        """The whole program as a graph."""
        program = self.program
        for value in program.inputs:
            found = program.values[value]
            self._tensor_of[value] = self.writer.tensor(found.name, found.shape, found.dtype)
        for step in program.steps:
            if id(step) not in self._taken:
                self.writer.names = [step.name]
                try:
                    self._handlers.get(step.op, self._other)(self, step)
                except ModelError as error:
                    where = error.op or f"{step.op} bound to {step.name}"
                    raise type(error)(error.message, op=where) from None
        outputs = tuple(self.tensor(value) for value in program.outputs)
        spread_quantization(self.writer)
        settle_activations(self.writer)
        inputs = tuple(self._tensor_of[value] for value in program.inputs)
        return self.writer.graph(name, inputs, outputs)

    # --- what follows an op ---

    def next(self, value: int) -> Step | None:
        """The only step that reads a value, if there is one and the program keeps it not."""
        readers = self._readers.get(value, [])
        if len(readers) != 1 or value in self.program.outputs:
            return None
        return None if id(readers[0]) in self._taken else readers[0]

    def take(self, step: Step) -> int:
        """Makes a step part of the op at hand; gives what it makes."""
        self._taken.add(id(step))
        self.writer.names.append(step.name)
        return step.made[0]

    def finish(self, value: int, data: Sequence[int], *, fuses: bool = True) -> Result:
        """Takes in the activation and the quantize after an op.

        Args:
            value: that the op makes.
            data: values that it reads, constants left out.
            fuses: whether TFLite's op has an activation of its own.
        """
        activation = "NONE"
        step = self.next(value)
        if fuses and step is not None and (found := activation_of(step)):
            activation, value = found, self.take(step)
            step = self.next(value)
        if step is None or step.op != "quantize" or not all(self.is_view(d) for d in data):
            return Result(value, activation)
        quantization = quantization_of(self.program, step)
        value = self.take(step)
        step = self.next(value)
        if fuses and step is not None and step.op == "clip":
            dtype = self.program.values[value].dtype
            if found := activation_of(step, quantization, dtype):
                activation, value = found, self.take(step)
        return Result(value, activation, quantization)

    def requantized(self, step: Step) -> Result:
        """The result of a quantize that stands alone."""
        return Result(step.made[0], quantization=quantization_of(self.program, step))

    # --- tensors ---

    def is_view(self, value: int) -> bool:
        """Whether a float value is a quantised tensor seen as float."""
        return value in self._view_of

    def view_of(self, step: Step, tensor: int) -> None:
        """Makes the result of a dequantize a view of a tensor."""
        self.quantize(tensor, quantization_of(self.program, step))
        self._view_of[step.made[0]] = tensor

    def bind(self, value: int, tensor: int) -> None:
        """Says which tensor a value is."""
        self._tensor_of[value] = tensor

    def bound(self, value: int) -> int | None:
        """The tensor that a value is; None where it has none yet."""
        return self._tensor_of.get(value)

    def quantize(self, tensor: int, quantization: Quantization) -> None:
        """Gives a tensor the quantisation that its readers say it has."""
        found = self.writer.tensors[tensor]
        if found.quantization is None:
            self.writer.tensors[tensor] = replace(found, quantization=quantization)

    def read(self, value: int, result: Result) -> int:
        """The tensor of an operand: the quantised one where the op is."""
        if result.quantization is not None and value in self._view_of:
            return self._view_of[value]
        return self.tensor(value)

    def tensor(self, value: int) -> int:
        """The tensor of a value; a view gets its DEQUANTIZE."""
        if value in self._tensor_of:
            return self._tensor_of[value]
        found = self.program.values[value]
        if value in self._view_of:
            source = self._view_of[value]
            tensor = self.writer.tensor(found.name, found.shape, found.dtype)
            names = [self.maker[value].name]
            self.writer.op("DEQUANTIZE", (source,), (tensor,), names=names)
        else:
            if found.data is None:
                raise Unsupported(
                    f"{found.name} is worked out from constants, expected a constant; run "
                    "relax.transform.FoldConstant first"
                )
            tensor = self.writer.constant(found.name, found.data)
        self._tensor_of[value] = tensor
        return tensor

    def reshaped(self, value: int, shape: tuple[int, ...]) -> int:
        """A value of another shape, which the program does not have."""
        found = self.program.values[value]
        made = self.writer.tensor(found.name, shape, found.dtype)
        self.writer.op("RESHAPE", (self.tensor(value),), (made,))
        self.values.append(replace(found, shape=shape))
        self._tensor_of[len(self.values) - 1] = made
        return len(self.values) - 1

    def make(self, result: Result, shape: tuple[int, ...] | None = None) -> int:
        """The tensor of what an op ends in."""
        found = self.program.values[result.value]
        tensor = self.writer.tensor(
            found.name, found.shape if shape is None else shape, found.dtype, result.quantization
        )
        self._tensor_of[result.value] = tensor
        return tensor
