"""A float network as if it had been quantised to int8 by TFLite's converter.

The same ops on integers, but for those that the converter has no int8 form of: they stay on floats,
between a DEQUANTIZE and a QUANTIZE.

Ranges mean nothing for a price; what counts is which tensors have the same. So every tensor gets a
quantisation of its own, but where TFLite demands one (a softmax) or the op only moves values.
"""

from __future__ import annotations

import math
from dataclasses import replace

from perfcost.builder.results import result_quantization
from perfcost.graph import Constant, Graph, Op, Quantization, Tensor, bytes_of, validate
from perfcost.ops import kind_of

_FLOATS = frozenset({"float32", "float16", "bfloat16", "float64"})
_CHANNELS = {"CONV_2D": 0, "TRANSPOSE_CONV": 0, "DEPTHWISE_CONV_2D": 3}
"""Axis of the weights that have a scale a channel, as the converter gives them."""
_SHARED = frozenset({"CONCATENATION", "PACK"})
"""Ops whose operands the converter gives one quantisation with the result."""
_LEFT_FLOAT = frozenset(
    """ATAN2 CEIL COS CUMSUM ELU FLOOR FLOOR_DIV FLOOR_MOD LOCAL_RESPONSE_NORMALIZATION NEG POW
    ROUND SIGN SIN SQUARE""".split()
)
"""Kinds that the converter leaves on floats, as TensorFlow 2.19's does with a network of each."""


def as_int8(graph: Graph) -> Graph:
    """The graph with all floats as int8; itself where there are none.

    Weights are of unknown entropy. Casts between floats, and between floats and integers, fall
    away. Subgraphs are converted too.
    """
    if not any(tensor.dtype in _FLOATS for tensor in graph.tensors):
        return graph
    others = tuple(None if body is None else as_int8(body) for body in graph.subgraphs)
    return validate(replace(_Conversion(graph).graph(), subgraphs=others))


class _Conversion:
    def __init__(self, graph: Graph) -> None:
        self._old = graph
        self._tensors = list(graph.tensors)
        self._same: dict[int, int] = {}
        self._drawn = 0

    def graph(self) -> Graph:
        old = self._old
        for tensor in old.inputs:
            self._give(tensor, None)
        ops = [found for op in old.ops for found in self._converted(op)]
        for op in reversed(ops):
            if op.kind in _SHARED:
                self._share(op)
        outputs = tuple(self._place(tensor) for tensor in old.outputs)
        return replace(old, tensors=tuple(self._tensors), ops=tuple(ops), outputs=outputs)

    def _place(self, tensor: int) -> int:
        return self._same.get(tensor, tensor)

    def _converted(self, op: Op) -> list[Op]:
        if op.kind in ("DEQUANTIZE", "QUANTIZE") and self._is_of_floats(op):
            self._same[op.outputs[0]] = self._place(op.inputs[0])
            return []
        if op.kind in _LEFT_FLOAT and self._is_of_floats(op):
            return self._island(op)
        inputs = tuple(self._place(tensor) for tensor in op.inputs)
        row = kind_of(op.kind)
        for slot, tensor in enumerate(inputs):
            if tensor < 0 or self._tensors[tensor].constant is None:
                continue
            if slot in row.biases:
                self._constant(tensor, "int32", None)
            elif slot not in row.settings:
                axis = _CHANNELS.get(op.kind) if slot in row.weights else None
                self._constant(tensor, "int8", axis)
        operands = [None if tensor < 0 else self._tensors[tensor] for tensor in inputs]
        for tensor in op.outputs:
            if tensor >= 0:
                self._give(tensor, result_quantization(op.kind, operands, "int8"))
        return [replace(op, inputs=inputs)]

    def _island(self, op: Op) -> list[Op]:
        """An op on floats, what it reads made floats before it, what it writes integers after."""
        before: list[Op] = []
        after: list[Op] = []
        inputs, outputs = [], []
        for tensor in (self._place(tensor) for tensor in op.inputs):
            found = self._tensors[tensor] if tensor >= 0 else None
            if found is not None and found.constant is None and found.dtype == "int8":
                before.append(Op("DEQUANTIZE", (tensor,), (self._floats(tensor),), {}, op.origin))
                tensor = before[-1].outputs[0]
            inputs.append(tensor)
        for tensor in op.outputs:
            if tensor >= 0 and self._tensors[tensor].dtype in _FLOATS:
                made = self._floats(tensor)
                self._give(tensor, None)
                after.append(Op("QUANTIZE", (made,), (tensor,), {}, op.origin))
                tensor = made
            outputs.append(tensor)
        return [*before, replace(op, inputs=tuple(inputs), outputs=tuple(outputs)), *after]

    def _floats(self, tensor: int) -> int:
        """A new tensor: a map as floats."""
        found = self._tensors[tensor]
        self._tensors.append(replace(found, dtype="float32", quantization=None))
        return len(self._tensors) - 1

    def _is_of_floats(self, op: Op) -> bool:
        """Whether an op is a cast that has nothing to do once all is int8."""
        ends = (self._old.tensors[op.inputs[0]].dtype, self._old.tensors[op.outputs[0]].dtype)
        return any(dtype in _FLOATS for dtype in ends)

    def _give(self, tensor: int, quantization: Quantization | None) -> None:
        found = self._tensors[tensor]
        if found.dtype in _FLOATS:
            self._tensors[tensor] = replace(
                found, dtype="int8", quantization=quantization or self._new(1)
            )

    def _constant(self, tensor: int, dtype: str, axis: int | None) -> None:
        found = self._tensors[tensor]
        if found.dtype not in _FLOATS:
            return
        quantization = None
        if dtype == "int8":
            each = found.shape[axis] if axis is not None and axis < len(found.shape) else 1
            quantization = self._new(each, axis or 0)
        constant = Constant(bytes_of(found.shape, dtype))
        self._tensors[tensor] = replace(
            found, dtype=dtype, quantization=quantization, constant=constant
        )

    def _new(self, count: int, axis: int = 0) -> Quantization:
        """A quantisation that no other tensor has."""
        self._drawn += 1
        scale = (10_000 + self._drawn) * 1e-6
        return Quantization(
            (scale,) * max(1, count), (0,) * max(1, count), axis if count > 1 else 0
        )

    def _share(self, op: Op) -> None:
        """Operands take the quantisation of the result, and whoever has it from them."""
        wanted = self._tensors[op.outputs[0]].quantization
        for tensor in op.inputs:
            found = self._tensors[tensor] if tensor >= 0 else None
            if found is not None and found.dtype == "int8" and not _is_fixed(found):
                self._tensors[tensor] = replace(found, quantization=wanted)


def _is_fixed(tensor: Tensor) -> bool:
    """Whether TFLite demands the range of a tensor."""
    quantization = tensor.quantization
    return quantization is not None and any(
        math.isclose(quantization.scale, 1 / steps) for steps in (128, 256)
    )
