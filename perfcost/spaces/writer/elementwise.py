"""Layers that compute each output element from the input elements at its place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from perfcost.errors import InvalidGraph
from perfcost.spaces.writer.parameters import Parameters
from perfcost.spaces.writer.records import Range, Tensor

# A second operand: a tensor of the net, or a constant.
Operand = Tensor | float | NDArray[np.float32]


def broadcast(a: Sequence[int], b: Sequence[int], layer: str) -> tuple[int, ...]:
    """The shape of a sum of two tensors, or an error that names the layer."""
    try:
        return tuple(int(n) for n in np.broadcast_shapes(tuple(a), tuple(b)))
    except ValueError:
        raise InvalidGraph(
            f"{layer} got operands of shapes {list(a)} and {list(b)}; each axis, counted from the "
            "last, must be equal or 1"
        ) from None


class Elementwise(Parameters):
    """Methods for arithmetic and activations."""

    def add(self, x: Tensor, y: Operand, *, act: str = "") -> Tensor:
        """ADD; ``y`` may be a constant."""
        return self._binary("ADD", x, y, act)

    def sub(self, x: Tensor, y: Operand, *, act: str = "") -> Tensor:
        """SUB: x - y."""
        return self._binary("SUB", x, y, act)

    def mul(self, x: Tensor, y: Operand, *, act: str = "") -> Tensor:
        """MUL; ``y`` may be a constant."""
        return self._binary("MUL", x, y, act)

    def squared_difference(self, x: Tensor, y: Operand) -> Tensor:
        """SQUARED_DIFFERENCE: (x - y) ** 2."""
        b = self._operand(y)
        z = self._feature(broadcast(x.shape, b.shape, "squared_difference"), self._range("relu"))
        return self._op("SQUARED_DIFFERENCE", [x, b], [z], "SquaredDifferenceOptions")

    def maximum(self, x: Tensor, y: Operand) -> Tensor:
        """MAXIMUM; TFLite demands one quantisation for both operands and the result."""
        return self._extreme("MAXIMUM", x, y)

    def minimum(self, x: Tensor, y: Operand) -> Tensor:
        """MINIMUM; TFLite demands one quantisation for both operands and the result."""
        return self._extreme("MINIMUM", x, y)

    def relu(self, x: Tensor) -> Tensor:
        """RELU as an op of its own."""
        return self._unary("RELU", x, self._range("relu"))

    def relu6(self, x: Tensor) -> Tensor:
        """RELU6 as an op of its own."""
        return self._unary("RELU6", x, self._range("relu6"))

    def leaky_relu(self, x: Tensor, alpha: float = 0.1) -> Tensor:
        """LEAKY_RELU."""
        return self._unary("LEAKY_RELU", x, self._range(), "LeakyReluOptions", Alpha=alpha)

    def prelu(self, x: Tensor) -> Tensor:
        """PRELU with one learned slope a channel."""
        slopes = self.learned((*(1 for _ in x.shape[1:-1]), x.shape[-1]))
        y = self._feature(x.shape, self._range())
        return self._op("PRELU", [x, slopes], [y])

    def hard_swish(self, x: Tensor) -> Tensor:
        """HARD_SWISH: x * relu6(x + 3) / 6."""
        return self._unary("HARD_SWISH", x, self._range(), "HardSwishOptions")

    def gelu(self, x: Tensor, *, approximate: bool = False) -> Tensor:
        """GELU as one op."""
        return self._unary("GELU", x, self._range(), "GeluOptions", Approximate=approximate)

    def logistic(self, x: Tensor) -> Tensor:
        """LOGISTIC; TFLite demands a scale of 1/256."""
        return self._unary("LOGISTIC", x, self._fixed_range(256))

    def tanh(self, x: Tensor) -> Tensor:
        """TANH; TFLite demands a scale of 1/128."""
        return self._unary("TANH", x, self._fixed_range(128, signed=True))

    def softmax(self, x: Tensor, beta: float = 1.0) -> Tensor:
        """SOFTMAX over the last axis; TFLite demands a scale of 1/256."""
        return self._unary("SOFTMAX", x, self._fixed_range(256), "SoftmaxOptions", Beta=beta)

    def softmax_16(self, x: Tensor) -> Tensor:
        """SOFTMAX of int8 with an int16 result; TFLite demands a scale of 1/32768."""
        y = self._feature(x.shape, Range(1 / 32768, 0, fixed=True), "int16")
        return self._op("SOFTMAX", [x], [y], "SoftmaxOptions", {"Beta": 1.0})

    def rsqrt(self, x: Tensor) -> Tensor:
        """RSQRT: 1 / sqrt(x)."""
        return self._unary("RSQRT", x, self._range("relu"))

    def abs(self, x: Tensor) -> Tensor:
        """ABS."""
        return self._unary("ABS", x, self._range("relu"), "AbsOptions")

    def exp(self, x: Tensor) -> Tensor:
        """EXP."""
        return self._unary("EXP", x, self._range("relu"), "ExpOptions")

    def quantize(self, x: Tensor) -> Tensor:
        """QUANTIZE: float to the net's dtype, or a change of scale; nothing in a float net."""
        if self.dtype == "float32":
            return x
        y = self._feature(x.shape, self._range())
        return self._op("QUANTIZE", [x], [y], "QuantizeOptions")

    def dequantize(self, x: Tensor) -> Tensor:
        """DEQUANTIZE to float; nothing in a float net."""
        if self.dtype == "float32":
            return x
        y = self._feature(x.shape, None, "float32")
        return self._op("DEQUANTIZE", [x], [y], "DequantizeOptions")

    def _operand(self, y: Operand) -> Tensor:
        return y if isinstance(y, Tensor) else self.constant(y)

    def _binary(self, kind: str, x: Tensor, y: Operand, act: str) -> Tensor:
        b = self._operand(y)
        z = self._feature(broadcast(x.shape, b.shape, kind.lower()), self._range(act))
        options = {"FusedActivationFunction": self._activation(act)}
        return self._op(kind, [x, b], [z], f"{kind.capitalize()}Options", options)

    def _extreme(self, kind: str, x: Tensor, y: Operand) -> Tensor:
        b = self._operand(y)
        values = self._same_range([x, b])
        z = self._feature(broadcast(x.shape, b.shape, kind.lower()), values)
        return self._op(kind, [x, b], [z], "MaximumMinimumOptions")

    def _unary(
        self, kind: str, x: Tensor, values: Range, table: str = "", **options: float | bool
    ) -> Tensor:
        return self._op(kind, [x], [self._feature(x.shape, values)], table, options)
