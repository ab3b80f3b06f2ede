"""Layers in one call: weights and bias made to fit, the op added."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfcost.builder.core import Core, Padding, Pair, Value, pair
from perfcost.errors import InvalidGraph


class GraphBuilder(Core):
    """Builds a ``Graph`` layer by layer, without a file::

        b = GraphBuilder("net")
        x = b.input((1, 224, 224, 3))
        x = b.conv2d(x, 32, 3, stride=2, activation="RELU6")
        x = b.fully_connected(b.mean(x, (1, 2)), 10)
        graph = b.build([b.softmax(x)])

    ``op`` and ``ops`` add any other TFLite builtin. Feature maps have the dtype of the first
    input; weights are int8 with it where it is quantised. The entropy of weights is a statistic
    of trained ones: where it is not given, it is not known.
    """

    def conv2d(
        self,
        x: Value,
        channels: int,
        kernel: Pair = 1,
        *,
        stride: Pair = 1,
        padding: Padding = "SAME",
        dilation: Pair = 1,
        groups: int = 1,
        activation: str = "NONE",
        bias: bool = True,
        entropy_bits: float | None = None,
    ) -> Value:
        """CONV_2D of (N, H, W, C) to (N, H', W', ``channels``)."""
        depth = self._depth(x, "CONV_2D")
        if groups < 1 or depth % groups or channels % groups:
            raise InvalidGraph(
                f"{groups} groups for {depth} input and {channels} output channels; expected a "
                "divisor of both",
                op=f"CONV_2D at subgraph 0, op {len(self._ops)}",
            )
        shape = (channels, *pair(kernel), depth // groups)
        weights = self._weights(x, shape, 0, entropy_bits)
        return self.op(
            "CONV_2D",
            self._operands(x, weights, channels, bias),
            stride=pair(stride),
            padding=padding,
            dilation=pair(dilation),
            activation=activation,
        )

    def depthwise_conv2d(
        self,
        x: Value,
        kernel: Pair = 3,
        *,
        stride: Pair = 1,
        padding: Padding = "SAME",
        dilation: Pair = 1,
        multiplier: int = 1,
        activation: str = "NONE",
        bias: bool = True,
        entropy_bits: float | None = None,
    ) -> Value:
        """DEPTHWISE_CONV_2D with ``multiplier`` results a channel."""
        channels = self._depth(x, "DEPTHWISE_CONV_2D") * multiplier
        weights = self._weights(x, (1, *pair(kernel), channels), 3, entropy_bits)
        return self.op(
            "DEPTHWISE_CONV_2D",
            self._operands(x, weights, channels, bias),
            stride=pair(stride),
            padding=padding,
            dilation=pair(dilation),
            activation=activation,
        )

    def transpose_conv(
        self,
        x: Value,
        channels: int,
        kernel: Pair = 3,
        *,
        stride: Pair = 2,
        padding: Padding = "SAME",
        activation: str = "NONE",
        bias: bool = True,
        entropy_bits: float | None = None,
    ) -> Value:
        """TRANSPOSE_CONV; SAME makes ``stride`` times the rows and columns."""
        depth = self._depth(x, "TRANSPOSE_CONV")
        weights = self._weights(x, (channels, *pair(kernel), depth), 0, entropy_bits)
        tail = [self._bias(x, channels)] if bias else []
        # the first operand repeats the shape of the result, which is known only afterwards
        place = self.constant((0, 0, 0, 0))
        y = self.op(
            "TRANSPOSE_CONV",
            [place, weights, x, *tail],
            stride=pair(stride),
            padding=padding,
            activation=activation,
        )
        self._set_values(place, y.shape)
        return y

    def fully_connected(
        self,
        x: Value,
        channels: int,
        *,
        activation: str = "NONE",
        keep_num_dims: bool = False,
        bias: bool = True,
        entropy_bits: float | None = None,
    ) -> Value:
        """FULLY_CONNECTED over the last axis (``keep_num_dims``) or over all but the first."""
        wide = keep_num_dims or len(x.shape) <= 2
        depth = x.shape[-1] if wide and x.shape else math.prod(x.shape[1:])
        weights = self._weights(x, (channels, depth), None, entropy_bits)
        operands = self._operands(x, weights, channels, bias)
        return self.op(
            "FULLY_CONNECTED", operands, activation=activation, keep_num_dims=keep_num_dims
        )

    def batch_matmul(
        self, x: Value, y: Value, *, adj_x: bool = False, adj_y: bool = False
    ) -> Value:
        return self.op("BATCH_MATMUL", [x, y], adj_x=adj_x, adj_y=adj_y)

    def max_pool(
        self, x: Value, window: Pair = 2, *, stride: Pair | None = None, padding: Padding = "VALID"
    ) -> Value:
        """MAX_POOL_2D; the stride is the window by default."""
        return self._pool("MAX_POOL_2D", x, window, stride, padding)

    def average_pool(
        self, x: Value, window: Pair = 2, *, stride: Pair | None = None, padding: Padding = "VALID"
    ) -> Value:
        """AVERAGE_POOL_2D; the stride is the window by default."""
        return self._pool("AVERAGE_POOL_2D", x, window, stride, padding)

    def add(self, x: Value, y: Value, *, activation: str = "NONE") -> Value:
        return self.op("ADD", [x, y], activation=activation)

    def sub(self, x: Value, y: Value, *, activation: str = "NONE") -> Value:
        return self.op("SUB", [x, y], activation=activation)

    def mul(self, x: Value, y: Value, *, activation: str = "NONE") -> Value:
        return self.op("MUL", [x, y], activation=activation)

    def unary(self, kind: str, x: Value) -> Value:
        """RELU, LOGISTIC, TANH, HARD_SWISH, ABS, EXP and all others of one operand."""
        return self.op(kind, [x])

    def softmax(self, x: Value, *, beta: float = 1.0) -> Value:
        return self.op("SOFTMAX", [x], beta=beta)

    def mean(self, x: Value, axes: Sequence[int], *, keep_dims: bool = False) -> Value:
        """MEAN over ``axes``."""
        return self.op("MEAN", [x, self.constant(axes)], keep_dims=keep_dims)

    def concat(self, values: Sequence[Value], axis: int = -1) -> Value:
        """CONCATENATION along ``axis``, with the quantisation of the first."""
        rank = len(values[0].shape) if values else 0
        axis = axis + rank if axis < 0 else axis
        return self.op("CONCATENATION", values, axis=axis, activation="NONE")

    def reshape(self, x: Value, shape: Sequence[int]) -> Value:
        return self.op("RESHAPE", [x, self.constant(shape)])

    def transpose(self, x: Value, order: Sequence[int]) -> Value:
        return self.op("TRANSPOSE", [x, self.constant(order)])

    def pad(self, x: Value, pads: Sequence[tuple[int, int]]) -> Value:
        """PAD by (before, after) for each axis."""
        flat = [side for both in pads for side in both]
        return self.op("PAD", [x, self.constant(flat, shape=(len(pads), 2))])

    def split(self, x: Value, parts: int, axis: int = -1) -> tuple[Value, ...]:
        """SPLIT into equal parts."""
        at = axis + len(x.shape) if axis < 0 else axis
        return self.ops("SPLIT", [self.constant([at], shape=()), x], parts)

    def resize(
        self, x: Value, size: Pair, *, bilinear: bool = True, half_pixel_centers: bool = False
    ) -> Value:
        """RESIZE_BILINEAR or RESIZE_NEAREST_NEIGHBOR to (height, width)."""
        kind = "RESIZE_BILINEAR" if bilinear else "RESIZE_NEAREST_NEIGHBOR"
        return self.op(
            kind,
            [x, self.constant(pair(size))],
            align_corners=False,
            half_pixel_centers=half_pixel_centers,
        )

    def quantize(self, x: Value, dtype: str = "int8") -> Value:
        return self.op("QUANTIZE", [x], dtype=dtype)

    def dequantize(self, x: Value) -> Value:
        return self.op("DEQUANTIZE", [x])

    def _pool(
        self, kind: str, x: Value, window: Pair, stride: Pair | None, padding: Padding
    ) -> Value:
        step = pair(window if stride is None else stride)
        return self.op(kind, [x], window=pair(window), stride=step, padding=padding)

    def _depth(self, x: Value, kind: str) -> int:
        if len(x.shape) != 4:
            raise InvalidGraph(
                f"an image of shape {list(x.shape)}, expected (N, H, W, C); reshape it first",
                op=f"{kind} at subgraph 0, op {len(self._ops)}",
            )
        return x.shape[3]

    def _weights(
        self, x: Value, shape: tuple[int, ...], axis: int | None, entropy_bits: float | None
    ) -> Value:
        if x.dtype == "uint8":  # older converters quantise the tensor as a whole
            return self.weights(shape, "uint8", entropy_bits=entropy_bits)
        dtype = "int8" if x.dtype in ("int8", "int16") else x.dtype
        return self.weights(shape, dtype, entropy_bits=entropy_bits, axis=axis)

    def _bias(self, x: Value, channels: int) -> Value:
        kinds = {"int8": "int32", "uint8": "int32", "int16": "int64"}
        return self.bias(channels, kinds.get(x.dtype, x.dtype))

    def _operands(self, x: Value, weights: Value, channels: int, bias: bool) -> list[Value | None]:
        return [x, weights, self._bias(x, channels)] if bias else [x, weights]
