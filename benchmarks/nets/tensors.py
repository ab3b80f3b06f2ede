"""Reads what this folder needs from a .tflite file: ops, MACs and weight tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    import tflite as schema
except ImportError:
    from tensorflow.lite.python import schema_py_generated as schema

NAMES: dict[int, str] = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)
}
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
INT8 = int(schema.TensorType.INT8)


@dataclass(frozen=True)
class Op:
    """One operator: kind, shapes of its inputs and outputs, and its int8 weights if it has any."""

    kind: str
    inputs: list[tuple[int, ...]]
    outputs: list[tuple[int, ...]]
    weights: npt.NDArray[np.int8] | None

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the convolutions and matrix products, 0 for other kinds."""
        product = int(np.prod(self.outputs[0], dtype=np.int64)) if self.outputs else 0
        if self.kind in ("CONV_2D", "FULLY_CONNECTED"):
            return product * int(np.prod(self.inputs[1][1:], dtype=np.int64))
        if self.kind == "DEPTHWISE_CONV_2D":
            return product * int(np.prod(self.inputs[1][1:3], dtype=np.int64))
        if self.kind == "TRANSPOSE_CONV":
            taps = int(np.prod(self.inputs[1][:3], dtype=np.int64))
            return int(np.prod(self.inputs[2], dtype=np.int64)) * taps
        if self.kind == "BATCH_MATMUL":
            return product * self.inputs[0][-1]
        return 0


def _shape(tensor: Any) -> tuple[int, ...]:
    return tuple(int(tensor.Shape(i)) for i in range(tensor.ShapeLength()))


def read_ops(path: Path) -> Iterator[Op]:
    """The operators of every subgraph of a file, in order."""
    model = schema.Model.GetRootAs(path.read_bytes(), 0)
    for s in range(model.SubgraphsLength()):
        graph = model.Subgraphs(s)
        for i in range(graph.OperatorsLength()):
            op = graph.Operators(i)
            code = model.OperatorCodes(op.OpcodeIndex())
            kind = NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            ids = [op.Inputs(j) for j in range(op.InputsLength())]
            inputs = [graph.Tensors(j) for j in ids if j >= 0]
            outputs = [graph.Tensors(op.Outputs(j)) for j in range(op.OutputsLength())]
            weights = None
            if kind in WEIGHTED and inputs[1].Type() == INT8:
                data = model.Buffers(inputs[1].Buffer())
                if data.DataLength():
                    weights = data.DataAsNumpy().view(np.int8)
            yield Op(kind, [_shape(t) for t in inputs], [_shape(t) for t in outputs], weights)
