"""The graph under construction: tensors and ops of TFLite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfcost.errors import ModelTooLarge
from perfcost.frontends.tflite.constants import describe
from perfcost.graph import AttrValue, Constant, Graph, Op, Origin, Quantization, Tensor, validate
from perfcost.limits import MAX_OPS


class GraphWriter:
    """Ops in the order they are put; each result gets a tensor of its own."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self.ops: list[Op] = []
        self.names: list[str] = []
        """Of the variables whose ops are being put."""

    def tensor(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: str,
        quantization: Quantization | None = None,
        constant: Constant | None = None,
    ) -> int:
        self.tensors.append(Tensor(name, shape, dtype, quantization, constant))
        return len(self.tensors) - 1

    def constant(
        self,
        name: str,
        data: NDArray[Any],
        quantization: Quantization | None = None,
        shape: tuple[int, ...] | None = None,
    ) -> int:
        """A tensor whose contents are known, of another shape where the order of values is not."""
        dtype = str(data.dtype)
        stored = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        known = describe(stored, dtype, int(data.size), quantization)
        return self.tensor(name, data.shape if shape is None else shape, dtype, quantization, known)

    def integers(self, name: str, values: tuple[int, ...], *, scalar: bool = False) -> int:
        """Parameters of an op, as TFLite has them in a tensor."""
        data = np.array(values[0] if scalar else values, np.int32)
        return self.constant(name, data)

    def number(self, value: object, dtype: str) -> int:
        """A scalar operand."""
        assert isinstance(value, (int, float))
        return self.constant("number", np.array(value, np.dtype(dtype)))

    def op(
        self,
        kind: str,
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
        attrs: dict[str, AttrValue] | None = None,
        *,
        names: Sequence[str] | None = None,
    ) -> None:
        """Puts an op, which comes from the variables ``names``, else from those at hand."""
        origins = self.names if names is None else names
        origin = tuple(Origin(0, len(self.ops), name) for name in origins)
        self.ops.append(Op(kind, inputs, outputs, attrs or {}, origin))

    def graph(self, name: str, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> Graph:
        """Raises InvalidGraph or ModelTooLarge; see ``perfcost.graph.validate``."""
        if len(self.ops) > MAX_OPS:
            raise ModelTooLarge(f"{len(self.ops)} ops, above the limit of {MAX_OPS}")
        return validate(Graph(name, tuple(self.tensors), tuple(self.ops), inputs, outputs))
