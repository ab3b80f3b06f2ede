"""Layers with weights, and matrix products."""

from __future__ import annotations

import math

from perfcost.errors import InvalidGraph
from perfcost.spaces.writer import schema
from perfcost.spaces.writer.parameters import Parameters
from perfcost.spaces.writer.records import Tensor

Pair = int | tuple[int, int]


def pair(value: Pair) -> tuple[int, int]:
    """``(height, width)`` of a kernel, stride or dilation given as one number or two."""
    return (value, value) if isinstance(value, int) else value


def image_shape(x: Tensor, layer: str) -> tuple[int, int, int, int]:
    """``(batch, height, width, channels)`` of a tensor, or an error that names the layer."""
    if len(x.shape) != 4:
        raise InvalidGraph(
            f"{layer} got a tensor of shape {list(x.shape)} and needs "
            "[batch, height, width, channels]; reshape it first"
        )
    n, h, w, c = x.shape
    return n, h, w, c


def out_size(size: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    """Rows or columns that a window leaves of ``size``."""
    reach = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == "SAME" else (size - reach) // stride + 1


class Convolutions(Parameters):
    """Methods for convolutions, fully connected layers and matrix products."""

    def _bordered(
        self, x: Tensor, kernel: Pair, stride: Pair, padding: str, dilation: Pair
    ) -> tuple[Tensor, str]:
        """The input and padding of a convolution; a net of other habits may put PAD first."""
        return x, padding

    def conv(
        self,
        x: Tensor,
        channels: int,
        kernel: Pair = 1,
        stride: Pair = 1,
        *,
        padding: str = "SAME",
        act: str = "",
        dilation: Pair = 1,
        groups: int = 1,
        norm: bool = False,
    ) -> Tensor:
        """CONV_2D; ``norm`` says that its bias stands for a folded batch normalisation."""
        x, padding = self._bordered(x, kernel, stride, padding, dilation)
        n, h, w, c = image_shape(x, "conv")
        (kh, kw), (sh, sw), (dh, dw) = pair(kernel), pair(stride), pair(dilation)
        if c % groups or channels % groups:
            raise InvalidGraph(
                f"conv got {groups} groups for {c} input and {channels} output channels; both "
                "must be multiples of the groups"
            )
        weight = self._weight((channels, kh, kw, c // groups), 0)
        bias = self._bias(channels, x, weight, norm)
        oh, ow = out_size(h, kh, sh, dh, padding), out_size(w, kw, sw, dw, padding)
        y = self._feature((n, oh, ow, channels), self._range(act))
        self._macs += n * oh * ow * channels * kh * kw * (c // groups)
        options = self._window(padding, (sh, sw), act)
        options |= {"DilationWFactor": dw, "DilationHFactor": dh}
        return self._op("CONV_2D", [x, weight, bias], [y], "Conv2DOptions", options)

    def depthwise(
        self,
        x: Tensor,
        kernel: Pair = 3,
        stride: Pair = 1,
        *,
        padding: str = "SAME",
        act: str = "",
        dilation: Pair = 1,
        multiplier: int = 1,
        norm: bool = False,
    ) -> Tensor:
        """DEPTHWISE_CONV_2D with ``multiplier`` outputs a channel."""
        x, padding = self._bordered(x, kernel, stride, padding, dilation)
        n, h, w, c = image_shape(x, "depthwise")
        (kh, kw), (sh, sw), (dh, dw) = pair(kernel), pair(stride), pair(dilation)
        channels = c * multiplier
        weight = self._weight((1, kh, kw, channels), 3)
        bias = self._bias(channels, x, weight, norm)
        oh, ow = out_size(h, kh, sh, dh, padding), out_size(w, kw, sw, dw, padding)
        y = self._feature((n, oh, ow, channels), self._range(act))
        self._macs += n * oh * ow * channels * kh * kw
        options = self._window(padding, (sh, sw), act)
        options |= {"DilationWFactor": dw, "DilationHFactor": dh, "DepthMultiplier": multiplier}
        return self._op(
            "DEPTHWISE_CONV_2D", [x, weight, bias], [y], "DepthwiseConv2DOptions", options
        )

    def transpose_conv(
        self,
        x: Tensor,
        channels: int,
        kernel: Pair = 3,
        stride: Pair = 2,
        *,
        padding: str = "SAME",
        act: str = "",
        norm: bool = False,
    ) -> Tensor:
        """TRANSPOSE_CONV; SAME makes ``stride`` times the rows and columns."""
        n, h, w, c = image_shape(x, "transpose_conv")
        (kh, kw), (sh, sw) = pair(kernel), pair(stride)
        grow = (0, 0) if padding == "SAME" else (max(kh - sh, 0), max(kw - sw, 0))
        shape = (n, h * sh + grow[0], w * sw + grow[1], channels)
        shape_tensor = self.ints(shape)
        weight = self._weight((channels, kh, kw, c), 0)
        bias = self._bias(channels, x, weight, norm)
        y = self._feature(shape, self._range(act))
        self._macs += n * h * w * channels * kh * kw * c
        options = self._window(padding, (sh, sw), act)
        inputs = [shape_tensor, weight, x, bias]
        return self._op("TRANSPOSE_CONV", inputs, [y], "TransposeConvOptions", options)

    def fully_connected(
        self, x: Tensor, channels: int, *, act: str = "", keep_dims: bool = False
    ) -> Tensor:
        """FULLY_CONNECTED over the last axis (``keep_dims``) or over all but the first."""
        wide = keep_dims or len(x.shape) == 2
        c = x.shape[-1] if wide else math.prod(x.shape[1:])
        rows = math.prod(x.shape) // c
        # The converter quantises these weights as a whole, not per channel.
        weight = self._weight((channels, c), 0, per_channel=False)
        bias = self._bias(channels, x, weight, False)
        shape = (*x.shape[:-1], channels) if keep_dims else (rows, channels)
        y = self._feature(shape, self._range(act))
        self._macs += rows * c * channels
        options = {"FusedActivationFunction": self._activation(act), "KeepNumDims": keep_dims}
        return self._op("FULLY_CONNECTED", [x, weight, bias], [y], "FullyConnectedOptions", options)

    def batch_matmul(self, x: Tensor, y: Tensor, *, adjoint_y: bool = False) -> Tensor:
        """BATCH_MATMUL of ``[..., m, k]`` and ``[..., k, n]`` (``[..., n, k]`` if adjoint)."""
        k, n = (y.shape[-1], y.shape[-2]) if adjoint_y else (y.shape[-2], y.shape[-1])
        if x.shape[:-2] != y.shape[:-2] or x.shape[-1] != k:
            raise InvalidGraph(
                f"batch_matmul got {list(x.shape)} and {list(y.shape)} (adjoint_y={adjoint_y}); "
                "the leading axes and the inner one must agree"
            )
        z = self._feature((*x.shape[:-1], n), self._range())
        self._macs += math.prod(x.shape) * n
        options = {"AdjX": False, "AdjY": adjoint_y}
        return self._op("BATCH_MATMUL", [x, y], [z], "BatchMatMulOptions", options)

    def _window(self, padding: str, stride: tuple[int, int], act: str) -> dict[str, int]:
        return {
            "Padding": schema.enum("Padding", padding),
            "StrideH": stride[0],
            "StrideW": stride[1],
            "FusedActivationFunction": self._activation(act),
        }
